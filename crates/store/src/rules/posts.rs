//! The posts of the page `/feed`.

use madang_hub::ports::TopicEvent;
use madang_hub::posts::redact;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticeContent;
use madang_shared::posts::PostsCommand;
use madang_shared::posts::{PAGE_POSTS, Post, PostsAnswer, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{PostId, Seq, Timestamp, Topic, User, UserId};

use super::context::CommandContext;
use super::refusals;
use super::{log, notices};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// See the table of features.
pub(super) fn topics(_author: UserId, change: &PostsCommand) -> Vec<Topic> {
    match change {
        PostsCommand::Create { .. } => vec![Topic::Posts, Topic::PostNotices],
        _ => vec![Topic::Posts],
    }
}

pub(crate) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: PostsCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let by = context.author.clone();
    let command = context.command;
    let mut text_of = None;
    let event = match change {
        PostsCommand::Create { text } => {
            let post = create(transaction, context, text)?;
            text_of = Some(post.id);
            let what = NoticeContent::Posted { post: post.id, by };
            notices::append_post_notice(transaction, context.at, &what)?;
            PostsEvent::Created { post, command }
        }
        PostsCommand::Edit { post, text } => match edit(transaction, context, post, text)? {
            Some(post) => {
                text_of = Some(post.id);
                PostsEvent::Edited { post, command }
            }
            None => return Ok(None),
        },
        PostsCommand::Delete { post } => {
            find_own(transaction, by.id, post)?;
            redact_texts(transaction, post, None)?;
            let sql = "DELETE FROM posts WHERE id = ?1";
            transaction.execute(sql, &values![post.0])?;
            PostsEvent::Deleted { post, by, command }
        }
        PostsCommand::Greet { others_only } => PostsEvent::Greeted { by, others_only, command },
    };
    let position = log::reserve_position(transaction, Topic::Posts)?;
    if let Some(post) = text_of {
        let sql =
            "UPDATE posts SET first_seq = coalesce(first_seq, ?2), last_seq = ?2 WHERE id = ?1";
        transaction.execute(sql, &values![post.0, position.seq.0])?;
    }
    Ok(Some(log::append(transaction, &position, context.at, &event.into(), appended)?))
}

pub(crate) fn answer(
    transaction: &dyn Transaction,
    _reader: UserId,
    query: &PostsQuery,
) -> Result<PostsAnswer, StatementError> {
    let PostsQuery::Before { before, limit } = *query;
    Ok(PostsAnswer::Before(page(transaction, before, limit.min(PAGE_POSTS))?))
}

/// One post, as it is now.
pub(crate) fn find(transaction: &dyn Transaction, id: PostId) -> Result<Post, StatementError> {
    let sql = "SELECT posts.id, author_id, users.name, at, edited_at, text \
        FROM posts LEFT JOIN users ON users.id = author_id WHERE posts.id = ?1";
    let found = transaction.optional(sql, &values![id.0], post)?;
    found.ok_or_else(|| refusals::no_post().into())
}

/// The newest posts.
pub(crate) fn snapshot(transaction: &dyn Transaction) -> Result<PostsPage, StatementError> {
    page(transaction, PostId(u64::MAX), PAGE_POSTS)
}

fn create(
    transaction: &dyn Transaction,
    context: &CommandContext,
    text: String,
) -> Result<Post, StatementError> {
    let sql = "INSERT INTO posts (author_id, at, text) VALUES (?1, ?2, ?3) RETURNING id";
    let author = context.author.clone();
    let id =
        transaction.one(sql, &values![author.id.0, context.at.0, &text], |row| row.natural(0))?;
    Ok(Post { id: PostId(id), author, at: context.at, edited_at: None, text })
}

/// Changes the text of a post; `None` if it has this text already.
fn edit(
    transaction: &dyn Transaction,
    context: &CommandContext,
    id: PostId,
    text: String,
) -> Result<Option<Post>, StatementError> {
    let post = find_own(transaction, context.author.id, id)?;
    if post.text == text {
        return Ok(None);
    }
    let sql = "UPDATE posts SET text = ?2, edited_at = ?3 WHERE id = ?1";
    transaction.execute(sql, &values![id.0, &text, context.at.0])?;
    let post = Post { text, edited_at: Some(context.at), ..post };
    redact_texts(transaction, id, Some(&post))?;
    Ok(Some(post))
}

/// Redacts the events that hold a text of the post. `now` is the edited post, `None` for a post that is
/// being deleted.
fn redact_texts(
    transaction: &dyn Transaction,
    id: PostId,
    now: Option<&Post>,
) -> Result<(), StatementError> {
    let sql = "SELECT first_seq, last_seq FROM posts WHERE id = ?1";
    let (first, last) = transaction
        .one(sql, &values![id.0], |row| Ok((row.optional_natural(0)?, row.optional_natural(1)?)))?;
    // A post that another program inserted has no event.
    let mut seqs: Vec<u64> = [first, last].into_iter().flatten().collect();
    seqs.dedup();
    for seq in seqs {
        log::redact(transaction, Topic::Posts, Seq(seq), |event| redact(event, now))?;
    }
    Ok(())
}

/// The post, which must belong to the author.
fn find_own(
    transaction: &dyn Transaction,
    author: UserId,
    id: PostId,
) -> Result<Post, StatementError> {
    let post = find(transaction, id)?;
    if post.author.id == author { Ok(post) } else { Err(refusals::not_own_post().into()) }
}

fn page(
    transaction: &dyn Transaction,
    before: PostId,
    limit: u32,
) -> Result<PostsPage, StatementError> {
    let sql = "SELECT posts.id, author_id, users.name, at, edited_at, text \
        FROM posts LEFT JOIN users ON users.id = author_id \
        WHERE posts.id < ?1 ORDER BY posts.id DESC LIMIT ?2";
    // One row beyond the limit shows whether there are older posts.
    let rows = i64::from(limit) + 1;
    let found = values![before.0, rows];
    let mut posts = transaction.all(sql, &found, post)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let older = posts.len() > limit;
    posts.truncate(limit);
    Ok(PostsPage { posts, older })
}

fn post(row: &Row<'_>) -> Result<Post, StatementError> {
    Ok(Post {
        id: PostId(row.natural(0)?),
        author: User { id: UserId(row.natural(1)?), name: row.string(2) },
        at: Timestamp(row.natural(3)?),
        edited_at: row.optional_natural(4)?.map(Timestamp),
        text: row.string(5),
    })
}
