//! Notices. Triggers write their events (`migrations/sqlite/V8__notices.sql`), because anybody may cause
//! some; the writer finds them in the log. See `outside`.

use madang_hub::notices::{Change, DueNotice};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::notices::DEMO_NOTICES;
use madang_shared::notices::{
    Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent, NoticeKind,
    NoticesEvent, NoticesSnapshot, ReadMarks, mute,
};
use madang_shared::{Event, RoomId, Seq, Timestamp, Topic, User, UserId, codec};
use rusqlite::{Connection, OptionalExtension, Params};

use super::commands::Order;
use super::log;
use super::stop::{Stop, integer, natural, text};

pub(super) fn apply(
    connection: &Connection,
    order: &Order,
    change: &Change,
) -> Result<Option<LogPosition>, Stop> {
    let (user, at) = (order.author.id, order.at);
    if let Change::Demo { on } = *change {
        return demonstrate(connection, order, on);
    }
    let (mut marks, mut muted) = said(connection, user)?;
    let event = match *change {
        Change::Read { of, notice } => {
            let news = is_kept(connection, user, of, notice)? && marks.of_mut(of).read(notice);
            news.then(|| InboxEvent::Read(marks.clone()))
        }
        Change::ReadAll { everybody, own } => {
            let everybody = everybody.min(log::head(connection, Topic::Notices)?);
            let own = own.min(log::head(connection, Topic::Inbox(user))?);
            let news = [marks.everybody.read_up_to(everybody), marks.own.read_up_to(own)];
            news.contains(&true).then(|| InboxEvent::Read(marks.clone()))
        }
        Change::Mute { kind, muted: quiet } => {
            mute(&mut muted, kind, quiet).then(|| InboxEvent::Muted { kinds: muted.clone() })
        }
        Change::Demo { .. } => None,
    };
    let Some(event) = event else { return Ok(None) };
    say(connection, user, &marks, &muted)?;
    append(connection, Topic::Inbox(user), at, &event.into()).map(Some)
}

/// A user begins with nothing unread.
pub(super) fn begin(connection: &Connection, user: UserId) -> Result<(), Stop> {
    log::make_topic(connection, Topic::Inbox(user))?;
    let mut marks = ReadMarks::default();
    marks.everybody.up_to = log::head(connection, Topic::Notices)?;
    Ok(say(connection, user, &marks, &[])?)
}

/// Tells everybody.
pub(super) fn tell_all(
    connection: &Connection,
    at: Timestamp,
    what: &NoticeContent,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO tell_all (at, content) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute((integer(at.0), codec::encode_part(what)))?;
    Ok(())
}

/// Tells those who are named in a message, if they are members of its room.
pub(super) fn mention(
    connection: &Connection,
    order: &Order,
    room: RoomId,
    mentions: &[madang_hub::notices::Mention],
    what: &NoticeContent,
) -> rusqlite::Result<()> {
    let mut told = vec![order.author.id];
    for mention in mentions {
        let Some(user) = member_named(connection, room, mention)? else { continue };
        if told.contains(&user) {
            continue;
        }
        let sql = "INSERT INTO tell_one (user_id, at, content) VALUES (?1, ?2, ?3)";
        let values = (integer(user.0), integer(order.at.0), codec::encode_part(what));
        connection.prepare_cached(sql)?.execute(values)?;
        told.push(user);
    }
    Ok(())
}

/// Tells what has come due, once.
pub(super) fn append_due_notice(
    connection: &Connection,
    (due, at): (DueNotice, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Stop> {
    let what = match due {
        DueNotice::Scheduled { schedule, due, what } => {
            let sql = "SELECT told_up_to FROM notice_schedules WHERE schedule = ?1";
            let told: Option<u64> = connection
                .prepare_cached(sql)?
                .query_row([&schedule], |row| natural(row, 0))
                .optional()?;
            let sql = "INSERT INTO notice_schedules (schedule, told_up_to) VALUES (?1, ?2) \
                ON CONFLICT (schedule) DO UPDATE SET told_up_to = max(told_up_to, excluded.told_up_to)";
            connection.prepare_cached(sql)?.execute((&schedule, integer(due.0)))?;
            if told.is_none_or(|told| due.0 <= told) {
                return Ok(None);
            }
            what
        }
        DueNotice::Demonstrated { started_at, number } => {
            let sql = "UPDATE notice_demo SET told = ?2 WHERE started_at = ?1 AND told < ?2";
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
    tell_all(connection, at, &what)?;
    Ok(Some(LogPosition { topic: Topic::Notices, seq: log::head(connection, Topic::Notices)? }))
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<NoticesSnapshot> {
    let sql = "SELECT seq, at, content FROM notices ORDER BY seq";
    Ok(NoticesSnapshot { notices: kept(connection, sql, [])?, demo: demo(connection)? })
}

pub(super) fn inbox(connection: &Connection, user: UserId) -> Result<InboxSnapshot, Stop> {
    let sql = "SELECT seq, at, content FROM inbox_notices WHERE user_id = ?1 ORDER BY seq";
    let notices = kept(connection, sql, [integer(user.0)])?;
    let (marks, muted) = said(connection, user)?;
    Ok(InboxSnapshot { notices, marks, muted })
}

fn kept(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<Notice>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut notices = Vec::new();
    while let Some(row) = rows.next()? {
        // What a newer version or a person at the shell wrote may be nothing that this one can show.
        let Ok(what) = codec::decode_part(&text(row.get_ref(2)?)?) else { continue };
        notices.push(Notice { seq: Seq(natural(row, 0)?), at: Timestamp(natural(row, 1)?), what });
    }
    Ok(notices)
}

fn is_kept(
    connection: &Connection,
    user: UserId,
    of: NoticeBox,
    notice: Seq,
) -> rusqlite::Result<bool> {
    match of {
        NoticeBox::Everybody => {
            let sql = "SELECT 1 FROM notices WHERE seq = ?1";
            connection.prepare_cached(sql)?.exists([integer(notice.0)])
        }
        NoticeBox::Own => {
            let sql = "SELECT 1 FROM inbox_notices WHERE user_id = ?1 AND seq = ?2";
            connection.prepare_cached(sql)?.exists([integer(user.0), integer(notice.0)])
        }
    }
}

/// What the user has said; nothing that a newer version wrote and this one cannot read.
fn said(connection: &Connection, user: UserId) -> rusqlite::Result<(ReadMarks, Vec<NoticeKind>)> {
    let sql = "SELECT marks, muted FROM inboxes WHERE user_id = ?1";
    let said = connection.prepare_cached(sql)?.query_row([integer(user.0)], |row| {
        let marks = codec::decode_part(&text(row.get_ref(0)?)?).unwrap_or_default();
        Ok((marks, codec::decode_part(&text(row.get_ref(1)?)?).unwrap_or_default()))
    });
    Ok(said.optional()?.unwrap_or_default())
}

fn say(
    connection: &Connection,
    user: UserId,
    marks: &ReadMarks,
    muted: &[NoticeKind],
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO inboxes (user_id, marks, muted) VALUES (?1, ?2, ?3) \
        ON CONFLICT (user_id) DO UPDATE SET marks = excluded.marks, muted = excluded.muted";
    let said = (integer(user.0), codec::encode_part(marks), codec::encode_part(&muted));
    connection.prepare_cached(sql)?.execute(said)?;
    Ok(())
}

fn demonstrate(
    connection: &Connection,
    order: &Order,
    on: bool,
) -> Result<Option<LogPosition>, Stop> {
    if on == demo(connection)?.is_some() {
        return Ok(None);
    }
    if !on {
        return end_demo(connection, order.at).map(Some);
    }
    let sql = "INSERT INTO notice_demo (id, started_by, started_at) VALUES (1, ?1, ?2)";
    let values = (integer(order.author.id.0), integer(order.at.0));
    connection.prepare_cached(sql)?.execute(values)?;
    let demo = Demonstration { by: order.author.clone(), started_at: order.at };
    append(connection, Topic::Notices, order.at, &NoticesEvent::DemoStarted(demo).into()).map(Some)
}

fn end_demo(connection: &Connection, at: Timestamp) -> Result<LogPosition, Stop> {
    connection.prepare_cached("DELETE FROM notice_demo")?.execute([])?;
    append(connection, Topic::Notices, at, &NoticesEvent::DemoEnded { at }.into())
}

fn demo(connection: &Connection) -> rusqlite::Result<Option<Demonstration>> {
    let sql = "SELECT started_by, users.name, started_at \
        FROM notice_demo JOIN users ON users.id = started_by";
    let demo = connection.prepare_cached(sql)?.query_row([], |row| {
        let by = User { id: UserId(natural(row, 0)?), name: row.get(1)? };
        Ok(Demonstration { by, started_at: Timestamp(natural(row, 2)?) })
    });
    demo.optional()
}

fn member_named(
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
) -> Result<LogPosition, Stop> {
    let sql = "INSERT INTO notices_log (topic, at, event) VALUES (?1, ?2, ?3)";
    let values = (topic.to_string(), integer(at.0), codec::encode_event(event));
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(LogPosition { topic, seq: log::head(connection, topic)? })
}
