//! What became of a message: `GET /api/rooms/{room}/messages/{seq}/delivery`, for members of the room.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use madang_shared::delivery::Delivery;
use madang_shared::{ErrorCode, RoomId, Seq, Topic};

use crate::http_commands::RateLimitedUser;
use crate::problem::Problem;
use crate::state::AppState;

/// The route; [`madang_shared::delivery::path`] fills it in.
pub const PATH: &str = "/api/rooms/{room}/messages/{seq}/delivery";

/// Everything that is known of it, as it is now. To ask costs about as much as a command, and is allowed
/// as often.
pub async fn delivery(
    State(state): State<AppState>,
    RateLimitedUser(reader): RateLimitedUser,
    place: Result<Path<(u64, u64)>, PathRejection>,
) -> Result<Json<Delivery>, Problem> {
    let no_message = |_| Problem::new(ErrorCode::NotFound, "There is no such message.");
    let Path((room, message)) = place.map_err(no_message)?;
    let (room, message) = (RoomId(room), Seq(message));
    let stored = state.store.delivery(reader.id, room, message).await?;
    let clients = state.receipts.of(Topic::Room(room), message);
    Ok(Json(madang_hub::delivery::report(&state.hub, room, stored, clients)))
}
