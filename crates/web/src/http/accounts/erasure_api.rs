//! The erasure of the user's own account: `POST /api/account/erase`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use madang_hub::accounts::FRESH_SESSION_MS;
use madang_hub::administration::{ActRequest, Actor};
use madang_hub::passwords::NormalPassword;
use madang_shared::ErrorCode;
use madang_shared::administration::AdministrationAct;
use madang_shared::erasure::{ErasureReceipt, OwnErasure};

use super::account_api::AccountSession;
use super::password_check::check_password;
use super::sign_in_request::SignInRequest;
use crate::http::administration_api::receipt_of;
use crate::http::client_info::ClientInfo;
use crate::http::extract::CommandUser;
use crate::http::factors::codes;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Erases the account. A password and one-time codes are asked for again; an account with other ways to sign in needs a
/// session that has just begun.
pub async fn erase_own(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
    request: SignInRequest,
    body: JsonObject,
) -> Result<Json<ErasureReceipt>, Problem> {
    state.check_running()?;
    let user = auth.owner()?;
    let OwnErasure { name, password, code } = body.into_type()?;
    let AccountSession { record, session } =
        AccountSession::of(&state, user.id, &headers, &client_info).await?;
    let now = state.clock.now();
    if let Some(hash) = &record.password {
        let current = NormalPassword::of(&password)?;
        check_password(&state, user, &request, current, hash).await?;
    } else if record.is_secured && now.since(session.made_at) >= FRESH_SESSION_MS {
        let message = "Sign in again first: the session must have begun within the last minutes.";
        return Err(Problem::new(ErrorCode::Forbidden, message));
    }
    if state.store.factors(user.id).await?.has_totp {
        codes::require(&state, user.id, &code).await?;
    }
    let act = AdministrationAct::Erase { user: user.id, name };
    let author = (Actor::User(user.id), auth.account.network());
    let recorded = state.store.administer(ActRequest::new(author, act, "", now)?).await?;
    tracing::info!(user = user.id.0, "an account was erased by its user");
    let receipt = recorded.erasure.as_ref().and_then(receipt_of);
    receipt.map(Json).ok_or_else(|| Problem::defect("an erasure has no receipt"))
}
