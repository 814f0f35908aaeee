//! The feed.

use madang_hub::ports::TopicEvent;
use madang_hub::posts::{Change, redact};
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticeContent;
use madang_shared::posts::PAGE_POSTS;
use madang_shared::posts::{Post, PostsAnswer, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{PostId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::commands::Order;
use super::stop::{Stop, integer, natural};
use super::{log, notices};
use crate::refusals;

pub(super) fn apply(
    connection: &Connection,
    order: &Order,
    change: Change,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Stop> {
    let by = order.author.clone();
    let command = order.command;
    let mut written = None;
    let event = match change {
        Change::Create { text } => {
            let post = create(connection, order, text)?;
            written = Some(post.id);
            let what = NoticeContent::Posted { post: post.id, by };
            notices::tell_all(connection, order.at, &what)?;
            PostsEvent::Created { post, command }
        }
        Change::Edit { post, text } => match edit(connection, order, post, text)? {
            Some(post) => {
                written = Some(post.id);
                PostsEvent::Edited { post, command }
            }
            None => return Ok(None),
        },
        Change::Delete { post } => {
            own(connection, by.id, post)?;
            take_back(connection, post, None)?;
            let sql = "DELETE FROM posts WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([integer(post.0)])?;
            PostsEvent::Deleted { post, by, command }
        }
        Change::Greet { others_only } => PostsEvent::Greeted { by, others_only, command },
    };
    let place = log::next_place(connection, Topic::Posts)?;
    if let Some(post) = written {
        let sql =
            "UPDATE posts SET first_seq = coalesce(first_seq, ?2), last_seq = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([integer(post.0), integer(place.seq.0)])?;
    }
    Ok(Some(log::append(connection, &place, order.at, &event.into(), appended)?))
}

pub(super) fn answer(connection: &Connection, query: &PostsQuery) -> rusqlite::Result<PostsAnswer> {
    let PostsQuery::Before { before, limit } = *query;
    Ok(PostsAnswer::Before(page(connection, before, limit.min(PAGE_POSTS))?))
}

/// One post, as it is now.
pub(super) fn find(connection: &Connection, id: PostId) -> Result<Post, Stop> {
    let sql = "SELECT posts.id, author_id, users.name, at, edited_at, text \
        FROM posts JOIN users ON users.id = author_id WHERE posts.id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([integer(id.0)], post).optional()?;
    found.ok_or_else(|| refusals::no_post().into())
}

/// The newest posts.
pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<PostsPage> {
    page(connection, PostId(u64::MAX), PAGE_POSTS)
}

fn create(connection: &Connection, order: &Order, text: String) -> rusqlite::Result<Post> {
    let sql = "INSERT INTO posts (author_id, at, text) VALUES (?1, ?2, ?3) RETURNING id";
    let author = order.author.clone();
    let id = connection
        .prepare_cached(sql)?
        .query_row((integer(author.id.0), integer(order.at.0), &text), |row| natural(row, 0))?;
    Ok(Post { id: PostId(id), author, at: order.at, edited_at: None, text })
}

/// None if it has this text already.
fn edit(
    connection: &Connection,
    order: &Order,
    id: PostId,
    text: String,
) -> Result<Option<Post>, Stop> {
    let post = own(connection, order.author.id, id)?;
    if post.text == text {
        return Ok(None);
    }
    let sql = "UPDATE posts SET text = ?2, edited_at = ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((integer(id.0), &text, integer(order.at.0)))?;
    let post = Post { text, edited_at: Some(order.at), ..post };
    take_back(connection, id, Some(&post))?;
    Ok(Some(post))
}

/// The text that the post had up to now is to be in the log no more; the post is as it is `now`, or is
/// about to go.
fn take_back(connection: &Connection, id: PostId, now: Option<&Post>) -> Result<(), Stop> {
    let sql = "SELECT first_seq, last_seq FROM posts WHERE id = ?1";
    let places: (Option<i64>, Option<i64>) = connection
        .prepare_cached(sql)?
        .query_row([integer(id.0)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Whoever wrote a post at the shell told nobody.
    let mut places: Vec<i64> = [places.0, places.1].into_iter().flatten().collect();
    places.dedup();
    for place in places {
        let seq = Seq(u64::try_from(place).unwrap_or_default());
        log::redact(connection, Topic::Posts, seq, |event| redact(event, now))?;
    }
    Ok(())
}

/// A post that its author wants to change.
fn own(connection: &Connection, author: UserId, id: PostId) -> Result<Post, Stop> {
    let post = find(connection, id)?;
    if post.author.id == author { Ok(post) } else { Err(refusals::not_your_post().into()) }
}

fn page(connection: &Connection, before: PostId, limit: u32) -> rusqlite::Result<PostsPage> {
    let sql = "SELECT posts.id, author_id, users.name, at, edited_at, text \
        FROM posts JOIN users ON users.id = author_id \
        WHERE posts.id < ?1 ORDER BY posts.id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    // One more than asked for tells whether there are older ones.
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
        author: User { id: UserId(natural(row, 1)?), name: row.get(2)? },
        at: Timestamp(natural(row, 3)?),
        edited_at: edited.map(|_| natural(row, 4)).transpose()?.map(Timestamp),
        text: row.get(5)?,
    })
}
