//! The posts of the page `/feed`.

use madang_hub::ports::TopicEvent;
use madang_hub::posts::redact;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticeContent;
use madang_shared::posts::PostsCommand;
use madang_shared::posts::{PAGE_POSTS, Post, PostsAnswer, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{PostId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::StatementError;
use super::values::{integer, natural, string};
use super::{log, notices};
use crate::context::CommandContext;
use crate::refusals;

pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: PostsCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let by = context.author.clone();
    let command = context.command;
    let mut text_of = None;
    let event = match change {
        PostsCommand::Create { text } => {
            let post = create(connection, context, text)?;
            text_of = Some(post.id);
            let what = NoticeContent::Posted { post: post.id, by };
            notices::append_broadcast(connection, context.at, &what)?;
            PostsEvent::Created { post, command }
        }
        PostsCommand::Edit { post, text } => match edit(connection, context, post, text)? {
            Some(post) => {
                text_of = Some(post.id);
                PostsEvent::Edited { post, command }
            }
            None => return Ok(None),
        },
        PostsCommand::Delete { post } => {
            find_own(connection, by.id, post)?;
            redact_texts(connection, post, None)?;
            let sql = "DELETE FROM posts WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([integer(post.0)])?;
            PostsEvent::Deleted { post, by, command }
        }
        PostsCommand::Greet { others_only } => PostsEvent::Greeted { by, others_only, command },
    };
    let position = log::reserve_position(connection, Topic::Posts)?;
    if let Some(post) = text_of {
        let sql =
            "UPDATE posts SET first_seq = coalesce(first_seq, ?2), last_seq = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([integer(post.0), integer(position.seq.0)])?;
    }
    Ok(Some(log::append(connection, &position, context.at, &event.into(), appended)?))
}

pub(super) fn answer(
    connection: &Connection,
    _reader: UserId,
    query: &PostsQuery,
) -> rusqlite::Result<PostsAnswer> {
    let PostsQuery::Before { before, limit } = *query;
    Ok(PostsAnswer::Before(page(connection, before, limit.min(PAGE_POSTS))?))
}

/// One post, as it is now.
pub(super) fn find(connection: &Connection, id: PostId) -> Result<Post, StatementError> {
    let sql = "SELECT posts.id, author_id, users.name, at, edited_at, text \
        FROM posts LEFT JOIN users ON users.id = author_id WHERE posts.id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([integer(id.0)], post).optional()?;
    found.ok_or_else(|| refusals::no_post().into())
}

/// The newest posts.
pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<PostsPage> {
    page(connection, PostId(u64::MAX), PAGE_POSTS)
}

fn create(
    connection: &Connection,
    context: &CommandContext,
    text: String,
) -> rusqlite::Result<Post> {
    let sql = "INSERT INTO posts (author_id, at, text) VALUES (?1, ?2, ?3) RETURNING id";
    let author = context.author.clone();
    let id = connection
        .prepare_cached(sql)?
        .query_row((integer(author.id.0), integer(context.at.0), &text), |row| natural(row, 0))?;
    Ok(Post { id: PostId(id), author, at: context.at, edited_at: None, text })
}

/// Changes the text of a post; `None` if it has this text already.
fn edit(
    connection: &Connection,
    context: &CommandContext,
    id: PostId,
    text: String,
) -> Result<Option<Post>, StatementError> {
    let post = find_own(connection, context.author.id, id)?;
    if post.text == text {
        return Ok(None);
    }
    let sql = "UPDATE posts SET text = ?2, edited_at = ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((integer(id.0), &text, integer(context.at.0)))?;
    let post = Post { text, edited_at: Some(context.at), ..post };
    redact_texts(connection, id, Some(&post))?;
    Ok(Some(post))
}

/// Redacts the events that hold a text of the post. `now` is the edited post, `None` for a post that is
/// being deleted.
fn redact_texts(
    connection: &Connection,
    id: PostId,
    now: Option<&Post>,
) -> Result<(), StatementError> {
    let sql = "SELECT first_seq, last_seq FROM posts WHERE id = ?1";
    let (first, last): (Option<i64>, Option<i64>) = connection
        .prepare_cached(sql)?
        .query_row([integer(id.0)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // A post that another program inserted has no event.
    let mut seqs: Vec<i64> = [first, last].into_iter().flatten().collect();
    seqs.dedup();
    for seq in seqs {
        let seq = Seq(u64::try_from(seq).unwrap_or_default());
        log::redact(connection, Topic::Posts, seq, |event| redact(event, now))?;
    }
    Ok(())
}

/// The post, which must belong to the author.
fn find_own(connection: &Connection, author: UserId, id: PostId) -> Result<Post, StatementError> {
    let post = find(connection, id)?;
    if post.author.id == author { Ok(post) } else { Err(refusals::not_own_post().into()) }
}

fn page(connection: &Connection, before: PostId, limit: u32) -> rusqlite::Result<PostsPage> {
    let sql = "SELECT posts.id, author_id, users.name, at, edited_at, text \
        FROM posts LEFT JOIN users ON users.id = author_id \
        WHERE posts.id < ?1 ORDER BY posts.id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    // One row beyond the limit shows whether there are older posts.
    let found = (integer(before.0), i64::from(limit) + 1);
    let mut posts: Vec<Post> = statement.query_map(found, post)?.collect::<Result<_, _>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let older = posts.len() > limit;
    posts.truncate(limit);
    Ok(PostsPage { posts, older })
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post> {
    let edited: Option<i64> = row.get(4)?;
    Ok(Post {
        id: PostId(natural(row, 0)?),
        author: User { id: UserId(natural(row, 1)?), name: string(row, 2)? },
        at: Timestamp(natural(row, 3)?),
        edited_at: edited.map(|_| natural(row, 4)).transpose()?.map(Timestamp),
        text: string(row, 5)?,
    })
}
