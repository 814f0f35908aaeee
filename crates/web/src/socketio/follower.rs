//! The gateway follows the hub as a connection of the app does: one session, for all clients. What it
//! gets comes in order and without a hole, and goes to the audience in that order.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use madang_hub::ports::{ServiceAccount, StoreError, Write};
use madang_hub::{Effect, PendingHello, Session, StoreResponse, features};
use madang_shared::chat::ChatEvent;
use madang_shared::frames::ErrorContext;
use madang_shared::membership::MembershipCommand;
use madang_shared::orders::OrdersSnapshot;
use madang_shared::{
    ClientFrame, CloseCode, Event, Failure, Hello, ServerFrame, Snapshot, Subscription, Timestamp,
    Topic, TopicState, User, codec,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::gateway::Gateway;
use super::settings::Vocabulary;
use super::told::{Told, orders, told};

/// The part of the server that the gateway is, and its user's name.
const KEY: &str = "socket.io";
const NAME: &str = "Socket.IO";
/// How long to wait before the store is asked again that could not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Why the gateway follows nothing for now.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(Failure),
    #[error("the hub closed the gateway's session with {0:?}")]
    Closed(CloseCode),
}

/// Follows the hub while there are clients, until the server stops and they are gone.
pub(super) async fn run(gateway: Arc<Gateway>) {
    tokio::select! {
        () = follow_while_needed(&gateway) => {}
        () = gateway.ended.cancelled() => {}
    }
}

async fn follow_while_needed(gateway: &Gateway) {
    let mut present = gateway.audience.present.subscribe();
    loop {
        if present.wait_for(|present| *present > 0).await.is_err() {
            return;
        }
        let alone = async { present.wait_for(|present| *present == 0).await.map(drop) };
        tokio::select! {
            broken = follow(gateway) => {
                tracing::error!(%broken, "Socket.IO: the gateway follows nothing for a moment");
                sleep(PAUSE).await;
            }
            _ = alone => {
                gateway.audience.forget();
                gateway.originals.lock().clear();
            }
        }
    }
}

/// One session of the hub, until it breaks.
async fn follow(gateway: &Gateway) -> Broken {
    let user = match settle(gateway).await {
        Ok(user) => user,
        Err(broken) => return broken,
    };
    *gateway.user.lock() = Some(user.clone());
    let mut following = match Following::begin(gateway, user) {
        Ok(following) => following,
        Err(code) => return Broken::Closed(code),
    };
    loop {
        if let Err(broken) = following.step().await {
            return broken;
        }
    }
}

/// The gateway's user, in every room that it speaks of.
async fn settle(gateway: &Gateway) -> Result<User, Broken> {
    let state = &gateway.state;
    let now = state.clock.now();
    let user = state.store.service_user(ServiceAccount { key: KEY, name: NAME, at: now }).await?;
    for room in gateway.settings.rooms() {
        if state.store.is_member(user.id, room).await? {
            continue;
        }
        let change =
            features::decide(MembershipCommand::Join { room }.into()).map_err(Broken::Refused)?;
        let command = gateway.draw().map_err(Broken::Refused)?;
        let write = Write { author: user.clone(), command, at: now, change };
        for joined in state.store.commit(vec![write]).await {
            joined?;
        }
    }
    Ok(user)
}

/// The gateway's session.
struct Following<'a> {
    gateway: &'a Gateway,
    session: Session,
    effects: Vec<Effect>,
    asked: FuturesUnordered<BoxFuture<'static, StoreResponse>>,
    orders: OrdersSnapshot,
}

impl<'a> Following<'a> {
    fn begin(gateway: &'a Gateway, user: User) -> Result<Self, CloseCode> {
        let state = &gateway.state;
        let topics = gateway.audience.topics().map(|topic| Subscription {
            topic,
            // The orders are told as a whole, and so begin with a state.
            from: gateway.audience.at(topic).map(|(at, _)| at).filter(|_| topic != Topic::Orders),
        });
        let hello = Hello { token: None, client: KEY.to_owned(), topics: topics.collect() };
        let hello = codec::encode_client(&ClientFrame::Hello(hello));
        let now = state.clock.now();
        let heard = PendingHello::new(now).hear(&hello)?;
        let (session, effects) = heard.welcome(Arc::clone(&state.hub), user, None, now);
        let (asked, orders) = (FuturesUnordered::new(), OrdersSnapshot::default());
        Ok(Self { gateway, session, effects, asked, orders })
    }

    /// Carries out what there is to do, and waits for more. Safe to drop at any point, and then not to
    /// be used again.
    async fn step(&mut self) -> Result<(), Broken> {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Send(frame) => self.on_frame(frame.bytes())?,
                Effect::Request(ask) => {
                    let state = &self.gateway.state;
                    self.asked.push(ask.execute(&state.hub, &state.store, self.session.user()));
                }
                Effect::Close(code) => return Err(Broken::Closed(code)),
            }
        }
        if !self.effects.is_empty() {
            return Ok(());
        }
        let clock = &self.gateway.state.clock;
        let wakeups = self.session.wakeups();
        let deadline = at(self.session.deadline(), clock.now());
        self.effects = tokio::select! {
            Some(done) = self.asked.next() => self.session.on_done(clock.now(), done),
            () = wakeups.changed() => self.session.on_wake(),
            () = sleep_until(deadline) => self.session.on_time(clock.now()),
        };
        Ok(())
    }

    fn on_frame(&mut self, text: &[u8]) -> Result<(), Broken> {
        let decoded = str::from_utf8(text).ok().map(codec::decode_server);
        match decoded {
            Some(Ok(ServerFrame::Snapshot(state) | ServerFrame::Reset(state))) => {
                self.on_state(state);
            }
            Some(Ok(ServerFrame::Event { topic, event, .. })) => self.on_event(topic, event),
            Some(Ok(ServerFrame::Ping { nonce })) => {
                let pong = codec::encode_client(&ClientFrame::Pong { nonce });
                self.effects.extend(self.session.on_frame(self.gateway.state.clock.now(), &pong));
            }
            Some(Ok(ServerFrame::Error { about: ErrorContext::Topic(_), failure })) => {
                return Err(Broken::Refused(failure));
            }
            Some(Ok(_)) => {}
            // Events are told from frames of this very server; what an older one left in the log and
            // this one cannot read has no words here, but it has a place.
            Some(Err(undecoded)) => {
                let (about, failure) = undecoded.refusal();
                tracing::warn!(?about, %failure, "Socket.IO: an event has no words here");
                return Err(Broken::Refused(failure));
            }
            None => return Err(Broken::Closed(CloseCode::Internal)),
        }
        Ok(())
    }

    fn on_state(&mut self, TopicState { topic, position, snapshot }: TopicState) {
        let state = match snapshot {
            Snapshot::Orders(snapshot) => {
                self.orders = snapshot;
                self.speaks_of_orders().then(|| orders(&self.orders))
            }
            _ => None,
        };
        self.gateway.audience.begin(topic, position, state);
    }

    fn on_event(&mut self, topic: Topic, event: Event) {
        let told = match event {
            Event::Orders(event) => {
                let moved = event.status_change().is_some();
                self.orders.apply(event);
                if moved && self.speaks_of_orders() {
                    vec![orders(&self.orders)]
                } else {
                    Vec::new()
                }
            }
            event => self.with_original(&event, told(&self.gateway.settings, topic, &event)),
        };
        let state = told.last().filter(|_| topic == Topic::Orders).cloned();
        let asked = self.gateway.audience.advance(topic, &told, state);
        self.gateway.receipts.wait_for(asked, self.gateway);
    }

    fn speaks_of_orders(&self) -> bool {
        self.gateway.settings.topic(Vocabulary::StatusChanged) == Some(Topic::Orders)
    }

    /// What a client said in an object goes out as that object.
    fn with_original(&self, event: &Event, mut told: Vec<Told>) -> Vec<Told> {
        if let Event::Chat(ChatEvent::Posted(message)) = event
            && message.guest.is_some()
            && let Some((name, original)) = self.gateway.originals.lock().remove(&message.command)
            && let Some((_, value)) = told.iter_mut().find(|(event, _)| *event == name)
        {
            *value = original;
        }
        told
    }
}

fn at(time: Timestamp, now: Timestamp) -> Instant {
    Instant::now() + Duration::from_millis(time.since(now))
}
