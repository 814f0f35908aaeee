//! Parses bytes into messages.

use std::sync::Arc;

use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::frame::{Allowed, Head, Opcode, unmask};
use crate::memory_budget::{BudgetShare, MemoryBudget};
use crate::message::{InboundMessage, PartialMessage};

/// Limits on what a client may send.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes in one message, after inflating.
    pub max_message_bytes: usize,
    /// The memory budget that many connections share for large messages. The share of a message is
    /// returned when the next message is requested, or with [`Reader::release_memory`]. None: each
    /// connection has only its own limit.
    pub memory_budget: Option<Arc<MemoryBudget>>,
}

impl Limits {
    /// Limits the size of a message, without a shared budget.
    pub fn new(max_message_bytes: usize) -> Self {
        Self { max_message_bytes, memory_budget: None }
    }
}

/// Parses a client's bytes into messages, in pieces of any size, without I/O. It holds what has
/// arrived of an unfinished message, and nothing between messages.
#[derive(Debug)]
pub struct Reader {
    max_message_bytes: usize,
    budget: BudgetShare,
    compression: bool,
    /// The client has closed, or violated the protocol: further bytes are discarded.
    has_ended: bool,
    /// The first bytes of a frame head that is not complete.
    head: Vec<u8>,
    frame: Option<Frame>,
    partial: Option<Box<PartialMessage>>,
    control: Vec<u8>,
}

/// The frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    head: Head,
    /// Bytes of its payload that have arrived.
    at: u64,
}

#[expect(
    clippy::mut_mut,
    reason = "bytes are consumed from the front of a slice, and the caller continues with the remainder"
)]
impl Reader {
    /// A reader for a new connection. `compression`: whether it was negotiated.
    pub fn new(limits: Limits, compression: bool) -> Self {
        Self {
            max_message_bytes: limits.max_message_bytes,
            budget: BudgetShare::new(limits.memory_budget),
            compression,
            has_ended: false,
            head: Vec::new(),
            frame: None,
            partial: None,
            control: Vec::new(),
        }
    }

    /// Whether more messages can come: false after a close frame or an error.
    pub fn is_open(&self) -> bool {
        !self.has_ended
    }

    /// Whether it is between two messages, and holds nothing.
    pub fn is_at_rest(&self) -> bool {
        self.head.is_empty() && self.frame.is_none() && self.partial.is_none()
    }

    /// Returns the share of the [memory budget](Limits::memory_budget) that the last message has.
    /// Call it once that message is dropped.
    pub fn release_memory(&mut self) {
        if self.partial.is_none() {
            self.budget.release();
        }
    }

    /// Consumes bytes from the front of `input`, which it also overwrites, until a message is
    /// complete. None means that all bytes are consumed. After a close frame or an error, further
    /// bytes are discarded.
    ///
    /// # Errors
    /// At the first byte that violates the protocol or a limit.
    pub fn read(&mut self, input: &mut &mut [u8]) -> Result<Option<InboundMessage>, ProtocolError> {
        self.release_memory();
        if self.has_ended {
            *input = &mut [];
            return Ok(None);
        }
        let read = self.read_on(input);
        if matches!(read, Err(_) | Ok(Some(InboundMessage::Close(_)))) {
            self.has_ended = true;
            self.partial = None;
            self.budget.release();
        }
        read
    }

    fn read_on(&mut self, input: &mut &mut [u8]) -> Result<Option<InboundMessage>, ProtocolError> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.begin(input)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let missing = usize::try_from(frame.head.length - frame.at).unwrap_or(usize::MAX);
            let part = input.split_off_mut(..missing.min(input.len())).unwrap_or_default();
            unmask(part, frame.head.mask, frame.at);
            frame.at += part.len() as u64;
            let is_whole = frame.at == frame.head.length;
            let message = if frame.head.opcode.is_control() {
                self.control.extend_from_slice(part);
                if is_whole { Some(self.control(frame.head.opcode)?) } else { None }
            } else {
                self.data(part, is_whole && frame.head.is_last)?
            };
            if !is_whole {
                self.frame = Some(frame);
                return Ok(None);
            }
            if message.is_some() {
                return Ok(message);
            }
        }
    }

    /// Reads a frame head; none if more bytes are needed, with all of `input` consumed.
    fn begin(&mut self, input: &mut &mut [u8]) -> Result<Option<Frame>, ProtocolError> {
        let allowed =
            Allowed { compression: self.compression, continuation: self.partial.is_some() };
        let found = if self.head.is_empty() {
            Head::read(input, allowed)?
        } else {
            // Heads are short, and rarely arrive in pieces: one byte at a time is fast enough.
            loop {
                match input.split_off_first_mut() {
                    Some(byte) => self.head.push(*byte),
                    None => return Ok(None),
                }
                if let Some((head, _)) = Head::read(&self.head, allowed)? {
                    break Some((head, 0));
                }
            }
        };
        let Some((head, used)) = found else {
            self.head.extend_from_slice(input);
            *input = &mut [];
            return Ok(None);
        };
        self.head = Vec::new();
        *input = std::mem::take(input).get_mut(used..).unwrap_or_default();
        match head.opcode {
            Opcode::Text | Opcode::Binary => {
                let partial = PartialMessage::new(head.opcode == Opcode::Text, head.is_compressed);
                self.partial = Some(Box::new(partial));
            }
            Opcode::Continuation => {}
            Opcode::Close | Opcode::Ping | Opcode::Pong => return Ok(Some(Frame { head, at: 0 })),
        }
        if let Some(partial) = &mut self.partial {
            partial.expect(head.length, head.is_last, self.max_message_bytes)?;
        }
        Ok(Some(Frame { head, at: 0 }))
    }

    fn data(&mut self, part: &[u8], is_all: bool) -> Result<Option<InboundMessage>, ProtocolError> {
        let Some(partial) = &mut self.partial else { return Ok(None) };
        partial.push(part, is_all, self.max_message_bytes, &mut self.budget)?;
        let Some(partial) = self.partial.take_if(|_| is_all) else { return Ok(None) };
        partial.finish().map(Some)
    }

    fn control(&mut self, opcode: Opcode) -> Result<InboundMessage, ProtocolError> {
        let payload = std::mem::take(&mut self.control);
        Ok(match opcode {
            Opcode::Ping => InboundMessage::Ping(payload),
            Opcode::Pong => InboundMessage::Pong(payload),
            _ => InboundMessage::Close(CloseFrame::read(&payload)?),
        })
    }
}
