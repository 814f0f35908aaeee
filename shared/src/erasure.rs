//! The erasure of accounts. The texts of the person leave the tables and the log; the positions stay.
//!
//! [`ErasureEvent`] belongs to no topic of its own: it is appended to each topic whose log or state held something of the
//! person. In the logs, it also replaces events of which nothing is left.

use serde::{Deserialize, Serialize};

use crate::chat::Message;
use crate::ids::{Timestamp, User, UserId};
use crate::markup::Markup;
use crate::orders::{Destination, Order};
use crate::reactions;

/// The path of a receipt as JSON, for `GET` by administrators.
pub const ERASURES_PATH: &str = "/api/administration/erasures";
/// `POST`: erases the user's own account; see [`OwnErasure`]. The answer is an [`ErasureReceipt`].
pub const ERASE_ACCOUNT_PATH: &str = "/api/account/erase";

/// Events about erased accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErasureEvent {
    /// The account was erased. Every copy of what the user wrote is dropped, and the user is shown under
    /// [`erased_name`].
    Erased {
        /// The user. The id is never given out again.
        user: UserId,
    },
}

/// The name under which an erased user is shown. No user can choose it.
pub fn erased_name(user: UserId) -> String {
    format!("#{user}")
}

impl User {
    /// Whether the account was erased.
    pub fn is_erased(&self) -> bool {
        self.name == erased_name(self.id)
    }

    /// Replaces the name, if this is the erased user. Returns whether the name was another one.
    pub fn erase(&mut self, user: UserId) -> bool {
        let is_named = self.id == user && !self.is_erased();
        if is_named {
            self.name = erased_name(user);
        }
        is_named
    }
}

impl Message {
    /// Erases what an erased user wrote, and the user's reaction. Returns whether anything was the user's. An erased message has
    /// no text.
    pub fn erase(&mut self, user: UserId) -> bool {
        let has_reacted = reactions::erase(&mut self.reactions, user);
        if self.author.id != user {
            return has_reacted;
        }
        self.author.erase(user);
        self.text.clear();
        self.markup = Markup::default();
        (self.sentiment, self.guest, self.edited_at) = (None, None, None);
        true
    }
}

impl Order {
    /// Erases what an erased user wrote, as the customer, and the user's name. Returns whether the order has to do with the
    /// user.
    pub fn erase(&mut self, user: UserId) -> bool {
        let is_rider = self.rider.as_mut().is_some_and(|rider| rider.erase(user));
        if self.customer.id != user {
            return is_rider;
        }
        self.customer.erase(user);
        self.note.clear();
        if let Some(cancellation) = &mut self.cancellation {
            cancellation.reason.clear();
        }
        if matches!(self.destination, Some(Destination::Delivery { .. })) {
            self.destination = None;
        }
        true
    }
}

/// The number of removed things of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedCount {
    /// The kind, such as `messages`.
    pub kind: String,
    /// The number.
    pub count: u64,
}

/// The receipt of an erasure. It holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureReceipt {
    /// Names the receipt.
    pub id: String,
    /// The erased user.
    pub user: UserId,
    /// The time of the erasure.
    pub at: Timestamp,
    /// The user who erased the account; none for the command line and the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// The origin of the erasure: the name of an [`AuditSource`](crate::administration::AuditSource).
    pub source: String,
    /// The numbers of removed things, by kind.
    pub removed: Vec<RemovedCount>,
}

impl ErasureReceipt {
    /// The receipt for people, one fact per line. Times are in milliseconds since 1970, as in the audit log.
    pub fn to_text(&self) -> String {
        let by = self.by.map_or_else(|| self.source.clone(), |user| format!("user {user}"));
        let mut text = format!(
            "Receipt {}\nErased account: user {}\nAt: {}\nBy: {by}\nRemoved:\n",
            self.id, self.user, self.at.0
        );
        let line = |it: &RemovedCount| format!("  {}: {}\n", it.kind, it.count);
        text.extend(self.removed.iter().map(line));
        text
    }
}

/// The body of [`ERASE_ACCOUNT_PATH`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnErasure {
    /// The name of the account, typed once more.
    pub name: String,
    /// The password, if the account has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub password: String,
    /// A one-time code, if the account has one-time passwords.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_names_what_was_removed() {
        let receipt = ErasureReceipt {
            id: "7-9".into(),
            user: UserId(7),
            at: Timestamp(9),
            by: Some(UserId(1)),
            source: "user".into(),
            removed: vec![RemovedCount { kind: "messages".into(), count: 12 }],
        };
        let expected =
            "Receipt 7-9\nErased account: user 7\nAt: 9\nBy: user 1\nRemoved:\n  messages: 12\n";
        assert_eq!(receipt.to_text(), expected);
        let by_server = ErasureReceipt { by: None, source: "command_line".into(), ..receipt };
        assert!(by_server.to_text().contains("By: command_line\n"));
    }
}
