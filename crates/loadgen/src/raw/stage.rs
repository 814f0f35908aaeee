//! A crowd that follows one stream and speaks into it: what every measurement of fan-out is made of.

mod book;
mod drive;
mod ear;
mod speech;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use madang_shared::{Position, RoomId};
use rustls::ClientConfig;
use thiserror::Error;

use self::book::Book;
use self::speech::Speech;
use super::crowd::{CrowdError, PresenceSummary, Traffic};
use super::frame;
use super::handshake::Request;
use super::socketio;
use super::tally::Faults;
use crate::visitor::Visitor;

/// Connections that are being opened at a time, unless said otherwise.
const OPENING: usize = 256;
/// How long the crowd may take to be where it should.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// No message for this long, and a stream counts as quiet. Longer than what a server collects comings
/// and goings for.
const QUIET: Duration = Duration::from_millis(400);
/// How long anything that is due is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is said, and how it is heard.
#[derive(Clone, Debug)]
pub enum Dialect {
    /// Texts that begin with their number; whatever anybody says, everybody is sent as it is. No
    /// session: any server that passes texts on can be measured with it.
    Raw {
        /// Where its socket is.
        path: String,
    },
    /// The same texts as an event of Socket.IO 4, over WebSocket alone.
    SocketIo {
        /// Its name, for what is said and for what is heard.
        event: String,
    },
    /// The same texts, published to and from a NATS server over WebSocket.
    Nats {
        /// What they are published to.
        subject: String,
    },
    /// Messages in a room of Madang: stored before anybody sees them.
    Chat,
    /// Typing in a room of Madang, on and off: kept nowhere. It is the one ephemeral event that a client
    /// causes. A room with more users than [`TYPING_MAX_PRESENT`] does not tell it, but each of them may
    /// have any number of tabs open, and each tab is a subscriber.
    ///
    /// [`TYPING_MAX_PRESENT`]: madang_shared::presence::TYPING_MAX_PRESENT
    Typing,
}

impl Dialect {
    /// Whether users of Madang speak it.
    fn is_madang(&self) -> bool {
        matches!(self, Self::Chat | Self::Typing)
    }

    /// What kind of frame it is spoken in.
    fn opcode(&self) -> u8 {
        if matches!(self, Self::Nats { .. }) { frame::BINARY } else { frame::TEXT }
    }
}

/// Who should follow what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is said, and how it is heard.
    pub dialect: Dialect,
    /// Where the server is.
    pub server: SocketAddr,
    /// Who the connections are of, in turns; each user speaks on its first. Nobody
    /// where the dialect is not Madang's; then the first connection speaks.
    pub visitors: Vec<Visitor>,
    /// Connections.
    pub subscribers: usize,
    /// Of Madang.
    pub room: RoomId,
    /// Bytes of each text that is said.
    pub text_bytes: usize,
    /// Whether compression is offered.
    pub deflate: bool,
    /// Whether the directory and the own memberships are followed as well, as the app does.
    pub everything: bool,
    /// Where everybody goes on; without it, everybody is sent the state. Somebody who goes on counts as
    /// ready once everything missed has come.
    pub from: Option<Position>,
    /// Connections that are being opened at a time. A server's queue of them holds a thousand or so;
    /// what does not find a place there comes a second later.
    pub opening: usize,
    /// The receive buffer of the last connection, in bytes, where the system's own choice would hide that
    /// it does not read.
    pub last_buffer: Option<usize>,
    /// By what connections speak TLS, if they do.
    pub tls: Option<Arc<ClientConfig>>,
}

impl Plan {
    /// In the first room, of 64 bytes, uncompressed.
    pub fn new(dialect: Dialect, server: SocketAddr, subscribers: usize) -> Self {
        Self {
            dialect,
            server,
            visitors: Vec::new(),
            subscribers,
            room: RoomId(1),
            text_bytes: 64,
            deflate: false,
            everything: false,
            from: None,
            opening: OPENING,
            last_buffer: None,
            tls: None,
        }
    }

    /// With these users.
    #[must_use]
    pub fn of(mut self, visitors: &[Visitor]) -> Self {
        self.visitors = visitors.to_vec();
        self
    }
}

/// Why there is nothing to be measured.
#[derive(Debug, Error)]
pub enum StageError {
    /// A connection, or what came on it.
    #[error(transparent)]
    PresenceSummary(#[from] CrowdError),
    /// Some did not get there in time.
    #[error("only {ready} of {wanted} connections are ready")]
    NotReady {
        /// As many did.
        ready: usize,
        /// As many should have.
        wanted: usize,
    },
    /// Subscribers of one stream stand at different places though nobody says anything.
    #[error("the subscribers do not agree where the stream stands")]
    Apart,
    /// It never stops talking.
    #[error("the stream does not become quiet")]
    Restless,
    /// The server said no.
    #[error("the server refuses: {0}")]
    Refused(String),
}

/// What was seen in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Things said.
    pub said: u64,
    /// Of them, acknowledged.
    pub acknowledged: u64,
    /// Deliveries, of all subscribers.
    pub deliveries: u64,
    /// Times that a subscriber was given a new state instead of what it had missed.
    pub resets: u64,
    /// Connections that ended.
    pub ended: u64,
    /// What should not have happened.
    pub faults: Faults,
}

/// The crowd at its places.
#[derive(Debug)]
pub struct Stage {
    crowd: PresenceSummary,
    book: Book,
    speech: Speech,
    /// No delivery for this long while some are due, and the rest counts as lost.
    patience: Duration,
}

impl Stage {
    /// Connects everybody, and waits until all follow the stream and nothing moves any more.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn open(plan: &Plan) -> Result<Self, StageError> {
        let mut stage = Self::gather(plan)?;
        stage.settle()?;
        Ok(stage)
    }

    /// Connects everybody, and waits until all follow the stream. Nothing can be said before
    /// [`Stage::settle`].
    ///
    /// # Errors
    /// [`StageError`].
    pub fn gather(plan: &Plan) -> Result<Self, StageError> {
        let mut stage = Self {
            crowd: PresenceSummary::new()?.within(plan.tls.clone()),
            book: Book::new(plan),
            speech: Speech::new(plan),
            patience: PATIENCE,
        };
        stage.connect(plan)?;
        Ok(stage)
    }

    fn connect(&mut self, plan: &Plan) -> Result<(), StageError> {
        let wanted = plan.subscribers;
        let one = |path: &str| vec![Request::plain(plan.server, path, plan.deflate)];
        let requests: Vec<Request> = match &plan.dialect {
            Dialect::Raw { path } => one(path),
            Dialect::SocketIo { .. } => one(socketio::PATH),
            Dialect::Nats { .. } => one("/"),
            Dialect::Chat | Dialect::Typing => {
                let madang =
                    |visitor: &Visitor| Request::madang(plan.server, &visitor.token, plan.deflate);
                plan.visitors.iter().map(madang).collect()
            }
        };
        let mut requests = requests.iter().cycle();
        let began = Instant::now();
        while self.book.ready() < wanted {
            while self.crowd.len() < wanted && self.crowd.len() - self.book.ready() < plan.opening {
                let Some(request) = requests.next() else { break };
                let last = self.crowd.len() + 1 == wanted;
                let buffer = plan.last_buffer.filter(|_| last);
                self.crowd.open(plan.server, request, buffer)?;
            }
            self.turn(Duration::from_millis(100))?;
            if began.elapsed() > READY_WITHIN {
                let ready = self.book.ready();
                return Err(StageError::NotReady { ready, wanted });
            }
        }
        Ok(())
    }

    /// Waits until nothing moves, and takes down where the stream stands.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn settle(&mut self) -> Result<(), StageError> {
        self.calm_down()?;
        if self.book.begin() { Ok(()) } else { Err(StageError::Apart) }
    }

    fn calm_down(&mut self) -> Result<(), StageError> {
        let (mut quiet, began) = (Instant::now(), Instant::now());
        while quiet.elapsed() < QUIET {
            if self.turn(QUIET)? > 0 {
                quiet = Instant::now();
            }
            if began.elapsed() > READY_WITHIN {
                return Err(StageError::Restless);
            }
        }
        Ok(())
    }

    fn turn(&mut self, wait: Duration) -> Result<usize, StageError> {
        let book = &mut self.book;
        let heard = self
            .crowd
            .turn(wait, &mut |reply, member, incoming| book.hear(&reply, member, incoming))?;
        Ok(heard)
    }

    /// Waits only this long for something that is due, before the rest counts as lost.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits until nothing comes any more, and tells all that was seen. What has not come by then
    /// counts as lost.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn seen(&mut self) -> Result<Seen, StageError> {
        self.calm_down()?;
        Ok(self.book.seen())
    }

    /// Hears what has come without waiting for more, and answers what must be answered.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn attend(&mut self) -> Result<(), StageError> {
        while self.turn(Duration::ZERO)? > 0 {}
        Ok(())
    }

    /// Where the stream stood in the last state that was sent.
    pub fn position(&self) -> Option<Position> {
        self.book.position
    }

    /// What came over the wire so far.
    pub fn traffic(&self) -> Traffic {
        self.crowd.traffic()
    }

    /// Messages that had to be inflated: if all are compressed for all alike, one of each.
    pub fn inflated(&self) -> u64 {
        self.crowd.inflated()
    }

    /// Connections on which compression was agreed.
    pub fn deflating(&self) -> usize {
        self.crowd.deflating()
    }

    /// Why the server refused something, if it did.
    ///
    /// # Errors
    /// [`StageError::Refused`].
    pub fn nothing_refused(&self) -> Result<(), StageError> {
        self.book.refusal().map_or(Ok(()), |refusal| Err(StageError::Refused(refusal.to_owned())))
    }
}
