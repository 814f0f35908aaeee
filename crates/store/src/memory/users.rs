//! Users, their sessions, and service accounts.

use madang_hub::policy;
use madang_hub::ports::{NewUser, ServiceAccount, SessionLimits, TokenHash, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Failure, Timestamp, Topic, User, UserId};

use super::state::{SignInSession, State};
use super::{membership, notices};
use crate::refusals;

/// Creates a user with a session, and joins the user to the first room. If the name belongs to a user whose session
/// was never used, that user gets a new session instead.
pub(super) fn sign_up(
    state: &mut State,
    new: NewUser,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, Failure> {
    let NewUser { name, name_key, token, at } = new;
    if state.sessions.contains_key(&token) {
        return Err(refusals::constraint_violated());
    }
    let owner = state.user_keys.get(&name_key).copied();
    if state.user_skeletons.has_look_alike(&name, owner) {
        return Err(refusals::user_name_looks_taken(&name));
    }
    let user = match owner {
        None => create(state, name, name_key, None, at, appended),
        Some(id) => {
            let Some(lost) = state.unused_sessions.remove(&id) else {
                return Err(refusals::user_name_taken(&name));
            };
            state.sessions.remove(&lost);
            if let Some(former) = state.users.insert(id, name.clone()) {
                state.user_skeletons.remove(&former, id);
            }
            state.user_skeletons.add(&name, id);
            User { id, name }
        }
    };
    let session = SignInSession { user: user.id, made_at: at, used_at: at };
    state.sessions.insert(token, session);
    state.unused_sessions.insert(user.id, token);
    Ok(user)
}

/// The user of a service account, created at its first use.
pub(super) fn service_user(
    state: &mut State,
    service: ServiceAccount,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, Failure> {
    if let Some(id) = state.service_accounts.get(service.key).copied()
        && let Some(name) = state.users.get(&id)
    {
        return Ok(User { id, name: name.clone() });
    }
    let with_key = service.names().map(|name| (policy::name_key(&name), name));
    let free = with_key.into_iter().find(|(key, name)| {
        !state.user_keys.contains_key(key) && !state.user_skeletons.has_look_alike(name, None)
    });
    let Some((key, name)) = free else {
        return Err(refusals::user_name_taken(service.name));
    };
    Ok(create(state, name, key, Some(service.key), service.at, appended))
}

/// The user of a session. The name belongs to the user from now on.
pub(super) fn session(state: &mut State, token: &TokenHash) -> Option<User> {
    let id = state.sessions.get(token)?.user;
    state.unused_sessions.remove(&id);
    state.used_sessions.insert(*token);
    Some(User { id, name: state.users.get(&id)?.clone() })
}

/// The sessions among these that do not exist.
pub(super) fn ended_sessions(state: &State, mut sessions: Vec<TokenHash>) -> Vec<TokenHash> {
    sessions.retain(|session| !state.sessions.contains_key(session));
    sessions
}

/// Records use, and ends the sessions beyond the limits.
pub(super) fn expire_sessions(
    state: &mut State,
    in_use: Vec<TokenHash>,
    now: Timestamp,
    limits: Option<SessionLimits>,
) -> u64 {
    let used = std::mem::take(&mut state.used_sessions);
    for token in in_use.into_iter().chain(used) {
        if let Some(session) = state.sessions.get_mut(&token) {
            session.used_at = now;
        }
    }
    let Some(limits) = limits else { return 0 };
    let before = state.sessions.len();
    let unused = &mut state.unused_sessions;
    state.sessions.retain(|_, session| {
        session.made_at = session.made_at.min(now);
        session.used_at = session.used_at.min(now);
        let has_ended = limits.have_passed(session.made_at, session.used_at, now);
        if has_ended {
            unused.remove(&session.user);
        }
        !has_ended
    });
    u64::try_from(before - state.sessions.len()).unwrap_or(u64::MAX)
}

pub(super) fn sign_out(state: &mut State, token: &TokenHash) {
    if let Some(session) = state.sessions.remove(token) {
        state.unused_sessions.remove(&session.user);
    }
}

fn create(
    state: &mut State,
    name: String,
    name_key: String,
    service: Option<&'static str>,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> User {
    let id = UserId(state.users.last_key_value().map_or(1, |(last, _)| last.0 + 1));
    state.users.insert(id, name.clone());
    state.user_keys.insert(name_key, id);
    state.user_skeletons.add(&name, id);
    state.log.create_topic(Topic::Memberships(id));
    notices::create_inbox(state, id);
    if let Some(key) = service {
        state.service_accounts.insert(key, id);
    }
    membership::join(state, id, FIRST_ROOM, at, appended);
    User { id, name }
}
