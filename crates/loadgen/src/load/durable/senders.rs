//! Senders who follow nothing: what they cost is receiving, storing and acknowledging.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Result;
use madang_loadgen::Visitor;
use madang_loadgen::raw::crowd::{CrowdError, Reply};
use madang_loadgen::raw::handshake::Request;
use madang_loadgen::raw::stage::StageError;
use madang_loadgen::raw::{Faults, Incoming, PresenceSummary};
use madang_shared::chat::ChatCommand;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, ErrorCode, Hello, RoomId, ServerFrame,
    Timestamp, codec,
};
use rand::Rng;
use rand::rngs::StdRng;

use crate::load::lab::Running;

const WAIT: Duration = Duration::from_millis(20);
const WITHIN: Duration = Duration::from_secs(30);
/// As people write.
const TEXT: &str = "64 bytes of text, as much as somebody says who has little to say";

/// The senders.
pub(super) struct Senders {
    crowd: PresenceSummary,
    book: Book,
}

#[derive(Default)]
struct Book {
    welcome: usize,
    /// Who waits for an acknowledgement.
    waiting: usize,
    writing: bool,
    sent: u64,
    /// The places of what was acknowledged.
    places: BTreeSet<u64>,
    acknowledged: u64,
    doubled: u64,
    /// What each sender said last.
    last: BTreeMap<usize, String>,
    /// Who has to say that again before anything else, and when: the server's limit was met.
    later: Vec<(Instant, usize)>,
    too_fast: u64,
    refused: Option<String>,
    random: Option<StdRng>,
}

impl Senders {
    pub(super) fn open(server: &Running, visitors: &[Visitor]) -> Result<Self, StageError> {
        let random = Some(rand::SeedableRng::seed_from_u64(1));
        let mut senders =
            Self { crowd: PresenceSummary::new()?, book: Book { random, ..Book::default() } };
        for visitor in visitors {
            let request = Request::madang(server.address, &visitor.token, false);
            senders.crowd.open(server.address, &request, None)?;
        }
        let began = Instant::now();
        while senders.book.welcome < visitors.len() {
            senders.turn()?;
            if began.elapsed() > WITHIN {
                let ready = senders.book.welcome;
                return Err(StageError::NotReady { ready, wanted: visitors.len() });
            }
        }
        Ok(senders)
    }

    /// Each writes the next when the last is acknowledged. Answers how many were, within that time.
    pub(super) fn write(&mut self, long: Duration) -> Result<u64, StageError> {
        let (began, before) = (Instant::now(), self.book.acknowledged);
        self.book.writing = true;
        let refused: BTreeSet<usize> = self.book.later.iter().map(|(_, sender)| *sender).collect();
        for sender in (0..self.crowd.len()).filter(|sender| !refused.contains(sender)) {
            let text = self.book.next(sender);
            self.crowd.text(sender, text.as_bytes())?;
        }
        while began.elapsed() < long {
            self.turn()?;
            let now = Instant::now();
            let (ready, later) = self.book.later.drain(..).partition(|(at, _)| *at <= now);
            self.book.later = later;
            let ready: Vec<(Instant, usize)> = ready;
            for (_, sender) in ready {
                let text = self.book.again(sender);
                self.crowd.text(sender, text.as_bytes())?;
            }
        }
        let within = self.book.acknowledged - before;
        self.book.writing = false;
        let began = Instant::now();
        while self.book.waiting > 0 && began.elapsed() < WITHIN {
            self.turn()?;
        }
        match &self.book.refused {
            Some(why) => Err(StageError::Refused(why.clone())),
            None => Ok(within),
        }
    }

    /// What was sent and never acknowledged; and places that two messages were given, or that none was.
    pub(super) fn faults(&self) -> Faults {
        let places = &self.book.places;
        let span = places.last().zip(places.first()).map_or(0, |(last, first)| last - first + 1);
        Faults {
            lost: self.book.waiting as u64 + (span - places.len() as u64),
            doubled: self.book.doubled,
            reordered: 0,
        }
    }

    /// How often the server's limit was met.
    pub(super) fn too_fast(&self) -> u64 {
        self.book.too_fast
    }

    fn turn(&mut self) -> Result<(), StageError> {
        let book = &mut self.book;
        self.crowd
            .turn(WAIT, &mut |reply, sender, incoming| book.hear(&reply, sender, incoming))?;
        Ok(())
    }
}

impl Book {
    fn next(&mut self, sender: usize) -> String {
        self.sent += 1;
        self.waiting += 1;
        let random = self.random.as_mut().map_or(0, Rng::random);
        let id = CommandId::new(Timestamp(self.sent), random);
        let command = Command::Chat(ChatCommand::Post { room: RoomId(1), text: TEXT.to_owned() });
        let text = codec::encode_client(&ClientFrame::Command(CommandFrame { id, command }));
        self.last.insert(sender, text.clone());
        text
    }

    /// The same once more: the server takes nothing else from a sender whom it refused.
    fn again(&mut self, sender: usize) -> String {
        self.waiting += 1;
        self.last.get(&sender).cloned().unwrap_or_default()
    }

    fn hear(
        &mut self,
        reply: &Reply<'_>,
        sender: usize,
        incoming: Incoming<'_>,
    ) -> Result<(), CrowdError> {
        let frame = match incoming {
            Incoming::Recovery => {
                let hello = Hello { client: "loadgen".to_owned(), ..Hello::default() };
                return reply.text(codec::encode_client(&ClientFrame::Hello(hello)).as_bytes());
            }
            Incoming::Message(frame) => frame,
            Incoming::Closed(code) => {
                self.refused = Some(format!("a connection ended with {code:?}"));
                return Ok(());
            }
        };
        match codec::decode_server(&String::from_utf8_lossy(frame)) {
            Ok(ServerFrame::Welcome(_)) => self.welcome += 1,
            Ok(ServerFrame::Ack { at, .. }) => {
                self.waiting -= 1;
                self.acknowledged += 1;
                let fresh = at.is_some_and(|placed| self.places.insert(placed.seq.0));
                self.doubled += u64::from(!fresh);
                if self.writing {
                    let next = self.next(sender);
                    reply.text(next.as_bytes())?;
                }
            }
            Ok(ServerFrame::Ping { nonce }) => {
                let pong = codec::encode_client(&ClientFrame::Pong { nonce });
                reply.text(pong.as_bytes())?;
            }
            Ok(ServerFrame::Error { failure, .. }) if failure.code == ErrorCode::RateLimited => {
                self.waiting -= 1;
                self.too_fast += 1;
                let wait = Duration::from_millis(failure.retry_after.unwrap_or(20));
                self.later.push((Instant::now() + wait, sender));
            }
            Ok(ServerFrame::Error { failure, .. }) => self.refused = Some(failure.to_string()),
            Ok(_) => {}
            Err(undecoded) => self.refused = Some(undecoded.to_string()),
        }
        Ok(())
    }
}
