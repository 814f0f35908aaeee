//! The administration over HTTP: acts, the audit log, and the pages of people, invitations and rooms.
//!
//! The store checks the role of the user in each request.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use madang_hub::administration::{ActRequest, Actor, AuditFilter, PeopleFilter};
use madang_hub::policy;
use madang_hub::policy::rights::Need;
use madang_hub::ports::StoreError;
use madang_shared::administration::{
    AccountsPage, ActAnswer, AdministrationAct, AuditPage, InvitationsPage, RequestedAct,
    RoomSizesPage,
};
use madang_shared::roles::Access;
use madang_shared::rooms::MAX_DESCRIPTION_CHARS;
use madang_shared::{ErrorCode, RoomId, UserId};
use serde::Deserialize;

use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::http::session_token::Token;
use crate::state::AppState;

/// The memory that is reserved for a page, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// Executes an act, and answers its number in the audit log.
pub async fn act(
    State(state): State<AppState>,
    author: CommandUser,
    body: JsonObject,
) -> Result<Json<ActAnswer>, Problem> {
    state.check_running()?;
    // No access token acts for an administrator: it would outlive the session that made it.
    let (user, account) = (author.auth.owner()?, &author.auth.account);
    let RequestedAct { act, reason } = body.into_type()?;
    let is_invitation = matches!(act, AdministrationAct::Invite(_));
    let author = (Actor::User(user.id), account.network());
    let mut request = ActRequest::new(author, act, &reason, state.clock.now())?;
    let token = if is_invitation { Some(random_token()?) } else { None };
    request.token = token.as_ref().map(Token::hash);
    let recorded = state.store.administer(request).await?;
    Ok(Json(ActAnswer { entry: recorded.entry, token: token.map(Token::into_text) }))
}

fn random_token() -> Result<Token, Problem> {
    Token::random().map_err(|error| {
        tracing::error!(%error, "the system provides no random bytes");
        Problem::new(
            ErrorCode::Internal,
            "The server could not make a link. Nothing was changed; try again later.",
        )
    })
}

/// The query of a request for the audit log.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AuditQuery {
    actor: Option<u64>,
    user: Option<u64>,
    act: Option<String>,
    before: Option<u64>,
}

impl From<AuditQuery> for AuditFilter {
    fn from(AuditQuery { actor, user, act, before }: AuditQuery) -> Self {
        Self { actor: actor.map(UserId), user: user.map(UserId), act, before }
    }
}

/// Answers a page of the audit log.
pub async fn audit(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    let Query(query) = query.map_err(|_| {
        malformed("`actor`, `user` and `before` must be numbers, each given once at most.")
    })?;
    // Bounds the pages of one user that are read and encoded at a time.
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    let reader = user.reader(Need::ADMINISTRATION)?;
    Ok(Json(state.store.audit(Some(reader), query.into()).await?))
}

/// Answers the whole audit log as JSON lines, the newest entry first. Later pages are read as the client takes them.
pub async fn export(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|_| malformed("`actor` and `user` must be numbers."))?;
    let reader = user.reader(Need::ADMINISTRATION)?;
    let mut filter = AuditFilter::from(query);
    // A refusal must be the answer itself.
    let first = state.store.audit(Some(reader), filter.clone()).await?;
    filter.before = first.entries.last().map(|last| last.id);
    let store = state.store.clone();
    let pages = stream::try_unfold(Some((Some(first), filter)), move |state| {
        let store = store.clone();
        async move {
            let Some((page, mut filter)) = state else { return Ok::<_, StoreError>(None) };
            let page = match page {
                Some(page) => page,
                None => store.audit(Some(reader), filter.clone()).await?,
            };
            filter.before = page.entries.last().map(|last| last.id);
            let next = page.more.then_some((None, filter));
            Ok(Some((lines(&page), next)))
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/jsonl; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

fn lines(page: &AuditPage) -> Bytes {
    let mut lines = String::new();
    for entry in &page.entries {
        lines.push_str(&madang_shared::codec::encode_part(entry));
        lines.push('\n');
    }
    lines.into()
}

/// The query of a request for people.
#[derive(Clone, Debug, Deserialize)]
pub struct AccountsQuery {
    #[serde(default)]
    search: String,
    after: Option<u64>,
}

/// Answers a page of the people.
pub async fn people(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AccountsQuery>, QueryRejection>,
) -> Result<Json<AccountsPage>, Problem> {
    let Query(AccountsQuery { search, after }) = query.map_err(|_| {
        malformed("`search` must be a text and `after` a number, each given once at most.")
    })?;
    if search.chars().count() > MAX_DESCRIPTION_CHARS {
        let message = format!("A search has at most {MAX_DESCRIPTION_CHARS} characters.");
        return Err(Problem::new(ErrorCode::TooLong, message));
    }
    let search_key = policy::name_key(search.trim());
    let filter = PeopleFilter { search_key, after: after.map(UserId) };
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    let reader = user.reader(Need::ADMINISTRATION)?;
    Ok(Json(state.store.accounts(Some(reader), filter).await?))
}

/// The query of a request for invitations.
#[derive(Clone, Debug, Deserialize)]
pub struct BeforeQuery {
    before: Option<u64>,
}

/// Answers a page of the invitations.
pub async fn invitations(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<BeforeQuery>, QueryRejection>,
) -> Result<Json<InvitationsPage>, Problem> {
    let Query(BeforeQuery { before }) =
        query.map_err(|_| malformed("`before` must be a number, given once at most."))?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    let reader = user.reader(Need::ADMINISTRATION)?;
    Ok(Json(state.store.invitations(reader, before).await?))
}

/// The query of a request for rooms.
#[derive(Clone, Debug, Deserialize)]
pub struct AfterQuery {
    after: Option<u64>,
}

/// Answers a page of the rooms.
pub async fn rooms(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AfterQuery>, QueryRejection>,
) -> Result<Json<RoomSizesPage>, Problem> {
    let Query(AfterQuery { after }) =
        query.map_err(|_| malformed("`after` must be a number, given once at most."))?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    let reader = user.reader(Need::ADMINISTRATION)?;
    Ok(Json(state.store.room_sizes(reader, after.map(RoomId)).await?))
}

/// Makes the user the first owner of an open workspace. Only a client on the server's own machine may ask.
pub async fn become_owner(
    State(state): State<AppState>,
    claimant: CommandUser,
    client_info: ClientInfo,
) -> Result<Json<ActAnswer>, Problem> {
    state.check_running()?;
    let (user, account) = (claimant.auth.owner()?, &claimant.auth.account);
    let is_here = client_info.client.is_some_and(|address| address.is_loopback());
    if !is_here || !state.proxies.is_empty() || state.hub.workspace().access != Access::Open {
        return Err(Problem::new(
            ErrorCode::Forbidden,
            "Open the set-up link that the server printed at its start to become its owner.",
        ));
    }
    let recorded = state.store.become_owner(user.id, account.network(), state.clock.now()).await?;
    Ok(Json(ActAnswer { entry: recorded.entry, token: None }))
}

fn malformed(message: &str) -> Problem {
    Problem::new(ErrorCode::Malformed, message)
}
