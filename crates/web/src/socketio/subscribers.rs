//! The clients of each topic, and the position up to which the gateway has sent its events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use madang_shared::{Position, Topic};
use parking_lot::Mutex;
use serde_json::{Value, json};
use socketioxide::ack::AckStream;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SendError, SocketError};
use thiserror::Error;
use tokio::sync::watch;

use super::client::GatewayClient;
use super::outbound::{EncodedEvent, OutboundEvent};
use super::receipts::PendingReceipts;

/// The event that clients are requested to confirm. In its tutorial, the server passes a callback with it.
const CONFIRMED_EVENT: &str = "my response";

/// The clients of each topic.
pub(super) struct Subscribers {
    topics: BTreeMap<Topic, Mutex<TopicSubscribers>>,
    /// Counts the starts of topics, for tasks that wait for one.
    starts: watch::Sender<u64>,
    /// The number of clients.
    pub(super) client_count: watch::Sender<usize>,
}

/// The clients of one topic.
#[derive(Default)]
struct TopicSubscribers {
    /// The position of the last event that was sent; none before the topic has started.
    position: Option<Position>,
    /// The state at that position, for topics whose clients get a state instead of events.
    state: Option<OutboundEvent>,
    clients: BTreeMap<Sid, ClientHandle>,
}

/// A client as a subscriber of topics.
#[derive(Clone)]
pub(super) struct ClientHandle {
    pub(super) socket: SocketRef,
    pub(super) client: Arc<GatewayClient>,
    /// Whether the client wants the position of each event.
    pub(super) wants_positions: bool,
}

/// A client that could not be sent the next event of a topic.
pub(super) struct ClientBehind {
    pub(super) client: ClientHandle,
    pub(super) topic: Topic,
    /// The position up to which it has all events.
    pub(super) known: Position,
}

/// The reason why an event was not sent to a client.
#[derive(Debug, Error)]
pub(super) enum DeliveryError {
    /// The bytes that wait for the client have reached their limit; it must read first.
    #[error("the bytes that wait for the client have reached their limit")]
    NoRoom,
    /// The engine cannot send to the client.
    #[error("{0}")]
    Engine(SendError),
}

impl From<SendError> for DeliveryError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Socket(SocketError::InternalChannelFull) => Self::NoRoom,
            error => Self::Engine(error),
        }
    }
}

impl ClientHandle {
    /// Sends an event, with its position if the client wants positions. Returns its bytes.
    ///
    /// # Errors
    /// If the client has no room, or is gone.
    pub(super) fn send(
        &self,
        event: &OutboundEvent,
        position: Option<&Value>,
    ) -> Result<usize, DeliveryError> {
        let event = EncodedEvent::new(event);
        self.deliver(event.bytes(), || self.emit(&event, position))?;
        Ok(event.bytes())
    }

    /// Sends an event of `bytes`, which count as waiting from then on.
    fn deliver(
        &self,
        bytes: usize,
        emit: impl FnOnce() -> Result<(), SendError>,
    ) -> Result<(), DeliveryError> {
        if !self.client.reserve_outbound(bytes) {
            return Err(DeliveryError::NoRoom);
        }
        emit().map_err(|error| {
            self.client.release_outbound(bytes);
            error.into()
        })
    }

    fn emit(
        &self,
        EncodedEvent { name, value }: &EncodedEvent,
        position: Option<&Value>,
    ) -> Result<(), SendError> {
        match position.filter(|_| self.wants_positions) {
            Some(position) => self.socket.emit(name, &(value, position)),
            None => self.socket.emit(name, value),
        }
    }

    /// Sends an event that the client is requested to confirm.
    fn emit_with_receipt(
        &self,
        EncodedEvent { name, value }: &EncodedEvent,
        position: &Value,
    ) -> Result<AckStream<Value>, SendError> {
        if self.wants_positions {
            self.socket.emit_with_ack(name, &(value, position))
        } else {
            self.socket.emit_with_ack(name, value)
        }
    }

    /// Sends the client's position in a topic.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) fn send_position(&self, topic: Topic, at: Position) -> Result<(), DeliveryError> {
        self.send_position_event("position", topic, at)
    }

    /// Tells the client that a resume is impossible, and its new position.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) fn send_reset(&self, topic: Topic, at: Position) -> Result<(), DeliveryError> {
        self.send_position_event("reset", topic, at)
    }

    fn send_position_event(
        &self,
        event: &'static str,
        topic: Topic,
        at: Position,
    ) -> Result<(), DeliveryError> {
        if self.wants_positions {
            self.send(&(event, position_json(topic, at)), None)?;
        }
        Ok(())
    }

    /// Disconnects a client that cannot be sent an event which it must not miss.
    pub(super) fn disconnect(&self, error: &DeliveryError) {
        if matches!(error, DeliveryError::Engine(SendError::Socket(SocketError::Closed))) {
            return;
        }
        tracing::info!(sid = %self.socket.id, %error, "Socket.IO: a slow client is disconnected");
        self.client.drop_connection(self.socket.clone());
    }
}

/// A position in the form that clients store: `{"topic": "room:1", "epoch": …, "seq": …}`.
pub(super) fn position_json(topic: Topic, at: Position) -> Value {
    json!({ "topic": topic, "epoch": at.epoch, "seq": at.seq })
}

impl Subscribers {
    pub(super) fn new(topics: BTreeSet<Topic>) -> Self {
        let topics = topics.into_iter().map(|topic| (topic, Mutex::default())).collect();
        Self { topics, starts: watch::Sender::new(0), client_count: watch::Sender::new(0) }
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = Topic> {
        self.topics.keys().copied()
    }

    /// The position of a topic and the state there; none before the topic has started.
    pub(super) fn position(&self, topic: Topic) -> Option<(Position, Option<OutboundEvent>)> {
        let subscribers = self.topics.get(&topic)?.lock();
        subscribers.position.map(|position| (position, subscribers.state.clone()))
    }

    /// Waits until the topic has started.
    pub(super) async fn wait_for_start(
        &self,
        topic: Topic,
    ) -> Option<(Position, Option<OutboundEvent>)> {
        let mut starts = self.starts.subscribe();
        loop {
            if let Some(position) = self.position(topic) {
                return Some(position);
            }
            if starts.changed().await.is_err() {
                return None;
            }
        }
    }

    /// Starts a topic at a position. After a start at another position, clients get the state there, or a reset.
    pub(super) fn start(&self, topic: Topic, position: Position, state: Option<OutboundEvent>) {
        let Some(subscribers) = self.topics.get(&topic) else {
            return;
        };
        let mut subscribers = subscribers.lock();
        if subscribers.position.replace(position).is_some_and(|before| before != position) {
            let position_value = position_json(topic, position);
            subscribers.clients.retain(|_, client| {
                let sent = match &state {
                    Some(state) => client.send(state, Some(&position_value)).map(drop),
                    None => client.send_reset(topic, position),
                };
                sent.inspect_err(|error| client.disconnect(error)).is_ok()
            });
        }
        subscribers.state = state;
        drop(subscribers);
        self.starts.send_modify(|count| *count += 1);
    }

    /// Sends the next event of a topic, as one or more events of Socket.IO. Returns the receipts to wait for, and the
    /// clients that have no room for it; these are no subscribers any more.
    pub(super) fn advance(
        &self,
        topic: Topic,
        events: &[OutboundEvent],
        state: Option<OutboundEvent>,
    ) -> (PendingReceipts, Vec<ClientBehind>) {
        let (mut pending, mut behind) = (PendingReceipts::new(topic), Vec::new());
        let Some(subscribers) = self.topics.get(&topic) else {
            return (pending, behind);
        };
        let mut subscribers = subscribers.lock();
        let Some(position) = subscribers.position.as_mut() else {
            return (pending, behind);
        };
        let known = *position;
        position.seq = position.seq.next();
        let position = *position;
        if state.is_some() {
            subscribers.state = state;
        }
        let position_value = position_json(topic, position);
        let events: Vec<_> = events.iter().map(EncodedEvent::new).collect();
        let bytes = events.iter().map(EncodedEvent::bytes).sum();
        pending.seq = position.seq;
        subscribers.clients.retain(|_, client| {
            let mut sent = 0;
            let delivered = client.deliver(bytes, || {
                for event in &events {
                    if event.name == CONFIRMED_EVENT && pending.has_room() {
                        let receipt = client.emit_with_receipt(event, &position_value)?;
                        pending.push(client.socket.id, receipt);
                    } else {
                        client.emit(event, Some(&position_value))?;
                    }
                    sent += 1;
                }
                Ok(())
            });
            match delivered {
                Ok(()) => return true,
                // It catches up from the log, unless it has received a part of the events.
                Err(DeliveryError::NoRoom) if sent == 0 => {
                    behind.push(ClientBehind { client: client.clone(), topic, known });
                }
                Err(error) => client.disconnect(&error),
            }
            false
        });
        (pending, behind)
    }

    /// Sends an event that is not in the log to the connected clients of a topic. Clients without room miss it.
    pub(super) fn broadcast(&self, topic: Topic, event: &OutboundEvent) {
        let Some(subscribers) = self.topics.get(&topic) else {
            return;
        };
        let event = EncodedEvent::new(event);
        for client in subscribers.lock().clients.values() {
            if let Err(error) = client.deliver(event.bytes(), || client.emit(&event, None)) {
                tracing::debug!(sid = %client.socket.id, %error, "Socket.IO: a client misses an unstored event");
            }
        }
    }

    /// Adds a client that has all events up to `position`. Returns whether the topic is still there; otherwise the
    /// client has to catch up again.
    pub(super) fn join(&self, topic: Topic, position: Position, client: &ClientHandle) -> bool {
        let Some(subscribers) = self.topics.get(&topic) else {
            return true;
        };
        let mut subscribers = subscribers.lock();
        if subscribers.position != Some(position) {
            return false;
        }
        // Sent under the lock, so that no later position is sent first.
        match client.send_position(topic, position) {
            Ok(()) => {
                subscribers.clients.insert(client.socket.id, client.clone());
            }
            Err(error) => client.disconnect(&error),
        }
        true
    }

    /// Removes a client from one topic.
    pub(super) fn leave_topic(&self, topic: Topic, id: Sid) {
        if let Some(subscribers) = self.topics.get(&topic) {
            subscribers.lock().clients.remove(&id);
        }
    }

    /// Stops a topic, because its app is off: it starts again at another position.
    pub(super) fn stop(&self, topic: Topic) {
        if let Some(subscribers) = self.topics.get(&topic) {
            let mut subscribers = subscribers.lock();
            subscribers.position = None;
            subscribers.state = None;
        }
    }

    pub(super) fn leave(&self, id: Sid) {
        for subscribers in self.topics.values() {
            subscribers.lock().clients.remove(&id);
        }
    }

    /// Stops the topics that have no clients, because the gateway no longer follows them.
    pub(super) fn stop_unused(&self) {
        for subscribers in self.topics.values() {
            let mut subscribers = subscribers.lock();
            // A client that has just joined is at the topic's position, and the follower resumes there.
            if subscribers.clients.is_empty() {
                subscribers.position = None;
                subscribers.state = None;
            }
        }
    }
}
