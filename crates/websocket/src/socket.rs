//! A connection: a reader, a way out, and their end.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::task::coop;
use tokio::time::timeout;

use crate::close::{self, CloseFrame};
use crate::deflate::{self, Window};
use crate::error::ProtocolError;
use crate::frame::{self, Opcode};
use crate::message::InboundMessage;
use crate::reader::{Limits, Reader};
use crate::writer::{ByteStream, Sender};

/// Bytes that are read at a time.
const READ_BYTES: usize = 32 * 1024;
/// A payload of at most so many bytes is copied behind its head; a longer one is written beside it.
const JOINED_BYTES: usize = 4 * 1024;

thread_local! {
    /// What all sockets read into that a thread serves. Nothing stays in it: the reader takes it at
    /// once, so that a socket that waits holds no buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Why nothing more comes.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// The peer closed. It expects an [answer](Socket::answer_close).
    #[error("closed by the peer")]
    Closed(Option<CloseFrame>),
    /// The peer did something wrong, and should be [told](Socket::close).
    #[error("{0}")]
    Protocol(#[from] ProtocolError),
    /// The connection broke, or ended without a close.
    #[error("broken: {0}")]
    Broken(#[from] io::Error),
}

/// An open WebSocket. While nothing happens it holds no buffer at all.
#[derive(Debug)]
pub struct Socket {
    reader: Reader,
    /// Read, and not yet looked at: what came together with the message that was given out last.
    read_ahead: ReadAhead,
    sender: Sender,
    /// Our goodbye is said, and nothing may follow it.
    is_closing: bool,
}

#[derive(Debug, Default)]
struct ReadAhead {
    bytes: Vec<u8>,
    at: usize,
}

impl Socket {
    /// On a stream whose handshake is done, and of which `read` has been read already.
    pub(crate) fn new(
        stream: ByteStream,
        read: &[u8],
        limits: Limits,
        window: Option<Window>,
    ) -> Self {
        Self {
            reader: Reader::new(limits, window.is_some()),
            read_ahead: ReadAhead { bytes: read.to_vec(), at: 0 },
            sender: Sender::new(stream, window),
            is_closing: false,
        }
    }

    /// The way out, for others who write to this peer.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The next message. Pings are answered already. Nothing is read while something is kept that the
    /// peer does not take: whoever does not read is not read from. Safe to drop at any point.
    ///
    /// # Errors
    /// How it ends; there is nothing to receive after that.
    pub async fn receive(&mut self) -> Result<InboundMessage, ReceiveError> {
        poll_fn(|context| self.poll_receive(context)).await
    }

    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<InboundMessage, ReceiveError>> {
        self.reader.release_memory();
        loop {
            ready!(self.sender.poll_flush(context))?;
            // What was read together is many messages, if they are short: others want the thread too.
            let turn = ready!(coop::poll_proceed(context));
            let message = match self.read_ahead.read(&mut self.reader)? {
                Some(message) => message,
                None => match ready!(self.poll_read(context))? {
                    Some(message) => message,
                    None => continue,
                },
            };
            turn.made_progress();
            return Poll::Ready(match message {
                InboundMessage::Close(close_frame) => Err(ReceiveError::Closed(close_frame)),
                InboundMessage::Ping(payload) => {
                    if !self.is_closing {
                        self.sender.write_or_queue(&[frame::pong(&payload)])?;
                    }
                    Ok(InboundMessage::Ping(payload))
                }
                message => Ok(message),
            });
        }
    }

    /// Reads once from the wire, and hands it all to the reader or to the rest.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<InboundMessage>, ReceiveError>> {
        BUFFER.with_borrow_mut(|buffer| {
            let read = ready!(self.sender.stream().poll_read(context, buffer))?;
            let mut input = buffer.get_mut(..read).unwrap_or_default();
            if input.is_empty() {
                return Poll::Ready(Err(ReceiveError::Broken(ErrorKind::UnexpectedEof.into())));
            }
            let message = self.reader.read(&mut input)?;
            self.read_ahead = ReadAhead { bytes: input.to_vec(), at: 0 };
            Poll::Ready(Ok(message))
        })
    }

    /// Writes frames, joined, once everything before them is written, and completes when the system has
    /// taken them. Dropped before, it may have written a part; what is left is written first by whatever
    /// writes next.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn send(&mut self, frames: &[Bytes]) -> io::Result<()> {
        self.flush().await?;
        self.sender.write_or_queue(frames)?;
        self.flush().await
    }

    /// Writes a message that is for this peer alone, without copying what is long.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_message(&mut self, opcode: Opcode, payload: Vec<u8>) -> io::Result<()> {
        let compressed =
            self.sender.window().and_then(|window| deflate::frame(opcode, &payload, window));
        match compressed {
            Some(frame) => self.send(&[frame]).await,
            None if payload.len() <= JOINED_BYTES => {
                self.send(&[frame::whole(opcode, false, &payload)]).await
            }
            None => {
                let head = frame::head(opcode, payload.len());
                self.send(&[head, payload.into()]).await
            }
        }
    }

    /// Completes when nothing is kept for the peer any more. Safe to drop at any point.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn flush(&self) -> io::Result<()> {
        poll_fn(|context| self.sender.poll_flush(context)).await
    }

    /// Says why, waits for the peer to say goodbye too, and ends the connection (RFC 6455 section
    /// 7.1.2). Takes so long at most; past that the peer may not have heard it.
    pub async fn close(&mut self, code: u16, reason: &str, within: Duration) {
        let close_frame = close::close_frame(code, reason);
        self.is_closing = true;
        let closing = async {
            self.sender.write_or_queue(&[close_frame])?;
            self.flush().await?;
            // After a fault nothing of the peer's can be understood, its goodbye neither.
            while self.reader.is_open() {
                match self.receive().await {
                    Ok(_) => {}
                    Err(ReceiveError::Broken(error)) => return Err(error),
                    Err(_) => break,
                }
            }
            self.shut_down().await
        };
        // A peer that is not there has no use for a goodbye.
        let _heard = timeout(within, closing).await.is_ok();
    }

    /// Answers the peer's goodbye with its code, and ends the connection. Takes so long at most.
    pub async fn answer_close(&mut self, close_frame: Option<&CloseFrame>, within: Duration) {
        let frame = close::close_answer(close_frame);
        let closing = async {
            self.sender.write_or_queue(&[frame])?;
            self.flush().await?;
            self.shut_down().await
        };
        let _heard = timeout(within, closing).await.is_ok();
    }

    /// Says that nothing follows, and takes what still comes until the peer says so too. A connection
    /// that is closed with unread bytes in it is reset, and the peer may lose our last words.
    async fn shut_down(&mut self) -> io::Result<()> {
        poll_fn(|context| self.sender.stream().poll_shutdown(context)).await?;
        let stream = self.sender.stream();
        let mut read = |context: &mut Context<'_>| {
            BUFFER.with_borrow_mut(|buffer| stream.poll_read(context, buffer))
        };
        while poll_fn(&mut read).await? > 0 {}
        Ok(())
    }
}

impl ReadAhead {
    fn read(&mut self, reader: &mut Reader) -> Result<Option<InboundMessage>, ProtocolError> {
        let mut input = self.bytes.get_mut(self.at..).unwrap_or_default();
        if input.is_empty() {
            return Ok(None);
        }
        let message = reader.read(&mut input)?;
        let left = input.len();
        self.at = self.bytes.len() - left;
        if left == 0 {
            *self = Self::default();
        }
        Ok(message)
    }
}
