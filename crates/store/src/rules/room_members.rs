//! The members of a room: invitations, roles and removals by its managers.

use madang_hub::moderation::no_reason;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::Removal;
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::{RoomId, User, UserId};

use super::context::CommandContext;
use super::membership::{self, Joining, Leaving};
use super::moderation::Origin;
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
        let facts = room_facts::find(transaction, room)?;
        let is_added = user != context.author.id;
        let history = facts.history;
        let joining = Joining { user, room, role, history, is_added, at: context.at };
        let at = membership::join(transaction, joining, appended)?;
        // Everybody may join a public room.
        if facts.kind == RoomKind::Private {
            let (origin, about) = (Origin::of(context, ""), (Some(user), Some(room)));
            origin.record(transaction, AuditAct::InviteToRoom, about, role.name(), appended)?;
        }
        return Ok(Some(at));
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
    let at = details_events::append(transaction, room, context.at, event, appended)?;
    let (origin, about) = (Origin::of(context, ""), (Some(user), Some(room)));
    let detail = format!("{} → {}", before.name(), role.name());
    origin.record(transaction, AuditAct::SetRoomRole, about, &detail, appended)?;
    Ok(Some(at))
}

/// Ends the membership of a user.
pub(super) fn remove(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, user): (RoomId, UserId),
    reason: &str,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    if user == context.author.id {
        return end(transaction, Origin::of(context, ""), None, (room, user), appended);
    }
    if reason.is_empty() {
        return Err(no_reason().into());
    }
    let by = context.author.clone();
    remove_other(transaction, Origin::of(context, reason), by, (room, user), appended)
}

/// Ends the membership of another user, and records it. The caller has checked the right.
pub(super) fn remove_other(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    by: User,
    (room, user): (RoomId, UserId),
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let removal = Some(Removal::Removed(by));
    let at = end(transaction, origin, removal, (room, user), appended)?;
    if at.is_some() {
        let about = (Some(user), Some(room));
        origin.record(transaction, AuditAct::RemoveMember, about, "", appended)?;
    }
    Ok(at)
}

fn end(
    transaction: &dyn Transaction,
    Origin { reason, at, .. }: Origin<'_>,
    removal: Option<Removal>,
    (room, user): (RoomId, UserId),
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let Some(role) = role_of(transaction, room, user)? else { return Ok(None) };
    if role == RoomRole::Manager {
        require_other_manager(transaction, room, user)?;
    }
    let leaving = Leaving { user, room, removal, reason, at };
    membership::leave(transaction, leaving, appended).map(Some)
}
