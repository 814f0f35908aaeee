//! The state of the server for administrators: `GET /api/administration/health`, `/storage`, `/settings` and
//! `/people/{user}/sessions`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use madang_hub::accounts::{DAY_MS, SessionRecord};
use madang_hub::policy::rights::Need;
use madang_hub::ports::TokenHash;
use madang_shared::account::SignInSession;
use madang_shared::administration::WorkspaceSettings;
use madang_shared::health::{HealthReport, PersonSessions, StorageReport};
use madang_shared::{ErrorCode, UserId};

use crate::http::accounts::secrets::public_id;
use crate::http::extract::AuthUser;
use crate::http::problem::Problem;
use crate::mail::MailQueue;
use crate::state::AppState;

/// The route of the sessions of a person.
pub const PERSON_SESSIONS_PATH: &str = "/api/administration/people/{user}/sessions";

/// The memory that is reserved for an answer, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// Answers the state of this node and of the database.
pub async fn health(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<HealthReport>, Problem> {
    let reader = user.reader(Need::ADMINISTRATION)?;
    let size = state.store.database_size(reader).await?;
    let load = state.hub.load();
    Ok(Json(HealthReport {
        version: state.hub.version().to_owned(),
        at: state.clock.now(),
        started_at: state.started_at,
        connections: state.tasks.len() as u64,
        sessions: state.open_sessions.all().len() as u64,
        topics: load.topics,
        deliveries: load.deliveries,
        waiting_topics: load.waiting_topics,
        events: size.events,
        database_bytes: size.bytes,
        free_bytes: state.free_space.free(),
        nodes: load.nodes,
        mails: state.mail.as_ref().map(MailQueue::counts),
    }))
}

/// Answers the rooms and people that use the storage.
pub async fn storage(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<StorageReport>, Problem> {
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    let reader = user.reader(Need::ADMINISTRATION)?;
    Ok(Json(state.store.storage(reader).await?))
}

/// Answers the settings that are in effect.
pub async fn settings(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<WorkspaceSettings>, Problem> {
    let reader = user.reader(Need::ADMINISTRATION)?;
    state.store.check_need(reader, Need::ADMINISTRATION).await?;
    let stored = state.store.settings().await?;
    let limits = state.session_limits.with_settings(&stored);
    let workspace = state.hub.workspace();
    Ok(Json(WorkspaceSettings {
        name: Some(workspace.name.clone().unwrap_or_default()),
        access: Some(workspace.access),
        apps: Some(workspace.apps),
        moods: Some(workspace.moods),
        edit_minutes: Some(stored.edit_minutes.unwrap_or(0)),
        grants: Some(state.store.role_grants(reader).await?),
        session_idle_days: Some(limits.idle_ms / DAY_MS),
        session_max_days: Some(limits.max_ms / DAY_MS),
    }))
}

/// Answers the sign-in sessions of a person.
pub async fn sessions(
    State(state): State<AppState>,
    user: AuthUser,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Json<PersonSessions>, Problem> {
    let Path(person) = path.map_err(|_| {
        Problem::new(ErrorCode::NotFound, "There is no such user; check the number.")
    })?;
    let reader = user.reader(Need::ADMINISTRATION)?;
    let sessions = state.store.sessions_of(reader, UserId(person)).await?;
    let listed = sessions.into_iter().map(|session| SignInSession {
        id: public_id(&session.token),
        device: session.device,
        network: session.network,
        since: session.made_at,
        used_at: session.used_at,
        current: false,
    });
    Ok(Json(PersonSessions { sessions: listed.collect() }))
}

/// The session of a person with a public id.
///
/// # Errors
/// `not_found`; `forbidden` for a reader who decides nothing about the person.
pub(super) async fn find_session(
    state: &AppState,
    reader: UserId,
    person: UserId,
    id: &str,
) -> Result<TokenHash, Problem> {
    let sessions = state.store.sessions_of(reader, person).await?;
    let named = |session: &SessionRecord| public_id(&session.token) == id;
    let found = sessions.into_iter().find(named).map(|session| session.token);
    found.ok_or_else(|| {
        Problem::new(ErrorCode::NotFound, "There is no such session; it may have ended already.")
    })
}
