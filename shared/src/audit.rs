//! The entries of the audit log. [`crate::administration`] has the acts that they record.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// Its number: 1, 2, 3, without holes.
    pub id: u64,
    /// The time of the act.
    pub at: Timestamp,
    /// The origin of the act; see [`AuditSource`](crate::administration::AuditSource). A text, because a newer server may write another one.
    pub source: String,
    /// The user who acted; none for an act of another source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<User>,
    /// The kind; see [`AuditAct`](crate::administration::AuditAct).
    pub act: String,
    /// The user whom the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The room that the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// The invitation that the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<u64>,
    /// The change, such as `member → administrator`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The network from which the request came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The reason that the actor gave.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A page of the audit log, the newest entry first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older ones.
    pub more: bool,
}
