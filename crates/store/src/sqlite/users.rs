//! Users, their sessions, and service accounts.

use madang_hub::policy;
use madang_hub::ports::{NewUser, ServiceAccount, SessionLimits, TokenHash, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Timestamp, Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::error::StatementError;
use super::skeletons::NameTable;
use super::values::{integer, natural, string};
use super::{log, membership, notices};
use crate::refusals;

/// The precision of a session's last use, in milliseconds: a session in use is written this seldom.
const USE_PRECISION_MS: u64 = 3_600_000;

/// A session with its user.
pub(super) struct UserSession {
    pub(super) user: User,
    /// Whether a request has named the session before.
    pub(super) is_used: bool,
}

/// Creates a user with a session, and joins the user to the first room. If the name belongs to a user whose session
/// was never used, that user gets a new session instead.
pub(super) fn sign_up(
    connection: &Connection,
    new: NewUser,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    let NewUser { name, name_key, token, at } = new;
    if NameTable::Users.has_look_alike(connection, &name, &name_key)? {
        return Err(refusals::user_name_looks_taken(&name).into());
    }
    let user = if let Some(user) = create(connection, &name, &name_key, at)? {
        membership::join(connection, user.id, FIRST_ROOM, at, appended)?;
        user
    } else if let Some(user) = replace_unused_session(connection, &name, &name_key)? {
        user
    } else {
        return Err(refusals::user_name_taken(&name).into());
    };
    let sql = "INSERT INTO sessions (token_hash, user_id, made_at, last_used_at, is_used) \
        VALUES (?1, ?2, ?3, ?3, 0)";
    connection.prepare_cached(sql)?.execute((&token, integer(user.id.0), integer(at.0)))?;
    Ok(user)
}

/// Ends the session of the user with this name if it was never used, and names the user as the new request does;
/// `None` if there is no such session.
fn replace_unused_session(
    connection: &Connection,
    name: &str,
    name_key: &str,
) -> Result<Option<User>, StatementError> {
    let sql = "DELETE FROM sessions WHERE NOT is_used \
        AND user_id = (SELECT id FROM users WHERE name_key = ?1) RETURNING user_id";
    let id = connection
        .prepare_cached(sql)?
        .query_row([name_key], |row| natural(row, 0))
        .optional()?
        .map(UserId);
    let Some(id) = id else { return Ok(None) };
    let sql = "UPDATE users SET name = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((integer(id.0), name))?;
    NameTable::Users.add(connection, integer(id.0), name)?;
    Ok(Some(User { id, name: name.to_owned() }))
}

/// The user of a service account, created at its first use.
pub(super) fn service_user(
    connection: &Connection,
    service: ServiceAccount,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    let sql = "SELECT users.id, users.name \
        FROM service_accounts JOIN users ON users.id = service_accounts.user_id WHERE key = ?1";
    let user = connection
        .prepare_cached(sql)?
        .query_row([service.key], |row| {
            Ok(User { id: UserId(natural(row, 0)?), name: string(row, 1)? })
        })
        .optional()?;
    if let Some(user) = user {
        return Ok(user);
    }
    for name in service.names() {
        let name_key = policy::name_key(&name);
        if NameTable::Users.has_look_alike(connection, &name, &name_key)? {
            continue;
        }
        let Some(user) = create(connection, &name, &name_key, service.at)? else {
            continue;
        };
        let sql = "INSERT INTO service_accounts (key, user_id) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute((service.key, integer(user.id.0)))?;
        membership::join(connection, user.id, FIRST_ROOM, service.at, appended)?;
        return Ok(user);
    }
    Err(refusals::user_name_taken(service.name).into())
}

/// Creates a user; `None` if the name is taken.
fn create(
    connection: &Connection,
    name: &str,
    name_key: &str,
    at: Timestamp,
) -> Result<Option<User>, StatementError> {
    let sql = "INSERT INTO users (name, name_key, made_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let id = connection
        .prepare_cached(sql)?
        .query_row((name, name_key, integer(at.0)), |row| natural(row, 0))
        .optional()?;
    let Some(id) = id.map(UserId) else {
        return Ok(None);
    };
    NameTable::Users.add(connection, integer(id.0), name)?;
    log::create_topic(connection, Topic::Memberships(id))?;
    notices::create_inbox(connection, id)?;
    Ok(Some(User { id, name: name.to_owned() }))
}

/// Whether the name belongs to a user; see [`policy::name_key`].
pub(super) fn is_named(connection: &Connection, name_key: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM users WHERE name_key = ?1")?.exists([name_key])
}

pub(super) fn session(
    connection: &Connection,
    token: &TokenHash,
) -> Result<Option<UserSession>, StatementError> {
    let sql = "SELECT users.id, users.name, sessions.is_used \
        FROM sessions JOIN users ON users.id = sessions.user_id WHERE token_hash = ?1";
    let session = connection
        .prepare_cached(sql)?
        .query_row([token], |row| {
            let user = User { id: UserId(natural(row, 0)?), name: string(row, 1)? };
            Ok(UserSession { user, is_used: row.get(2)? })
        })
        .optional()?;
    Ok(session)
}

/// Records that a session is used; false if it has ended.
pub(super) fn record_use(
    connection: &Connection,
    token: TokenHash,
    _appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let sql = "UPDATE sessions SET is_used = 1 WHERE token_hash = ?1";
    Ok(connection.prepare_cached(sql)?.execute([token])? > 0)
}

/// The sessions among these that do not exist.
pub(super) fn ended_sessions(
    connection: &Connection,
    sessions: Vec<TokenHash>,
) -> Result<Vec<TokenHash>, StatementError> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM sessions WHERE token_hash = ?1")?;
    let mut ended = Vec::new();
    for session in sessions {
        if !statement.exists([&session])? {
            ended.push(session);
        }
    }
    Ok(ended)
}

/// Records use, and ends the sessions beyond the limits; see
/// [`Store::expire_sessions`](madang_hub::ports::Store::expire_sessions).
pub(super) fn expire_sessions(
    connection: &Connection,
    (in_use, now, limits): (Vec<TokenHash>, Timestamp, Option<SessionLimits>),
    _appended: &mut Vec<TopicEvent>,
) -> Result<u64, StatementError> {
    // Most are recorded already, and cause no write.
    let sql = "UPDATE sessions SET last_used_at = ?2 \
        WHERE token_hash = ?1 AND coalesce(last_used_at, 0) NOT BETWEEN ?3 AND ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let recent = integer(now.0.saturating_sub(USE_PRECISION_MS));
    for session in in_use {
        statement.execute((&session, integer(now.0), recent))?;
    }
    let Some(SessionLimits { idle_ms, max_ms }) = limits else { return Ok(0) };
    let sql = "UPDATE sessions SET made_at = min(made_at, ?1), last_used_at = min(last_used_at, ?1) \
        WHERE made_at > ?1 OR last_used_at > ?1";
    connection.prepare_cached(sql)?.execute([integer(now.0)])?;
    let sql = "DELETE FROM sessions WHERE coalesce(last_used_at, made_at) < ?1 OR made_at < ?2";
    let oldest = |age| integer(now.0.saturating_sub(age));
    let ended = connection.prepare_cached(sql)?.execute([oldest(idle_ms), oldest(max_ms)])?;
    Ok(u64::try_from(ended).unwrap_or(u64::MAX))
}

pub(super) fn sign_out(
    connection: &Connection,
    token: TokenHash,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM sessions WHERE token_hash = ?1";
    connection.prepare_cached(sql)?.execute([token])?;
    Ok(())
}
