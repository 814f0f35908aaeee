//! One tab of one user: a real client, and what a browser would keep for it.

use madang_client::{Client, PendingCommand};
use madang_shared::{CommandId, User};

use super::network::SocketId;

pub(super) struct Peer {
    pub(super) user: User,
    pub(super) client: Client,
    pub(super) socket: Option<SocketId>,
    /// What a reload finds again.
    pub(super) kept: Vec<PendingCommand>,
    /// The wake-up that is scheduled, so that there is one at a time.
    pub(super) wake_at: Option<u64>,
    /// The messages that this tab wrote, in the order in which its user wrote them.
    pub(super) wrote: Vec<CommandId>,
    pub(super) acknowledged: Vec<CommandId>,
}

impl Peer {
    pub(super) fn new(user: User) -> Self {
        let client = Client::new(user.clone(), "simulation", Vec::new());
        Self {
            user,
            client,
            socket: None,
            kept: Vec::new(),
            wake_at: None,
            wrote: Vec::new(),
            acknowledged: Vec::new(),
        }
    }

    pub(super) fn reload(&mut self) {
        self.client = Client::new(self.user.clone(), "simulation", std::mem::take(&mut self.kept));
        self.kept = self.client.outbox_to_persist().to_vec();
        self.wake_at = None;
    }
}
