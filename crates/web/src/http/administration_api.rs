//! The administration over HTTP: acts, the audit log, and the pages of people, invitations and rooms.
//!
//! The store checks the role of the user in each request.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use madang_hub::administration::{ActRequest, Actor, AuditFilter, PeopleFilter};
use madang_hub::erasure::ErasureRecord;
use madang_hub::moderation::banned_network;
use madang_hub::policy;
use madang_hub::policy::rights::Need;
use madang_hub::ports::StoreError;
use madang_shared::administration::{
    AccountsPage, ActAnswer, AdministrationAct, AuditPage, InvitationsPage, RequestedAct,
    RoomSizesPage,
};
use madang_shared::erasure::ErasureReceipt;
use madang_shared::grants::{OwnGrants, RoleGrants};
use madang_shared::health::AccountState;
use madang_shared::roles::Role;
use madang_shared::rooms::MAX_DESCRIPTION_CHARS;
use madang_shared::{ErrorCode, RoomId, Timestamp, UserId};
use serde::Deserialize;

use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::health_api::find_session;
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
    client_info: ClientInfo,
    body: JsonObject,
) -> Result<Json<ActAnswer>, Problem> {
    state.check_running()?;
    // No access token acts for an administrator: it would outlive the session that made it.
    let (user, account) = (author.auth.owner()?, &author.auth.account);
    let RequestedAct { act, reason } = body.into_type()?;
    if matches!(act, AdministrationAct::Erase { user: erased, .. } if erased == user.id) {
        return Err(Problem::new(
            ErrorCode::Forbidden,
            "Erase your own account on its page, where it asks for the password.",
        ));
    }
    if let AdministrationAct::BanAddress { network, .. } = &act {
        // The request itself shows the address that must stay in.
        banned_network(network, client_info.client)?;
    }
    let is_invitation = matches!(act, AdministrationAct::Invite(_));
    let session = match &act {
        AdministrationAct::EndSessions { user: person, session: Some(id) } => {
            Some(find_session(&state, user.id, *person, id).await?)
        }
        _ => None,
    };
    let author = (Actor::User(user.id), account.network());
    let mut request = ActRequest::new(author, act, &reason, state.clock.now())?;
    let token = if is_invitation { Some(random_token()?) } else { None };
    request.token = token.as_ref().map(Token::hash).or(session);
    let recorded = state.store.administer(request).await?;
    let receipt = recorded.erasure.as_ref().and_then(receipt_of);
    Ok(Json(ActAnswer { entry: recorded.entry, token: token.map(Token::into_text), receipt }))
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
    /// A part of the name of the actor, or of the user whom the act concerns.
    #[serde(default)]
    person: String,
    /// In milliseconds since 1970.
    from: Option<u64>,
    until: Option<u64>,
    before: Option<u64>,
}

impl From<AuditQuery> for AuditFilter {
    fn from(AuditQuery { actor, user, act, person, from, until, before }: AuditQuery) -> Self {
        Self {
            actor: actor.map(UserId),
            user: user.map(UserId),
            act,
            person_key: policy::name_key(person.trim()),
            from: from.map(Timestamp),
            until: until.map(Timestamp),
            before,
        }
    }
}

/// Refuses a search that is longer than any name.
fn check_search(search: &str) -> Result<(), Problem> {
    if search.chars().count() <= MAX_DESCRIPTION_CHARS {
        return Ok(());
    }
    let message = format!("A search has at most {MAX_DESCRIPTION_CHARS} characters.");
    Err(Problem::new(ErrorCode::TooLong, message))
}

/// Answers a page of the audit log.
pub async fn audit(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    let Query(query) = query.map_err(|_| {
        malformed("`actor`, `user`, `from`, `until` and `before` must be numbers, each given once at most.")
    })?;
    check_search(&query.person)?;
    // Bounds the pages of one user that are read and encoded at a time.
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    let reader = user.reader(Need::ADMINISTRATION)?;
    Ok(Json(state.store.audit(Some(reader), query.into()).await?))
}

/// Answers the whole audit log, or the entries that a filter finds, as JSON lines, the newest entry first. Later pages are read as the client takes them.
pub async fn export(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) =
        query.map_err(|_| malformed("`actor`, `user`, `from` and `until` must be numbers."))?;
    check_search(&query.person)?;
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
    role: Option<Role>,
    state: Option<AccountState>,
    after: Option<u64>,
}

/// Answers a page of the people.
pub async fn people(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<AccountsQuery>, QueryRejection>,
) -> Result<Json<AccountsPage>, Problem> {
    let Query(AccountsQuery { search, role, state: of_state, after }) = query.map_err(|_| {
        malformed(
            "`search` must be a text, `role` a role, `state` one of active and deactivated, and `after` a number, each \
             given once at most.",
        )
    })?;
    check_search(&search)?;
    let search_key = policy::name_key(search.trim());
    let filter = PeopleFilter { search_key, role, state: of_state, after: after.map(UserId) };
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

/// Answers the user's own grants in the apps.
pub async fn own_grants(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<OwnGrants>, Problem> {
    Ok(Json(state.store.own_grants(user.reader(Need::Account)?).await?))
}

/// Answers the grants of each role.
pub async fn role_grants(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<RoleGrants>, Problem> {
    Ok(Json(state.store.role_grants(user.reader(Need::ADMINISTRATION)?).await?))
}

/// The receipt of an erasure; none if another program has damaged it.
pub(super) fn receipt_of(record: &ErasureRecord) -> Option<ErasureReceipt> {
    madang_shared::codec::decode_part(&record.receipt).ok()
}

/// The route of a receipt; with `.txt` behind its id as text.
pub const RECEIPT_PATH: &str = "/api/administration/erasures/{id}";

/// Answers a receipt to an administrator, to be kept.
pub async fn receipt(
    State(state): State<AppState>,
    user: AuthUser,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let reader = user.reader(Need::ADMINISTRATION)?;
    let (id, is_text) = match id.strip_suffix(".txt") {
        Some(id) => (id, true),
        None => (id.strip_suffix(".json").unwrap_or(&id), false),
    };
    let records = state.store.erasures(Some(reader)).await?;
    let receipt = records.iter().filter_map(receipt_of).find(|receipt| receipt.id == id);
    let receipt = receipt.ok_or_else(|| {
        Problem::new(ErrorCode::NotFound, "There is no such receipt; check its number.")
    })?;
    let (kind, content) = if is_text {
        ("text/plain; charset=utf-8", receipt.to_text())
    } else {
        ("application/json", madang_shared::codec::encode_part(&receipt))
    };
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, "attachment")];
    Ok((headers, content).into_response())
}

fn malformed(message: &str) -> Problem {
    Problem::new(ErrorCode::Malformed, message)
}
