//! One connection's rules, as a state machine: frames, answers of the store, wake-ups and time go
//! in; [`Effect`]s come out. (The habit is that of autopush-rs' `autoconnect-ws-sm`.)

mod commands;
pub mod effects;
pub mod handshake;
mod subscriptions;

use std::fmt;
use std::sync::Arc;

use madang_shared::codec::{self, DecodeError};
use madang_shared::frames::ErrorContext;
use madang_shared::limits::{
    COMMANDS_PER_SECOND, MAX_BAD_FRAMES, MAX_TOPICS, PING_INTERVAL_MS, PONG_TIMEOUT_MS,
};
use madang_shared::presence::PresenceSignal;
use madang_shared::{
    Answer, ClientFrame, CloseCode, ConnectionId, ErrorCode, Failure, QueryFrame, QueryId,
    ServerFrame, Signal, Timestamp, Topic, User, UserId, Welcome,
};

use self::commands::Commands;
use self::effects::{Effect, StoreRequest, StoreResponse};
use self::subscriptions::Subscriptions;
use crate::features;
use crate::frame::Frame;
use crate::hub::Hub;
use crate::ports::StoreError;
use crate::sink::FrameSink;
use crate::token_bucket::TokenBucket;
use crate::wakeups::{Pending, TopicWakeups};

/// One bad frame is forgiven after this long, in milliseconds.
const FORGIVE_MS: u64 = 60_000;

/// A greeted connection. Dropping it is the one way it ends: its topics are left and its user is no
/// longer here, whatever the reason.
pub struct Session {
    hub: Arc<Hub>,
    user: User,
    connection: ConnectionId,
    wakeups: Arc<TopicWakeups>,
    sink: Option<Arc<dyn FrameSink>>,
    subscriptions: Subscriptions,
    commands: Commands,
    /// Subscriptions and queries: each is a read of the store.
    reads: TokenBucket,
    heartbeat: Heartbeat,
    bad_frames: u32,
    forgiven_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Heartbeat {
    /// The next ping goes out at this time.
    Resting(Timestamp),
    /// A pong with this nonce is due by this time.
    Asked(u32, Timestamp),
}

impl Session {
    pub(crate) fn new(
        hub: Arc<Hub>,
        user: User,
        sink: Option<Arc<dyn FrameSink>>,
        now: Timestamp,
    ) -> Self {
        let connection = hub.next_connection();
        let burst = u32::try_from(MAX_TOPICS).unwrap_or(u32::MAX).saturating_mul(2);
        Self {
            hub,
            user,
            connection,
            wakeups: Arc::default(),
            sink,
            subscriptions: Subscriptions::default(),
            commands: Commands::new(now),
            reads: TokenBucket::new(burst, COMMANDS_PER_SECOND, now),
            heartbeat: Heartbeat::Resting(now.plus(PING_INTERVAL_MS)),
            bad_frames: 0,
            forgiven_at: now,
        }
    }

    pub(crate) fn welcome(&self, now: Timestamp) -> Effect {
        send(&ServerFrame::Welcome(Welcome {
            user: self.user.clone(),
            connection: self.connection,
            version: self.hub.version().to_owned(),
            now,
        }))
    }

    /// This connection.
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.user.id
    }

    /// To be waited on; when it has notes, call [`Session::on_wake`].
    pub fn wakeups(&self) -> Arc<TopicWakeups> {
        self.wakeups.clone()
    }

    /// When to call [`Session::on_time`].
    pub fn deadline(&self) -> Timestamp {
        match self.heartbeat {
            Heartbeat::Resting(until) | Heartbeat::Asked(_, until) => until,
        }
    }

    /// A text frame arrived.
    pub fn on_frame(&mut self, now: Timestamp, text: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        match codec::decode_client(text) {
            Ok(frame) => self.on_client_frame(now, frame, &mut effects),
            Err(undecoded) => self.on_bad_frame(now, &undecoded, &mut effects),
        }
        effects
    }

    /// The store answered.
    pub fn on_done(&mut self, now: Timestamp, done: StoreResponse) -> Vec<Effect> {
        let mut effects = Vec::new();
        match done {
            StoreResponse::Commit(results) => self.commands.committed(results, &mut effects),
            StoreResponse::Open { ticket, topic, recovery } => {
                self.opened(now, topic, ticket, recovery, &mut effects);
            }
            StoreResponse::ReadLog { ticket, topic, page } => {
                self.read(topic, ticket, page, &mut effects)
            }
            StoreResponse::CheckAccess { ticket, topic, member } => {
                self.admitted(topic, ticket, member, &mut effects);
            }
            StoreResponse::Query { id, answer } => {
                effects.push(answered(id, answer.map_err(refusal_of)));
            }
        }
        effects
    }

    /// The mailbox has notes.
    pub fn on_wake(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Pending { advanced, recheck } = self.wakeups.take();
        for topic in recheck {
            self.catch_up_to(topic, &mut effects);
        }
        for topic in advanced {
            self.pump(topic, &mut effects);
        }
        effects
    }

    /// The deadline has passed. Coming early does no harm.
    pub fn on_time(&mut self, now: Timestamp) -> Vec<Effect> {
        if now < self.deadline() {
            return Vec::new();
        }
        match self.heartbeat {
            Heartbeat::Asked(..) => vec![Effect::Close(CloseCode::NoPong)],
            Heartbeat::Resting(_) => {
                // Any number does that the last ping did not have.
                let nonce = u32::try_from(now.0 & 0xFFFF_FFFF).unwrap_or_default();
                self.heartbeat = Heartbeat::Asked(nonce, now.plus(PONG_TIMEOUT_MS));
                vec![send(&ServerFrame::Ping { nonce })]
            }
        }
    }

    fn on_client_frame(&mut self, now: Timestamp, frame: ClientFrame, effects: &mut Vec<Effect>) {
        match frame {
            ClientFrame::Hello(_) => {
                let failure =
                    Failure::new(ErrorCode::UnexpectedFrame, "There was a hello already.");
                effects.push(refuse(ErrorContext::Frame, failure));
            }
            ClientFrame::Subscribe(subscription) => self.subscribe(now, &subscription, effects),
            ClientFrame::Unsubscribe { topic } => self.unsubscribe(topic),
            ClientFrame::Command(command) => self.commands.take(&self.user, now, command, effects),
            ClientFrame::Query(QueryFrame { id, query }) => {
                effects.push(match self.reads.take(now) {
                    Ok(()) => match features::answer_at_once(&query) {
                        Some(answer) => answered(id, answer),
                        None => Effect::Request(StoreRequest::Query { id, query }),
                    },
                    Err(wait) => refuse(ErrorContext::Query(id), commands::too_fast(wait)),
                });
            }
            ClientFrame::Signal(Signal::Presence(signal)) => self.on_signal(now, &signal, effects),
            ClientFrame::Pong { nonce } => {
                if matches!(self.heartbeat, Heartbeat::Asked(asked, _) if asked == nonce) {
                    self.heartbeat = Heartbeat::Resting(now.plus(PING_INTERVAL_MS));
                    self.renew_presence(now);
                }
            }
        }
    }

    fn on_signal(&mut self, now: Timestamp, signal: &PresenceSignal, effects: &mut Vec<Effect>) {
        let PresenceSignal::Typing { room, typing } = signal;
        match self.commands.allow_signal(now) {
            Ok(()) => self.hub.typing(*room, self.connection, *typing, now),
            Err(failure) => effects.push(refuse(ErrorContext::Frame, failure)),
        }
    }

    fn on_bad_frame(&mut self, now: Timestamp, undecoded: &DecodeError, effects: &mut Vec<Effect>) {
        let forgiven = now.since(self.forgiven_at) / FORGIVE_MS;
        self.forgiven_at = self.forgiven_at.plus(forgiven * FORGIVE_MS);
        self.bad_frames =
            self.bad_frames.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX)) + 1;
        let (about, failure) = undecoded.refusal();
        effects.push(refuse(about, failure));
        if self.bad_frames > MAX_BAD_FRAMES {
            effects.push(Effect::Close(CloseCode::Abuse));
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .field("connection", &self.connection)
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let topics: Vec<Topic> = self.subscriptions.topics().collect();
        for topic in topics {
            self.unsubscribe(topic);
        }
    }
}

fn send(frame: &ServerFrame) -> Effect {
    Effect::Send(Frame::of(frame))
}

fn answered(id: QueryId, answer: Result<Answer, Failure>) -> Effect {
    match answer {
        Ok(answer) => send(&ServerFrame::Answer { id, answer }),
        Err(failure) => refuse(ErrorContext::Query(id), failure),
    }
}

fn refuse(about: ErrorContext, failure: Failure) -> Effect {
    send(&ServerFrame::Error { about, failure })
}

/// What a client is told of the store's refusal: the engine's own words stay in the server's log.
fn refusal_of(error: StoreError) -> Failure {
    match error {
        StoreError::Refused(failure) => failure,
        StoreError::Unavailable(_) => Failure::new(
            ErrorCode::Unavailable,
            "The server cannot store anything right now. Nothing was changed.",
        ),
    }
}
