//! The account of the signed-in user: `GET /api/account`, and the end of sessions, `DELETE /api/account/sessions`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use madang_hub::accounts::{AccountRecord, SessionRecord};
use madang_hub::ports::TokenHash;
use madang_shared::account::{AccountInfo, SignInSession};
use madang_shared::{ErrorCode, UserId};

use super::secrets::public_id;
use super::sign_in_request::close_sessions;
use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::problem::Problem;
use crate::http::session_token::{candidates, sessions};
use crate::state::AppState;

/// The route of one session.
pub const SESSION_PATH: &str = "/api/account/sessions/{id}";

/// The account of a user, and the session of the request. Programs with another kind of token have none, and may not
/// change the account.
pub(super) struct AccountSession {
    pub(super) record: AccountRecord,
    pub(super) session: SessionRecord,
}

impl AccountSession {
    /// # Errors
    /// `forbidden` without a session.
    pub(super) async fn of(
        state: &AppState,
        user: UserId,
        headers: &HeaderMap,
        client_info: &ClientInfo,
    ) -> Result<Self, Problem> {
        let candidates = sessions(&candidates(headers, client_info));
        let record = state.store.account(user).await?;
        let session = record.sessions.iter().find(|it| candidates.contains(&it.token)).cloned();
        let session = session.ok_or_else(|| {
            let message = "The account needs a sign-in session; sign in first.";
            Problem::new(ErrorCode::Forbidden, message)
        })?;
        Ok(Self { record, session })
    }
}

/// Answers the account.
pub async fn account(
    State(state): State<AppState>,
    auth: AuthUser,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Json<AccountInfo>, Problem> {
    let AccountSession { record, session } =
        AccountSession::of(&state, auth.owner()?.id, &headers, &client_info).await?;
    let is_confirmed = session.is_confirmed(state.clock.now());
    let listed = record.sessions.into_iter().map(|it| SignInSession {
        id: public_id(&it.token),
        device: it.device,
        network: it.network,
        since: it.made_at,
        used_at: it.used_at,
        current: it.token == session.token,
    });
    Ok(Json(AccountInfo {
        secured: record.is_secured,
        has_password: record.password.is_some(),
        needs_current_password: record.password.is_some() && !is_confirmed,
        sessions: listed.collect(),
        attempts: record.attempts,
    }))
}

/// Ends all sessions but that of the request.
pub async fn end_other_sessions(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<StatusCode, Problem> {
    let AccountSession { record, session } =
        AccountSession::of(&state, auth.owner()?.id, &headers, &client_info).await?;
    let others = record.sessions.into_iter().map(|it| it.token);
    let others = others.filter(|token| *token != session.token).collect();
    end(&state, auth.owner()?.id, others).await
}

/// Ends one session.
pub async fn end_session(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let AccountSession { record, .. } =
        AccountSession::of(&state, auth.owner()?.id, &headers, &client_info).await?;
    let named = record.sessions.into_iter().map(|it| it.token).find(|it| public_id(it) == id);
    let named = named.ok_or_else(|| {
        Problem::new(ErrorCode::NotFound, "There is no such session; it may have ended already.")
    })?;
    end(&state, auth.owner()?.id, vec![named]).await
}

async fn end(
    state: &AppState,
    user: UserId,
    sessions: Vec<TokenHash>,
) -> Result<StatusCode, Problem> {
    let ended = state.store.end_sessions(user, sessions).await?;
    close_sessions(state, &ended);
    Ok(StatusCode::NO_CONTENT)
}
