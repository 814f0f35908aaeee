//! Posts for programs: `GET` and `POST /posts`; `GET`, `PUT`, `PATCH` and `DELETE /posts/{id}`.

use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use madang_hub::policy::rights::Need;
use madang_shared::posts::PAGE_POSTS;
use madang_shared::posts::{Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{Answer, ErrorCode, Event, PostId, validate};
use serde::Deserialize;

use crate::http::commands::{commit, key_reused};
use crate::http::extract::{AuthUser, CommandUser, IdempotencyKey};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The memory that is reserved for a page, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// The query of a request for a page of posts, as text, so that each parameter gets its own error message.
#[derive(Clone, Debug, Deserialize)]
pub struct PageQuery {
    /// The page starts with the newest post older than this one; without it, with the newest post.
    before: Option<String>,
    /// The limit for the page: 1 to [`PAGE_POSTS`] posts.
    limit: Option<String>,
}

/// Answers a page of posts, newest first.
pub async fn list(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<PostsPage>, Problem> {
    let Query(PageQuery { before, limit }) = query.map_err(|_| {
        malformed("`before` and `limit` may each be given once; remove the repeated one.")
    })?;
    let before = PostId(number("before", before)?.unwrap_or(u64::MAX));
    let limit = number("limit", limit)?.unwrap_or(PAGE_POSTS).clamp(1, PAGE_POSTS);
    let query = PostsQuery::Before { before, limit };
    // Bounds the pages of one user that are read and encoded at a time.
    let reader = user.reader(Need::FEED)?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    match state.store.query(reader, query.into()).await? {
        Answer::Posts(PostsAnswer::Before(page)) => Ok(Json(page)),
        _ => Err(Problem::defect("the store answered a query for posts with something else")),
    }
}

/// Answers the present state of one post.
pub async fn read(
    State(state): State<AppState>,
    user: AuthUser,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Post>, Problem> {
    let id = id_in(id)?;
    Ok(Json(state.store.post(user.reader(Need::FEED)?, id).await?))
}

/// Creates a post, and answers it with its address. A repeated request gets the text as it is now,
/// edits included.
pub async fn create(
    State(state): State<AppState>,
    author: CommandUser,
    key: IdempotencyKey,
    body: JsonObject,
) -> Result<Response, Problem> {
    let text = text_in(&body)?;
    let command = PostsCommand::Create { text: text.clone() };
    let post = match commit(&state, author, key, command).await? {
        Some(Event::Posts(PostsEvent::Created { post, .. }))
            if post.text == text || post.edited_at.is_some() =>
        {
            post
        }
        Some(Event::Posts(PostsEvent::Redacted { .. })) => return Err(no_post()),
        _ => return Err(key_reused()),
    };
    let location = [(LOCATION, format!("/posts/{}", post.id))];
    Ok((StatusCode::CREATED, location, Json(post)).into_response())
}

/// Replaces the text of the author's own post, and answers the post.
pub async fn edit(
    State(state): State<AppState>,
    author: CommandUser,
    key: IdempotencyKey,
    id: Result<Path<u64>, PathRejection>,
    body: JsonObject,
) -> Result<Json<Post>, Problem> {
    let id = id_in(id)?;
    let text = text_in(&body)?;
    let command = PostsCommand::Edit { post: id, text: text.clone() };
    let reader = author.auth.reader(Need::FEED)?;
    match commit(&state, author, key, command).await? {
        Some(Event::Posts(PostsEvent::Edited { post, .. }))
            if post.id == id && post.text == text =>
        {
            Ok(Json(post))
        }
        // A later edit has replaced the text; a repeated request must not overwrite it.
        Some(Event::Posts(PostsEvent::Redacted { post, .. })) if post == id => {
            Ok(Json(state.store.post(reader, id).await?))
        }
        // The post had this text already.
        None => Ok(Json(state.store.post(reader, id).await?)),
        Some(_) => Err(key_reused()),
    }
}

/// Deletes the author's own post.
pub async fn delete(
    State(state): State<AppState>,
    author: CommandUser,
    key: IdempotencyKey,
    id: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let id = id_in(id)?;
    match commit(&state, author, key, PostsCommand::Delete { post: id }).await? {
        Some(Event::Posts(PostsEvent::Deleted { post, .. })) if post == id => {
            Ok(StatusCode::NO_CONTENT)
        }
        _ => Err(key_reused()),
    }
}

/// The validated text, in the form that the store keeps, so that repeated requests can be compared. A title becomes
/// its first line.
fn text_in(body: &JsonObject) -> Result<String, Problem> {
    let text = match (body.has("text"), body.has("title") || body.has("content")) {
        (true, true) => {
            return Err(malformed("Send either `text`, or `title` and `content`, but not both."));
        }
        (true | false, false) => body.string("text")?.to_owned(),
        (false, true) => {
            let title: Vec<&str> = body.string("title")?.trim().lines().collect();
            format!("{}\n{}", title.join(" "), body.string("content")?)
        }
    };
    Ok(validate::post_text(&text)?)
}

/// Parses a parameter of a query, if it is present.
fn number<T: FromStr>(name: &str, value: Option<String>) -> Result<Option<T>, Problem> {
    value.map(|value| value.parse()).transpose().map_err(|_| {
        malformed(format!("The parameter `{name}` must be a whole number, from 0 on."))
    })
}

fn id_in(id: Result<Path<u64>, PathRejection>) -> Result<PostId, Problem> {
    let Path(id) = id.map_err(|_| no_post())?;
    Ok(PostId(id))
}

fn no_post() -> Problem {
    Problem::new(ErrorCode::NotFound, "There is no such post; check its id.")
}

fn malformed(message: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::Malformed, message)
}
