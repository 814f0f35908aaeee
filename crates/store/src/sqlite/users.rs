//! Users and their sessions.

use madang_hub::ports::{Appended, NewUser, TokenHash};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::stop::{Stop, integer, natural};
use super::{log, membership};
use crate::refusals;

/// Makes a user with a session, and joins the user to the first room.
pub(super) fn sign_up(
    connection: &Connection,
    new: NewUser,
    appended: &mut Vec<Appended>,
) -> Result<User, Stop> {
    let NewUser { name, name_key, token, at } = new;
    let sql = "INSERT INTO users (name, name_key, made_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let id = connection
        .prepare_cached(sql)?
        .query_row((&name, &name_key, integer(at.0)), |row| natural(row, 0))
        .optional()?;
    let Some(id) = id.map(UserId) else {
        return Err(refusals::user_name_taken(&name).into());
    };
    let sql = "INSERT INTO sessions (token_hash, user_id, made_at) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute((&token, integer(id.0), integer(at.0)))?;
    log::make_topic(connection, Topic::Memberships(id))?;
    membership::join(connection, id, FIRST_ROOM, at, appended)?;
    Ok(User { id, name })
}

pub(super) fn session(connection: &Connection, token: &TokenHash) -> Result<Option<User>, Stop> {
    let sql = "SELECT users.id, users.name \
        FROM sessions JOIN users ON users.id = sessions.user_id WHERE token_hash = ?1";
    let user = connection
        .prepare_cached(sql)?
        .query_row([token], |row| Ok(User { id: UserId(natural(row, 0)?), name: row.get(1)? }))
        .optional()?;
    Ok(user)
}

pub(super) fn sign_out(
    connection: &Connection,
    token: TokenHash,
    _appended: &mut Vec<Appended>,
) -> Result<(), Stop> {
    let sql = "DELETE FROM sessions WHERE token_hash = ?1";
    connection.prepare_cached(sql)?.execute([token])?;
    Ok(())
}
