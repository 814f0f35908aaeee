//! Applying commands: each takes effect once, however often it is sent.

use std::sync::Arc;

use madang_hub::ports::{CommandFingerprint, Committed, TopicEvent, Write};
use madang_hub::storage::FreeSpace;
use madang_shared::frames::LogPosition;
use madang_shared::{CommandId, Seq, Topic, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::StatementError;
use super::values::{integer, natural, optional_string};
use super::{features, log};
use crate::context::{CommandContext, require_same};

/// Applies a write if there is space for it, or finds the result of its first application.
pub(super) fn apply(
    connection: &Connection,
    (write, free_space): (Write, FreeSpace),
    appended: &mut Vec<TopicEvent>,
) -> Result<Committed, StatementError> {
    let Write { author, command, at, fingerprint, change } = write;
    if let Some((committed, applied)) = find_applied(connection, author.id, command)? {
        require_same(applied, fingerprint)?;
        return Ok(committed);
    }
    free_space.check_change(&change)?;
    let context = CommandContext { author, command, at };
    let before = appended.len();
    let at = features::apply(connection, &context, change, appended)?;
    record_applied(connection, &context, fingerprint, at)?;
    let event = match at {
        Some(at) => event_content(connection, at, appended.get(before..).unwrap_or_default())?,
        None => None,
    };
    Ok(Committed { at, event })
}

/// Checks that writing works, by writing.
pub(super) fn probe(
    connection: &Connection,
    (): (),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE readiness SET checks = checks + 1 WHERE id = 1";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The content of the command's event: from the events that the feature appended, or from the log if a
/// trigger wrote it.
fn event_content(
    connection: &Connection,
    at: LogPosition,
    appended: &[TopicEvent],
) -> Result<Option<Arc<str>>, StatementError> {
    let is_own = |event: &&TopicEvent| event.topic == at.topic && event.entry.seq == at.seq;
    match appended.iter().find(is_own) {
        Some(event) => Ok(Some(Arc::clone(&event.entry.content))),
        None => Ok(log::entry(connection, at.topic, at.seq)?.map(|entry| entry.content)),
    }
}

fn find_applied(
    connection: &Connection,
    author: UserId,
    command: CommandId,
) -> rusqlite::Result<Option<(Committed, Option<CommandFingerprint>)>> {
    let sql = "SELECT topics.name, commands.seq, log.content, fingerprint \
        FROM commands LEFT JOIN topics ON topics.id = commands.topic_id \
        LEFT JOIN log ON log.topic_id = commands.topic_id AND log.seq = commands.seq \
        WHERE author_id = ?1 AND command = ?2";
    connection
        .prepare_cached(sql)?
        .query_row((integer(author.0), command.0.as_bytes()), |row| {
            let fingerprint: Option<i64> = row.get(3)?;
            let fingerprint = fingerprint.map(|hash| CommandFingerprint(hash.cast_unsigned()));
            Ok((committed_from_row(row)?, fingerprint))
        })
        .optional()
}

fn committed_from_row(row: &Row<'_>) -> rusqlite::Result<Committed> {
    // Another program may have changed the topic's name. The command is applied in any case.
    let Some(topic) = optional_string(row, 0)?.and_then(|name| name.parse::<Topic>().ok()) else {
        return Ok(Committed { at: None, event: None });
    };
    let at = LogPosition { topic, seq: Seq(natural(row, 1)?) };
    let event = optional_string(row, 2)?.map(Into::into);
    Ok(Committed { at: Some(at), event })
}

fn record_applied(
    connection: &Connection,
    context: &CommandContext,
    fingerprint: Option<CommandFingerprint>,
    at: Option<LogPosition>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO commands (author_id, command, topic_id, seq, fingerprint) \
        VALUES (?1, ?2, (SELECT id FROM topics WHERE name = ?3), ?4, ?5)";
    connection.prepare_cached(sql)?.execute((
        integer(context.author.id.0),
        context.command.0.as_bytes(),
        at.map(|position| position.topic.to_string()),
        at.map(|position| integer(position.seq.0)),
        fingerprint.map(|CommandFingerprint(hash)| hash.cast_signed()),
    ))?;
    Ok(())
}
