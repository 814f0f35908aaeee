//! Notices. Other programs may cause some, so triggers append their events. The writer reads them from
//! the log; see `external_changes`.

use std::ops::ControlFlow;

use madang_hub::notices::{DueNotice, ScheduleStep, schedule_step};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticesCommand;
use madang_shared::notices::{
    DEMO_NOTICES, Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent,
    NoticeKind, NoticesEvent, NoticesSnapshot, OrderNoticesSnapshot, PostNoticesSnapshot,
    ReadMarks, mute,
};
use madang_shared::{Event, Seq, Timestamp, Topic, User, UserId, codec};

use super::context::CommandContext;
use super::{log, profile_rows};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, Value, values};

/// See the table of features.
pub(super) fn topics(author: UserId, change: &NoticesCommand) -> Vec<Topic> {
    match change {
        NoticesCommand::Demo { .. } => vec![Topic::Notices],
        _ => vec![Topic::Inbox(author)],
    }
}

#[expect(clippy::needless_pass_by_value, reason = "one signature for all features")]
pub(crate) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: NoticesCommand,
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let (user, at) = (context.author.id, context.at);
    if let NoticesCommand::Demo { on } = change {
        return set_demo(transaction, context, on);
    }
    let (mut marks, mut muted) = read_preferences(transaction, user)?;
    let event = match change {
        NoticesCommand::Read { of, notice } => {
            let is_news = marks.of_mut(of).read_kept(notice, &kept(transaction, user, of)?);
            is_news.then(|| InboxEvent::Read(marks.clone()))
        }
        NoticesCommand::ReadAll(last) => {
            let mut is_news = false;
            for of in NoticeBox::ALL {
                let up_to = last.of(of).min(log::head(transaction, of.topic(user))?);
                is_news |= marks.of_mut(of).read_up_to(up_to);
            }
            is_news.then(|| InboxEvent::Read(marks.clone()))
        }
        NoticesCommand::Mute { kind, muted: quiet } => {
            mute(&mut muted, kind, quiet).then(|| InboxEvent::Muted { kinds: muted.clone() })
        }
        NoticesCommand::Demo { .. } => None,
    };
    let Some(event) = event else { return Ok(None) };
    write_preferences(transaction, user, &marks, &muted)?;
    append(transaction, Topic::Inbox(user), at, &event.into()).map(Some)
}

/// Creates the inbox of a new user, for whom all earlier notices count as read.
pub(crate) fn create_inbox(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<(), StatementError> {
    log::create_topic(transaction, Topic::Inbox(user))?;
    let mut marks = ReadMarks::default();
    for of in NoticeBox::ALL {
        marks.of_mut(of).up_to = log::head(transaction, of.topic(user))?;
    }
    write_preferences(transaction, user, &marks, &[])
}

/// Appends a notice for every user.
pub(crate) fn append_broadcast(
    transaction: &dyn Transaction,
    at: Timestamp,
    what: &NoticeContent,
) -> Result<(), StatementError> {
    let sql = "INSERT INTO broadcast_notices (at, content) VALUES (?1, ?2)";
    transaction.execute(sql, &values![at.0, codec::encode_part(what)])?;
    Ok(())
}

/// Appends a notice of a post, for the readers of the feed.
pub(super) fn append_post_notice(
    transaction: &dyn Transaction,
    at: Timestamp,
    what: &NoticeContent,
) -> Result<(), StatementError> {
    let topic = Topic::PostNotices.to_string();
    let sql = "INSERT INTO notices_of_apps (topic, at, content) VALUES (?1, ?2, ?3)";
    transaction.run(sql, &values![topic, at.0, codec::encode_part(what)])
}

/// Appends a notice for one user. Returns its seq in the inbox.
pub(super) fn append_own(
    transaction: &dyn Transaction,
    user: UserId,
    at: Timestamp,
    what: &NoticeContent,
) -> Result<Seq, StatementError> {
    let sql = "INSERT INTO user_notices (user_id, at, content) VALUES (?1, ?2, ?3)";
    transaction.run(sql, &values![user.0, at.0, codec::encode_part(what)])?;
    log::head(transaction, Topic::Inbox(user))
}

/// Marks a notice as read if the one that it replaces was.
pub(super) fn read_as(
    transaction: &dyn Transaction,
    user: UserId,
    (before, notice): (Seq, Seq),
    at: Timestamp,
) -> Result<(), StatementError> {
    let (mut marks, muted) = read_preferences(transaction, user)?;
    if !marks.own.covers(before) || !marks.own.read(notice) {
        return Ok(());
    }
    write_preferences(transaction, user, &marks, &muted)?;
    append(transaction, Topic::Inbox(user), at, &InboxEvent::Read(marks).into()).map(drop)
}

/// Takes a notice out of an inbox and out of its log, where the event replaces it.
pub(super) fn withdraw(
    transaction: &dyn Transaction,
    (user, notice): (UserId, Seq),
    event: InboxEvent,
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM inbox_notices WHERE user_id = ?1 AND seq = ?2";
    transaction.run(sql, &values![user.0, notice.0])?;
    let (inbox, event) = (Topic::Inbox(user), Event::from(event));
    log::redact(transaction, inbox, notice, |_| Some(event.clone()))?;
    append(transaction, inbox, at, &event).map(drop)
}

/// Appends a due notice, once.
pub(crate) fn append_due_notice(
    transaction: &dyn Transaction,
    (due, at): (DueNotice, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let what = match due {
        DueNotice::Scheduled { schedule, due, what } => {
            let sql = "SELECT high_water_mark FROM notice_schedules WHERE schedule = ?1";
            let mark: Option<u64> =
                transaction.optional(sql, &values![&schedule], |row| row.natural(0))?;
            let step = schedule_step(mark.map(Timestamp), due, at);
            if step == ScheduleStep::Done {
                return Ok(None);
            }
            let sql = "INSERT INTO notice_schedules (schedule, high_water_mark) VALUES (?1, ?2) \
                ON CONFLICT (schedule) DO UPDATE SET high_water_mark = excluded.high_water_mark";
            transaction.execute(sql, &values![&schedule, due.0])?;
            if let ScheduleStep::Begin { was_ahead } = step {
                if was_ahead {
                    tracing::warn!(
                        schedule,
                        mark,
                        "the last notice of this schedule lies in the future, so the clock was wrong; \
                        the schedule begins again"
                    );
                }
                return Ok(None);
            }
            what
        }
        DueNotice::Demonstrated { started_at, number } => {
            let sql = "UPDATE notice_demo SET last_number = ?2 WHERE started_at = ?1 AND last_number < ?2";
            if transaction.execute(sql, &values![started_at.0, number])? == 0 {
                return Ok(None);
            }
            if number >= DEMO_NOTICES {
                end_demo(transaction, at)?;
            }
            NoticeContent::Demonstrated { number, of: DEMO_NOTICES }
        }
    };
    append_broadcast(transaction, at, &what)?;
    Ok(Some(LogPosition { topic: Topic::Notices, seq: log::head(transaction, Topic::Notices)? }))
}

pub(crate) fn snapshot(transaction: &dyn Transaction) -> Result<NoticesSnapshot, StatementError> {
    let sql = "SELECT seq, at, content FROM notices ORDER BY seq";
    Ok(NoticesSnapshot { notices: read_notices(transaction, sql, &[])?, demo: demo(transaction)? })
}

pub(crate) fn of_orders(
    transaction: &dyn Transaction,
) -> Result<OrderNoticesSnapshot, StatementError> {
    of_app(transaction, Topic::OrderNotices).map(OrderNoticesSnapshot)
}

pub(crate) fn of_posts(
    transaction: &dyn Transaction,
) -> Result<PostNoticesSnapshot, StatementError> {
    of_app(transaction, Topic::PostNotices).map(PostNoticesSnapshot)
}

fn of_app(transaction: &dyn Transaction, topic: Topic) -> Result<Vec<Notice>, StatementError> {
    let sql = "SELECT seq, at, content FROM app_notices WHERE topic = ?1 ORDER BY seq";
    read_notices(transaction, sql, &values![topic.to_string()])
}

pub(crate) fn inbox(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<InboxSnapshot, StatementError> {
    let sql = "SELECT seq, at, content FROM inbox_notices WHERE user_id = ?1 ORDER BY seq";
    let notices = read_notices(transaction, sql, &values![user.0])?;
    let (marks, muted) = read_preferences(transaction, user)?;
    let quiet = profile_rows::quiet_hours(transaction, user)?;
    Ok(InboxSnapshot { notices, marks, muted, quiet })
}

fn read_notices(
    transaction: &dyn Transaction,
    sql: &'static str,
    parameters: &[Value<'_>],
) -> Result<Vec<Notice>, StatementError> {
    let mut notices = Vec::new();
    transaction.visit(sql, parameters, &mut |row| {
        // A newer version or another program may have written a notice that this version cannot read.
        if let Ok(what) = codec::decode_part(&row.text(2)?) {
            let (seq, at) = (Seq(row.natural(0)?), Timestamp(row.natural(1)?));
            notices.push(Notice { seq, at, what });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(notices)
}

fn kept(
    transaction: &dyn Transaction,
    user: UserId,
    of: NoticeBox,
) -> Result<Vec<Seq>, StatementError> {
    let seq = |row: &Row<'_>| row.natural(0).map(Seq);
    match of {
        NoticeBox::Everybody => {
            let sql = "SELECT seq FROM notices";
            transaction.all(sql, &[], seq)
        }
        NoticeBox::Own => {
            let sql = "SELECT seq FROM inbox_notices WHERE user_id = ?1";
            transaction.all(sql, &values![user.0], seq)
        }
        NoticeBox::Orders | NoticeBox::Posts => {
            let sql = "SELECT seq FROM app_notices WHERE topic = ?1";
            transaction.all(sql, &values![of.topic(user).to_string()], seq)
        }
    }
}

/// Read marks and muted kinds of a user. Values that only a newer version can read count as empty.
fn read_preferences(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<(ReadMarks, Vec<NoticeKind>), StatementError> {
    let sql = "SELECT marks, muted FROM inboxes WHERE user_id = ?1";
    let found = transaction.optional(sql, &values![user.0], |row| {
        let marks = codec::decode_part(&row.text(0)?).unwrap_or_default();
        Ok((marks, codec::decode_part(&row.text(1)?).unwrap_or_default()))
    });
    Ok(found?.unwrap_or_default())
}

fn write_preferences(
    transaction: &dyn Transaction,
    user: UserId,
    marks: &ReadMarks,
    muted: &[NoticeKind],
) -> Result<(), StatementError> {
    let sql = "INSERT INTO inboxes (user_id, marks, muted) VALUES (?1, ?2, ?3) \
        ON CONFLICT (user_id) DO UPDATE SET marks = excluded.marks, muted = excluded.muted";
    let (marks, muted) = (codec::encode_part(marks), codec::encode_part(&muted));
    transaction.run(sql, &values![user.0, marks, muted])?;
    Ok(())
}

fn set_demo(
    transaction: &dyn Transaction,
    context: &CommandContext,
    on: bool,
) -> Result<Option<LogPosition>, StatementError> {
    if on == demo(transaction)?.is_some() {
        return Ok(None);
    }
    if !on {
        return end_demo(transaction, context.at).map(Some);
    }
    let sql = "INSERT INTO notice_demo (id, started_by, started_at) VALUES (1, ?1, ?2)";
    transaction.run(sql, &values![context.author.id.0, context.at.0])?;
    let demo = Demonstration { by: context.author.clone(), started_at: context.at };
    append(transaction, Topic::Notices, context.at, &NoticesEvent::DemoStarted(demo).into())
        .map(Some)
}

fn end_demo(transaction: &dyn Transaction, at: Timestamp) -> Result<LogPosition, StatementError> {
    transaction.execute("DELETE FROM notice_demo", &[])?;
    append(transaction, Topic::Notices, at, &NoticesEvent::DemoEnded { at }.into())
}

fn demo(transaction: &dyn Transaction) -> Result<Option<Demonstration>, StatementError> {
    let sql = "SELECT started_by, users.name, started_at \
        FROM notice_demo JOIN users ON users.id = started_by";
    transaction.optional(sql, &[], |row| {
        let by = User { id: UserId(row.natural(0)?), name: row.string(1) };
        Ok(Demonstration { by, started_at: Timestamp(row.natural(2)?) })
    })
}

pub(super) fn append(
    transaction: &dyn Transaction,
    topic: Topic,
    at: Timestamp,
    event: &Event,
) -> Result<LogPosition, StatementError> {
    let sql = "INSERT INTO append_event (topic, at, event) VALUES (?1, ?2, ?3)";
    transaction.run(sql, &values![topic.to_string(), at.0, codec::encode_event(event)])?;
    Ok(LogPosition { topic, seq: log::head(transaction, topic)? })
}
