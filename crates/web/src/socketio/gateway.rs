//! The state that all clients of the gateway share.

use std::collections::BTreeSet;

use madang_hub::gateway::GatewayMessage;
use madang_hub::policy::rights::Need;
use madang_hub::ports::StoreError;
use madang_shared::roles::Access;
use madang_shared::{CommandId, ErrorCode, Failure, Topic, User};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::originals::Originals;
use super::outbound::OutboundEvent;
use super::receipts::ReceiptCollector;
use super::settings::Settings;
use super::subscribers::Subscribers;
use crate::state::AppState;

/// The state that all clients share.
pub(super) struct Gateway {
    pub(super) state: AppState,
    pub(super) settings: Settings,
    /// The clients of each topic.
    pub(super) subscribers: Subscribers,
    /// The author of the clients' messages: a service account. None before the first client.
    pub(super) user: Mutex<Option<User>>,
    /// The clients' confirmations.
    pub(super) receipts: ReceiptCollector,
    pub(super) originals: Mutex<Originals>,
    /// One task for each client.
    pub(super) client_tasks: TaskTracker,
    /// Cancelled when all remaining connections must end.
    pub(super) closed: CancellationToken,
}

impl Gateway {
    /// Whether clients without an access token may come: where a name is enough to sign in, unless the operator keeps
    /// guests out.
    pub(super) fn guests_may_come(&self) -> bool {
        self.settings.guests && self.state.hub.workspace().access == Access::Open
    }

    pub(super) fn new(state: &AppState) -> Self {
        let settings = state.socketio.as_ref().clone();
        Self {
            state: state.clone(),
            subscribers: Subscribers::new(settings.topics()),
            settings,
            user: Mutex::default(),
            receipts: ReceiptCollector::default(),
            originals: Mutex::default(),
            client_tasks: TaskTracker::new(),
            closed: CancellationToken::new(),
        }
    }

    /// The topics whose app is on now.
    pub(super) fn offered_topics(&self) -> BTreeSet<Topic> {
        let workspace = self.state.hub.workspace();
        self.subscribers.topics().filter(|topic| workspace.offers(topic.app())).collect()
    }

    /// Checks that clients without an account may follow a topic: they may do what a new member may.
    ///
    /// # Errors
    /// The refusal; [`StoreError::Unavailable`].
    pub(super) async fn check_guest(&self, topic: Topic) -> Result<(), StoreError> {
        let Need::AnyGrant(needed) = Need::of_topic(topic) else { return Ok(()) };
        if self.state.store.newcomer_grants().await?.has_any(needed) {
            return Ok(());
        }
        let message = "This needs an account with a right in the app; send an access token.";
        Err(StoreError::Refused(Failure::new(ErrorCode::Forbidden, message)))
    }

    /// Sends an event that is not in the log to the connected clients of a topic, on all nodes. Clients without room miss
    /// it.
    pub(super) fn broadcast(&self, topic: Topic, event: &OutboundEvent) {
        self.subscribers.broadcast(topic, event);
        self.state.hub.send_to_gateways(|| {
            let (name, value) = event.clone();
            GatewayMessage::Event { topic, name: name.to_owned(), value }
        });
    }

    /// Keeps the object from which a message is made, on all nodes.
    pub(super) fn keep_original(&self, command: CommandId, original: OutboundEvent) {
        self.state.hub.send_to_gateways(|| {
            let (name, value) = original.clone();
            GatewayMessage::Original { command, name: name.to_owned(), value }
        });
        self.originals.lock().insert(command, original);
    }

    /// Makes a command id.
    ///
    /// # Errors
    /// If the system provides no random bytes.
    pub(super) fn random_command_id(&self) -> Result<CommandId, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| {
            tracing::error!(%error, "the system provides no random bytes");
            Failure::new(
                ErrorCode::Internal,
                "The server could not make a command id. Nothing was changed; try again later.",
            )
        })?;
        Ok(CommandId::new(self.state.clock.now(), u128::from_be_bytes(random)))
    }
}
