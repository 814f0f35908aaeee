//! Access tokens.

use std::sync::Arc;

use madang_hub::access_tokens::{NewToken, TokenEnd, TokenUser};
use madang_hub::policy::access::TokenAccess;
use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::access_tokens::{AccessToken, MAX_TOKENS_PER_ACCOUNT, TokenScope};
use madang_shared::{RoomId, Timestamp, User, UserId};

use super::{refusals, rights};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// Refuses an account that the manager does not manage.
fn require_manager(
    transaction: &dyn Transaction,
    manager: UserId,
    account: UserId,
) -> Result<(), StatementError> {
    rights::require(transaction, manager, Need::Account)?;
    let sql = "SELECT 1 FROM bots WHERE user_id = ?1 AND made_by = ?2";
    if account == manager || transaction.exists(sql, &values![account.0, manager.0])? {
        return Ok(());
    }
    Err(refusals::no_bot().into())
}

pub(crate) fn issue(
    transaction: &dyn Transaction,
    new: NewToken,
    _appended: &mut Vec<TopicEvent>,
) -> Result<AccessToken, StatementError> {
    let NewToken { manager, account, hash, name, scope, rooms, at, expires_at } = new;
    require_manager(transaction, manager, account)?;
    let sql = "SELECT count(*) FROM access_tokens WHERE user_id = ?1 \
        AND (expires_at IS NULL OR expires_at > ?2)";
    let count = transaction.one(sql, &values![account.0, at.0], |row| row.natural(0))?;
    if count >= MAX_TOKENS_PER_ACCOUNT {
        return Err(refusals::too_many_tokens().into());
    }
    for room in &rooms {
        rights::require(transaction, account, Need::Room(*room, RoomRight::Read))?;
    }
    let sql = "INSERT INTO access_tokens \
        (user_id, token_hash, name, scope, is_limited, made_at, expires_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";
    let expires = expires_at.map(|at| at.0);
    let (scope_name, is_limited) = (scope.name(), !rooms.is_empty());
    let row = values![account.0, hash, name, scope_name, is_limited, at.0, expires];
    let id = transaction.one(sql, &row, |row| row.natural(0))?;
    let sql = "INSERT INTO access_token_rooms (token_id, room_id) VALUES (?1, ?2) \
        ON CONFLICT (token_id, room_id) DO NOTHING";
    for room in &rooms {
        transaction.run(sql, &values![id, room.0])?;
    }
    Ok(AccessToken { id, name, scope, rooms, made_at: at, expires_at, last_used_at: None })
}

pub(crate) fn list(
    transaction: &dyn Transaction,
    manager: UserId,
    account: UserId,
) -> Result<Vec<AccessToken>, StatementError> {
    require_manager(transaction, manager, account)?;
    let sql = "SELECT id, name, scope, made_at, expires_at, last_used_at \
        FROM access_tokens WHERE user_id = ?1 ORDER BY id DESC";
    let mut tokens = transaction.all(sql, &values![account.0], access_token)?;
    let sql = "SELECT token_id, room_id FROM access_token_rooms \
        JOIN access_tokens ON access_tokens.id = token_id WHERE user_id = ?1 ORDER BY room_id";
    let rooms = transaction
        .all(sql, &values![account.0], |row| Ok((row.natural(0)?, RoomId(row.natural(1)?))))?;
    for (id, room) in rooms {
        if let Some(token) = tokens.iter_mut().find(|token| token.id == id) {
            token.rooms.push(room);
        }
    }
    Ok(tokens)
}

/// Ends a token; returns its hash.
pub(crate) fn end(
    transaction: &dyn Transaction,
    TokenEnd { manager, account, token }: TokenEnd,
    _appended: &mut Vec<TopicEvent>,
) -> Result<TokenHash, StatementError> {
    require_manager(transaction, manager, account)?;
    let sql = "DELETE FROM access_tokens WHERE id = ?1 AND user_id = ?2 RETURNING token_hash";
    let hash = transaction.optional(sql, &values![token, account.0], |row| row.hash(0))?;
    Ok(hash.ok_or_else(refusals::no_token)?)
}

/// The user of a token that has not ended.
pub(crate) fn user(
    transaction: &dyn Transaction,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<TokenUser>, StatementError> {
    let sql = "SELECT users.id, users.name, access_tokens.scope, is_limited, access_tokens.id \
        FROM access_tokens JOIN users ON users.id = access_tokens.user_id \
        WHERE token_hash = ?1 AND deactivated_at IS NULL AND (expires_at IS NULL OR expires_at > ?2) \
        AND NOT EXISTS (SELECT 1 FROM account_bans WHERE account_bans.user_id = users.id \
        AND (ends_at IS NULL OR ends_at > ?2))";
    let found = transaction.optional(sql, &values![token, now.0], |row| {
        let user = User { id: UserId(row.natural(0)?), name: row.string(1) };
        Ok((user, scope(&row.string(2)), row.integer(3)? != 0, row.natural(4)?))
    })?;
    let Some((user, scope, is_limited, id)) = found else { return Ok(None) };
    // A token whose rooms were all deleted reaches nothing.
    let rooms: Option<Arc<[RoomId]>> =
        if is_limited { Some(rooms(transaction, id)?.into()) } else { None };
    Ok(Some(TokenUser { user, access: TokenAccess { scope, rooms } }))
}

fn rooms(transaction: &dyn Transaction, token: u64) -> Result<Vec<RoomId>, StatementError> {
    let sql = "SELECT room_id FROM access_token_rooms WHERE token_id = ?1 ORDER BY room_id";
    transaction.all(sql, &values![token], |row| Ok(RoomId(row.natural(0)?)))
}

fn access_token(row: &Row<'_>) -> Result<AccessToken, StatementError> {
    Ok(AccessToken {
        id: row.natural(0)?,
        name: row.string(1),
        scope: scope(&row.string(2)),
        rooms: Vec::new(),
        made_at: Timestamp(row.natural(3)?),
        expires_at: row.optional_natural(4)?.map(Timestamp),
        last_used_at: row.optional_natural(5)?.map(Timestamp),
    })
}

/// A name that this version does not know stands for the least scope.
fn scope(name: &str) -> TokenScope {
    TokenScope::parse(name).unwrap_or(TokenScope::Read)
}
