//! From bytes to messages.

use std::sync::Arc;

use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::frame::{Allowed, Head, Opcode, unmask};
use crate::memory_budget::{BudgetShare, MemoryBudget};
use crate::message::{InboundMessage, PartialMessage};

/// What a client may send.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes in one message, after inflating.
    pub max_message_bytes: usize,
    /// Where many connections together take the memory for large messages from. A message's part of it
    /// is given back when the next one is asked for, or with [`Reader::release_memory`]. Without, each connection has its own limit only.
    pub memory_budget: Option<Arc<MemoryBudget>>,
}

impl Limits {
    /// Messages of so many bytes.
    pub fn new(max_message_bytes: usize) -> Self {
        Self { max_message_bytes, memory_budget: None }
    }
}

/// Makes messages of a client's bytes, in whatever pieces they come. It holds what has arrived of an
/// unfinished message, and nothing between messages.
#[derive(Debug)]
pub struct Reader {
    max_message_bytes: usize,
    budget: BudgetShare,
    compression: bool,
    /// No more is read: the client has closed, or done something wrong.
    has_ended: bool,
    /// The start of a head whose rest is not there.
    head: Vec<u8>,
    frame: Option<Frame>,
    partial: Option<Box<PartialMessage>>,
    control: Vec<u8>,
}

/// The frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    head: Head,
    /// Bytes of it that were there.
    at: u64,
}

#[expect(
    clippy::mut_mut,
    reason = "bytes are taken from the front of a slice; its rest is the answer"
)]
impl Reader {
    /// For a new connection. `compression` if it was negotiated.
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

    /// Whether anything more can come of it: not after a close or an error.
    pub fn is_open(&self) -> bool {
        !self.has_ended
    }

    /// Whether it is between two frames, with no message begun: nothing is held.
    pub fn is_at_rest(&self) -> bool {
        self.head.is_empty() && self.frame.is_none() && self.partial.is_none()
    }

    /// The message that was given out last is not held any more: its [room](Limits::memory_budget) is free.
    pub fn release_memory(&mut self) {
        if self.partial.is_none() {
            self.budget.release();
        }
    }

    /// Takes bytes from the front of `input`, and writes over them, until a message is whole; none
    /// once all are taken. After a close, and after an error, what comes is taken and dropped.
    ///
    /// # Errors
    /// What is wrong, as soon as it can be known.
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

    /// Reads the head of a frame; none if more bytes are needed, and then `input` is empty.
    fn begin(&mut self, input: &mut &mut [u8]) -> Result<Option<Frame>, ProtocolError> {
        let allowed =
            Allowed { compression: self.compression, continuation: self.partial.is_some() };
        let found = if self.head.is_empty() {
            Head::read(input, allowed)?
        } else {
            // Heads are short, and seldom cut: byte by byte will do.
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
        drop(input.split_off_mut(..used));
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
