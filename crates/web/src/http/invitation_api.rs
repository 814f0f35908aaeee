//! Invitations for the people who have their links: `POST /api/invitation` and `POST /api/invitation/accept`. A new person
//! signs up with the invitation at `POST /api/session`.

use axum::Json;
use axum::extract::State;
use madang_hub::administration::{InvitedUser, Invitee};
use madang_hub::budgets::resource::Resource;
use madang_shared::User;
use madang_shared::administration::OfferedInvitation;

use crate::http::client_info::ClientInfo;
use crate::http::extract::CommandUser;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::http::session_token::hash;
use crate::state::AppState;

/// Answers what an invitation offers. The token is in the body, so that no log has it.
pub async fn offered(
    State(state): State<AppState>,
    client_info: ClientInfo,
    body: JsonObject,
) -> Result<Json<OfferedInvitation>, Problem> {
    let now = state.clock.now();
    if let Some(stranger) = state.stranger(&client_info) {
        stranger.charge_one(Resource::Reads, now)?;
    }
    let mut offered = state.store.invitation(hash(body.string("token")?), now).await?;
    offered.workspace.clone_from(&state.hub.workspace().name);
    Ok(Json(offered))
}

/// Adds the role and the rooms of an invitation to the account of a signed-in user.
pub async fn accept(
    State(state): State<AppState>,
    invitee: CommandUser,
    body: JsonObject,
) -> Result<Json<User>, Problem> {
    state.check_running()?;
    let (user, account) = (invitee.auth.owner()?, &invitee.auth.account);
    let request = InvitedUser {
        invitee: Invitee::User(user.id),
        invitation: hash(body.string("token")?),
        access: state.hub.workspace().access,
        at: state.clock.now(),
        network: account.network(),
    };
    Ok(Json(state.store.accept_invitation(request).await?))
}
