//! Who gets what: for each topic, where the gateway stands in it, and the clients that stand there too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use madang_shared::{Position, Topic};
use parking_lot::Mutex;
use serde_json::{Value, json};
use socketioxide::ack::AckStream;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SendError, SocketError};
use tokio::sync::watch;

use super::receipts::Asked;
use super::told::Told;
use super::visitor::Visitor;

/// The event that clients are asked to confirm: in its tutorial, the server has a callback there.
const CONFIRMED: &str = "my response";

/// Who gets what.
pub(super) struct Audience {
    lines: BTreeMap<Topic, Mutex<Line>>,
    /// Counts the topics' first positions, for those who wait for one.
    begun: watch::Sender<u64>,
    /// How many clients there are.
    pub(super) present: watch::Sender<usize>,
}

/// One topic.
#[derive(Default)]
struct Line {
    /// The last event that was told; none before the topic is followed.
    at: Option<Position>,
    /// What is true of the topic there, where that is what clients are told.
    state: Option<Told>,
    members: BTreeMap<Sid, Member>,
}

/// A client in the audience.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) socket: SocketRef,
    pub(super) visitor: Arc<Visitor>,
    /// Whether it wants to know the position of what it gets.
    pub(super) counts: bool,
}

impl Member {
    /// Hands something over; where its place is `at`, a client that counts gets that too.
    ///
    /// # Errors
    /// If there is no room for it, or nobody any more.
    pub(super) fn tell(&self, (event, value): &Told, at: Option<&Value>) -> Result<(), SendError> {
        match at.filter(|_| self.counts) {
            Some(at) => self.socket.emit(event, &(value, at)),
            None => self.socket.emit(event, value),
        }
    }

    /// The same, and asks the client to confirm that it has it.
    ///
    /// # Errors
    /// As [`Self::tell`].
    fn ask(&self, (event, value): &Told, at: &Value) -> Result<AckStream<Value>, SendError> {
        if self.counts {
            self.socket.emit_with_ack(event, &(value, at))
        } else {
            self.socket.emit_with_ack(event, value)
        }
    }

    /// Says that the client stands here in the topic.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub(super) fn tell_position(&self, topic: Topic, at: Position) -> Result<(), SendError> {
        self.tell_place("position", topic, at)
    }

    /// Says that what the client knows of the topic has no continuation, and where it stands now.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub(super) fn tell_reset(&self, topic: Topic, at: Position) -> Result<(), SendError> {
        self.tell_place("reset", topic, at)
    }

    fn tell_place(&self, event: &str, topic: Topic, at: Position) -> Result<(), SendError> {
        if self.counts { self.socket.emit(event, &place(topic, at)) } else { Ok(()) }
    }

    /// A client that has no room for what it is told would have a hole in what it knows.
    pub(super) fn let_go(&self, error: &SendError) {
        if matches!(error, SendError::Socket(SocketError::Closed)) {
            return;
        }
        tracing::info!(sid = %self.socket.id, %error, "Socket.IO: a client does not keep up; it is let go");
        self.visitor.dismiss(self.socket.clone());
    }
}

/// A position as clients keep it: `{"topic": "room:1", "epoch": …, "seq": …}`.
pub(super) fn place(topic: Topic, at: Position) -> Value {
    json!({ "topic": topic, "epoch": at.epoch, "seq": at.seq })
}

impl Audience {
    pub(super) fn new(topics: BTreeSet<Topic>) -> Self {
        let lines = topics.into_iter().map(|topic| (topic, Mutex::default())).collect();
        Self { lines, begun: watch::Sender::new(0), present: watch::Sender::new(0) }
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = Topic> {
        self.lines.keys().copied()
    }

    /// Where a topic stands, and what is true there.
    pub(super) fn at(&self, topic: Topic) -> Option<(Position, Option<Told>)> {
        let line = self.lines.get(&topic)?.lock();
        line.at.map(|at| (at, line.state.clone()))
    }

    /// Waits until the topic is followed.
    pub(super) async fn followed(&self, topic: Topic) -> Option<(Position, Option<Told>)> {
        let mut begun = self.begun.subscribe();
        loop {
            if let Some(at) = self.at(topic) {
                return Some(at);
            }
            if begun.changed().await.is_err() {
                return None;
            }
        }
    }

    /// The topic begins here, or begins here anew: whoever stood elsewhere is told what is true here, or
    /// that what it knows has no continuation.
    pub(super) fn begin(&self, topic: Topic, at: Position, state: Option<Told>) {
        let Some(line) = self.lines.get(&topic) else {
            return;
        };
        let mut line = line.lock();
        if line.at.replace(at).is_some_and(|before| before != at) {
            let place = place(topic, at);
            line.tell(|member| match &state {
                Some(state) => member.tell(state, Some(&place)),
                None => member.tell_reset(topic, at),
            });
        }
        line.state = state;
        drop(line);
        self.begun.send_modify(|count| *count += 1);
    }

    /// The next event of the topic. Answers what clients were asked to confirm.
    pub(super) fn advance(&self, topic: Topic, told: &[Told], state: Option<Told>) -> Asked {
        let mut asked = Asked::new(topic);
        let Some(line) = self.lines.get(&topic) else {
            return asked;
        };
        let mut line = line.lock();
        let Some(at) = line.at.as_mut() else {
            return asked;
        };
        at.seq = at.seq.next();
        let at = *at;
        if state.is_some() {
            line.state = state;
        }
        let place = place(topic, at);
        asked.seq = at.seq;
        line.tell(|member| {
            told.iter().try_for_each(|told| match told {
                (CONFIRMED, _) if asked.has_room() => {
                    asked.push(member.socket.id, member.ask(told, &place)?);
                    Ok(())
                }
                told => member.tell(told, Some(&place)),
            })
        });
        asked
    }

    /// Something that has no place in the topic: only the present is told of it.
    pub(super) fn tell_now(&self, topic: Topic, told: &Told) {
        if let Some(line) = self.lines.get(&topic) {
            line.lock().tell(|member| member.tell(told, None));
        }
    }

    /// Takes a client in that has everything up to `known`, if the topic stands there still.
    pub(super) fn join(&self, topic: Topic, known: Position, member: &Member) -> bool {
        let Some(line) = self.lines.get(&topic) else {
            return true;
        };
        let mut line = line.lock();
        if line.at != Some(known) {
            return false;
        }
        // Under the lock, so that no later place is told before.
        match member.tell_position(topic, known) {
            Ok(()) => drop(line.members.insert(member.socket.id, member.clone())),
            Err(error) => member.let_go(&error),
        }
        true
    }

    pub(super) fn leave(&self, id: Sid) {
        for line in self.lines.values() {
            line.lock().members.remove(&id);
        }
    }

    /// Nobody follows the topics any more.
    pub(super) fn forget(&self) {
        for line in self.lines.values() {
            let mut line = line.lock();
            // Whoever has just come stands where the line stood, and the next session goes on there.
            if line.members.is_empty() {
                line.at = None;
                line.state = None;
            }
        }
    }
}

impl Line {
    fn tell(&mut self, mut tell: impl FnMut(&Member) -> Result<(), SendError>) {
        self.members.retain(|_, member| match tell(member) {
            Ok(()) => true,
            Err(error) => {
                member.let_go(&error);
                false
            }
        });
    }
}
