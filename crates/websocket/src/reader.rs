//! From bytes to messages.

use std::sync::Arc;

use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::frame::{Allowed, Head, Opcode, unmask};
use crate::memory_budget::{MemoryBudget, Share};
use crate::message::{Making, Message};

/// What a client may send.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes in one message, after inflating.
    pub max_message_bytes: usize,
    /// Where many connections together take the memory for large messages from. A message's part of it
    /// is given back when the next one is asked for, or with [`Reader::release`]. Without, each connection has its own limit only.
    pub room: Option<Arc<MemoryBudget>>,
}

impl Limits {
    /// Messages of so many bytes.
    pub fn new(max_message_bytes: usize) -> Self {
        Self { max_message_bytes, room: None }
    }
}

/// Makes messages of a client's bytes, in whatever pieces they come. It holds what has arrived of an
/// unfinished message, and nothing between messages.
#[derive(Debug)]
pub struct Reader {
    max_message_bytes: usize,
    share: Share,
    compression: bool,
    /// No more is read: the client has closed, or done something wrong.
    ended: bool,
    /// The start of a head whose rest is not there.
    head: Vec<u8>,
    frame: Option<Frame>,
    making: Option<Box<Making>>,
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
            share: Share::of(limits.room),
            compression,
            ended: false,
            head: Vec::new(),
            frame: None,
            making: None,
            control: Vec::new(),
        }
    }

    /// Whether anything more can come of it: not after a close or an error.
    pub fn is_open(&self) -> bool {
        !self.ended
    }

    /// Whether it is between two frames, with no message begun: nothing is held.
    pub fn is_at_rest(&self) -> bool {
        self.head.is_empty() && self.frame.is_none() && self.making.is_none()
    }

    /// The message that was given out last is not held any more: its [room](Limits::room) is free.
    pub fn release(&mut self) {
        if self.making.is_none() {
            self.share.release();
        }
    }

    /// Takes bytes from the front of `input`, and writes over them, until a message is whole; none
    /// once all are taken. After a close, and after an error, what comes is taken and dropped.
    ///
    /// # Errors
    /// What is wrong, as soon as it can be known.
    pub fn read(&mut self, input: &mut &mut [u8]) -> Result<Option<Message>, ProtocolError> {
        self.release();
        if self.ended {
            *input = &mut [];
            return Ok(None);
        }
        let read = self.read_on(input);
        if matches!(read, Err(_) | Ok(Some(Message::Close(_)))) {
            self.ended = true;
            self.making = None;
            self.share.release();
        }
        read
    }

    fn read_on(&mut self, input: &mut &mut [u8]) -> Result<Option<Message>, ProtocolError> {
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
            Allowed { compression: self.compression, continuation: self.making.is_some() };
        let kept = self.head.len();
        let found = if kept == 0 {
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
                let making = Making::new(head.opcode == Opcode::Text, head.is_compressed);
                self.making = Some(Box::new(making));
            }
            Opcode::Continuation => {}
            Opcode::Close | Opcode::Ping | Opcode::Pong => return Ok(Some(Frame { head, at: 0 })),
        }
        if let Some(making) = &mut self.making {
            making.expect(head.length, head.is_last, self.max_message_bytes)?;
        }
        Ok(Some(Frame { head, at: 0 }))
    }

    fn data(&mut self, part: &[u8], is_all: bool) -> Result<Option<Message>, ProtocolError> {
        let Some(making) = &mut self.making else { return Ok(None) };
        making.push(part, is_all, self.max_message_bytes, &mut self.share)?;
        let Some(making) = self.making.take_if(|_| is_all) else { return Ok(None) };
        making.finish().map(Some)
    }

    fn control(&mut self, opcode: Opcode) -> Result<Message, ProtocolError> {
        let payload = std::mem::take(&mut self.control);
        Ok(match opcode {
            Opcode::Ping => Message::Ping(payload),
            Opcode::Pong => Message::Pong(payload),
            _ => Message::Close(CloseFrame::read(&payload)?),
        })
    }
}
