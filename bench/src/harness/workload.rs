//! The published messages: their frames, their publishers, and their rate.

use std::time::Instant;

use madang_shared::chat::ChatCommand;
use madang_shared::limits::{COMMAND_BURST, COMMANDS_PER_SECOND};
use madang_shared::presence::PresenceSignal;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, RoomId, Signal, Timestamp, codec,
};
use rand::Rng;
use rand::rngs::StdRng;

use super::config::{HarnessConfig, Protocol};
use crate::protocol::socketio;

/// The used share of the server's rate limit: the clocks of server and generator differ a little.
const USED_SHARE: f64 = 0.9;

/// The messages of a harness. The publishers take turns.
#[derive(Debug)]
pub(super) struct Workload {
    protocol: Protocol,
    room: RoomId,
    text_bytes: usize,
    publishers: usize,
    random: StdRng,
    budget: Option<CommandBudget>,
}

/// A message, ready to be sent.
pub(super) struct OutboundMessage {
    /// The index of the publishing connection.
    pub(super) publisher: usize,
    pub(super) opcode: u8,
    pub(super) payload: String,
}

/// Keeps the commands of all publishers within the server's rate limit.
#[derive(Debug)]
struct CommandBudget {
    tokens: f64,
    capacity: f64,
    per_second: f64,
    refilled: Instant,
}

impl Workload {
    pub(super) fn new(config: &HarnessConfig) -> Self {
        let is_madang = config.protocol.is_madang();
        let publishers = config.publishers();
        Self {
            protocol: config.protocol.clone(),
            room: config.room,
            text_bytes: config.text_bytes,
            publishers,
            random: rand::SeedableRng::seed_from_u64(0),
            budget: is_madang.then(|| CommandBudget::new(publishers)),
        }
    }

    /// Takes the permission to publish a message now. Returns `false` if the rate limit does not allow it.
    pub(super) fn take_permit(&mut self, now: Instant) -> bool {
        self.budget.as_mut().is_none_or(|budget| budget.take(now))
    }

    /// Whether one more message is needed after `published` messages: every typing signal "on" is followed
    /// by its "off".
    pub(super) fn is_incomplete(&self, published: u64) -> bool {
        matches!(self.protocol, Protocol::MadangTyping) && !published.is_multiple_of(2)
    }

    /// The message with this number.
    pub(super) fn message(&mut self, number: u64) -> OutboundMessage {
        let is_typing = matches!(self.protocol, Protocol::MadangTyping);
        let turn = if is_typing { number / 2 } else { number };
        let publisher = usize::try_from(turn % self.publishers as u64).unwrap_or_default();
        OutboundMessage { publisher, opcode: self.protocol.opcode(), payload: self.payload(number) }
    }

    fn payload(&mut self, number: u64) -> String {
        let room = self.room;
        if matches!(self.protocol, Protocol::MadangTyping) {
            // "Off" follows "on" at once: after some seconds without a signal the server would end the typing
            // itself, with an event that is not part of the workload.
            let typing = number.is_multiple_of(2);
            let signal = Signal::Presence(PresenceSignal::Typing { room, typing });
            return codec::encode_client(&ClientFrame::Signal(signal));
        }
        let text = self.text(number);
        match &self.protocol {
            Protocol::RawText { .. } => text,
            // Letters, digits, spaces and a full stop: JSON needs no escapes.
            Protocol::SocketIo { event } => format!("{}{text}\"]", socketio::event_prefix(event)),
            Protocol::Nats { subject } => format!("PUB {subject} {}\r\n{text}\r\n", text.len()),
            Protocol::MadangChat | Protocol::MadangTyping => {
                let id = CommandId::new(Timestamp(number), self.random.random());
                let command = Command::Chat(ChatCommand::post(room, text));
                codec::encode_client(&ClientFrame::Command(CommandFrame { id, command }))
            }
        }
    }

    /// The number, filled up with random words, so that the text compresses about as well as real messages.
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
        // The server trims trailing spaces.
        if text.ends_with(' ') {
            text.pop();
            text.push('.');
        }
        text
    }
}

impl CommandBudget {
    #[expect(clippy::cast_precision_loss, reason = "a count of connections: far below 2^52")]
    fn new(publishers: usize) -> Self {
        let publishers = publishers as f64;
        let capacity = publishers * f64::from(COMMAND_BURST) * USED_SHARE;
        let per_second = publishers * f64::from(COMMANDS_PER_SECOND) * USED_SHARE;
        Self { tokens: capacity, capacity, per_second, refilled: Instant::now() }
    }

    fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.refilled).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.capacity);
        self.refilled = now;
        let permitted = self.tokens >= 1.0;
        if permitted {
            self.tokens -= 1.0;
        }
        permitted
    }
}
