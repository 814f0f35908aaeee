//! Keeps the book: who has heard what.

use std::time::Instant;

use madang_shared::{ClientFrame, Hello, Position, Seq, ServerFrame, Subscription, Topic, codec};

use super::ear::{Ear, Heard};
use super::{Dialect, Plan, Seen};
use crate::histogram::Histogram;
use crate::raw::crowd::{CrowdError, Incoming, Reply};
use crate::raw::glance;
use crate::raw::tally::{Faults, Tally};

/// Refusals that are kept in words.
const REFUSALS: usize = 5;

/// Who has heard what.
#[derive(Debug)]
pub(super) struct Book {
    /// Of servers that are not Madang.
    ear: Option<Ear>,
    /// By connections, in turns.
    hellos: Vec<String>,
    /// As it stands in frames; empty for texts that carry their own number.
    topic: String,
    /// Whether messages carry their number in their text.
    numbered: bool,
    /// By members; none while they do not follow the stream.
    tallies: Vec<Option<Tally>>,
    ready: usize,
    /// Where the stream stood in the last state that was sent.
    pub(super) position: Option<Position>,
    /// Whoever goes on from an earlier place is ready when it has this one.
    caught_up_at: Option<u64>,
    /// Whose deliveries nobody waits for.
    absent: Option<usize>,
    /// Whether its connection has ended.
    absent_ended: bool,
    /// Where the first thing that is said will stand; none before anything may be said.
    base: Option<u64>,
    /// By places from `base`: how many have it.
    delivered: Vec<u32>,
    /// By places from `base`: which number was said there.
    number_at: Vec<u32>,
    /// By numbers: when it should have been said.
    intended: Vec<Instant>,
    /// By numbers: whether it has been seen at some place.
    placed: Vec<bool>,
    /// Numbers that were seen at another place again.
    placed_again: u64,
    /// Places that everybody has.
    complete: u64,
    deliveries: u64,
    acknowledged: u64,
    resets: u64,
    ended: u64,
    refusals: Vec<String>,
    /// From the intended time to each delivery, if somebody wants to know.
    pub(super) latency: Option<Histogram>,
}

impl Book {
    pub(super) fn new(plan: &Plan) -> Self {
        let (room, here) = (Topic::Room(plan.room), Topic::Presence(plan.room));
        let (topic, topics) = match plan.dialect {
            Dialect::Raw { .. } | Dialect::SocketIo { .. } | Dialect::Nats { .. } => {
                (String::new(), Vec::new())
            }
            Dialect::Chat => (room.to_string(), vec![room]),
            Dialect::Typing => (here.to_string(), vec![room, here]),
        };
        let hello = |user| {
            let mut topics = topics.clone();
            if plan.everything {
                topics.extend([Topic::Rooms, Topic::Memberships(user)]);
            }
            let topics = topics.into_iter().map(|topic| Subscription { topic, from: plan.from });
            let client = "loadgen".to_owned();
            codec::encode_client(&ClientFrame::Hello(Hello {
                token: None,
                client,
                topics: topics.collect(),
            }))
        };
        Self {
            ear: Ear::new(&plan.dialect),
            hellos: plan.visitors.iter().map(|visitor| hello(visitor.user.id)).collect(),
            topic,
            numbered: !matches!(plan.dialect, Dialect::Typing),
            tallies: Vec::new(),
            ready: 0,
            position: None,
            caught_up_at: None,
            absent: None,
            absent_ended: false,
            base: None,
            delivered: Vec::new(),
            number_at: Vec::new(),
            intended: Vec::new(),
            placed: Vec::new(),
            placed_again: 0,
            complete: 0,
            deliveries: 0,
            acknowledged: 0,
            resets: 0,
            ended: 0,
            refusals: Vec::new(),
            latency: None,
        }
    }

    /// How many follow the stream.
    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    /// From now on things are said. Whether everybody stands at the same place.
    pub(super) fn begin(&mut self) -> bool {
        let mut places = self.tallies.iter().flatten().map(Tally::next);
        let first = places.next().unwrap_or_default();
        self.base = Some(first);
        places.all(|place| place == first)
    }

    /// Nobody waits for this member's deliveries any more, or for nobody's in particular.
    pub(super) fn excuse(&mut self, member: Option<usize>) {
        self.absent = member;
    }

    /// The next thing is being said; answers its number.
    pub(super) fn say(&mut self, intended: Instant) -> u64 {
        self.intended.push(intended);
        self.placed.push(false);
        self.delivered.push(0);
        self.number_at.push(u32::MAX);
        self.intended.len() as u64 - 1
    }

    /// Things said.
    pub(super) fn said(&self) -> u64 {
        self.intended.len() as u64
    }

    /// Things said that somebody has still to get.
    pub(super) fn outstanding(&self) -> u64 {
        self.said() - self.complete
    }

    /// How often anybody got anything.
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// Of the things said, how many were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// How far a member has got: as many of the things said it has, or has passed.
    pub(super) fn progress(&self, member: usize) -> u64 {
        let tally = self.tallies.get(member).and_then(Option::as_ref);
        tally.map_or(0, Tally::next).saturating_sub(self.base.unwrap_or_default())
    }

    /// Whether the connection has ended that nobody waits for.
    pub(super) fn has_absent_ended(&self) -> bool {
        self.absent_ended
    }

    /// Does not hold against the server any more what this member has not got. Answers where it stood.
    pub(super) fn give_up(&mut self, member: usize) -> Option<Position> {
        let tally = self.tallies.get_mut(member)?.take()?;
        let last = Seq(tally.next()).previous();
        self.position.map(|position| Position::new(position.epoch, last))
    }

    /// The first thing that was refused.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.refusals.first().map(String::as_str)
    }

    pub(super) fn seen(&self) -> Seen {
        let end = self.base.unwrap_or_default() + self.said();
        let mut faults = Faults::default();
        for tally in self.tallies.iter().flatten() {
            faults += tally.faults(end);
        }
        faults.doubled += self.placed_again;
        Seen {
            said: self.said(),
            acknowledged: self.acknowledged,
            deliveries: self.deliveries,
            resets: self.resets,
            ended: self.ended,
            faults,
        }
    }

    pub(super) fn hear(
        &mut self,
        reply: &Reply<'_>,
        member: usize,
        incoming: Incoming<'_>,
    ) -> Result<(), CrowdError> {
        match incoming {
            Incoming::Recovery => {
                if let Some(ear) = &self.ear {
                    if ear.greet(reply)? {
                        self.begin_at_zero(member);
                    }
                    return Ok(());
                }
                let number = member.checked_rem(self.hellos.len());
                if let Some(hello) = number.and_then(|number| self.hellos.get(number)) {
                    reply.text(hello.as_bytes())?;
                }
            }
            Incoming::Message(frame) if self.ear.is_some() => {
                return self.hear_foreign(reply, member, frame);
            }
            Incoming::Message(frame) => match glance::event_of(self.topic.as_bytes(), frame) {
                Some(place) => self.event(member, place, frame),
                None => return self.other(reply, member, frame),
            },
            Incoming::Closed(code) => {
                self.ended += 1;
                if self.absent == Some(member) {
                    self.absent_ended = true;
                    return Ok(());
                }
                self.refuse(format!("a connection ended with {code:?}"));
            }
        }
        Ok(())
    }

    fn hear_foreign(
        &mut self,
        reply: &Reply<'_>,
        member: usize,
        frame: &[u8],
    ) -> Result<(), CrowdError> {
        let Some(mut ear) = self.ear.take() else { return Ok(()) };
        let outcome = ear.hear(reply, member, frame, &mut |heard| match heard {
            Heard::Ready => self.begin_at_zero(member),
            Heard::Text(text) => match glance::number(text) {
                Some(place) => self.event(member, place, text),
                None => self.refuse(format!("no number: {:?}", String::from_utf8_lossy(text))),
            },
            Heard::Refused(why) => self.refuse(why),
        });
        self.ear = Some(ear);
        outcome
    }

    /// The member is sent everything that is said, and nothing has been said yet.
    fn begin_at_zero(&mut self, member: usize) {
        self.ready += 1;
        self.follow(member, 0);
    }

    fn event(&mut self, member: usize, place: u64, frame: &[u8]) {
        let Some(tally) = self.tallies.get_mut(member).and_then(Option::as_mut) else { return };
        let fresh = tally.saw(place);
        if fresh && self.base.is_none() && self.caught_up_at == Some(place) {
            self.ready += 1;
        }
        let Some(index) = self.base.and_then(|base| place.checked_sub(base)) else { return };
        self.deliveries += 1;
        if !fresh || self.absent == Some(member) {
            return;
        }
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let everybody = self.tallies.len() - usize::from(self.absent.is_some());
        let Some(count) = self.delivered.get_mut(index) else { return };
        *count += 1;
        let (first, last) = (*count == 1, usize::try_from(*count) == Ok(everybody));
        self.complete += u64::from(last);
        if first {
            self.place(index, frame);
        }
        if let Some(latency) = &mut self.latency {
            let number = self.number_at.get(index).and_then(|at| usize::try_from(*at).ok());
            if let Some(intended) = number.and_then(|number| self.intended.get(number)) {
                latency.record(intended.elapsed());
            }
        }
    }

    /// Somebody is the first to see what stands at this place.
    #[expect(clippy::cast_possible_truncation, reason = "far fewer are said in a run")]
    fn place(&mut self, index: usize, frame: &[u8]) {
        let number = match (self.numbered, self.topic.is_empty()) {
            (true, false) => glance::number_of_text(frame).unwrap_or(u64::MAX),
            _ => index as u64,
        };
        let placed = usize::try_from(number).ok().and_then(|number| self.placed.get_mut(number));
        match placed {
            Some(placed) if !*placed => *placed = true,
            // Said once, stored twice; or never said.
            _ => self.placed_again += 1,
        }
        if let Some(at) = self.number_at.get_mut(index) {
            *at = number as u32;
        }
    }

    /// The member follows the stream, and what comes next stands at `next`.
    fn follow(&mut self, member: usize, next: u64) {
        if self.tallies.len() <= member {
            self.tallies.resize(member + 1, None);
        }
        if let Some(tally) = self.tallies.get_mut(member) {
            *tally = Some(Tally::starting_at(next));
        }
    }

    fn other(&mut self, reply: &Reply<'_>, member: usize, frame: &[u8]) -> Result<(), CrowdError> {
        if frame.starts_with(br#"{"ack""#) {
            self.acknowledged += 1;
            return Ok(());
        }
        let text = String::from_utf8_lossy(frame);
        match codec::decode_server(&text) {
            Ok(ServerFrame::Ping { nonce }) => {
                let pong = codec::encode_client(&ClientFrame::Pong { nonce });
                reply.text(pong.as_bytes())?;
            }
            Ok(ServerFrame::Snapshot(state) | ServerFrame::Reset(state)) => {
                if state.topic.to_string() == self.topic {
                    match self.tallies.get(member) {
                        Some(Some(_)) => self.resets += 1,
                        _ => self.ready += 1,
                    }
                    self.position = Some(state.position);
                    self.follow(member, state.position.seq.next().0);
                }
            }
            Ok(ServerFrame::Recovered { topic, from, to }) => {
                if topic.to_string() == self.topic {
                    self.caught_up_at = Some(to.seq.0);
                    self.ready += usize::from(from.seq == to.seq);
                    self.follow(member, from.seq.next().0);
                }
            }
            // In another order of keys than ours; it counts all the same.
            Ok(ServerFrame::Event { topic, seq: Seq(place), .. }) => {
                if topic.to_string() == self.topic {
                    self.event(member, place, frame);
                }
            }
            Ok(ServerFrame::Error { failure, .. }) => self.refuse(failure.to_string()),
            Ok(_) => {}
            Err(undecoded) => self.refuse(undecoded.to_string()),
        }
        Ok(())
    }

    fn refuse(&mut self, why: String) {
        if self.refusals.len() < REFUSALS {
            self.refusals.push(why);
        }
    }
}
