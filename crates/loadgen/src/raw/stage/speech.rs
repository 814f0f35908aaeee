//! What is said next, and by whom.

use std::time::Instant;

use madang_shared::chat::ChatCommand;
use madang_shared::limits::{COMMAND_BURST, COMMANDS_PER_SECOND};
use madang_shared::presence::PresenceSignal;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, RoomId, Signal, Timestamp, codec,
};
use rand::Rng;
use rand::rngs::StdRng;

use super::{Dialect, Plan};
use crate::raw::socketio;

/// Of what a server lets through, as much is asked for: its clock and ours are not the same.
const SHARE: f64 = 0.9;

/// What is said, in turns by those who may.
#[derive(Debug)]
pub(super) struct Speech {
    dialect: Dialect,
    room: RoomId,
    text_bytes: usize,
    speakers: usize,
    random: StdRng,
    pace: Option<Pace>,
}

/// Keeps what all speakers say together within the rate that the server allows them.
#[derive(Debug)]
struct Pace {
    tokens: f64,
    capacity: f64,
    per_second: f64,
    filled: Instant,
}

impl Speech {
    pub(super) fn new(plan: &Plan) -> Self {
        let users = if plan.dialect.is_madang() { plan.visitors.len() } else { 1 };
        let speakers = users.min(plan.subscribers).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a count of connections")]
        let many = speakers as f64;
        let pace = plan.dialect.is_madang().then(|| {
            let capacity = many * f64::from(COMMAND_BURST) * SHARE;
            let per_second = many * f64::from(COMMANDS_PER_SECOND) * SHARE;
            Pace { tokens: capacity, capacity, per_second, filled: Instant::now() }
        });
        Self {
            dialect: plan.dialect.clone(),
            room: plan.room,
            text_bytes: plan.text_bytes,
            speakers,
            random: rand::SeedableRng::seed_from_u64(0),
            pace,
        }
    }

    /// Whether another may be said now.
    pub(super) fn may(&mut self, now: Instant) -> bool {
        self.pace.as_mut().is_none_or(|pace| pace.take(now))
    }

    /// Whether it would be wrong to leave it at so many things said: what began has to end.
    pub(super) fn goes_on(&self, said: u64) -> bool {
        matches!(self.dialect, Dialect::Typing) && !said.is_multiple_of(2)
    }

    /// Who says the thing of this number, in which kind of frame, and what is in it.
    pub(super) fn of(&mut self, number: u64) -> (usize, u8, String) {
        let speakers = self.speakers as u64;
        let turn = if matches!(self.dialect, Dialect::Typing) { number / 2 } else { number };
        let speaker = usize::try_from(turn % speakers).unwrap_or_default();
        (speaker, self.dialect.opcode(), self.frame(number))
    }

    fn frame(&mut self, number: u64) -> String {
        let room = self.room;
        if matches!(self.dialect, Dialect::Typing) {
            // Off right after on: whoever goes on typing for some seconds without saying so is taken
            // to have stopped, and that would be an event that nobody here has caused.
            let typing = number.is_multiple_of(2);
            let signal = Signal::Presence(PresenceSignal::Typing { room, typing });
            return codec::encode_client(&ClientFrame::Signal(signal));
        }
        let text = self.text(number);
        match &self.dialect {
            Dialect::Raw { .. } => text,
            // Letters, digits, spaces and a full stop: nothing that JSON would have to escape.
            Dialect::SocketIo { event } => format!("{}{text}\"]", socketio::opening(event)),
            Dialect::Nats { subject } => format!("PUB {subject} {}\r\n{text}\r\n", text.len()),
            Dialect::Chat | Dialect::Typing => {
                let id = CommandId::new(Timestamp(number), self.random.random());
                let command = Command::Chat(ChatCommand::Post { room, text });
                codec::encode_client(&ClientFrame::Command(CommandFrame { id, command }))
            }
        }
    }

    /// The number, then as much as is missing: words, so that compressing it is worth something, and
    /// not more than with what people write.
    fn text(&mut self, number: u64) -> String {
        const WORDS: [&str; 16] = [
            "courtyard",
            "people",
            "meet",
            "order",
            "ready",
            "table",
            "seven",
            "today",
            "price",
            "rider",
            "left",
            "with",
            "two",
            "noodles",
            "please",
            "thanks",
        ];
        let mut text = format!("{number:08}");
        while text.len() < self.text_bytes {
            text.push(' ');
            let word = WORDS.get(self.random.random_range(0..WORDS.len())).copied();
            text.push_str(word.unwrap_or_default());
        }
        text.truncate(self.text_bytes.max(8));
        // Spaces at the end are taken off by the server.
        if text.ends_with(' ') {
            text.pop();
            text.push('.');
        }
        text
    }
}

impl Pace {
    fn take(&mut self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.capacity);
        self.filled = now;
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }
}
