//! One-time links and codes for a second device, which a signed-in device of the same user confirms.

use madang_hub::accounts::{
    DeviceCodeRecord, LinkRecord, NewSession, SecretHash, StartedSession, WaitingDeviceRecord,
    WaitingDeviceRequest,
};
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_shared::account::SignInMethod;
use madang_shared::{Timestamp, UserId};

use super::links::{no_link, record};
use super::sessions;
use crate::error::StatementError;
use crate::rules::rights;
use crate::transaction::{Transaction, values};

/// Lets a device wait; see [`Accounts::request_device`](madang_hub::accounts::Accounts::request_device).
pub(crate) fn request(
    transaction: &dyn Transaction,
    request: WaitingDeviceRequest,
    _appended: &mut Vec<TopicEvent>,
) -> Result<LinkRecord, StatementError> {
    let WaitingDeviceRequest { secret, ticket, origin, at } = request;
    let sql = "UPDATE one_time_links SET ticket = ?2, device = ?3, network = ?4 \
        WHERE kind = 'device' AND (token = ?1 OR code = ?1) AND ticket IS NULL AND expires_at > ?5";
    let values = &values![secret, ticket, origin.device, origin.network, at.0];
    if transaction.execute(sql, values)? == 0 {
        return Err(no_link().into());
    }
    let sql = "SELECT kind, users.id, users.name, expires_at \
        FROM one_time_links JOIN users ON users.id = one_time_links.user_id WHERE ticket = ?1";
    transaction.one(sql, &values![ticket], record)
}

/// A user's code, if it can still be used.
pub(crate) fn code(
    transaction: &dyn Transaction,
    user: UserId,
    now: Timestamp,
) -> Result<Option<DeviceCodeRecord>, StatementError> {
    let sql = "SELECT ticket, device, network, is_confirmed FROM one_time_links \
        WHERE user_id = ?1 AND kind = 'device' AND expires_at > ?2";
    transaction.optional(sql, &values![user.0, now.0], |row| {
        let Some(ticket) = row.optional_hash(0)? else {
            return Ok(DeviceCodeRecord::default());
        };
        let waiting = WaitingDeviceRecord {
            ticket,
            device: row.string(1),
            network: row.string(2),
            is_confirmed: row.integer(3)? != 0,
        };
        Ok(DeviceCodeRecord { waiting: Some(waiting) })
    })
}

pub(crate) fn confirm(
    transaction: &dyn Transaction,
    (user, ticket, now): (UserId, SecretHash, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    rights::require(transaction, user, Need::Account)?;
    let sql = "UPDATE one_time_links SET is_confirmed = 1 \
        WHERE user_id = ?1 AND kind = 'device' AND ticket = ?2 AND expires_at > ?3";
    if transaction.execute(sql, &values![user.0, ticket, now.0])? == 0 {
        return Err(no_link().into());
    }
    Ok(())
}

pub(crate) fn withdraw(
    transaction: &dyn Transaction,
    user: UserId,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM one_time_links WHERE user_id = ?1 AND kind = 'device'";
    transaction.run(sql, &values![user.0])
}

/// Whether the device with a ticket was let in.
pub(crate) fn is_confirmed(
    transaction: &dyn Transaction,
    ticket: SecretHash,
    now: Timestamp,
) -> Result<bool, StatementError> {
    let sql = "SELECT is_confirmed FROM one_time_links WHERE ticket = ?1 AND expires_at > ?2";
    let confirmed = transaction.optional(sql, &values![ticket, now.0], |row| row.integer(0))?;
    Ok(confirmed.ok_or_else(no_link)? != 0)
}

/// Starts the session of a device that was let in.
pub(crate) fn finish(
    transaction: &dyn Transaction,
    (ticket, session): (SecretHash, NewSession),
    appended: &mut Vec<TopicEvent>,
) -> Result<StartedSession, StatementError> {
    let sql = "DELETE FROM one_time_links \
        WHERE ticket = ?1 AND is_confirmed = 1 AND expires_at > ?2 RETURNING user_id";
    let values = &values![ticket, session.at.0];
    let user = transaction.optional(sql, values, |row| row.natural(0))?.map(UserId);
    let user = user.ok_or_else(no_link)?;
    rights::require(transaction, user, Need::Account)?;
    sessions::insert(transaction, user, SignInMethod::Device, session, appended)
}
