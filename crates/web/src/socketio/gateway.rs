//! The state that all clients of the gateway share.

use madang_hub::gateway::GatewayMessage;
use madang_shared::roles::Access;
use madang_shared::{CommandId, ErrorCode, Failure, Topic, User};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inbound::refusal;
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
    /// The refusals of the events that belong to apps that are off. Each client gets them, because the tutorials' clients
    /// wait for these events without a request.
    pub(super) refusals: Vec<OutboundEvent>,
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
        let mut settings = state.socketio.as_ref().clone();
        let off = settings.remove_apps_that_are_off(&state.hub.workspace());
        let refusal = |(event, failure)| ("refused", refusal(event, &failure));
        Self {
            state: state.clone(),
            subscribers: Subscribers::new(settings.topics()),
            settings,
            refusals: off.into_iter().map(refusal).collect(),
            user: Mutex::default(),
            receipts: ReceiptCollector::default(),
            originals: Mutex::default(),
            client_tasks: TaskTracker::new(),
            closed: CancellationToken::new(),
        }
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
