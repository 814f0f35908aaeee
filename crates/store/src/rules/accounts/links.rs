//! One-time links: recovery by an administrator or by mail, and claims of names without a way back.

use madang_hub::accounts::{LinkMaker, LinkOutcome, LinkRecord, LinkUse, NewLink, SecretHash};
use madang_hub::administration::Actor;
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_shared::account::{LinkKind, SignInMethod};
use madang_shared::administration::AuditAct;
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Failure, Timestamp, User, UserId};

use super::{sessions, store_password};
use crate::error::StatementError;
use crate::rules::administration::audit::{Record, record as record_act};
use crate::rules::refusals::no_user;
use crate::rules::rights;
use crate::transaction::{Row, Transaction, values};

/// The part of an entry of the audit log about a link that also removes one-time passwords and passkeys.
const REMOVES_FACTORS: &str = "removes_factors";
/// The part of an entry about a link that goes to the verified mail address of the account.
const BY_MAIL: &str = "mail";

/// Makes a link; see [`Accounts::add_link`](madang_hub::accounts::Accounts::add_link).
pub(crate) fn add(
    transaction: &dyn Transaction,
    link: NewLink,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    let NewLink { token, kind, user, by, code, removes_factors, at, expires_at } = link;
    let (actor, made_by) = match by {
        LinkMaker::User(by) => (Actor::User(by), Some(by.0)),
        LinkMaker::CommandLine => (Actor::CommandLine, None),
        LinkMaker::Mail => (Actor::Server, None),
    };
    if let LinkMaker::User(by) = by {
        require_right(transaction, by, kind, user)?;
    }
    let sql = "SELECT name FROM users WHERE id = ?1 AND deactivated_at IS NULL \
        AND id NOT IN (SELECT user_id FROM service_accounts) \
        AND id NOT IN (SELECT user_id FROM bots)";
    let name = transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))?;
    let name = name.ok_or_else(no_user)?;
    let sql = "DELETE FROM one_time_links WHERE (user_id = ?1 AND kind = ?2) OR expires_at <= ?3";
    transaction.run(sql, &values![user.0, kind.name(), at.0])?;
    let sql = "INSERT INTO one_time_links (token, kind, user_id, made_by, made_at, expires_at, code, removes_factors) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let kind_name = kind.name();
    let values =
        &values![token, kind_name, user.0, made_by, at.0, expires_at.0, code, removes_factors];
    transaction.run(sql, values)?;
    if kind != LinkKind::Device {
        let further = [(removes_factors, REMOVES_FACTORS), (by == LinkMaker::Mail, BY_MAIL)];
        let further = further.into_iter().filter_map(|(is_so, word)| is_so.then_some(word));
        let words: Vec<&str> = std::iter::once(kind_name).chain(further).collect();
        let detail = words.join(", ");
        // The holder of the link gets the account.
        let entry = Record {
            actor,
            at,
            network: None,
            act: AuditAct::MakeLink,
            user: Some(user),
            room: None,
            invitation: None,
            detail: &detail,
            reason: "",
        };
        record_act(transaction, &entry, appended)?;
    }
    Ok(User { id: user, name })
}

/// A user makes links for the own devices. An administrator makes recovery links for users of lesser roles, and an owner
/// for everybody: a recovery link gives the account to its holder.
fn require_right(
    transaction: &dyn Transaction,
    by: UserId,
    kind: LinkKind,
    user: UserId,
) -> Result<(), StatementError> {
    if kind == LinkKind::Device {
        rights::require(transaction, by, Need::Account)?;
        return rights::require(transaction, by, Need::Own(user));
    }
    rights::require(transaction, by, Need::Role(Role::Administrator))?;
    let role = "SELECT role FROM users WHERE id = ?1";
    let role_of = |user: UserId| {
        let role = transaction.optional(role, &values![user.0], |row| Ok(row.string(0)))?;
        // A role that this version does not know has the most rights here.
        Ok::<_, StatementError>(role.map(|role| Role::parse(&role).unwrap_or(Role::Owner)))
    };
    let target = role_of(user)?.ok_or_else(no_user)?;
    let maker = role_of(by)?.ok_or_else(no_user)?;
    if maker == Role::Owner || target < maker {
        return Ok(());
    }
    let message = "Only an owner of the workspace can help an administrator or an owner.";
    Err(Failure::new(ErrorCode::Forbidden, message).into())
}

/// The link in a row with its kind, its user's id and name, and the time from which it cannot be used any more.
pub(super) fn record(row: &Row<'_>) -> Result<LinkRecord, StatementError> {
    Ok(LinkRecord {
        // The schema knows no other kinds.
        kind: LinkKind::parse(&row.string(0)).unwrap_or(LinkKind::Device),
        user: User { id: UserId(row.natural(1)?), name: row.string(2) },
        expires_at: Timestamp(row.natural(3)?),
    })
}

/// The link with a token, if it can still be used.
pub(crate) fn find(
    transaction: &dyn Transaction,
    token: SecretHash,
    now: Timestamp,
) -> Result<Option<LinkRecord>, StatementError> {
    let sql = "SELECT kind, users.id, users.name, expires_at \
        FROM one_time_links JOIN users ON users.id = one_time_links.user_id \
        WHERE token = ?1 AND expires_at > ?2 AND ticket IS NULL";
    transaction.optional(sql, &values![token, now.0], record)
}

/// Uses a recovery or claim link up; see [`Accounts::use_link`](madang_hub::accounts::Accounts::use_link).
pub(crate) fn use_up(
    transaction: &dyn Transaction,
    LinkUse { link, password, session }: LinkUse,
    appended: &mut Vec<TopicEvent>,
) -> Result<LinkOutcome, StatementError> {
    let sql = "DELETE FROM one_time_links WHERE token = ?1 AND expires_at > ?2 \
        AND kind <> 'device' RETURNING kind, user_id, removes_factors";
    let found = transaction.optional(sql, &values![link, session.at.0], |row| {
        Ok((row.string(0), UserId(row.natural(1)?), row.integer(2)? != 0))
    })?;
    let (kind, user, removes_factors) = found.ok_or_else(no_link)?;
    rights::require(transaction, user, Need::Account)?;
    if removes_factors {
        remove_factors(transaction, user)?;
    }
    let needs_code = sessions::needs_code(transaction, user)?;
    if needs_code && password.is_none() {
        let message = "This account asks for a code too; choose a new password first.";
        return Err(Failure::new(ErrorCode::Invalid, message).into());
    }
    let is_recovery = LinkKind::parse(&kind) == Some(LinkKind::Recovery);
    let had_password = super::password_of(transaction, user)?.is_some();
    let mut ended = Vec::new();
    if let Some(hash) = &password {
        store_password(transaction, user, hash, session.at)?;
        withdraw_all(transaction, user)?;
    }
    // The account may be in the hands of somebody else.
    if is_recovery || (password.is_some() && had_password) {
        ended = sessions::end_others(transaction, user, None)?;
    }
    if needs_code {
        return Ok(LinkOutcome::NeedsCode { user, ended });
    }
    let method = if is_recovery { SignInMethod::Recovery } else { SignInMethod::Claim };
    let mut started = sessions::insert(transaction, user, method, session, appended)?;
    started.ended.extend(ended);
    Ok(LinkOutcome::Started(started))
}

/// Removes the one-time passwords, their recovery codes and the passkeys of a user.
fn remove_factors(transaction: &dyn Transaction, user: UserId) -> Result<(), StatementError> {
    transaction.run("DELETE FROM recovery_codes WHERE user_id = ?1", &values![user.0])?;
    transaction.run("DELETE FROM totp_secrets WHERE user_id = ?1", &values![user.0])?;
    transaction.run("DELETE FROM passkeys WHERE user_id = ?1", &values![user.0])
}

/// Withdraws all links of a user, also that of a mail address which is not verified yet.
pub(super) fn withdraw_all(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<(), StatementError> {
    transaction.run("DELETE FROM one_time_links WHERE user_id = ?1", &values![user.0])?;
    transaction.run("DELETE FROM mail_verifications WHERE user_id = ?1", &values![user.0])
}

pub(super) fn no_link() -> Failure {
    let message =
        "This link or code was used already, has expired, or was withdrawn; ask for a new one.";
    Failure::new(ErrorCode::NotFound, message)
}
