//! The gateway's subscription to the hub: one session for all clients, as a connection of the app has one. Its events
//! arrive in order and without holes, and go to the clients in that order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use madang_hub::ports::{ServiceAccount, StoreError, Write};
use madang_hub::{Effect, PendingHello, Session, StoreResponse};
use madang_shared::chat::ChatEvent;
use madang_shared::erasure::ErasureEvent;
use madang_shared::frames::ErrorContext;
use madang_shared::membership::MembershipCommand;
use madang_shared::orders::OrdersSnapshot;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, CloseCode, ErrorCode, Event, Failure, Hello, ServerFrame, Snapshot, Subscription,
    Timestamp, Topic, TopicState, User, codec,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::gateway::Gateway;
use super::outbound::{OutboundEvent, open_orders, outbound_events};
use super::replay;
use super::settings::Vocabulary;

/// The key of the gateway's service account.
const ACCOUNT_KEY: &str = "socket.io";
/// The preferred name of the service account.
const ACCOUNT_NAME: &str = "Socket.IO";
/// The wait before a failed session starts again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The reason why the gateway's session failed.
#[derive(Debug, thiserror::Error)]
enum FollowerError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(Failure),
    #[error("the hub closed the gateway's session with {0:?}")]
    Closed(CloseCode),
    /// It starts again with the topics that are on now.
    #[error("apps were switched on or off")]
    AppsChanged,
}

/// Follows the hub while there are clients, until the gateway is closed.
pub(super) async fn run(gateway: Arc<Gateway>) {
    tokio::select! {
        () = follow_while_needed(&gateway) => {}
        () = gateway.closed.cancelled() => {}
    }
}

async fn follow_while_needed(gateway: &Arc<Gateway>) {
    let mut client_count = gateway.subscribers.client_count.subscribe();
    loop {
        if client_count.wait_for(|count| *count > 0).await.is_err() {
            return;
        }
        // The value of the channel is a lock, which must not be held across the sleep below.
        let no_clients = async { client_count.wait_for(|count| *count == 0).await.map(drop) };
        tokio::select! {
            error = follow(gateway) => {
                if matches!(error, FollowerError::AppsChanged) {
                    continue;
                }
                tracing::error!(%error, "Socket.IO: the gateway's session failed; it starts again");
                sleep(RETRY_AFTER).await;
            }
            _ = no_clients => {
                gateway.subscribers.stop_unused();
                gateway.originals.lock().clear();
            }
        }
    }
}

/// Runs one session of the hub until it fails.
async fn follow(gateway: &Arc<Gateway>) -> FollowerError {
    let user = match prepare_account(gateway).await {
        Ok(user) => user,
        Err(error) => return error,
    };
    *gateway.user.lock() = Some(user.clone());
    let mut session = match FollowerSession::new(gateway, user) {
        Ok(session) => session,
        Err(code) => return FollowerError::Closed(code),
    };
    loop {
        if let Err(error) = session.step().await {
            return error;
        }
        if session.topics != gateway.offered_topics() {
            return FollowerError::AppsChanged;
        }
    }
}

/// Gets the gateway's service account, and joins it to the gateway's rooms.
async fn prepare_account(gateway: &Gateway) -> Result<User, FollowerError> {
    let state = &gateway.state;
    let now = state.clock.now();
    let account = ServiceAccount { key: ACCOUNT_KEY, name: ACCOUNT_NAME, at: now };
    let user = state.store.service_user(account).await?;
    for room in gateway.settings.rooms() {
        match state.store.check_access(user.id, Topic::Room(room)).await {
            Ok(()) => continue,
            Err(StoreError::Refused(failure)) if failure.code == ErrorCode::NotMember => {}
            Err(error) => return Err(error.into()),
        }
        let id = gateway.random_command_id().map_err(FollowerError::Refused)?;
        let join = MembershipCommand::Join { room }.into();
        let write =
            Write::of_command(user.clone(), id, now, join).map_err(FollowerError::Refused)?;
        for joined in state.store.commit(vec![write]).await {
            joined?;
        }
    }
    Ok(user)
}

/// The gateway's session.
struct FollowerSession<'a> {
    gateway: &'a Arc<Gateway>,
    session: Session,
    effects: Vec<Effect>,
    topics: BTreeSet<Topic>,
    workspace: watch::Receiver<Arc<Workspace>>,
    requests: FuturesUnordered<BoxFuture<'static, StoreResponse>>,
    orders: OrdersSnapshot,
}

impl<'a> FollowerSession<'a> {
    fn new(gateway: &'a Arc<Gateway>, user: User) -> Result<Self, CloseCode> {
        let state = &gateway.state;
        let workspace = state.hub.watch_workspace();
        let offered = gateway.offered_topics();
        for topic in gateway.subscribers.topics().filter(|topic| !offered.contains(topic)) {
            gateway.subscribers.stop(topic);
        }
        let topics = offered.iter().copied().map(|topic| Subscription {
            topic,
            // The orders are sent as a list, so their subscription starts with a snapshot.
            from: gateway
                .subscribers
                .position(topic)
                .map(|(position, _)| position)
                .filter(|_| topic != Topic::Orders),
        });
        let hello = Hello { token: None, client: ACCOUNT_KEY.to_owned(), topics: topics.collect() };
        let hello = codec::encode_client(&ClientFrame::Hello(hello));
        let now = state.clock.now();
        let hello = PendingHello::new(now).receive(&hello)?;
        let (session, effects) = hello.welcome(Arc::clone(&state.hub), user, None, None, now);
        let (requests, orders) = (FuturesUnordered::new(), OrdersSnapshot::default());
        Ok(Self { gateway, session, effects, topics: offered, workspace, requests, orders })
    }

    /// Executes the effects, and waits for the next input. After a cancellation the session must not be used again.
    async fn step(&mut self) -> Result<(), FollowerError> {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Send(frame) => self.on_frame(frame.bytes())?,
                Effect::Request(request) => {
                    let state = &self.gateway.state;
                    let user = self.session.user();
                    self.requests.push(request.execute(&state.hub, &state.store, user));
                }
                Effect::Close(code) => return Err(FollowerError::Closed(code)),
            }
        }
        if !self.effects.is_empty() {
            return Ok(());
        }
        let clock = &self.gateway.state.clock;
        let wakeups = self.session.wakeups();
        let deadline = instant_of(self.session.deadline(), clock.now());
        self.effects = tokio::select! {
            Some(response) = self.requests.next() => self.session.on_response(clock.now(), response),
            () = wakeups.changed() => self.session.on_wake(),
            // The hub, which sends it, lives as long as the gateway.
            Ok(()) = self.workspace.changed() => Vec::new(),
            () = sleep_until(deadline) => self.session.on_time(clock.now()),
        };
        Ok(())
    }

    fn on_frame(&mut self, bytes: &[u8]) -> Result<(), FollowerError> {
        let decoded = str::from_utf8(bytes).ok().map(codec::decode_server);
        match decoded {
            Some(Ok(ServerFrame::Snapshot(state) | ServerFrame::Reset(state))) => {
                self.on_state(state);
            }
            Some(Ok(ServerFrame::Event { topic, event, .. })) => self.on_event(topic, event),
            Some(Ok(ServerFrame::Ping { nonce })) => {
                let pong = codec::encode_client(&ClientFrame::Pong { nonce });
                self.effects.extend(self.session.on_frame(self.gateway.state.clock.now(), &pong));
            }
            Some(Ok(ServerFrame::Error { about: ErrorContext::Topic(_), failure }))
                if failure.code == ErrorCode::Unsupported =>
            {
                return Err(FollowerError::AppsChanged);
            }
            Some(Ok(ServerFrame::Error { about: ErrorContext::Topic(_), failure })) => {
                return Err(FollowerError::Refused(failure));
            }
            Some(Ok(_)) => {}
            // The frames are from this server itself, so an event that it cannot read was logged by another version.
            Some(Err(undecoded)) => {
                let (about, failure) = undecoded.refusal();
                tracing::warn!(?about, %failure, "Socket.IO: an event in the log cannot be read");
                return Err(FollowerError::Refused(failure));
            }
            None => return Err(FollowerError::Closed(CloseCode::Internal)),
        }
        Ok(())
    }

    fn on_state(&mut self, TopicState { topic, position, snapshot }: TopicState) {
        let state = match snapshot {
            Snapshot::Orders(snapshot) => {
                self.orders = snapshot;
                self.sends_orders().then(|| open_orders(&self.orders))
            }
            _ => None,
        };
        self.gateway.subscribers.start(topic, position, state);
    }

    fn on_event(&mut self, topic: Topic, event: Event) {
        let gateway = self.gateway;
        let events = match event {
            Event::Orders(event) => {
                let status_changed = event.status_change().is_some();
                self.orders.apply(event);
                if status_changed && self.sends_orders() {
                    vec![open_orders(&self.orders)]
                } else {
                    Vec::new()
                }
            }
            // The list that later clients get must not hold the name any more.
            Event::Erasure(ErasureEvent::Erased { user }) if topic == Topic::Orders => {
                self.orders.orders.iter_mut().for_each(|order| {
                    order.erase(user);
                });
                if self.sends_orders() { vec![open_orders(&self.orders)] } else { Vec::new() }
            }
            event => self.with_original(&event, outbound_events(&gateway.settings, topic, &event)),
        };
        let state = events.last().filter(|_| topic == Topic::Orders).cloned();
        let (pending, behind) = gateway.subscribers.advance(topic, &events, state);
        for client in behind {
            replay::spawn_catch_up(gateway, client);
        }
        let stopping = gateway.state.stopping.clone();
        let hub = &gateway.state.hub;
        gateway.receipts.collect(hub, pending, &gateway.client_tasks, stopping);
    }

    fn sends_orders(&self) -> bool {
        self.gateway.settings.topic(Vocabulary::StatusChanged) == Some(Topic::Orders)
    }

    /// Replaces the value of a message by the object that the client sent, if it sent one.
    fn with_original(&self, event: &Event, mut events: Vec<OutboundEvent>) -> Vec<OutboundEvent> {
        if let Event::Chat(ChatEvent::Posted(message)) = event
            && let Some((name, original)) = self.gateway.originals.lock().remove(message.command)
            && let Some((_, value)) = events.iter_mut().find(|(event, _)| *event == name)
        {
            *value = original;
        }
        events
    }
}

fn instant_of(time: Timestamp, now: Timestamp) -> Instant {
    Instant::now() + Duration::from_millis(time.since(now))
}
