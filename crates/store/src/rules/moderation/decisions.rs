//! Decisions about reports: the act, the end of the report, and the notice to the reporter.

use madang_hub::administration::Actor;
use madang_hub::moderation::DecisionRequest;
use madang_hub::policy::rights::{self as policy, Need, ReportRights, RoomRight, report_rights};
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::moderation::ReportAction;
use madang_shared::notices::NoticeContent;
use madang_shared::{ErrorCode, Failure, RoomId, Seq, UserId};

use super::silences::{self, SilenceChange};
use super::{Origin, bans, reports};
use crate::error::StatementError;
use crate::rules::{chat_deletion, message_rows, notices, rights, room_members, users};
use crate::transaction::{Transaction, values};

/// An open or decided report.
#[derive(Clone, Copy, Debug)]
struct FoundReport {
    room: RoomId,
    message: Seq,
    author: UserId,
    reporter: UserId,
    is_decided: bool,
}

/// Decides a report. Returns whether it was open.
#[expect(clippy::needless_pass_by_value, reason = "an engine passes the input of a write by value")]
pub(crate) fn decide(
    transaction: &dyn Transaction,
    request: DecisionRequest,
    appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let DecisionRequest { moderator, report, action, reason, at, network } = &request;
    let (moderator, report, at) = (*moderator, *report, *at);
    rights::require(transaction, moderator, Need::Account)?;
    let (found, granted) = find(transaction, moderator, report)?;
    if found.is_decided {
        return Ok(false);
    }
    let origin = Origin { actor: Actor::User(moderator), at, network: *network, reason };
    act(transaction, origin, (&found, granted), (moderator, *action), appended)?;
    let outcome = action.outcome();
    let sql = "UPDATE reports SET decided_at = ?2, decided_by = ?3, outcome = ?4, words = '', text = '' \
        WHERE id = ?1";
    transaction.execute(sql, &values![report, at.0, moderator.0, outcome.name()])?;
    reports::close_notices(transaction, report, at)?;
    let FoundReport { room, message, author, reporter, .. } = found;
    let what = NoticeContent::ReportDecided { room, message, outcome };
    notices::append_own(transaction, reporter, at, &what)?;
    let (about, detail) = ((Some(author), Some(room)), format!("#{report} {}", outcome.name()));
    origin.record(transaction, AuditAct::DecideReport, about, &detail, appended)?;
    Ok(true)
}

/// A report, and the rights of a user who may decide it.
fn find(
    transaction: &dyn Transaction,
    moderator: UserId,
    report: u64,
) -> Result<(FoundReport, ReportRights), StatementError> {
    let user = rights::user_facts_of(transaction, moderator)?;
    let sql = "SELECT reports.room_id, seq, author_id, reporter_id, decided_at, rooms.kind, members.role \
        FROM reports JOIN rooms ON rooms.id = reports.room_id \
        LEFT JOIN members ON members.user_id = ?2 AND members.room_id = reports.room_id \
        WHERE reports.id = ?1";
    let found = transaction.optional(sql, &values![report, moderator.0], |row| {
        let found = FoundReport {
            room: RoomId(row.natural(0)?),
            message: Seq(row.natural(1)?),
            author: UserId(row.natural(2)?),
            reporter: UserId(row.natural(3)?),
            is_decided: row.optional_natural(4)?.is_some(),
        };
        let granted = report_rights(&user, rights::report_room(row, 5, 6), found.author);
        Ok(granted.map(|granted| (found, granted)))
    })?;
    Ok(found.flatten().ok_or_else(no_report)?)
}

/// The refusal for a report that does not exist, or that is for others.
fn no_report() -> Failure {
    Failure::new(ErrorCode::NotFound, "This report does not exist.")
}

fn act(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    (report, granted): (&FoundReport, ReportRights),
    (moderator, action): (UserId, ReportAction),
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let FoundReport { room, message, author, .. } = *report;
    policy::check_report_action(granted, action)?;
    match action {
        ReportAction::Dismiss => {}
        ReportAction::Delete => {
            let found = message_rows::find_any(transaction, (room, message))?;
            chat_deletion::moderate(transaction, origin, (room, message), found, appended)?;
        }
        ReportAction::Silence { lasts_ms } => {
            let room = Some(room).filter(|_| granted.manages_room);
            let change = SilenceChange { user: author, room, lasts_ms };
            silences::set(transaction, origin, change, appended)?;
        }
        ReportAction::Remove => {
            rights::require(transaction, moderator, Need::Room(room, RoomRight::Manage))?;
            let by = users::find(transaction, moderator)?;
            room_members::remove_other(transaction, origin, by, (room, author), appended)?;
        }
        ReportAction::Ban { lasts_ms } => {
            bans::ban(transaction, origin, (author, lasts_ms), appended)?;
        }
    }
    Ok(())
}
