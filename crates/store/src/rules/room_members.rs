//! The members of a room: invitations, roles and removals by its managers.

use madang_hub::ports::TopicEvent;
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::Removal;
use madang_shared::roles::RoomRole;
use madang_shared::{RoomId, UserId};

use super::context::CommandContext;
use super::membership::{self, Joining, Leaving};
use super::room_roles::{require_other_manager, role_of};
use super::{details_events, people, room_facts};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Makes a user a member, or changes the role of a member.
pub(super) fn invite(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, user, role): (RoomId, UserId, RoomRole),
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let Some(before) = role_of(transaction, room, user)? else {
        people::require_known(transaction, context.author.id, user)?;
        let history = room_facts::find(transaction, room)?.history;
        let joining = Joining { user, room, role, history, at: context.at };
        return membership::join(transaction, joining, appended).map(Some);
    };
    if before == role {
        return Ok(None);
    }
    if before == RoomRole::Manager {
        require_other_manager(transaction, room, user)?;
    }
    let sql = "UPDATE members SET role = ?3 WHERE user_id = ?1 AND room_id = ?2";
    transaction.execute(sql, &values![user.0, room.0, role.name()])?;
    let event = DetailsEvent::RoleChanged { user, role };
    details_events::append(transaction, room, context.at, event, appended).map(Some)
}

/// Ends the membership of a user.
pub(super) fn remove(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, user): (RoomId, UserId),
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let Some(role) = role_of(transaction, room, user)? else { return Ok(None) };
    if role == RoomRole::Manager {
        require_other_manager(transaction, room, user)?;
    }
    let by = context.author.clone();
    let removal = (user != by.id).then_some(Removal::Removed(by));
    let leaving = Leaving { user, room, removal, at: context.at };
    membership::leave(transaction, leaving, appended).map(Some)
}
