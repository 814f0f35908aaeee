//! Bots: users for which only access tokens act.

use madang_hub::access_tokens::NewBotAccount;
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::access_tokens::{Bot, MAX_BOTS_PER_USER};
use madang_shared::roles::Role;
use madang_shared::{Timestamp, User, UserId};

use super::skeletons::NameTable;
use super::{refusals, rights, users};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

pub(crate) fn make(
    transaction: &dyn Transaction,
    new: NewBotAccount,
    appended: &mut Vec<TopicEvent>,
) -> Result<Bot, StatementError> {
    let NewBotAccount { maker, name, name_key, at } = new;
    rights::require(transaction, maker, Need::Role(Role::Member))?;
    let sql = "SELECT count(*) FROM bots WHERE made_by = ?1";
    let count = transaction.one(sql, &values![maker.0], |row| row.natural(0))?;
    if count >= MAX_BOTS_PER_USER {
        return Err(refusals::too_many_bots().into());
    }
    if NameTable::Users.has_look_alike(transaction, &name, &name_key)? {
        return Err(refusals::user_name_looks_taken(&name).into());
    }
    let Some(user) = users::create(transaction, &name, &name_key, at)? else {
        return Err(refusals::user_name_taken(&name).into());
    };
    let sql = "INSERT INTO bots (user_id, made_by, made_at) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, &values![user.id.0, maker.0, at.0])?;
    users::join(transaction, user.id, FIRST_ROOM, at, appended)?;
    Ok(Bot { user, made_by: maker, made_at: at })
}

/// The bots that a user has made.
pub(crate) fn list(
    transaction: &dyn Transaction,
    maker: UserId,
) -> Result<Vec<Bot>, StatementError> {
    rights::require(transaction, maker, Need::Account)?;
    let sql = "SELECT users.id, users.name, bots.made_at \
        FROM bots JOIN users ON users.id = bots.user_id WHERE made_by = ?1 ORDER BY name_key";
    transaction.all(sql, &values![maker.0], |row| {
        let user = User { id: UserId(row.natural(0)?), name: row.string(1) };
        Ok(Bot { user, made_by: maker, made_at: Timestamp(row.natural(2)?) })
    })
}
