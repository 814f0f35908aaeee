//! Topics that are followed, and in which nothing happens: rooms, each with who is here.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use madang_loadgen::Visitor;
use madang_loadgen::raw::crowd::{CrowdError, Reply};
use madang_loadgen::raw::handshake::Request;
use madang_loadgen::raw::{Incoming, PresenceSummary};
use madang_shared::Topic;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, Hello, RoomId, ServerFrame, Subscription,
    Timestamp, codec,
};

use crate::load::lab::{Lab, Running};

/// Rooms of each connection. Two topics each, and less than it may follow in one go.
const ROOMS: usize = 40;
const WAIT: Duration = Duration::from_millis(100);
const WITHIN: Duration = Duration::from_mins(2);

/// Those who follow them.
pub(super) struct Bystanders {
    crowd: PresenceSummary,
    book: Book,
    visitors: Vec<Visitor>,
}

#[derive(Default)]
struct Book {
    /// Names of the next rooms to be made.
    next: u128,
    /// By connections: rooms that it has still to make.
    to_make: Vec<usize>,
    topics: usize,
    refused: Option<String>,
}

impl Bystanders {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { crowd: PresenceSummary::new()?, book: Book::default(), visitors: Vec::new() })
    }

    /// Until there are as many topics. Everybody is a user of its own, makes its rooms, and follows
    /// them.
    pub(super) fn follow(&mut self, lab: &Lab<'_>, server: &Running, topics: usize) -> Result<()> {
        let mut rooms = (topics / 2).saturating_sub(self.book.topics / 2);
        let people = rooms.div_ceil(ROOMS);
        let before = self.visitors.len();
        self.visitors.extend(lab.sign_up_as(server, "bystander", before, people)?);
        for visitor in self.visitors.iter().skip(before) {
            let request = Request::madang(server.address, &visitor.token, false);
            self.crowd.open(server.address, &request, None)?;
            self.book.to_make.push(rooms.min(ROOMS));
            rooms = rooms.saturating_sub(ROOMS);
        }
        let began = Instant::now();
        while self.book.topics < topics / 2 * 2 {
            self.turn(WAIT)?;
            ensure!(began.elapsed() < WITHIN, "only {} topics are followed", self.book.topics);
        }
        Ok(())
    }

    /// Answers what must be answered.
    pub(super) fn attend(&mut self) -> Result<()> {
        while self.turn(Duration::ZERO)? > 0 {}
        Ok(())
    }

    fn turn(&mut self, wait: Duration) -> Result<usize> {
        let book = &mut self.book;
        let heard = self
            .crowd
            .turn(wait, &mut |reply, member, incoming| book.hear(&reply, member, incoming))?;
        if let Some(refused) = &self.book.refused {
            anyhow::bail!("no more topics: {refused}");
        }
        Ok(heard)
    }
}

impl Book {
    fn hear(
        &mut self,
        reply: &Reply<'_>,
        member: usize,
        incoming: Incoming<'_>,
    ) -> Result<(), CrowdError> {
        let frame = match incoming {
            Incoming::Recovery => {
                let hello = Hello { client: "loadgen".to_owned(), ..Hello::default() };
                return send(reply, &ClientFrame::Hello(hello));
            }
            Incoming::Message(frame) => frame,
            Incoming::Closed(code) => {
                self.refused = Some(format!("a connection ended with {code:?}"));
                return Ok(());
            }
        };
        match codec::decode_server(&String::from_utf8_lossy(frame)) {
            Ok(ServerFrame::Welcome(_)) => {
                for _ in 0..self.to_make.get(member).copied().unwrap_or_default() {
                    let (name, id) = (format!("room {}", self.next), self.next);
                    self.next += 1;
                    let command = Command::Rooms(RoomsCommand::Create { name });
                    let id = CommandId::new(Timestamp(0), id << 64);
                    send(reply, &ClientFrame::Command(CommandFrame { id, command }))?;
                }
            }
            // Rooms are announced in the order of their numbers, and nothing else is announced there: the
            // place of the announcement is the number.
            Ok(ServerFrame::Ack { at: Some(placed), .. }) => {
                let room = RoomId(placed.seq.0);
                for topic in [Topic::Room(room), Topic::Presence(room)] {
                    send(reply, &ClientFrame::Subscribe(Subscription { topic, from: None }))?;
                }
            }
            Ok(ServerFrame::Snapshot(_)) => self.topics += 1,
            Ok(ServerFrame::Ping { nonce }) => send(reply, &ClientFrame::Pong { nonce })?,
            Ok(ServerFrame::Error { failure, .. }) => self.refused = Some(failure.to_string()),
            Ok(_) => {}
            Err(undecoded) => self.refused = Some(undecoded.to_string()),
        }
        Ok(())
    }
}

fn send(reply: &Reply<'_>, frame: &ClientFrame) -> Result<(), CrowdError> {
    reply.text(codec::encode_client(frame).as_bytes())
}
