//! Notices. Other programs may cause some, so triggers append their events. The writer reads them from
//! the log; see `external_changes`.

use madang_hub::notices::{DueNotice, ScheduleStep, schedule_step};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticesCommand;
use madang_shared::notices::{
    DEMO_NOTICES, Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent,
    NoticeKind, NoticesEvent, NoticesSnapshot, ReadMarks, mute,
};
use madang_shared::{Event, RoomId, Seq, Timestamp, Topic, User, UserId, codec};
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::error::StatementError;
use super::log;
use super::values::{integer, natural, string, text};
use crate::context::CommandContext;

#[expect(clippy::needless_pass_by_value, reason = "one signature for all features")]
pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: NoticesCommand,
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let (user, at) = (context.author.id, context.at);
    if let NoticesCommand::Demo { on } = change {
        return set_demo(connection, context, on);
    }
    let (mut marks, mut muted) = read_preferences(connection, user)?;
    let event = match change {
        NoticesCommand::Read { of, notice } => {
            let is_news = marks.of_mut(of).read_kept(notice, &kept(connection, user, of)?);
            is_news.then(|| InboxEvent::Read(marks.clone()))
        }
        NoticesCommand::ReadAll { everybody, own } => {
            let everybody = everybody.min(log::head(connection, Topic::Notices)?);
            let own = own.min(log::head(connection, Topic::Inbox(user))?);
            let news = [marks.everybody.read_up_to(everybody), marks.own.read_up_to(own)];
            news.contains(&true).then(|| InboxEvent::Read(marks.clone()))
        }
        NoticesCommand::Mute { kind, muted: quiet } => {
            mute(&mut muted, kind, quiet).then(|| InboxEvent::Muted { kinds: muted.clone() })
        }
        NoticesCommand::Demo { .. } => None,
    };
    let Some(event) = event else { return Ok(None) };
    write_preferences(connection, user, &marks, &muted)?;
    append(connection, Topic::Inbox(user), at, &event.into()).map(Some)
}

/// Creates the inbox of a new user, for whom all earlier notices count as read.
pub(super) fn create_inbox(connection: &Connection, user: UserId) -> Result<(), StatementError> {
    log::create_topic(connection, Topic::Inbox(user))?;
    let mut marks = ReadMarks::default();
    marks.everybody.up_to = log::head(connection, Topic::Notices)?;
    Ok(write_preferences(connection, user, &marks, &[])?)
}

/// Appends a notice for every user.
pub(super) fn append_broadcast(
    connection: &Connection,
    at: Timestamp,
    what: &NoticeContent,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO broadcast_notices (at, content) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute((integer(at.0), codec::encode_part(what)))?;
    Ok(())
}

/// Appends a notice for each mentioned member of the room, except the author.
pub(super) fn append_mentions(
    connection: &Connection,
    context: &CommandContext,
    room: RoomId,
    mentions: &[madang_hub::notices::Mention],
    what: &NoticeContent,
) -> rusqlite::Result<()> {
    let mut notified = vec![context.author.id];
    for mention in mentions {
        let Some(user) = find_mentioned_member(connection, room, mention)? else { continue };
        if notified.contains(&user) {
            continue;
        }
        let sql = "INSERT INTO user_notices (user_id, at, content) VALUES (?1, ?2, ?3)";
        let values = (integer(user.0), integer(context.at.0), codec::encode_part(what));
        connection.prepare_cached(sql)?.execute(values)?;
        notified.push(user);
    }
    Ok(())
}

/// Appends a due notice, once.
pub(super) fn append_due_notice(
    connection: &Connection,
    (due, at): (DueNotice, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let what = match due {
        DueNotice::Scheduled { schedule, due, what } => {
            let sql = "SELECT high_water_mark FROM notice_schedules WHERE schedule = ?1";
            let mark: Option<u64> = connection
                .prepare_cached(sql)?
                .query_row([&schedule], |row| natural(row, 0))
                .optional()?;
            let step = schedule_step(mark.map(Timestamp), due, at);
            if step == ScheduleStep::Done {
                return Ok(None);
            }
            let sql = "INSERT INTO notice_schedules (schedule, high_water_mark) VALUES (?1, ?2) \
                ON CONFLICT (schedule) DO UPDATE SET high_water_mark = excluded.high_water_mark";
            connection.prepare_cached(sql)?.execute((&schedule, integer(due.0)))?;
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
            let values = (integer(started_at.0), number);
            if connection.prepare_cached(sql)?.execute(values)? == 0 {
                return Ok(None);
            }
            if number >= DEMO_NOTICES {
                end_demo(connection, at)?;
            }
            NoticeContent::Demonstrated { number, of: DEMO_NOTICES }
        }
    };
    append_broadcast(connection, at, &what)?;
    Ok(Some(LogPosition { topic: Topic::Notices, seq: log::head(connection, Topic::Notices)? }))
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<NoticesSnapshot> {
    let sql = "SELECT seq, at, content FROM notices ORDER BY seq";
    Ok(NoticesSnapshot { notices: read_notices(connection, sql, [])?, demo: demo(connection)? })
}

pub(super) fn inbox(connection: &Connection, user: UserId) -> rusqlite::Result<InboxSnapshot> {
    let sql = "SELECT seq, at, content FROM inbox_notices WHERE user_id = ?1 ORDER BY seq";
    let notices = read_notices(connection, sql, [integer(user.0)])?;
    let (marks, muted) = read_preferences(connection, user)?;
    Ok(InboxSnapshot { notices, marks, muted })
}

fn read_notices(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<Notice>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut notices = Vec::new();
    while let Some(row) = rows.next()? {
        // A newer version or another program may have written a notice that this version cannot read.
        let Ok(what) = codec::decode_part(&text(row.get_ref(2)?)?) else { continue };
        notices.push(Notice { seq: Seq(natural(row, 0)?), at: Timestamp(natural(row, 1)?), what });
    }
    Ok(notices)
}

fn kept(connection: &Connection, user: UserId, of: NoticeBox) -> rusqlite::Result<Vec<Seq>> {
    let seq = |row: &Row<'_>| natural(row, 0).map(Seq);
    match of {
        NoticeBox::Everybody => {
            let sql = "SELECT seq FROM notices";
            connection.prepare_cached(sql)?.query_map([], seq)?.collect()
        }
        NoticeBox::Own => {
            let sql = "SELECT seq FROM inbox_notices WHERE user_id = ?1";
            connection.prepare_cached(sql)?.query_map([integer(user.0)], seq)?.collect()
        }
    }
}

/// Read marks and muted kinds of a user. Values that only a newer version can read count as empty.
fn read_preferences(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<(ReadMarks, Vec<NoticeKind>)> {
    let sql = "SELECT marks, muted FROM inboxes WHERE user_id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([integer(user.0)], |row| {
        let marks = codec::decode_part(&text(row.get_ref(0)?)?).unwrap_or_default();
        Ok((marks, codec::decode_part(&text(row.get_ref(1)?)?).unwrap_or_default()))
    });
    Ok(found.optional()?.unwrap_or_default())
}

fn write_preferences(
    connection: &Connection,
    user: UserId,
    marks: &ReadMarks,
    muted: &[NoticeKind],
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO inboxes (user_id, marks, muted) VALUES (?1, ?2, ?3) \
        ON CONFLICT (user_id) DO UPDATE SET marks = excluded.marks, muted = excluded.muted";
    let values = (integer(user.0), codec::encode_part(marks), codec::encode_part(&muted));
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn set_demo(
    connection: &Connection,
    context: &CommandContext,
    on: bool,
) -> Result<Option<LogPosition>, StatementError> {
    if on == demo(connection)?.is_some() {
        return Ok(None);
    }
    if !on {
        return end_demo(connection, context.at).map(Some);
    }
    let sql = "INSERT INTO notice_demo (id, started_by, started_at) VALUES (1, ?1, ?2)";
    let values = (integer(context.author.id.0), integer(context.at.0));
    connection.prepare_cached(sql)?.execute(values)?;
    let demo = Demonstration { by: context.author.clone(), started_at: context.at };
    append(connection, Topic::Notices, context.at, &NoticesEvent::DemoStarted(demo).into())
        .map(Some)
}

fn end_demo(connection: &Connection, at: Timestamp) -> Result<LogPosition, StatementError> {
    connection.prepare_cached("DELETE FROM notice_demo")?.execute([])?;
    append(connection, Topic::Notices, at, &NoticesEvent::DemoEnded { at }.into())
}

fn demo(connection: &Connection) -> rusqlite::Result<Option<Demonstration>> {
    let sql = "SELECT started_by, users.name, started_at \
        FROM notice_demo JOIN users ON users.id = started_by";
    let demo = connection.prepare_cached(sql)?.query_row([], |row| {
        let by = User { id: UserId(natural(row, 0)?), name: string(row, 1)? };
        Ok(Demonstration { by, started_at: Timestamp(natural(row, 2)?) })
    });
    demo.optional()
}

fn find_mentioned_member(
    connection: &Connection,
    room: RoomId,
    names: &[String],
) -> rusqlite::Result<Option<UserId>> {
    let sql = "SELECT users.id FROM users JOIN members ON members.user_id = users.id \
        WHERE name_key = ?1 AND room_id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for name in names {
        let found = statement.query_row((name, integer(room.0)), |row| natural(row, 0));
        if let Some(user) = found.optional()? {
            return Ok(Some(UserId(user)));
        }
    }
    Ok(None)
}

fn append(
    connection: &Connection,
    topic: Topic,
    at: Timestamp,
    event: &Event,
) -> Result<LogPosition, StatementError> {
    let sql = "INSERT INTO append_event (topic, at, event) VALUES (?1, ?2, ?3)";
    let values = (topic.to_string(), integer(at.0), codec::encode_event(event));
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(LogPosition { topic, seq: log::head(connection, topic)? })
}
