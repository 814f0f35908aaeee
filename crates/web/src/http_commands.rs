//! How a request over HTTP commands: the same way as a frame on a socket does. The feature decides, the
//! store makes it durable, and the push to everybody's screen follows from the store's tail. A handler
//! needs nothing of the live side for it, and nothing here is global.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use madang_hub::features;
use madang_hub::ports::Write;
use madang_shared::frames::LogPosition;
use madang_shared::{Command, CommandId, ErrorCode, Event, Seq, User, codec};

use crate::client_info::{ClientAddress, ClientInfo};
use crate::problem::Problem;
use crate::session_token::{hash, token_of};
use crate::state::AppState;

/// Names the command of a request, as [draft-ietf-httpapi-idempotency-key-header] has it; with quotes
/// or without.
///
/// [draft-ietf-httpapi-idempotency-key-header]: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Whose session a request came with. A request without one is refused.
#[derive(Clone, Debug)]
pub struct AuthUser(pub User);

/// Whoever wants to change something, and still may: one user, and one address, so much at a time.
#[derive(Clone, Debug)]
pub struct RateLimitedUser(pub User);

impl FromRequestParts<AppState> for RateLimitedUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let now = state.clock.now();
        let from = ClientAddress::from_request_parts(parts, state).await?;
        // Before the store is asked whose session it is.
        state.rate_limiter.command_from(from, now)?;
        let AuthUser(user) = AuthUser::from_request_parts(parts, state).await?;
        state.rate_limiter.command_of(user.id, now)?;
        Ok(Self(user))
    }
}

impl FromRequestParts<AppState> for AuthUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let client_info = ClientInfo::of(&parts.extensions);
        let user = match token_of(&parts.headers, &client_info).map(hash) {
            Some(session) => state.store.session(session).await?,
            None => None,
        };
        user.map(Self).ok_or_else(|| {
            Problem::new(ErrorCode::Unauthenticated, "This needs a session; see `/api/session`.")
        })
    }
}

/// The command's id: the caller's own, so that a request sent twice takes effect once; otherwise one
/// of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub CommandId);

impl FromRequestParts<AppState> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match given(&parts.headers)? {
            Some(id) => Ok(Self(id)),
            None => draw(state).map(Self),
        }
    }
}

fn given(headers: &HeaderMap) -> Result<Option<CommandId>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    bare.parse()
        .map(Some)
        .map_err(|_| Problem::new(ErrorCode::Malformed, "The Idempotency-Key is not a UUID."))
}

fn draw(state: &AppState) -> Result<CommandId, Problem> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "the system gives no randomness");
        Problem::new(ErrorCode::Internal, "The server could not name this request.")
    })?;
    Ok(CommandId::new(state.clock.now(), u128::from_be_bytes(random)))
}

/// Carries a command out, durably, and answers the event that it led to; none if it found nothing to
/// change. A request that comes again gets the event of the first time, whatever it asks now: whoever
/// calls this looks whether that is the one.
///
/// # Errors
/// The feature's refusal, or the store's.
pub async fn carry_out(
    state: &AppState,
    RateLimitedUser(author): RateLimitedUser,
    IdempotencyKey(command): IdempotencyKey,
    what: impl Into<Command>,
) -> Result<Option<Event>, Problem> {
    state.may_begin()?;
    let change = features::decide(what.into()).map_err(Problem)?;
    let write = Write { author, command, at: state.clock.now(), change };
    let mut results = state.store.commit(vec![write]).await;
    let Some(committed) = results.pop() else {
        return Err(defect("the store answered a write with nothing"));
    };
    match committed?.at {
        Some(placed) => event_at(state, placed).await.map(Some),
        None => Ok(None),
    }
}

/// The key was used before, for something else.
pub fn used_for_something_else() -> Problem {
    Problem::new(
        ErrorCode::Invalid,
        "This Idempotency-Key was used for another request; take a new one.",
    )
}

async fn event_at(
    state: &AppState,
    LogPosition { topic, seq }: LogPosition,
) -> Result<Event, Problem> {
    let before = Seq(seq.0.saturating_sub(1));
    let logged = state.store.read_log(topic, before, 1).await?.pop();
    logged
        .filter(|logged| logged.seq == seq)
        .and_then(|logged| codec::decode_event(&logged.content).ok())
        .ok_or_else(|| defect("an event is not where the store said"))
}

fn defect(what: &'static str) -> Problem {
    tracing::error!(what, "a defect");
    Problem::new(ErrorCode::Internal, "The server has a defect; it was noted.")
}
