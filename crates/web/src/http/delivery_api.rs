//! The delivery of a message: `GET /api/rooms/{room}/messages/{seq}/delivery`, for members of the room.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use madang_hub::delivery::report;
use madang_hub::policy::rights::{Need, RoomRight};
use madang_shared::delivery::Delivery;
use madang_shared::{ErrorCode, RoomId, Seq};

use crate::http::extract::CommandUser;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The route; [`madang_shared::delivery::path`] fills in its parameters.
pub const PATH: &str = "/api/rooms/{room}/messages/{seq}/delivery";

/// Answers the present delivery state of a message. The query costs about as much as a command, so it is charged
/// as one.
pub async fn delivery(
    State(state): State<AppState>,
    user: CommandUser,
    path: Result<Path<(u64, u64)>, PathRejection>,
) -> Result<Json<Delivery>, Problem> {
    let no_message = |_| {
        Problem::new(
            ErrorCode::NotFound,
            "There is no such message; check the room and the number.",
        )
    };
    let Path((room, message)) = path.map_err(no_message)?;
    let (room, message) = (RoomId(room), Seq(message));
    let reader = user.auth.reader(Need::Room(room, RoomRight::Read))?;
    let recipients = state.store.delivery(reader, room, message).await?;
    Ok(Json(report(&state.hub, room, recipients).await))
}
