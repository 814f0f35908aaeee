//! A client's WebSocket frames, rewritten for the engine: whole messages within the limits, events as text.

use std::sync::Arc;

use madang_websocket::{CloseFrame, InboundMessage, Limits, MemoryBudget, ProtocolError, Reader};
use tokio::io::ReadBuf;

use super::limits::MAX_RECEIVED_BYTES;
use super::packets::{for_engine, long_event};

/// The head of a last frame, by its opcode (RFC 6455 section 5.2).
const FIN: u8 = 0x80;
/// The bit of a masked frame. The engine requires masks; this one is zero.
const MASKED: u8 = 0x80;
/// The length field of a frame whose length follows in two bytes.
const LENGTH_OF_16_BITS: u8 = 0x7E;
/// The length field of a frame whose length follows in eight bytes.
const LENGTH_OF_64_BITS: u8 = 0x7F;

/// Rewrites the frames of one connection. It parses them itself, because the engine ends a connection without a reason
/// when a message is too long or cannot be read.
pub(super) struct InboundFrames {
    reader: Reader,
    /// Frames for the engine.
    ready: Vec<u8>,
    /// The bytes of `ready` that the engine has taken.
    taken: usize,
    /// The error that ends the connection, until the close frame is in `ready`.
    error: Option<ProtocolError>,
    was_refused: bool,
}

impl InboundFrames {
    pub(super) fn new(memory: Arc<MemoryBudget>) -> Self {
        let limits = Limits { max_message_bytes: MAX_RECEIVED_BYTES, memory_budget: Some(memory) };
        Self {
            reader: Reader::new(limits, false),
            ready: Vec::new(),
            taken: 0,
            error: None,
            was_refused: false,
        }
    }

    /// Adds bytes of the client, and overwrites them. Returns the number of messages that end in them.
    pub(super) fn push(&mut self, mut bytes: &mut [u8]) -> usize {
        let mut messages = 0;
        loop {
            match self.reader.read(&mut bytes) {
                Ok(Some(message)) => {
                    self.push_message(message);
                    messages += 1;
                }
                Ok(None) => return messages,
                Err(error) => {
                    tracing::info!(%error, "Socket.IO: a client's message cannot be read; its connection is closed");
                    if error == ProtocolError::TooBig {
                        self.push_frame(1, long_event().as_bytes());
                    }
                    self.error = Some(error);
                    self.was_refused = true;
                }
            }
        }
    }

    /// Moves bytes to the engine. Returns whether there were any.
    pub(super) fn take(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let waiting = self.ready.get(self.taken..).unwrap_or_default();
        let taken = waiting.len().min(buffer.remaining());
        let (bytes, rest) = waiting.split_at(taken);
        buffer.put_slice(bytes);
        if rest.is_empty() {
            // An idle connection holds no buffer.
            self.ready = Vec::new();
            self.taken = 0;
        } else {
            self.taken += taken;
        }
        taken > 0
    }

    /// Whether [`Self::close`] is due.
    pub(super) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// Whether a message could not be read.
    pub(super) fn was_refused(&self) -> bool {
        self.was_refused
    }

    /// Closes the connection after an error. The engine answers a close frame with its code, so the client learns the
    /// reason.
    pub(super) fn close(&mut self) {
        if let Some(error) = self.error.take() {
            self.push_close(error.code(), error.reason());
        }
    }

    fn push_message(&mut self, message: InboundMessage) {
        match message {
            InboundMessage::Text(text) => self.push_frame(1, for_engine(&text).as_bytes()),
            InboundMessage::Binary(bytes) => self.push_frame(2, &bytes),
            InboundMessage::Close(Some(CloseFrame { code, reason })) => {
                self.push_close(code, &reason);
            }
            InboundMessage::Close(None) => self.push_frame(8, &[]),
            InboundMessage::Ping(payload) => self.push_frame(9, &payload),
            InboundMessage::Pong(payload) => self.push_frame(10, &payload),
        }
    }

    fn push_close(&mut self, code: u16, reason: &str) {
        self.push_frame(8, &[&code.to_be_bytes(), reason.as_bytes()].concat());
    }

    fn push_frame(&mut self, opcode: u8, payload: &[u8]) {
        self.ready.push(FIN | opcode);
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(length @ ..=125), _) => self.ready.push(MASKED | length),
            (_, Ok(length)) => {
                self.ready.push(MASKED | LENGTH_OF_16_BITS);
                self.ready.extend(length.to_be_bytes());
            }
            _ => {
                self.ready.push(MASKED | LENGTH_OF_64_BITS);
                self.ready.extend((payload.len() as u64).to_be_bytes());
            }
        }
        self.ready.extend([0; 4]);
        self.ready.extend_from_slice(payload);
    }
}
