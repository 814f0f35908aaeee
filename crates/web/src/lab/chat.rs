//! The socket of the page that compares HTTP and WebSocket: a chat of connections. Every connection is notified when
//! another one connects, disconnects or sends a message.
//!
//! The chat is kept in memory and has no users: the app itself is always connected, so only a separate connection can
//! show what connecting and disconnecting do.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::get;
use madang_hub::budgets::account::Account;
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::ports::Clock;
use madang_shared::lab::chat::{LabChatMessage, MAX_LAB_CHAT_CONNECTIONS, PATH};
use madang_shared::limits::MAX_CLIENT_FRAME_BYTES;
use madang_shared::{CloseCode, ConnectionId, Failure, codec, validate};
use madang_websocket::{InboundMessage, Limits, Prepared};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::connection::{self, Demo, Outgoing};
use super::slots::{LabSlots, SlotHolder};
use crate::http::client_info::ClientInfo;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::state::AppState;
use crate::ws::transport::Disconnect;
use crate::ws::upgrade::Upgrade;

/// Messages that a connection may lag behind before it is disconnected as too slow.
const MAX_LAG: usize = 256;

/// The chat's route.
pub fn routes() -> Router<AppState> {
    let room = Arc::new(ChatRoom {
        slots: LabSlots::new(MAX_LAB_CHAT_CONNECTIONS),
        messages: broadcast::Sender::new(MAX_LAG),
        connections: Mutex::default(),
    });
    Router::new().route(PATH, get(handshake)).layer(Extension(room))
}

/// The connections, and the channel to all of them.
struct ChatRoom {
    slots: LabSlots,
    messages: broadcast::Sender<Prepared>,
    connections: Mutex<Connections>,
}

#[derive(Default)]
struct Connections {
    last_id: u64,
    open: BTreeSet<ConnectionId>,
}

/// One connection's membership; dropping it notifies the others.
struct Member {
    room: Arc<ChatRoom>,
    id: ConnectionId,
    messages: broadcast::Receiver<Prepared>,
}

impl ChatRoom {
    /// Adds a connection and notifies all. Returns the first message for the new connection.
    fn join(self: Arc<Self>) -> (Member, LabChatMessage) {
        // Locked while it is announced, so that all connections get the announcements in one order.
        let mut connections = self.connections.lock();
        connections.last_id += 1;
        let id = ConnectionId(connections.last_id);
        connections.open.insert(id);
        let messages = self.messages.subscribe();
        self.send_to_all(&LabChatMessage::Connect { id });
        let connected = connections.open.iter().copied().collect();
        drop(connections);
        (Member { room: self, id, messages }, LabChatMessage::Welcome { id, connected })
    }

    fn send_to_all(&self, message: &LabChatMessage) {
        // An error means that no connection is left to receive it.
        self.messages.send(prepare(message)).ok();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut connections = self.room.connections.lock();
        connections.open.remove(&self.id);
        self.room.send_to_all(&LabChatMessage::Disconnect { id: self.id });
    }
}

async fn handshake(
    State(state): State<AppState>,
    Extension(room): Extension<Arc<ChatRoom>>,
    access: PageAccess,
    client_info: ClientInfo,
    holder: SlotHolder,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.check_sessionless_handshake(access, &client_info)?;
    let slot = room.slots.take(holder)?;
    let limits = Limits::new(MAX_CLIENT_FRAME_BYTES);
    let network = client_info.client.map(Network::of);
    let (clock, account) = (state.clock.clone(), state.stranger(&client_info));
    let connection_state = state.clone();
    Ok(upgrade.accept(&state, limits, None, move |transport| async move {
        let (member, you) = room.join();
        let chat = Chat { member, you: Some(you), clock, account };
        connection::run(connection_state, network, transport, chat).await;
        drop(slot);
    }))
}

struct Chat {
    member: Member,
    you: Option<LabChatMessage>,
    clock: Arc<dyn Clock>,
    account: Option<Account>,
}

impl Chat {
    fn accept(&self, text: &str) -> Result<String, Failure> {
        if let Some(account) = &self.account {
            account.charge_one(Resource::Commands, self.clock.now())?;
        }
        validate::message_text(text)
    }
}

impl Demo for Chat {
    const NAME: &'static str = "chat";

    fn greeting(&mut self) -> Option<Outgoing> {
        self.you.take().map(|you| Outgoing::Shared(prepare(&you)))
    }

    fn on_message(&mut self, message: InboundMessage) -> Result<Option<Outgoing>, Disconnect> {
        let text = match message {
            InboundMessage::Text(text) => text,
            InboundMessage::Binary(_) => return Err(Disconnect::Close(CloseCode::NotText)),
            InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => {
                return Ok(None);
            }
        };
        Ok(match self.accept(&text) {
            Ok(data) => {
                self.member.room.send_to_all(&LabChatMessage::Data { data, id: self.member.id });
                None
            }
            Err(failure) => Some(Outgoing::Shared(prepare(&LabChatMessage::Error(failure)))),
        })
    }

    async fn next(&mut self) -> Result<Outgoing, Disconnect> {
        match self.member.messages.recv().await {
            Ok(message) => Ok(Outgoing::Shared(message)),
            Err(RecvError::Lagged(_)) => Err(Disconnect::Close(CloseCode::TooSlow)),
            Err(RecvError::Closed) => Err(Disconnect::Close(CloseCode::Internal)),
        }
    }
}

fn prepare(message: &LabChatMessage) -> Prepared {
    Prepared::text(&codec::encode_part(message))
}
