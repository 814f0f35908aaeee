//! Moderation: deleted messages, silences, bans, and the reports of messages. The commands of rooms are those of
//! [`crate::chat`] and [`crate::rooms`]; reports travel over HTTP, because the app shows them on one page only.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};
use crate::position::Seq;

/// The path of the reports: `POST` a [`NewReport`], `GET` the queue of a moderator in pages.
pub const REPORTS_PATH: &str = "/api/reports";
/// The path of the banned networks, in one page.
pub const ADDRESS_BANS_PATH: &str = "/api/administration/address-bans";

/// The path of one report: `POST` a [`ReportDecision`].
pub fn report_path(report: u64) -> String {
    format!("{REPORTS_PATH}/{report}")
}

/// The longest silence, and the longest ban with an end, in milliseconds: a year.
pub const MAX_RESTRICTION_MS: u64 = 366 * 24 * 60 * 60 * 1_000;
/// Unicode scalar values in the words of a report.
pub const MAX_REPORT_CHARS: usize = 1_000;
/// Reports of one user that nobody has decided yet.
pub const MAX_OPEN_REPORTS: u64 = 10;
/// Reports of one user within a day.
pub const MAX_DAILY_REPORTS: u64 = 30;
/// Reports on one page of the queue.
pub const PAGE_REPORTS: usize = 30;
/// Banned networks.
pub const MAX_ADDRESS_BANS: u64 = 500;

/// The person who deleted a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeletedBy {
    /// Its author.
    Author,
    /// A manager of the room, or an administrator.
    Moderator,
}

impl DeletedBy {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Moderator => "moderator",
        }
    }

    /// The person with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Author, Self::Moderator].into_iter().find(|it| it.name() == name)
    }
}

/// A time until which a user may not write. It ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Silence {
    /// The room; absent for the whole workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Its end.
    pub until: Timestamp,
    /// The reason, for the user.
    pub reason: String,
}

/// The ban of an account, as its user is told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Its end; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The reason.
    pub reason: String,
}

/// The ban of the user of a session, in the answer to `GET /api/session`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnBan {
    /// The ban.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ban: Option<Ban>,
}

/// A banned network, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressBan {
    /// The address or network, such as `203.0.113.0/24`.
    pub network: String,
    /// Its end; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The reason.
    pub reason: String,
    /// The time at which it was made.
    pub at: Timestamp,
}

named! {
    /// The subject of a report.
    ReportCategory {
        /// Unwanted advertising.
        Spam = "spam",
        /// An attack on a person.
        Harassment = "harassment",
        /// Hate against a group.
        Hate = "hate",
        /// Private facts about a person.
        Privacy = "privacy",
        /// Something else, which the words say.
        Other = "other",
    }
}

named! {
    /// The outcome of a report.
    ReportOutcome {
        /// No act was needed.
        Dismissed = "dismissed",
        /// The message was deleted.
        Deleted = "deleted",
        /// The author was silenced.
        Silenced = "silenced",
        /// The author was removed from the room.
        Removed = "removed",
        /// The author was banned.
        Banned = "banned",
    }
}

/// A report to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReport {
    /// The room of the message.
    pub room: RoomId,
    /// The message.
    pub message: Seq,
    /// The subject.
    pub category: ReportCategory,
    /// Words for the moderators, at most [`MAX_REPORT_CHARS`] characters.
    #[serde(default)]
    pub words: String,
}

/// The answer to a [`NewReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeReport {
    /// Its number.
    pub report: u64,
}

/// A report, as moderators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its number.
    pub id: u64,
    /// The room of the message.
    pub room: RoomId,
    /// The name of the room; absent if the reader is not told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    /// The message.
    pub message: Seq,
    /// The author of the message.
    pub author: User,
    /// The user who made the report.
    pub reporter: User,
    /// The subject; see [`ReportCategory`].
    pub category: String,
    /// The words of the reporter; empty once the report is decided.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// The text at the time of the report; empty once the report is decided.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The time of the report.
    pub at: Timestamp,
    /// Whether the reader manages the room, and may remove and silence its author there.
    #[serde(default)]
    pub is_managed: bool,
    /// The outcome; see [`ReportOutcome`]. Absent while the report is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The moderator who decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<User>,
}

/// A page of reports: the open ones first, of both kinds the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportsPage {
    /// The reports.
    pub reports: Vec<Report>,
    /// Whether there are more.
    pub more: bool,
}

/// An act on a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportAction {
    /// Nothing needs to be done.
    Dismiss,
    /// Deletes the message.
    Delete,
    /// Silences the author in the room; for an administrator who does not manage it, in the workspace.
    Silence {
        /// The duration in milliseconds, at most [`MAX_RESTRICTION_MS`].
        lasts_ms: u64,
    },
    /// Removes the author from the room.
    Remove,
    /// Bans the author from the workspace.
    Ban {
        /// The duration in milliseconds, at most [`MAX_RESTRICTION_MS`]; without an end if there is none.
        #[serde(default)]
        lasts_ms: Option<u64>,
    },
}

impl ReportAction {
    /// The outcome of a report with this act.
    pub fn outcome(self) -> ReportOutcome {
        match self {
            Self::Dismiss => ReportOutcome::Dismissed,
            Self::Delete => ReportOutcome::Deleted,
            Self::Silence { .. } => ReportOutcome::Silenced,
            Self::Remove => ReportOutcome::Removed,
            Self::Ban { .. } => ReportOutcome::Banned,
        }
    }
}

/// A decision about a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportDecision {
    /// The act.
    pub action: ReportAction,
    /// The reason, for the audit log and for the person whom the act concerns.
    pub reason: String,
}
