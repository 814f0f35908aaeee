//! The session: the rules of one connection as a state machine. Frames, responses of the store, wakeups
//! and time go in; [`Effect`]s come out. (autopush-rs does the same in its `autoconnect-ws-sm`.)

mod commands;
pub mod effects;
pub mod handshake;
mod read_count;
mod reply;
mod subscribe;
mod subscriptions;

use std::fmt;
use std::sync::Arc;

use madang_shared::apps::App;
use madang_shared::codec::{self, DecodeError};
use madang_shared::frames::ErrorContext;
use madang_shared::limits::{MAX_BAD_FRAMES, PING_INTERVAL_MS, PONG_TIMEOUT_MS};
use madang_shared::{
    ClientFrame, CloseCode, ConnectionId, ErrorCode, Failure, Query, QueryFrame, QueryId, RoomId,
    ServerFrame, Signal, Timestamp, Topic, User, UserId, Welcome,
};

use self::commands::{Author, Commands};
use self::effects::{Effect, StoreRequest, StoreResponse};
use self::reply::{answer, refusal_of_read, refuse, send};
use self::subscriptions::Subscriptions;
use crate::accounts::Identity;
use crate::budgets::account::{Account, Cost};
use crate::budgets::network::Network;
use crate::budgets::resource::Resource;
use crate::features;
use crate::hub::Hub;
use crate::policy;
use crate::policy::access::{CredentialAccess, RequestKind};
use crate::sink::FrameSink;
use crate::wakeups::{PendingTopics, TopicWakeups};

/// The time after which the count of undecodable frames falls by one, in milliseconds.
const FORGIVE_MS: u64 = 60_000;

/// A connection after its hello. Dropping it ends its subscriptions, and its user leaves the rooms. There
/// is no other way to end a session.
pub struct Session {
    hub: Arc<Hub>,
    user: User,
    access: CredentialAccess,
    connection: ConnectionId,
    wakeups: Arc<TopicWakeups>,
    sink: Option<Arc<dyn FrameSink>>,
    subscriptions: Subscriptions,
    commands: Commands,
    /// The replacements of the log that the subscriptions know of.
    known_replacements: u64,
    /// The watch of a read count: its room, and the query that it answers.
    read_watch: Option<(RoomId, QueryId)>,
    /// The budgets that the requests are charged to.
    account: Account,
    heartbeat: Heartbeat,
    bad_frames: u32,
    forgiven_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Heartbeat {
    /// The next ping is due at this time.
    Idle { ping_at: Timestamp },
    /// The pong with this nonce must come before the deadline.
    AwaitingPong { nonce: u32, deadline: Timestamp },
}

impl Session {
    pub(crate) fn new(
        hub: Arc<Hub>,
        Identity { user, access }: Identity,
        network: Option<Network>,
        sink: Option<Arc<dyn FrameSink>>,
        now: Timestamp,
    ) -> Self {
        let connection = hub.next_connection();
        let account = hub.budgets().account(user.id, network, now);
        let known_replacements = hub.replacements();
        Self {
            hub,
            user,
            access,
            connection,
            wakeups: Arc::default(),
            sink,
            subscriptions: Subscriptions::default(),
            commands: Commands::default(),
            known_replacements,
            read_watch: None,
            account,
            heartbeat: Heartbeat::Idle { ping_at: now.plus(PING_INTERVAL_MS) },
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
            apps: self.hub.workspace().apps,
        }))
    }

    /// The id of the connection.
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The user of the connection.
    pub fn user(&self) -> UserId {
        self.user.id
    }

    /// The budgets that the requests of the connection are charged to.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The wakeups of the connection. When [`TopicWakeups::changed`] completes, call
    /// [`Session::on_wake`].
    pub fn wakeups(&self) -> Arc<TopicWakeups> {
        self.wakeups.clone()
    }

    /// The time at which to call [`Session::on_time`].
    pub fn deadline(&self) -> Timestamp {
        match self.heartbeat {
            Heartbeat::Idle { ping_at } => ping_at,
            Heartbeat::AwaitingPong { deadline, .. } => deadline,
        }
    }

    /// Handles a text frame of the client.
    pub fn on_frame(&mut self, now: Timestamp, text: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        match codec::decode_client(text) {
            Ok(frame) => self.on_client_frame(now, frame, text.len(), &mut effects),
            Err(error) => self.on_bad_frame(now, &error, &mut effects),
        }
        if !effects.is_empty() && self.account.is_abusive(now) {
            effects.push(Effect::Close(CloseCode::Abuse));
        }
        effects
    }

    /// Handles a response of the store.
    pub fn on_response(&mut self, now: Timestamp, response: StoreResponse) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.reopen_replaced(&mut effects);
        let is_read = !matches!(response, StoreResponse::Commit(_));
        match response {
            StoreResponse::Commit(results) => {
                self.commands.on_committed(results, now, &mut effects);
            }
            StoreResponse::Open { ticket, topic, recovery } => {
                self.on_opened(now, topic, ticket, recovery, &mut effects);
            }
            StoreResponse::ReadLog { ticket, topic, page } => {
                self.on_log_page(topic, ticket, page, &mut effects);
            }
            StoreResponse::CheckAccess { ticket, topic, access } => {
                self.on_access_checked(now, topic, ticket, access, &mut effects);
            }
            StoreResponse::ReadMarks { room, id, marks } => {
                self.on_read_marks((room, id), marks, &mut effects);
            }
            StoreResponse::Query { id, answer: result } => {
                effects.push(answer(id, result.map_err(refusal_of_read)));
            }
        }
        if is_read {
            self.charge_answers(&effects, now);
        }
        effects
    }

    fn charge_answers(&self, effects: &[Effect], now: Timestamp) {
        let bytes = effects.iter().map(|effect| match effect {
            Effect::Send(frame) => frame.len() as u64,
            Effect::Close(_) | Effect::Request(_) => 0,
        });
        self.account.spend(Cost { resource: Resource::BytesOut, units: bytes.sum() }, now);
    }

    /// Handles the pending wakeups.
    pub fn on_wake(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.reopen_replaced(&mut effects);
        let PendingTopics { advanced, recheck, read_count, workspace } = self.wakeups.take();
        if read_count {
            self.send_read_count(&mut effects);
        }
        if workspace {
            self.send_workspace(&mut effects);
        }
        for topic in recheck {
            self.recheck_access(topic, &mut effects);
        }
        for topic in advanced {
            self.send_next(topic, &mut effects);
        }
        effects
    }

    /// Handles the deadline. A call before the deadline has no effect.
    pub fn on_time(&mut self, now: Timestamp) -> Vec<Effect> {
        let interval = match self.heartbeat {
            Heartbeat::Idle { .. } => PING_INTERVAL_MS,
            Heartbeat::AwaitingPong { .. } => PONG_TIMEOUT_MS,
        };
        if !self.deadline().is_due(interval, now) {
            return Vec::new();
        }
        match self.heartbeat {
            Heartbeat::AwaitingPong { .. } => vec![Effect::Close(CloseCode::NoPong)],
            Heartbeat::Idle { .. } => {
                // The nonce only has to differ from the last one.
                let nonce = u32::try_from(now.0 & 0xFFFF_FFFF).unwrap_or_default();
                self.heartbeat =
                    Heartbeat::AwaitingPong { nonce, deadline: now.plus(PONG_TIMEOUT_MS) };
                vec![send(&ServerFrame::Ping { nonce })]
            }
        }
    }

    fn on_client_frame(
        &mut self,
        now: Timestamp,
        frame: ClientFrame,
        frame_bytes: usize,
        effects: &mut Vec<Effect>,
    ) {
        match frame {
            ClientFrame::Hello(_) => {
                self.account.count_refusal(Resource::Commands, now);
                let failure =
                    Failure::new(ErrorCode::UnexpectedFrame, "The hello was sent already.");
                effects.push(refuse(ErrorContext::Frame, failure));
            }
            ClientFrame::Subscribe(subscription) => self.subscribe(now, &subscription, effects),
            ClientFrame::Unsubscribe { topic } => self.unsubscribe(topic),
            ClientFrame::Command(frame) => match self.check_app(now, frame.command.app()) {
                Ok(()) => {
                    let author = Author { user: &self.user, access: &self.access };
                    self.commands.submit(author, &self.account, now, frame, frame_bytes, effects);
                }
                Err(failure) => effects.push(refuse(ErrorContext::Command(frame.id), failure)),
            },
            ClientFrame::Query(QueryFrame { id, query: Query::ReadCount(query) }) => {
                self.watch_read_count(now, id, &query, effects);
            }
            ClientFrame::Query(QueryFrame { id, query }) => {
                let checked = self.check_query(now, &query);
                effects.push(match checked {
                    Ok(()) => match features::answer_at_once(&query) {
                        Some(result) => answer(id, result),
                        None => Effect::Request(StoreRequest::Query { id, query }),
                    },
                    Err(failure) => refuse(ErrorContext::Query(id), failure),
                });
            }
            ClientFrame::Signal(signal) => self.on_signal(now, &signal, effects),
            ClientFrame::Pong { nonce } => {
                if matches!(self.heartbeat, Heartbeat::AwaitingPong { nonce: sent, .. } if sent == nonce)
                {
                    self.heartbeat = Heartbeat::Idle { ping_at: now.plus(PING_INTERVAL_MS) };
                    self.report_activity(now);
                }
            }
        }
    }

    /// Checks that the server offers an app. A refusal counts as one of an expensive request.
    fn check_app(&self, now: Timestamp, app: Option<App>) -> Result<(), Failure> {
        policy::check_app(&self.hub.workspace(), app)
            .inspect_err(|_| self.account.count_refusal(Resource::Commands, now))
    }

    /// Checks a query, and charges it.
    fn check_query(&self, now: Timestamp, query: &Query) -> Result<(), Failure> {
        self.check_app(now, query.app())?;
        self.access.check(RequestKind::Read, features::query_needs(query))?;
        self.check_read(now)
    }

    /// Charges a read of the store. The answers to earlier reads are charged when they are known, so a client may be
    /// in debt for them.
    fn check_read(&self, now: Timestamp) -> Result<(), Failure> {
        self.account.check(Resource::BytesOut, now)?;
        self.account.charge_one(Resource::Reads, now)
    }

    fn on_signal(&mut self, now: Timestamp, signal: &Signal, effects: &mut Vec<Effect>) {
        let checked = self.check_app(now, signal.app()).and_then(|()| {
            self.access.check(RequestKind::Change, features::signal_needs(signal))?;
            self.account.charge_one(Resource::Commands, now)
        });
        match checked {
            Ok(()) => self.hub.on_signal(signal, self.connection, now),
            Err(failure) => effects.push(refuse(ErrorContext::Frame, failure)),
        }
    }

    fn on_bad_frame(&mut self, now: Timestamp, error: &DecodeError, effects: &mut Vec<Effect>) {
        self.forgiven_at = self.forgiven_at.min(now);
        let forgiven = now.since(self.forgiven_at) / FORGIVE_MS;
        self.forgiven_at = self.forgiven_at.plus(forgiven * FORGIVE_MS);
        self.bad_frames =
            self.bad_frames.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX)) + 1;
        let (about, failure) = error.refusal();
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
        self.end_read_watch();
    }
}
