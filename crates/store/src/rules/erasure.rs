//! The erasure of accounts. The row of the user stays without personal data, because the log and the audit log name the id.
//!
//! The texts of a user leave the tables, and each event of the log that holds it or the user's name is rewritten in its
//! position. An event in each changed topic makes caches and open pages drop their copies. Names and descriptions of rooms
//! belong to the rooms and stay, and so do the texts of others that mention the user.

use std::collections::BTreeSet;

use madang_hub::administration::{Actor, RecordedAct};
use madang_hub::erasure::{ErasureRecord, name_hashes, redact};
use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditSource;
use madang_shared::details::DetailsEvent;
use madang_shared::erasure::{ErasureEvent, ErasureReceipt, RemovedCount, erased_name};
use madang_shared::notices::NoticeContent;
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::{CommandId, Event, RoomId, Seq, Timestamp, Topic, User, UserId, codec};

use super::administration::audit::{self, Record};
use super::context::CommandContext;
use super::membership::{self, Leaving};
use super::moderation::reports;
use super::{details_events, log, notices, room_deletion};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The text of an erased message in the table, where a text may not be empty. Nobody reads it.
const NO_TEXT: &str = "-";

/// The tables with rows of a user that hold nothing of others, with the kind in the receipt.
const OWN_ROWS: [(&str, &str); 26] = [
    ("sessions", "DELETE FROM sessions WHERE user_id = ?1"),
    ("passwords", "DELETE FROM passwords WHERE user_id = ?1"),
    ("sign_in_attempts", "DELETE FROM sign_in_attempts WHERE user_id = ?1"),
    ("known_devices", "DELETE FROM known_devices WHERE user_id = ?1"),
    ("one_time_links", "DELETE FROM one_time_links WHERE user_id = ?1 OR made_by = ?1"),
    ("mail_addresses", "DELETE FROM mail_addresses WHERE user_id = ?1"),
    ("mail_verifications", "DELETE FROM mail_verifications WHERE user_id = ?1"),
    ("challenges", "DELETE FROM challenges WHERE user_id = ?1"),
    ("passkeys", "DELETE FROM passkeys WHERE user_id = ?1"),
    ("totp_secrets", "DELETE FROM totp_secrets WHERE user_id = ?1"),
    ("recovery_codes", "DELETE FROM recovery_codes WHERE user_id = ?1"),
    ("provider_identities", "DELETE FROM provider_identities WHERE user_id = ?1"),
    (
        "access_tokens",
        "DELETE FROM access_tokens WHERE user_id = ?1 \
        OR user_id IN (SELECT user_id FROM bots WHERE made_by = ?1)",
    ),
    ("grants", "DELETE FROM user_grants WHERE user_id = ?1"),
    ("silences", "DELETE FROM silences WHERE user_id = ?1"),
    ("bans", "DELETE FROM account_bans WHERE user_id = ?1"),
    ("profiles", "DELETE FROM profiles WHERE user_id = ?1"),
    ("name_skeletons", "DELETE FROM user_skeletons WHERE user_id = ?1"),
    ("saved_messages", "DELETE FROM saved_messages WHERE user_id = ?1"),
    ("scheduled_messages", "DELETE FROM scheduled_messages WHERE user_id = ?1"),
    ("own_notices", "DELETE FROM inbox_notices WHERE user_id = ?1"),
    ("inboxes", "DELETE FROM inboxes WHERE user_id = ?1"),
    ("commands", "DELETE FROM commands WHERE author_id = ?1"),
    ("invitation_uses", "DELETE FROM invitation_uses WHERE user_id = ?1"),
    ("invitation_notes", "UPDATE invitations SET note = '' WHERE made_by = ?1 AND note <> ''"),
    ("demonstrations", "DELETE FROM notice_demo WHERE started_by = ?1"),
];

/// An erasure in progress.
struct Erasure<'t> {
    transaction: &'t dyn Transaction,
    user: UserId,
    at: Timestamp,
    removed: Vec<RemovedCount>,
    /// The topics whose log or state has changed, by name: they are locked in this order.
    changed: BTreeSet<(String, Topic)>,
}

/// Erases an account. `act` is the entry of the audit log without its detail. The caller adds the record to the list.
pub(crate) fn erase(
    transaction: &dyn Transaction,
    act: &Record<'_>,
    user: UserId,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let (name, name_key, made_at) = identity(transaction, user)?;
    let at = act.at;
    let mut erasure =
        Erasure { transaction, user, at, removed: Vec::new(), changed: BTreeSet::new() };
    erasure.anonymize()?;
    for (kind, sql) in OWN_ROWS {
        erasure.remove(kind, sql)?;
    }
    erasure.leave_rooms(appended)?;
    erasure.content()?;
    let reports = reports::erase(transaction, user, at)?;
    erasure.count("reports", reports);
    erasure.notices_about()?;
    erasure.log()?;
    erasure.announce(appended)?;
    let (source, by) = match act.actor {
        Actor::User(by) => (AuditSource::User, Some(by)),
        Actor::CommandLine => (AuditSource::CommandLine, None),
        Actor::Server => (AuditSource::Server, None),
    };
    let removed = erasure.removed.into_iter().filter(|removed| removed.count > 0).collect();
    let receipt = ErasureReceipt {
        id: format!("{user}-{}", at.0),
        user,
        at,
        by,
        source: source.name().to_owned(),
        removed,
    };
    let counts: Vec<String> =
        receipt.removed.iter().map(|it| format!("{} {}", it.kind, it.count)).collect();
    let detail = format!("{}: {}", receipt.id, counts.join(", "));
    let recorded = audit::record(transaction, &Record { detail: &detail, ..*act }, appended)?;
    let record = ErasureRecord {
        user,
        made_at,
        names: name_hashes(&name, &name_key),
        receipt: codec::encode_part(&receipt),
    };
    Ok(RecordedAct { erasure: Some(record), ..recorded })
}

/// The name, its key, and the time of the sign-up.
fn identity(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<(String, String, Timestamp), StatementError> {
    let sql = "SELECT name, name_key, made_at FROM users WHERE id = ?1";
    transaction.one(sql, &values![user.0], |row| {
        Ok((row.string(0), row.string(1), Timestamp(row.natural(2)?)))
    })
}

impl Erasure<'_> {
    fn count(&mut self, kind: &str, count: u64) {
        self.removed.push(RemovedCount { kind: kind.to_owned(), count });
    }

    fn remove(&mut self, kind: &str, sql: &'static str) -> Result<(), StatementError> {
        let count = self.transaction.execute(sql, &values![self.user.0])?;
        self.count(kind, count);
        Ok(())
    }

    fn change(&mut self, topic: Topic) {
        self.changed.insert((topic.to_string(), topic));
    }

    /// Takes the name and the rights of the user. Bots of the user end, because nobody manages them any more.
    fn anonymize(&mut self) -> Result<(), StatementError> {
        let name = erased_name(self.user);
        let sql = "UPDATE users SET name = ?2, name_key = ?3, role = 'guest', \
            deactivated_at = coalesce(deactivated_at, ?4), erased_at = ?4 WHERE id = ?1";
        let key = policy::name_key(&name);
        self.transaction.execute(sql, &values![self.user.0, &name, key, self.at.0])?;
        let sql = "UPDATE users SET deactivated_at = ?2 WHERE deactivated_at IS NULL \
            AND id IN (SELECT user_id FROM bots WHERE made_by = ?1)";
        let bots = self.transaction.execute(sql, &values![self.user.0, self.at.0])?;
        self.count("bots", bots);
        Ok(())
    }

    /// Ends the memberships. Direct conversations keep their people.
    fn leave_rooms(&mut self, appended: &mut Vec<TopicEvent>) -> Result<(), StatementError> {
        let sql = "SELECT rooms.id, rooms.kind, members.role, \
            (SELECT count(*) FROM members AS others WHERE others.room_id = rooms.id AND others.user_id <> ?1), \
            (SELECT count(*) FROM members AS others WHERE others.room_id = rooms.id AND others.user_id <> ?1 \
                AND others.role = 'manager') \
            FROM members JOIN rooms ON rooms.id = members.room_id \
            WHERE members.user_id = ?1 ORDER BY rooms.id";
        let (transaction, user, at) = (self.transaction, self.user, self.at);
        let rooms = transaction.all(sql, &values![user.0], |row| {
            let kind = RoomKind::parse(&row.string(1)).unwrap_or(RoomKind::Private);
            Ok((RoomId(row.natural(0)?), kind, row.string(2), row.natural(3)?, row.natural(4)?))
        })?;
        let mut deleted = 0;
        for (room, kind, role, others, managers) in rooms {
            match kind {
                RoomKind::Direct => {
                    self.direct(room)?;
                    continue;
                }
                RoomKind::Private if others == 0 => {
                    let author = User { id: user, name: erased_name(user) };
                    let command = CommandId(uuid::Uuid::nil());
                    let context = CommandContext { author, command, at, network: None };
                    room_deletion::delete(transaction, &context, room, appended)?;
                    deleted += 1;
                    continue;
                }
                RoomKind::Private if role == RoomRole::Manager.name() && managers == 0 => {
                    self.promote(room, appended)?;
                }
                RoomKind::Private | RoomKind::Public => {}
            }
            membership::leave(
                transaction,
                Leaving { user, room, removal: None, reason: "", at },
                appended,
            )?;
        }
        self.count("rooms", deleted);
        self.remove("departures", "DELETE FROM departures WHERE user_id = ?1")
    }

    /// The people of a direct conversation are in its state, in its details, and in the memberships of the others.
    fn direct(&mut self, room: RoomId) -> Result<(), StatementError> {
        let sql = "SELECT user_id FROM members WHERE room_id = ?1 ORDER BY user_id";
        let people =
            self.transaction.all(sql, &values![room.0], |row| Ok(UserId(row.natural(0)?)))?;
        for topic in people.into_iter().map(Topic::Memberships) {
            self.change(topic);
        }
        self.change(Topic::Room(room));
        self.change(Topic::Details(room));
        Ok(())
    }

    /// The member who joined first becomes the manager of a private room that would have none.
    fn promote(&self, room: RoomId, appended: &mut Vec<TopicEvent>) -> Result<(), StatementError> {
        let sql = "SELECT user_id FROM members WHERE room_id = ?1 AND user_id <> ?2 \
            ORDER BY coalesce(joined_at, 0), user_id LIMIT 1";
        let transaction = self.transaction;
        let heir =
            transaction.optional(sql, &values![room.0, self.user.0], |row| row.natural(0))?;
        let Some(heir) = heir else { return Ok(()) };
        let sql = "UPDATE members SET role = 'manager' WHERE user_id = ?1 AND room_id = ?2";
        transaction.execute(sql, &values![heir, room.0])?;
        let event = DetailsEvent::RoleChanged { user: UserId(heir), role: RoomRole::Manager };
        details_events::append(transaction, room, self.at, event, appended).map(drop)
    }

    /// Erases messages, posts and orders.
    fn content(&mut self) -> Result<(), StatementError> {
        let (transaction, user) = (self.transaction, self.user);
        let sql = "SELECT DISTINCT room_id FROM messages WHERE author_id = ?1";
        for room in transaction.all(sql, &values![user.0], |row| Ok(RoomId(row.natural(0)?)))? {
            self.change(Topic::Room(room));
        }
        let sql = "SELECT DISTINCT room_id FROM reactions WHERE user_id = ?1";
        for room in transaction.all(sql, &values![user.0], |row| Ok(RoomId(row.natural(0)?)))? {
            self.change(Topic::Room(room));
        }
        self.remove("reactions", "DELETE FROM reactions WHERE user_id = ?1")?;
        let sql = "DELETE FROM message_edits WHERE EXISTS (SELECT 1 FROM messages \
            WHERE messages.room_id = message_edits.room_id AND messages.seq = message_edits.message \
                AND author_id = ?1)";
        let count = transaction.execute(sql, &values![user.0])?;
        self.count("earlier_texts", count);
        let sql = "UPDATE messages SET text = ?2, mood = NULL, mood_score = NULL, edited_at = NULL, \
            guest_name = NULL, guest_connection = NULL WHERE author_id = ?1";
        let count = transaction.execute(sql, &values![user.0, NO_TEXT])?;
        self.count("messages", count);
        let sql = "DELETE FROM posts WHERE author_id = ?1";
        let count = transaction.execute(sql, &values![user.0])?;
        self.count("posts", count);
        if count > 0 {
            self.change(Topic::Posts);
        }
        let sql = "SELECT 1 FROM orders WHERE customer_id = ?1 OR rider_id = ?1";
        if transaction.exists(sql, &values![user.0])? {
            self.change(Topic::Orders);
        }
        let sql = "SELECT DISTINCT customer_id FROM orders WHERE rider_id = ?1";
        for customer in transaction.all(sql, &values![user.0], |row| Ok(UserId(row.natural(0)?)))? {
            self.change(Topic::OwnOrders(customer));
        }
        self.remove(
            "orders",
            "UPDATE orders SET note = '', address = NULL, phone = NULL, cancel_reason = '' \
            WHERE customer_id = ?1",
        )
    }

    /// Deletes the notices that the user caused.
    fn notices_about(&mut self) -> Result<(), StatementError> {
        let (transaction, user) = (self.transaction, self.user);
        let is_by = |content: &str| {
            let what = codec::decode_part::<NoticeContent>(content);
            what.is_ok_and(|what| what.by().is_some_and(|by| by.id == user))
        };
        let read = "SELECT seq, content FROM notices";
        let all = transaction.all(read, &[], |row| Ok((row.natural(0)?, row.string(1))))?;
        let mut count = 0;
        for (seq, _) in all.iter().filter(|(_, content)| is_by(content)) {
            transaction.execute("DELETE FROM notices WHERE seq = ?1", &values![*seq])?;
            count += 1;
            self.change(Topic::Notices);
        }
        let read = "SELECT topic, seq, content FROM app_notices WHERE instr(content, ?1) > 0";
        let all = transaction.all(read, &values![user.to_string()], |row| {
            Ok((row.string(0), row.natural(1)?, row.string(2)))
        })?;
        for (topic, seq, _) in all.iter().filter(|(.., content)| is_by(content)) {
            let sql = "DELETE FROM app_notices WHERE topic = ?1 AND seq = ?2";
            transaction.execute(sql, &values![topic, *seq])?;
            count += 1;
            if let Ok(of) = topic.parse() {
                self.change(of);
            }
        }
        let read = "SELECT user_id, seq, content FROM inbox_notices WHERE instr(content, ?1) > 0";
        let all = transaction.all(read, &values![user.to_string()], |row| {
            Ok((row.natural(0)?, row.natural(1)?, row.string(2)))
        })?;
        for (reader, seq, _) in all.iter().filter(|(.., content)| is_by(content)) {
            let sql = "DELETE FROM inbox_notices WHERE user_id = ?1 AND seq = ?2";
            transaction.execute(sql, &values![*reader, *seq])?;
            count += 1;
            self.change(Topic::Inbox(UserId(*reader)));
        }
        self.count("notices", count);
        Ok(())
    }

    /// Rewrites the events that hold something of the user, in their positions.
    fn log(&mut self) -> Result<(), StatementError> {
        let (transaction, user) = (self.transaction, self.user);
        let erased = codec::encode_event(&ErasureEvent::Erased { user }.into());
        let mut count = 0;
        for own in [
            Topic::Memberships(user),
            Topic::Inbox(user),
            Topic::OwnOrders(user),
            Topic::Later(user),
        ] {
            let sql = "UPDATE log SET content = ?2 \
                WHERE topic_id = (SELECT id FROM topics WHERE name = ?1)";
            count += transaction.execute(sql, &values![own.to_string(), &erased])?;
            self.change(own);
        }
        // Every event that names the user has the digits of the id. Only events that change are kept in memory.
        let sql = "SELECT topics.name, log.seq, log.content \
            FROM log JOIN topics ON topics.id = log.topic_id WHERE instr(log.content, ?1) > 0";
        let mut rewritten: Vec<(String, Seq, String)> = Vec::new();
        transaction.visit(sql, &values![user.to_string()], &mut |row| {
            // An event of a newer version stays as it is.
            let event =
                codec::decode_event(&row.text(2)?).ok().and_then(|it: Event| redact(it, user));
            if let Some(event) = event {
                let content = codec::encode_event(&event);
                rewritten.push((row.string(0), Seq(row.natural(1)?), content));
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        for (name, seq, content) in rewritten {
            let sql = "UPDATE log SET content = ?3 \
                WHERE topic_id = (SELECT id FROM topics WHERE name = ?1) AND seq = ?2";
            transaction.execute(sql, &values![&name, seq.0, content])?;
            count += 1;
            if let Ok(topic) = name.parse() {
                self.changed.insert((name, topic));
            }
        }
        self.count("log_events", count);
        Ok(())
    }

    /// Appends the event to each changed topic: then caches and open pages drop their copies.
    fn announce(&self, appended: &mut Vec<TopicEvent>) -> Result<(), StatementError> {
        let event: Event = ErasureEvent::Erased { user: self.user }.into();
        for (_, topic) in &self.changed {
            // Triggers append to these topics too, and their events have one order with this one.
            if matches!(
                topic,
                Topic::Orders
                    | Topic::OwnOrders(_)
                    | Topic::Notices
                    | Topic::OrderNotices
                    | Topic::PostNotices
                    | Topic::Inbox(_)
            ) {
                notices::append(self.transaction, *topic, self.at, &event)?;
            } else if let Some(position) = log::find_next_position(self.transaction, *topic)? {
                log::append(self.transaction, &position, self.at, &event, appended)?;
            }
        }
        Ok(())
    }
}
