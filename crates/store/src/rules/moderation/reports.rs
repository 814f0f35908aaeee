//! Reports of messages: making, listing and erasing them. `decisions` closes them.

use madang_hub::moderation::ReportRequest;
use madang_hub::policy::rights::{Need, RoomFacts, RoomRight, report_rights};
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::moderation::{
    MAX_DAILY_REPORTS, MAX_OPEN_REPORTS, NewReport, PAGE_REPORTS, Report, ReportsPage,
};
use madang_shared::notices::{InboxEvent, NoticeContent};
use madang_shared::roles::{Role, RoomKind};
use madang_shared::{ErrorCode, Failure, RoomId, Seq, Timestamp, User, UserId};

use super::Origin;
use crate::error::StatementError;
use crate::rules::{message_rows, notices, rights};
use crate::transaction::{Row, Transaction, values};

/// Moderators who get a notice of a report.
const MAX_NOTIFIED: u64 = 50;
/// The period of [`MAX_DAILY_REPORTS`], in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Stores a report, and notifies the moderators. Returns its number.
pub(crate) fn report(
    transaction: &dyn Transaction,
    request: ReportRequest,
    appended: &mut Vec<TopicEvent>,
) -> Result<u64, StatementError> {
    let ReportRequest { reporter, report, at, network } = request;
    let NewReport { room, message, category, words } = report;
    rights::require(transaction, reporter, Need::Room(room, RoomRight::Read))?;
    let found = message_rows::find(transaction, reporter, (room, message))?;
    let sql = "SELECT id FROM reports WHERE room_id = ?1 AND seq = ?2 AND reporter_id = ?3";
    let key = values![room.0, message.0, reporter.0];
    if let Some(report) = transaction.optional(sql, &key, |row| row.natural(0))? {
        return Ok(report);
    }
    if found.author == reporter || found.is_deleted {
        let message = "Only a message of another user that was not deleted can be reported.";
        return Err(Failure::new(ErrorCode::Invalid, message).into());
    }
    require_few(transaction, reporter, at)?;
    let sql = "INSERT INTO reports (room_id, seq, author_id, reporter_id, category, words, text, made_at) \
        SELECT room_id, seq, author_id, ?3, ?4, ?5, text, ?6 FROM messages \
        WHERE room_id = ?1 AND seq = ?2 RETURNING id";
    let name = category.name();
    let row = values![room.0, message.0, reporter.0, name, words, at.0];
    let report = transaction.one(sql, &row, |row| row.natural(0))?;
    let origin = Origin { actor: Some(reporter).into(), at, network, reason: "" };
    let about = (Some(found.author), Some(room));
    origin.record(transaction, AuditAct::Report, about, category.name(), appended)?;
    notify_moderators(transaction, (report, room), at)?;
    Ok(report)
}

/// Refuses a user with too many reports.
fn require_few(
    transaction: &dyn Transaction,
    reporter: UserId,
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql = "SELECT count(*) FROM reports WHERE reporter_id = ?1 AND decided_at IS NULL";
    let open = transaction.one(sql, &values![reporter.0], |row| row.natural(0))?;
    let sql = "SELECT count(*) FROM reports WHERE reporter_id = ?1 AND made_at > ?2";
    let since = at.0.saturating_sub(DAY_MS);
    let day = values![reporter.0, since];
    let today = transaction.one(sql, &day, |row| row.natural(0))?;
    if open < MAX_OPEN_REPORTS && today < MAX_DAILY_REPORTS {
        return Ok(());
    }
    let message = "You have made many reports; the moderators will look at them first.";
    Err(Failure::new(ErrorCode::RateLimited, message).after(DAY_MS / 24).into())
}

/// Tells the managers of the room and the administrators, except the reporter and the author.
fn notify_moderators(
    transaction: &dyn Transaction,
    (report, room): (u64, RoomId),
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql = "SELECT users.id FROM users JOIN reports ON reports.id = ?1 \
        LEFT JOIN members ON members.user_id = users.id AND members.room_id = reports.room_id \
        WHERE users.deactivated_at IS NULL AND users.id <> author_id AND users.id <> reporter_id \
        AND (members.role = 'manager' OR users.role IN ('administrator', 'owner')) \
        ORDER BY users.id LIMIT ?2";
    let moderators =
        transaction.all(sql, &values![report, MAX_NOTIFIED], |row| Ok(UserId(row.natural(0)?)))?;
    for user in moderators {
        let what = NoticeContent::Reported { report, room };
        let notice = notices::append_own(transaction, user, at, &what)?;
        let sql = "INSERT INTO report_notices (report_id, user_id, notice_seq) VALUES (?1, ?2, ?3)";
        transaction.run(sql, &values![report, user.0, notice.0])?;
    }
    Ok(())
}

/// Takes the notices of a report out of the inboxes.
pub(crate) fn close_notices(
    transaction: &dyn Transaction,
    report: u64,
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql =
        "SELECT user_id, notice_seq FROM report_notices WHERE report_id = ?1 ORDER BY user_id";
    let told = transaction
        .all(sql, &values![report], |row| Ok((UserId(row.natural(0)?), Seq(row.natural(1)?))))?;
    for (user, notice) in told {
        notices::withdraw(transaction, (user, notice), InboxEvent::ReportClosed(report), at)?;
    }
    transaction.run("DELETE FROM report_notices WHERE report_id = ?1", &values![report])
}

/// Takes the notices of all reports of a room out of the inboxes, before the room is deleted with its reports.
pub(crate) fn close_room(
    transaction: &dyn Transaction,
    room: RoomId,
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql = "SELECT id FROM reports WHERE room_id = ?1 AND decided_at IS NULL ORDER BY id";
    let open = transaction.all(sql, &values![room.0], |row| row.natural(0))?;
    open.into_iter().try_for_each(|report| close_notices(transaction, report, at))
}

/// Removes the reports by a user and about a user, for the erasure of the account.
pub(crate) fn erase(
    transaction: &dyn Transaction,
    user: UserId,
    at: Timestamp,
) -> Result<u64, StatementError> {
    let sql = "SELECT id FROM reports WHERE author_id = ?1 OR reporter_id = ?1 ORDER BY id";
    let reports = transaction.all(sql, &values![user.0], |row| row.natural(0))?;
    for report in reports {
        close_notices(transaction, report, at)?;
    }
    let sql = "DELETE FROM reports WHERE author_id = ?1 OR reporter_id = ?1";
    transaction.execute(sql, &values![user.0])
}

/// The reports that a user (`?1`) may decide.
macro_rules! reports_sql {
    ($condition:literal) => {
        concat!(
            "SELECT reports.id, reports.room_id, rooms.name, rooms.kind, seq, \
            author_id, authors.name, reporter_id, reporters.name, category, words, text, \
            reports.made_at, outcome, decided_by, deciders.name, members.role \
            FROM reports JOIN rooms ON rooms.id = reports.room_id \
            JOIN users AS authors ON authors.id = author_id \
            JOIN users AS reporters ON reporters.id = reporter_id \
            LEFT JOIN users AS deciders ON deciders.id = decided_by \
            LEFT JOIN members ON members.user_id = ?1 AND members.room_id = reports.room_id \
            WHERE ",
            $condition,
            " ORDER BY CASE WHEN outcome IS NULL THEN 0 ELSE 1 END, reports.id DESC \
            LIMIT ?2 OFFSET ?3"
        )
    };
}

/// A page of the reports that a user may decide.
pub(crate) fn page(
    transaction: &dyn Transaction,
    reader: UserId,
    skip: u64,
) -> Result<ReportsPage, StatementError> {
    rights::require(transaction, reader, Need::Account)?;
    let role = rights::role(transaction, reader)?;
    let sql = match role {
        Role::Owner => reports_sql!("reports.id > 0"),
        Role::Administrator => reports_sql!("author_id <> ?1"),
        _ => {
            reports_sql!("author_id <> ?1 AND members.role = 'manager' AND rooms.kind <> 'direct'")
        }
    };
    // One row beyond the limit shows whether there are more.
    let limit = PAGE_REPORTS as u64 + 1;
    let user = rights::user_facts_of(transaction, reader)?;
    let found = transaction.all(sql, &values![reader.0, limit, skip], |row| {
        let (report, room) = (read(row)?, rights::report_room(row, 3, 16));
        Ok(report_rights(&user, room, report.author.id).map(|rights| Report {
            is_managed: rights.manages_room,
            room_name: shown_name(room, &report),
            ..report
        }))
    })?;
    let more = found.len() > PAGE_REPORTS;
    let reports = found.into_iter().take(PAGE_REPORTS).flatten().collect();
    Ok(ReportsPage { reports, more })
}

/// The name of a room that the reader may know of.
fn shown_name(room: RoomFacts, report: &Report) -> Option<String> {
    let is_known = room.role.is_some() || room.kind == RoomKind::Public;
    report.room_name.clone().filter(|name| is_known && !name.is_empty())
}

fn read(row: &Row<'_>) -> Result<Report, StatementError> {
    let user = |column| -> Result<User, StatementError> {
        Ok(User { id: UserId(row.natural(column)?), name: row.string(column + 1) })
    };
    let decided_by = row.optional_natural(14)?.map(UserId);
    Ok(Report {
        id: row.natural(0)?,
        room: RoomId(row.natural(1)?),
        room_name: Some(row.string(2)),
        message: Seq(row.natural(4)?),
        author: user(5)?,
        reporter: user(7)?,
        category: row.string(9),
        words: row.string(10),
        text: row.string(11),
        at: Timestamp(row.natural(12)?),
        is_managed: false,
        outcome: row.optional_string(13),
        decided_by: decided_by.map(|id| User { id, name: row.string(15) }),
    })
}
