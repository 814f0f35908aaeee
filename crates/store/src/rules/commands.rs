//! Applying commands: each takes effect once, however often it is sent.

use std::sync::Arc;

use madang_hub::features::Change;
use madang_hub::ports::{CommandFingerprint, Committed, TopicEvent, Write};
use madang_hub::storage::FreeSpace;
use madang_shared::frames::LogPosition;
use madang_shared::{CommandId, Seq, Topic, UserId};

use super::context::{CommandContext, require_same};
use super::{features, log, rights};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// Applies a write if there is space for it, or finds the result of its first application.
pub(crate) fn apply(
    transaction: &dyn Transaction,
    (write, free_space): (Write, FreeSpace),
    appended: &mut Vec<TopicEvent>,
) -> Result<Committed, StatementError> {
    let Write { author, command, at, fingerprint, network, change } = write;
    if let Some((committed, applied)) = find_applied(transaction, author.id, command)? {
        require_same(applied, fingerprint)?;
        return Ok(committed);
    }
    let context = CommandContext { author, command, at, network };
    let before = appended.len();
    let at = apply_change(transaction, &context, (change, free_space), appended)?;
    record_applied(transaction, &context, fingerprint, at)?;
    let event = match at {
        Some(at) => event_content(transaction, at, appended.get(before..).unwrap_or_default())?,
        None => None,
    };
    Ok(Committed { at, event })
}

/// Applies a write of the server for a user, which the caller applies once: its id is that of the command that asked for it.
pub(super) fn apply_once(
    transaction: &dyn Transaction,
    (write, free_space): (Write, FreeSpace),
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let Write { author, command, at, network, change, .. } = write;
    let context = CommandContext { author, command, at, network };
    apply_change(transaction, &context, (change, free_space), appended).map(drop)
}

fn apply_change(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (change, free_space): (Change, FreeSpace),
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    rights::require_change(transaction, context.author.id, &change, context.at)?;
    free_space.check_change(&change)?;
    features::apply(transaction, context, change, appended)
}

/// Checks that writing works, by writing.
pub(crate) fn probe(
    transaction: &dyn Transaction,
    (): (),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE readiness SET checks = checks + 1 WHERE id = 1";
    transaction.execute(sql, &[])?;
    Ok(())
}

/// The content of the command's event: from the events that the feature appended, or from the log if a
/// trigger wrote it.
fn event_content(
    transaction: &dyn Transaction,
    at: LogPosition,
    appended: &[TopicEvent],
) -> Result<Option<Arc<str>>, StatementError> {
    let is_own = |event: &&TopicEvent| event.topic == at.topic && event.entry.seq == at.seq;
    match appended.iter().find(is_own) {
        Some(event) => Ok(Some(Arc::clone(&event.entry.content))),
        None => Ok(log::entry(transaction, at.topic, at.seq)?.map(|entry| entry.content)),
    }
}

fn find_applied(
    transaction: &dyn Transaction,
    author: UserId,
    command: CommandId,
) -> Result<Option<(Committed, Option<CommandFingerprint>)>, StatementError> {
    let sql = "SELECT topics.name, commands.seq, log.content, fingerprint \
        FROM commands LEFT JOIN topics ON topics.id = commands.topic_id \
        LEFT JOIN log ON log.topic_id = commands.topic_id AND log.seq = commands.seq \
        WHERE author_id = ?1 AND command = ?2";
    transaction.optional(sql, &values![author.0, command.0.as_bytes()], |row| {
        let fingerprint = row.optional_integer(3)?;
        let fingerprint = fingerprint.map(|hash| CommandFingerprint(hash.cast_unsigned()));
        Ok((committed_from_row(row)?, fingerprint))
    })
}

fn committed_from_row(row: &Row<'_>) -> Result<Committed, StatementError> {
    // Another program may have changed the topic's name. The command is applied in any case.
    let Some(topic) = row.optional_string(0).and_then(|name| name.parse::<Topic>().ok()) else {
        return Ok(Committed { at: None, event: None });
    };
    let at = LogPosition { topic, seq: Seq(row.natural(1)?) };
    let event = row.optional_string(2).map(Into::into);
    Ok(Committed { at: Some(at), event })
}

fn record_applied(
    transaction: &dyn Transaction,
    context: &CommandContext,
    fingerprint: Option<CommandFingerprint>,
    at: Option<LogPosition>,
) -> Result<(), StatementError> {
    let sql = "INSERT INTO commands (author_id, command, topic_id, seq, fingerprint) \
        VALUES (?1, ?2, (SELECT id FROM topics WHERE name = ?3), ?4, ?5)";
    transaction.execute(
        sql,
        &values![
            context.author.id.0,
            context.command.0.as_bytes(),
            at.map(|position| position.topic.to_string()),
            at.map(|position| position.seq.0),
            fingerprint.map(|CommandFingerprint(hash)| hash.cast_signed())
        ],
    )?;
    Ok(())
}
