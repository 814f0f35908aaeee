//! The feed.

use std::collections::BTreeMap;

use madang_hub::posts::Change;
use madang_shared::posts::PAGE_POSTS;
use madang_shared::posts::{Post, PostsAnswer, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{CommandId, Failure, PostId, Seq, Timestamp, User, UserId};

use crate::refusals;

#[derive(Debug, Default)]
pub(super) struct Posts {
    written: BTreeMap<PostId, Post>,
    /// Where in the log a post was written, and where its text was last changed.
    told_at: BTreeMap<PostId, (Seq, Seq)>,
    /// The last id given out; a deleted post's is not given out again.
    last: u64,
}

impl Posts {
    /// Makes a change; answers what to append, if it found something to change.
    pub(super) fn apply(
        &mut self,
        by: User,
        command: CommandId,
        at: Timestamp,
        change: Change,
    ) -> Result<Option<PostsEvent>, Failure> {
        Ok(Some(match change {
            Change::Create { text } => {
                self.last += 1;
                let id = PostId(self.last);
                let post = Post { id, author: by, at, edited_at: None, text };
                self.written.insert(id, post.clone());
                PostsEvent::Created { post, command }
            }
            Change::Edit { post, text } => {
                let post = self.own(by.id, post)?;
                if post.text == text {
                    return Ok(None);
                }
                post.text = text;
                post.edited_at = Some(at);
                PostsEvent::Edited { post: post.clone(), command }
            }
            Change::Delete { post } => {
                self.own(by.id, post)?;
                self.written.remove(&post);
                PostsEvent::Deleted { post, by, command }
            }
            Change::Greet { others_only } => PostsEvent::Greeted { by, others_only, command },
        }))
    }

    /// An event takes this place in the log; answers the places of those whose text it takes back, and
    /// what the post is now, if it is not gone.
    pub(super) fn told(&mut self, event: &PostsEvent, at: Seq) -> (Vec<Seq>, Option<Post>) {
        let (before, now) = match event {
            PostsEvent::Created { post, .. } => {
                self.told_at.insert(post.id, (at, at));
                (None, None)
            }
            PostsEvent::Edited { post, .. } => {
                let before = self.told_at.get(&post.id).copied();
                self.told_at.insert(post.id, (before.map_or(at, |(first, _)| first), at));
                (before, Some(post.clone()))
            }
            PostsEvent::Deleted { post, .. } => (self.told_at.remove(post), None),
            PostsEvent::Greeted { .. } | PostsEvent::Redacted { .. } => (None, None),
        };
        let mut places: Vec<Seq> = before.into_iter().flat_map(<[Seq; 2]>::from).collect();
        places.dedup();
        (places, now)
    }

    pub(super) fn answer(&self, query: &PostsQuery) -> PostsAnswer {
        let PostsQuery::Before { before, limit } = *query;
        PostsAnswer::Before(self.page(before, limit.min(PAGE_POSTS)))
    }

    /// The newest posts.
    pub(super) fn snapshot(&self) -> PostsPage {
        self.page(PostId(u64::MAX), PAGE_POSTS)
    }

    /// One post, as it is now.
    pub(super) fn find(&self, id: PostId) -> Result<Post, Failure> {
        self.written.get(&id).cloned().ok_or_else(refusals::no_post)
    }

    fn own(&mut self, author: UserId, id: PostId) -> Result<&mut Post, Failure> {
        let post = self.written.get_mut(&id).ok_or_else(refusals::no_post)?;
        if post.author.id == author { Ok(post) } else { Err(refusals::not_your_post()) }
    }

    fn page(&self, before: PostId, limit: u32) -> PostsPage {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut newest_first = self.written.range(..before).rev();
        let posts = newest_first.by_ref().take(limit).map(|(_, post)| post.clone()).collect();
        PostsPage { posts, older: newest_first.next().is_some() }
    }
}
