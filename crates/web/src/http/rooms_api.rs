//! The directory of rooms, `GET /api/rooms`, one room, `GET /api/rooms/{room}`, the members of a room,
//! `GET /api/rooms/{room}/members`, the people who can see it, `GET /api/rooms/{room}/access`, and the people whom a user may know, `GET /api/people`; the lists in pages.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use madang_hub::policy;
use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::{DirectoryRequest, PeopleRequest};
use madang_shared::details::MembersPage;
use madang_shared::people::PeoplePage;
use madang_shared::room_access::{AccessGroup, AccessRule, RoomAccess};
use madang_shared::rooms::{DirectoryPage, ListedRoom, MAX_DESCRIPTION_CHARS};
use madang_shared::session::MAX_USER_NAME_CHARS;
use madang_shared::{ErrorCode, RoomId, Seq, UserId};
use serde::Deserialize;

use crate::http::extract::{AuthUser, CommandUser};
use crate::http::problem::Problem;
use crate::socketio::Exposure;
use crate::state::AppState;

/// The route of members; [`madang_shared::details::members_path`] fills in its parameter.
pub const MEMBERS_PATH: &str = "/api/rooms/{room}/members";

/// The route of one room; [`madang_shared::rooms::room_path`] fills in its parameter.
pub const ROOM_PATH: &str = "/api/rooms/{room}";

/// The route of the people who can see a room; [`madang_shared::room_access::room_access_path`] fills in its parameters.
pub const ACCESS_PATH: &str = "/api/rooms/{room}/access";

/// The memory that is reserved for a page, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// The query of a request for a page of the directory.
#[derive(Clone, Debug, Deserialize)]
pub struct DirectoryQuery {
    /// See [`DirectoryRequest::search_key`]; the text itself. At most [`MAX_DESCRIPTION_CHARS`] characters.
    #[serde(default)]
    search: String,
    /// See [`DirectoryRequest::after`].
    after: Option<u64>,
}

/// The query of a request for a page of people.
#[derive(Clone, Debug, Deserialize)]
pub struct PeopleQuery {
    /// See [`PeopleRequest::search_key`]; the text itself. At most [`MAX_USER_NAME_CHARS`] characters.
    #[serde(default)]
    search: String,
    /// See [`PeopleRequest::after`].
    after: Option<u64>,
}

/// The query of a request for the people who can see a room.
#[derive(Clone, Debug, Deserialize)]
pub struct AccessQuery {
    /// The message; without it, the room is meant.
    message: Option<u64>,
}

/// The query of a request for a page of members.
#[derive(Clone, Debug, Deserialize)]
pub struct MembersQuery {
    /// The page begins after this user; without it, with the first member.
    after: Option<u64>,
}

/// Answers a page of the directory.
pub async fn directory(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<DirectoryQuery>, QueryRejection>,
) -> Result<Json<DirectoryPage>, Problem> {
    let Query(DirectoryQuery { search, after }) = query.map_err(|_| {
        malformed("`search` must be a text and `after` the id of a room, each given once at most.")
    })?;
    if search.chars().count() > MAX_DESCRIPTION_CHARS {
        let message = format!("A search has at most {MAX_DESCRIPTION_CHARS} characters.");
        return Err(Problem::new(ErrorCode::TooLong, message));
    }
    let search_key = policy::name_key(search.trim());
    let request = DirectoryRequest { search_key, after: after.map(RoomId) };
    // Bounds the pages of one user that are read and encoded at a time.
    let reader = user.reader(Need::DIRECTORY)?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    Ok(Json(state.store.directory(reader, request).await?))
}

/// Answers one room to a user who may know of it.
pub async fn room(
    State(state): State<AppState>,
    user: AuthUser,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Json<ListedRoom>, Problem> {
    let Path(room) = path.map_err(|_| no_such_room())?;
    let room = RoomId(room);
    let reader = user.reader(Need::Room(room, RoomRight::Know))?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    Ok(Json(state.store.room(reader, room).await?))
}

/// Answers who can see a room, or a message in it. The query costs about as much as a command, so it is charged as one.
pub async fn access(
    State(state): State<AppState>,
    user: CommandUser,
    path: Result<Path<u64>, PathRejection>,
    query: Result<Query<AccessQuery>, QueryRejection>,
) -> Result<Json<RoomAccess>, Problem> {
    let Path(room) = path.map_err(|_| no_such_room())?;
    let Query(AccessQuery { message }) =
        query.map_err(|_| malformed("`message` must be a number, given once at most."))?;
    let room = RoomId(room);
    let right = if message.is_some() { RoomRight::Read } else { RoomRight::Know };
    let reader = user.auth.reader(Need::Room(room, right))?;
    let mut access = state.store.room_access(reader, room, message.map(Seq)).await?;
    if relays_guests(&state, room) {
        access.groups.push(AccessGroup { rule: AccessRule::RelayedClient, people: None });
        access.groups.sort_by_key(|group| group.rule);
    }
    Ok(Json(access))
}

/// Whether Socket.IO clients without an account see the room.
fn relays_guests(state: &AppState, room: RoomId) -> bool {
    let settings = &state.socketio;
    settings.exposure != Exposure::Off
        && settings.guests
        && state.hub.workspace().access.is_open()
        && settings.rooms().contains(&room)
}

/// Answers a page of the people whom the user may know.
pub async fn people(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<PeopleQuery>, QueryRejection>,
) -> Result<Json<PeoplePage>, Problem> {
    let Query(PeopleQuery { search, after }) = query.map_err(|_| {
        malformed("`search` must be a text and `after` the id of a user, each given once at most.")
    })?;
    if search.chars().count() > MAX_USER_NAME_CHARS {
        let message = format!("A search has at most {MAX_USER_NAME_CHARS} characters.");
        return Err(Problem::new(ErrorCode::TooLong, message));
    }
    let search_key = policy::name_key(search.trim());
    let request = PeopleRequest { search_key, after: after.map(UserId) };
    let reader = user.reader(Need::Account)?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    Ok(Json(state.store.people(reader, request).await?))
}

/// Answers a page of a room's members to a member.
pub async fn members(
    State(state): State<AppState>,
    user: AuthUser,
    path: Result<Path<u64>, PathRejection>,
    query: Result<Query<MembersQuery>, QueryRejection>,
) -> Result<Json<MembersPage>, Problem> {
    let Path(room) = path.map_err(|_| no_such_room())?;
    let Query(MembersQuery { after }) =
        query.map_err(|_| malformed("`after` must be the id of a user, given once at most."))?;
    let room = RoomId(room);
    let reader = user.reader(Need::Room(room, RoomRight::Read))?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    Ok(Json(state.store.members(reader, room, after.map(UserId)).await?))
}

fn no_such_room() -> Problem {
    Problem::new(ErrorCode::NotFound, "There is no such room; check its number.")
}

fn malformed(message: &str) -> Problem {
    Problem::new(ErrorCode::Malformed, message)
}
