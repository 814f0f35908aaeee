//! The feed for programs: `GET` and `POST /posts`; `GET`, `PUT` and `DELETE /posts/{id}`.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use madang_shared::posts::PAGE_POSTS;
use madang_shared::posts::{Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{Answer, ErrorCode, Event, PostId, User, validate};
use serde::Deserialize;

use crate::http_commands::{
    AuthUser, IdempotencyKey, RateLimitedUser, carry_out, used_for_something_else,
};
use crate::problem::Problem;
use crate::state::AppState;

/// What a post is to say.
#[derive(Clone, Debug, Deserialize)]
pub struct PostText {
    text: String,
}

/// Which posts are asked for.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Which {
    /// The answer starts with the newest post that is older than this; without it, with the newest.
    before: Option<u64>,
    /// How many at most: 1 to [`PAGE_POSTS`].
    limit: Option<u32>,
}

/// Some posts, newest first.
pub async fn list(
    State(state): State<AppState>,
    AuthUser(reader): AuthUser,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<PostsPage>, Problem> {
    let Query(Which { before, limit }) =
        which.map_err(|wrong| Problem::new(ErrorCode::Malformed, wrong.body_text()))?;
    let before = PostId(before.unwrap_or(u64::MAX));
    let limit = limit.unwrap_or(PAGE_POSTS).clamp(1, PAGE_POSTS);
    page(&state, &reader, before, limit).await.map(Json)
}

/// One post, as it is now.
pub async fn read(
    State(state): State<AppState>,
    AuthUser(reader): AuthUser,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Post>, Problem> {
    let id = named(id)?;
    one(&state, &reader, id).await.map(Json)
}

/// Writes a post. Answers it, and where it is; where the request came before and the post was edited
/// since, as it is now.
pub async fn create(
    State(state): State<AppState>,
    caller: RateLimitedUser,
    key: IdempotencyKey,
    body: Result<Json<PostText>, JsonRejection>,
) -> Result<Response, Problem> {
    let text = text_of(body)?;
    let command = PostsCommand::Create { text: text.clone() };
    let post = match carry_out(&state, caller, key, command).await? {
        Some(Event::Posts(PostsEvent::Created { post, .. }))
            if post.text == text || post.edited_at.is_some() =>
        {
            post
        }
        Some(Event::Posts(PostsEvent::Redacted { .. })) => return Err(no_post()),
        _ => return Err(used_for_something_else()),
    };
    let location = [(LOCATION, format!("/posts/{}", post.id))];
    Ok((StatusCode::CREATED, location, Json(post)).into_response())
}

/// Gives one's own post another text. Answers the post.
pub async fn edit(
    State(state): State<AppState>,
    caller: RateLimitedUser,
    key: IdempotencyKey,
    id: Result<Path<u64>, PathRejection>,
    body: Result<Json<PostText>, JsonRejection>,
) -> Result<Json<Post>, Problem> {
    let id = named(id)?;
    let text = text_of(body)?;
    let author = caller.0.clone();
    let command = PostsCommand::Edit { post: id, text: text.clone() };
    match carry_out(&state, caller, key, command).await? {
        Some(Event::Posts(PostsEvent::Edited { post, .. }))
            if post.id == id && post.text == text =>
        {
            Ok(Json(post))
        }
        // It has another text by now, which is nobody's to overwrite by coming late.
        Some(Event::Posts(PostsEvent::Redacted { post, .. })) if post == id => {
            one(&state, &author, id).await.map(Json)
        }
        // It had this text already.
        None => one(&state, &author, id).await.map(Json),
        Some(_) => Err(used_for_something_else()),
    }
}

/// Takes one's own post back.
pub async fn delete(
    State(state): State<AppState>,
    caller: RateLimitedUser,
    key: IdempotencyKey,
    id: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let id = named(id)?;
    match carry_out(&state, caller, key, PostsCommand::Delete { post: id }).await? {
        Some(Event::Posts(PostsEvent::Deleted { post, .. })) if post == id => {
            Ok(StatusCode::NO_CONTENT)
        }
        _ => Err(used_for_something_else()),
    }
}

async fn one(state: &AppState, reader: &User, id: PostId) -> Result<Post, Problem> {
    // Ids grow with time: the newest post that is older than the next one is this one, or it is gone.
    let next = PostId(id.0.saturating_add(1));
    let found = page(state, reader, next, 1).await?.posts.pop().filter(|post| post.id == id);
    found.ok_or_else(no_post)
}

async fn page(
    state: &AppState,
    reader: &User,
    before: PostId,
    limit: u32,
) -> Result<PostsPage, Problem> {
    let query = PostsQuery::Before { before, limit };
    match state.store.query(reader.id, query.into()).await? {
        Answer::Posts(PostsAnswer::Before(page)) => Ok(page),
        _ => Err(Problem::new(ErrorCode::Internal, "The store misunderstood.")),
    }
}

/// The text as it will be stored, so that it can be told from another one's.
fn text_of(body: Result<Json<PostText>, JsonRejection>) -> Result<String, Problem> {
    let Json(PostText { text }) = body.map_err(|wrong| Problem::unreadable(&wrong))?;
    validate::post_text(&text).map_err(Problem)
}

fn named(id: Result<Path<u64>, PathRejection>) -> Result<PostId, Problem> {
    let Path(id) = id.map_err(|_| no_post())?;
    Ok(PostId(id))
}

fn no_post() -> Problem {
    Problem::new(ErrorCode::NotFound, "There is no such post.")
}
