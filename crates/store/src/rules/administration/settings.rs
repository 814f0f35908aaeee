//! The settings of the workspace that were changed while a server ran.

use madang_hub::administration::{ActRequest, RecordedAct};
use madang_hub::ports::TopicEvent;
use madang_shared::administration::{AuditAct, WorkspaceSettings};
use madang_shared::codec;
use serde::Serialize;
use serde_json::{Map, Value};

use super::audit::{Record, record};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Reads the settings. A setting that this version cannot read counts as unchanged.
pub(crate) fn read(transaction: &dyn Transaction) -> Result<WorkspaceSettings, StatementError> {
    let sql = "SELECT name, value FROM workspace_settings";
    let rows = transaction.all(sql, &[], |row| Ok((row.string(0), row.string(1))))?;
    let mut settings = WorkspaceSettings::default();
    for (name, value) in rows {
        let Ok(value) = serde_json::from_str::<Value>(&value) else { continue };
        let mut with_it = fields(&settings);
        with_it.insert(name, value);
        settings = serde_json::from_value(Value::Object(with_it)).unwrap_or(settings);
    }
    Ok(settings)
}

fn fields(settings: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// Stores the settings that have a value in `change`.
pub(super) fn change(
    transaction: &dyn Transaction,
    request: &ActRequest,
    change: &WorkspaceSettings,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let before = fields(&read(transaction)?);
    let mut changed = Map::new();
    for (name, value) in fields(change) {
        if before.get(&name) == Some(&value) {
            continue;
        }
        let sql = "INSERT INTO workspace_settings (name, value) VALUES (?1, ?2) \
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        transaction.execute(sql, &values![name, value.to_string()])?;
        changed.insert(name, value);
    }
    if changed.is_empty() {
        return Ok(RecordedAct::default());
    }
    let entry = Record {
        actor: request.actor,
        at: request.at,
        network: request.network,
        act: AuditAct::ChangeSettings,
        user: None,
        room: None,
        invitation: None,
        detail: &codec::encode_part(&Value::Object(changed)),
        reason: &request.reason,
    };
    record(transaction, &entry, appended)
}
