//! One tab of one user: a real client, and the outbox that a browser would persist.

use std::collections::BTreeMap;

use madang_client::Client;
use madang_shared::{CommandId, Seq, Topic, User, compact};

use super::network::SocketId;

pub(super) struct Peer {
    pub(super) user: User,
    pub(super) client: Client,
    pub(super) socket: Option<SocketId>,
    /// The outbox that a reload restores, as text.
    pub(super) persisted: String,
    /// The time of the scheduled wakeup; there is at most one.
    pub(super) wake_at: Option<u64>,
    /// The messages of this tab, in the order of writing.
    pub(super) written: Vec<CommandId>,
    pub(super) acknowledged: Vec<CommandId>,
    /// The heads of the topics when the tab resumed on this connection.
    pub(super) redacted_up_to: BTreeMap<Topic, Seq>,
}

impl Peer {
    pub(super) fn new(user: User) -> Self {
        let client = Client::new(user.clone(), "simulation", Vec::new());
        Self {
            user,
            client,
            socket: None,
            persisted: String::new(),
            wake_at: None,
            written: Vec::new(),
            acknowledged: Vec::new(),
            redacted_up_to: BTreeMap::new(),
        }
    }

    pub(super) fn reload(&mut self) {
        let outbox = compact::from_text(&self.persisted).unwrap_or_default();
        self.client = Client::new(self.user.clone(), "simulation", outbox);
        self.persist();
        self.wake_at = None;
    }

    pub(super) fn persist(&mut self) {
        self.persisted = compact::to_text(&self.client.outbox_to_persist());
    }
}
