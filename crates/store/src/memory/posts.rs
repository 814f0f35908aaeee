//! The posts of the page `/feed`.

use madang_hub::ports::TopicEvent;
use madang_hub::posts::redact;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticeContent;
use madang_shared::posts::PostsCommand;
use madang_shared::posts::{PAGE_POSTS, Post, PostsAnswer, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{Failure, PostId, Seq, Topic, UserId};

use super::notices;
use super::state::State;
use crate::context::CommandContext;
use crate::refusals;

pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: PostsCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let (by, command, at) = (context.author.clone(), context.command, context.at);
    state.require_user(by.id)?;
    let mut broadcast = None;
    let event = match change {
        PostsCommand::Create { text } => {
            let id = PostId(state.last_post.map_or(1, |last| last.0 + 1));
            state.last_post = Some(id);
            broadcast = Some(NoticeContent::Posted { post: id, by: by.clone() });
            let post = Post { id, author: by, at, edited_at: None, text };
            state.posts.insert(id, post.clone());
            PostsEvent::Created { post, command }
        }
        PostsCommand::Edit { post, text } => {
            let post = find_own(state, by.id, post)?;
            if post.text == text {
                return Ok(None);
            }
            post.text = text;
            post.edited_at = Some(at);
            PostsEvent::Edited { post: post.clone(), command }
        }
        PostsCommand::Delete { post } => {
            find_own(state, by.id, post)?;
            state.posts.remove(&post);
            PostsEvent::Deleted { post, by, command }
        }
        PostsCommand::Greet { others_only } => PostsEvent::Greeted { by, others_only, command },
    };
    let position = state.log.append(Topic::Posts, &event.clone().into(), appended);
    redact_texts(state, &event, position.seq);
    if let Some(what) = broadcast {
        notices::append_broadcast(state, at, what, appended);
    }
    Ok(Some(position))
}

pub(super) fn snapshot(state: &State) -> PostsPage {
    page(state, PostId(u64::MAX), PAGE_POSTS)
}

#[expect(clippy::unnecessary_wraps, reason = "the answers of other features can fail")]
pub(super) fn answer(
    state: &State,
    _reader: UserId,
    query: &PostsQuery,
) -> Result<PostsAnswer, Failure> {
    let PostsQuery::Before { before, limit } = *query;
    Ok(PostsAnswer::Before(page(state, before, limit.min(PAGE_POSTS))))
}

/// One post, as it is now.
pub(super) fn find(state: &State, id: PostId) -> Result<Post, Failure> {
    state.posts.get(&id).cloned().ok_or_else(refusals::no_post)
}

/// Redacts the earlier events that hold a text of the post which the event at `seq` changes.
fn redact_texts(state: &mut State, event: &PostsEvent, seq: Seq) {
    let (before, now) = match event {
        PostsEvent::Created { post, .. } => {
            state.post_events.insert(post.id, (seq, seq));
            (None, None)
        }
        PostsEvent::Edited { post, .. } => {
            let before = state.post_events.get(&post.id).copied();
            state.post_events.insert(post.id, (before.map_or(seq, |(first, _)| first), seq));
            (before, Some(post))
        }
        PostsEvent::Deleted { post, .. } => (state.post_events.remove(post), None),
        PostsEvent::Greeted { .. } | PostsEvent::Redacted { .. } => (None, None),
    };
    let mut seqs: Vec<Seq> = before.into_iter().flat_map(<[Seq; 2]>::from).collect();
    seqs.dedup();
    for seq in seqs {
        state.log.redact(Topic::Posts, seq, |event| redact(event, now));
    }
}

/// The post, which must belong to the author.
fn find_own(state: &mut State, author: UserId, id: PostId) -> Result<&mut Post, Failure> {
    let post = state.posts.get_mut(&id).ok_or_else(refusals::no_post)?;
    if post.author.id == author { Ok(post) } else { Err(refusals::not_own_post()) }
}

fn page(state: &State, before: PostId, limit: u32) -> PostsPage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut newest_first = state.posts.range(..before).rev();
    let posts = newest_first.by_ref().take(limit).map(|(_, post)| post.clone()).collect();
    PostsPage { posts, older: newest_first.next().is_some() }
}
