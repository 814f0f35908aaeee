//! Users, their sessions, and service accounts.

use madang_hub::policy;
use madang_hub::policy::restrictions::check_ban;
use madang_hub::ports::{NewUser, ServiceAccount, SessionLimits, TokenHash, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::roles::RoomRole;
use madang_shared::{RoomId, Timestamp, Topic, User, UserId};

use super::membership::{self, Joining};
use super::moderation::bans;
use super::refusals;
use super::skeletons::NameTable;
use super::{access_tokens, log, notices, room_facts};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The precision of a session's last use, in milliseconds: a session in use is written this seldom.
const USE_PRECISION_MS: u64 = 3_600_000;

/// A session with its user.
pub(crate) struct UserSession {
    pub(crate) user: User,
    /// Whether a request has named the session before.
    pub(crate) is_used: bool,
}

/// Creates a user with a session, and joins the user to the first room. If the name belongs to a user whose session
/// was never used, that user gets a new session instead.
pub(crate) fn sign_up(
    transaction: &dyn Transaction,
    new: NewUser,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    sign_up_as(transaction, new, Newcomer { invitation: None }, appended)
}

/// The way in which a new user came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newcomer {
    /// By this invitation, which gives the role and the rooms; without one, as a member of the first room.
    pub(crate) invitation: Option<u64>,
}

/// See [`sign_up`]. The new session for a name whose session was never used is for those who came in the same way: an
/// invitation may have given the user a role.
pub(crate) fn sign_up_as(
    transaction: &dyn Transaction,
    new: NewUser,
    newcomer: Newcomer,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    let NewUser { name, name_key, token, at } = new;
    if NameTable::Users.has_look_alike(transaction, &name, &name_key)? {
        return Err(refusals::user_name_looks_taken(&name).into());
    }
    let user = if let Some(user) = create(transaction, &name, &name_key, at)? {
        if newcomer.invitation.is_none() {
            join_default_rooms(transaction, user.id, at, appended)?;
        }
        user
    } else if let Some(user) = replace_unused_session(transaction, &name, &name_key, newcomer)? {
        user
    } else {
        return Err(refusals::user_name_taken(&name).into());
    };
    let sql = "INSERT INTO sessions (token_hash, user_id, made_at, last_used_at, is_used) \
        VALUES (?1, ?2, ?3, ?3, 0)";
    transaction.execute(sql, &values![&token, user.id.0, at.0])?;
    Ok(user)
}

/// Ends the session of the user with this name if it was never used, and names the user as the new request does;
/// `None` if there is no such session.
fn replace_unused_session(
    transaction: &dyn Transaction,
    name: &str,
    name_key: &str,
    newcomer: Newcomer,
) -> Result<Option<User>, StatementError> {
    // No invitation has the number 0.
    let sql = "DELETE FROM sessions WHERE is_used = 0 \
        AND user_id = (SELECT id FROM users WHERE name_key = ?1 AND coalesce( \
            (SELECT max(invitation_id) FROM invitation_uses WHERE user_id = users.id), 0) = ?2) \
        AND user_id NOT IN (SELECT user_id FROM passwords) RETURNING user_id";
    let came_by = newcomer.invitation.unwrap_or(0);
    let id = transaction.optional(sql, &values![name_key, came_by], |row| row.natural(0))?;
    let id = id.map(UserId);
    let Some(id) = id else { return Ok(None) };
    let sql = "UPDATE users SET name = ?2 WHERE id = ?1";
    transaction.execute(sql, &values![id.0, name])?;
    NameTable::Users.add(transaction, id.0, name)?;
    Ok(Some(User { id, name: name.to_owned() }))
}

/// The user of a service account, created at its first use.
pub(crate) fn service_user(
    transaction: &dyn Transaction,
    service: ServiceAccount,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    let sql = "SELECT users.id, users.name \
        FROM service_accounts JOIN users ON users.id = service_accounts.user_id WHERE key = ?1";
    let user = transaction.optional(sql, &values![service.key], |row| {
        Ok(User { id: UserId(row.natural(0)?), name: row.string(1) })
    })?;
    if let Some(user) = user {
        return Ok(user);
    }
    for name in service.names() {
        let name_key = policy::name_key(&name);
        if NameTable::Users.has_look_alike(transaction, &name, &name_key)? {
            continue;
        }
        let Some(user) = create(transaction, &name, &name_key, service.at)? else {
            continue;
        };
        let sql = "INSERT INTO service_accounts (key, user_id) VALUES (?1, ?2)";
        transaction.execute(sql, &values![service.key, user.id.0])?;
        join(transaction, user.id, FIRST_ROOM, service.at, appended)?;
        return Ok(user);
    }
    Err(refusals::user_name_taken(service.name).into())
}

/// Joins a new user to the rooms for all new users.
pub(crate) fn join_default_rooms(
    transaction: &dyn Transaction,
    user: UserId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "SELECT id FROM rooms WHERE is_default = 1 AND kind = 'public' AND archived_at IS NULL ORDER BY id";
    for room in transaction.all(sql, &[], |row| Ok(RoomId(row.natural(0)?)))? {
        join(transaction, user, room, at, appended)?;
    }
    Ok(())
}

/// Joins a user to a room.
pub(crate) fn join(
    transaction: &dyn Transaction,
    user: UserId,
    room: RoomId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let history = room_facts::find(transaction, room)?.history;
    let joining = Joining { user, room, role: RoomRole::Member, history, is_added: false, at };
    membership::join(transaction, joining, appended).map(drop)
}

/// Creates a user; `None` if the name is taken.
pub(super) fn create(
    transaction: &dyn Transaction,
    name: &str,
    name_key: &str,
    at: Timestamp,
) -> Result<Option<User>, StatementError> {
    let sql = "INSERT INTO users (name, name_key, made_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let id = transaction.optional(sql, &values![name, name_key, at.0], |row| row.natural(0))?;
    let Some(id) = id.map(UserId) else {
        return Ok(None);
    };
    NameTable::Users.add(transaction, id.0, name)?;
    log::create_topic(transaction, Topic::Memberships(id))?;
    log::create_topic(transaction, Topic::Later(id))?;
    notices::create_inbox(transaction, id)?;
    Ok(Some(User { id, name: name.to_owned() }))
}

/// A user that exists.
pub(crate) fn find(transaction: &dyn Transaction, user: UserId) -> Result<User, StatementError> {
    let sql = "SELECT name FROM users WHERE id = ?1";
    let name = transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))?;
    Ok(User { id: user, name: name.ok_or_else(refusals::no_user)? })
}

/// Whether the name belongs to a user; see [`policy::name_key`].
pub(crate) fn is_named(
    transaction: &dyn Transaction,
    name_key: &str,
) -> Result<bool, StatementError> {
    transaction.exists("SELECT 1 FROM users WHERE name_key = ?1", &values![name_key])
}

pub(crate) fn session(
    transaction: &dyn Transaction,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<UserSession>, StatementError> {
    let sql = "SELECT users.id, users.name, sessions.is_used, account_bans.ends_at, account_bans.reason \
        FROM sessions JOIN users ON users.id = sessions.user_id \
        LEFT JOIN account_bans ON account_bans.user_id = users.id \
        WHERE token_hash = ?1 AND users.deactivated_at IS NULL";
    let session = transaction.optional(sql, &values![token], |row| {
        let user = User { id: UserId(row.natural(0)?), name: row.string(1) };
        Ok((UserSession { user, is_used: row.integer(2)? != 0 }, bans::read(row, 3)?))
    })?;
    let Some((session, ban)) = session else { return Ok(None) };
    check_ban(ban.as_ref(), now)?;
    Ok(Some(session))
}

/// Records that a session is used; false if it has ended.
pub(crate) fn record_use(
    transaction: &dyn Transaction,
    token: TokenHash,
    _appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let sql = "UPDATE sessions SET is_used = 1 WHERE token_hash = ?1";
    Ok(transaction.execute(sql, &values![token])? > 0)
}

/// The sessions and access tokens among these that do not exist, or have expired.
pub(crate) fn ended_sessions(
    transaction: &dyn Transaction,
    sessions: Vec<TokenHash>,
    now: Timestamp,
) -> Result<Vec<TokenHash>, StatementError> {
    let sql = "SELECT 1 FROM sessions WHERE token_hash = ?1 AND NOT EXISTS \
        (SELECT 1 FROM account_bans WHERE account_bans.user_id = sessions.user_id \
        AND (ends_at IS NULL OR ends_at > ?2))";
    let mut ended = Vec::new();
    for session in sessions {
        if !transaction.exists(sql, &values![session, now.0])?
            && access_tokens::user(transaction, &session, now)?.is_none()
        {
            ended.push(session);
        }
    }
    Ok(ended)
}

/// Records use, and ends the sessions beyond the limits; see
/// [`Store::expire_sessions`](madang_hub::ports::Store::expire_sessions).
pub(crate) fn expire_sessions(
    transaction: &dyn Transaction,
    (in_use, now, limits): (Vec<TokenHash>, Timestamp, Option<SessionLimits>),
    _appended: &mut Vec<TopicEvent>,
) -> Result<u64, StatementError> {
    // Most are recorded already, and cause no write.
    let sql = "UPDATE sessions SET last_used_at = ?2 \
        WHERE token_hash = ?1 AND coalesce(last_used_at, 0) NOT BETWEEN ?3 AND ?2";
    let recent = now.0.saturating_sub(USE_PRECISION_MS);
    let of_token = "UPDATE access_tokens SET last_used_at = ?2 \
        WHERE token_hash = ?1 AND coalesce(last_used_at, 0) NOT BETWEEN ?3 AND ?2";
    for session in in_use {
        transaction.run(sql, &values![session, now.0, recent])?;
        transaction.run(of_token, &values![session, now.0, recent])?;
    }
    let Some(SessionLimits { idle_ms, max_ms }) = limits else { return Ok(0) };
    let sql = "UPDATE sessions SET \
        made_at = CASE WHEN made_at > ?1 THEN ?1 ELSE made_at END, \
        last_used_at = CASE WHEN last_used_at > ?1 THEN ?1 ELSE last_used_at END \
        WHERE made_at > ?1 OR last_used_at > ?1";
    transaction.execute(sql, &values![now.0])?;
    let sql = "DELETE FROM sessions WHERE coalesce(last_used_at, made_at) < ?1 OR made_at < ?2";
    let oldest = |age| now.0.saturating_sub(age);
    let ended = transaction.execute(sql, &values![oldest(idle_ms), oldest(max_ms)])?;
    Ok(ended)
}

pub(crate) fn sign_out(
    transaction: &dyn Transaction,
    token: TokenHash,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM sessions WHERE token_hash = ?1";
    transaction.execute(sql, &values![token])?;
    Ok(())
}
