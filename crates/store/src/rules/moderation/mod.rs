//! Moderation: silences, bans and reports. Every act has an entry in the audit log, in the same transaction.

mod address_bans;
pub(crate) mod bans;
mod decisions;
pub(crate) mod reports;
pub(crate) mod silences;

use madang_hub::administration::{Actor, RecordedAct};
use madang_hub::budgets::network::Network;
use madang_hub::moderation::{RestrictionFacts, check_restriction};
use madang_hub::policy::restrictions::utc;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::roles::Role;
use madang_shared::{RoomId, Timestamp, UserId};

use super::administration::audit::{Record, record};
use super::context::CommandContext;
use super::{refusals, rights};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

pub(crate) use address_bans::{
    ban as ban_address, end as end_address_ban, lasting as address_bans,
};
pub(crate) use decisions::decide as decide_report;

/// The author, the time and the reason of an act.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'o> {
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
    pub(crate) network: Option<Network>,
    pub(crate) reason: &'o str,
}

impl<'o> Origin<'o> {
    /// The origin of a command.
    pub(crate) fn of(context: &CommandContext, reason: &'o str) -> Self {
        let actor = Actor::User(context.author.id);
        Self { actor, at: context.at, network: context.network, reason }
    }

    /// Appends an entry to the audit log.
    pub(crate) fn record(
        self,
        transaction: &dyn Transaction,
        act: AuditAct,
        (user, room): (Option<UserId>, Option<RoomId>),
        detail: &str,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<RecordedAct, StatementError> {
        let Self { actor, at, network, reason } = self;
        let entry =
            Record { actor, at, network, act, user, room, invitation: None, detail, reason };
        record(transaction, &entry, appended)
    }
}

/// Refuses a restriction of a user that the actor may not restrict.
pub(crate) fn require_restrictable(
    transaction: &dyn Transaction,
    actor: Actor,
    user: UserId,
) -> Result<(), StatementError> {
    let acting = match actor {
        Actor::User(actor) => rights::role(transaction, actor)?,
        Actor::CommandLine | Actor::Server => Role::Owner,
    };
    let sql = "SELECT role, (SELECT count(*) FROM service_accounts WHERE user_id = users.id) \
        FROM users WHERE id = ?1";
    let facts = transaction.optional(sql, &values![user.0], |row| {
        Ok(RestrictionFacts {
            actor: acting,
            is_self: actor == Actor::User(user),
            role: Role::parse(&row.string(0)).unwrap_or(Role::Guest),
            is_service: row.integer(1)? != 0,
        })
    })?;
    Ok(check_restriction(facts.ok_or_else(refusals::no_user)?)?)
}

/// The end of a restriction, for the audit log.
fn until(until: Option<Timestamp>) -> String {
    until.map_or_else(|| "∞".to_owned(), utc)
}
