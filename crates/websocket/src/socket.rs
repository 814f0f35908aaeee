//! An open connection: receives, sends, and closes.

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
use crate::compression_pool::{MAX_INLINE_COMPRESSION_BYTES, compress_apart};
use crate::deflate::{self, Window};
use crate::error::ProtocolError;
use crate::frame::{self, Opcode};
use crate::message::InboundMessage;
use crate::reader::{Limits, Reader};
use crate::writer::{ByteStream, Sender};

/// Bytes per read.
const READ_BYTES: usize = 32 * 1024;
/// The operations of one message, of the 128 that a task may perform in a row: an answer to a short message costs
/// a system call. Otherwise a hundred floods would delay each other connection by a hundred times 128 messages.
const OPERATIONS_PER_MESSAGE: usize = 8;
/// Payloads up to this many bytes are copied behind their head; longer ones are written beside it.
const JOINED_BYTES: usize = 4 * 1024;

thread_local! {
    /// The read buffer of a thread, shared by all of its sockets. The reader consumes it at once,
    /// so a waiting socket holds no buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Why nothing more can be received.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// The peer closed. It expects an [answer](Socket::answer_close).
    #[error("closed by the peer")]
    Closed(Option<CloseFrame>),
    /// The peer violated the protocol. [Close](Socket::close) with the code of the error.
    #[error("{0}")]
    Protocol(#[from] ProtocolError),
    /// The connection broke, or ended without a close frame.
    #[error("connection broken: {0}")]
    Broken(#[from] io::Error),
}

/// An open WebSocket. It holds no buffer while it is idle.
#[derive(Debug)]
pub struct Socket {
    reader: Reader,
    /// Bytes that arrived together with the last message, and are not parsed yet.
    read_ahead: ReadAhead,
    sender: Sender,
    /// We sent a close frame, after which nothing may follow.
    is_closing: bool,
}

#[derive(Debug, Default)]
struct ReadAhead {
    bytes: Vec<u8>,
    at: usize,
}

impl Socket {
    /// Wraps a stream whose handshake is done, and of which `read` has been read already.
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

    /// The sending half, for other tasks that write to this peer.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The next message. Pings are answered here, and returned as well. While unsent data is
    /// pending, nothing is read: a peer that does not read cannot make the server buffer more.
    /// Cancel-safe.
    ///
    /// # Errors
    /// How the connection ends. Nothing can be received after an error.
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
            // One read may hold many short messages: yield to other tasks of the thread in between.
            let budget = ready!(coop::poll_proceed(context));
            let message = match self.read_ahead.read(&mut self.reader)? {
                Some(message) => message,
                None => match ready!(self.poll_read(context))? {
                    Some(message) => message,
                    None => continue,
                },
            };
            budget.made_progress();
            for _ in 1..OPERATIONS_PER_MESSAGE {
                // Without a budget, the next call yields.
                if let Poll::Ready(budget) = coop::poll_proceed(context) {
                    budget.made_progress();
                }
            }
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

    /// Reads once from the stream, and gives the bytes to the parser; unparsed bytes are kept for
    /// the next call.
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

    /// Writes frames together, after all frames before them, and completes when the system has
    /// taken them. If the future is dropped, a part may be written; the next write continues with
    /// the remainder.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn send(&mut self, frames: &[Bytes]) -> io::Result<()> {
        self.flush().await?;
        self.sender.write_or_queue(frames)?;
        self.flush().await
    }

    /// Writes a message for this peer alone, without copying a long payload.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_message(&mut self, opcode: Opcode, payload: Vec<u8>) -> io::Result<()> {
        let (compressed, payload) = match self.sender.window() {
            None => (None, payload),
            Some(window) if payload.len() <= MAX_INLINE_COMPRESSION_BYTES => {
                (deflate::frame(opcode, &payload, window), payload)
            }
            Some(window) => {
                compress_apart(move || (deflate::frame(opcode, &payload, window), payload)).await?
            }
        };
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

    /// Completes when no data is pending. Cancel-safe.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn flush(&self) -> io::Result<()> {
        poll_fn(|context| self.sender.poll_flush(context)).await
    }

    /// Sends a close frame, waits for the peer's, and ends the connection (RFC 6455 section 7.1.2).
    /// Gives up after `within`; the peer may not have received the code then.
    pub async fn close(&mut self, code: u16, reason: &str, within: Duration) {
        let close_frame = close::close_frame(code, reason);
        self.is_closing = true;
        let closing = async {
            self.sender.write_or_queue(&[close_frame])?;
            self.flush().await?;
            // After a protocol error no more frames can be parsed, not even a close frame.
            while self.reader.is_open() {
                match self.receive().await {
                    Ok(_) => {}
                    Err(ReceiveError::Broken(error)) => return Err(error),
                    Err(_) => break,
                }
            }
            self.shut_down().await
        };
        // A timeout or a broken connection: the peer is gone, so there is nothing left to do.
        timeout(within, closing).await.ok();
    }

    /// Answers the peer's close frame with its code, and ends the connection. Gives up after
    /// `within`.
    pub async fn answer_close(&mut self, close_frame: Option<&CloseFrame>, within: Duration) {
        let frame = close::close_answer(close_frame);
        let closing = async {
            self.sender.write_or_queue(&[frame])?;
            self.flush().await?;
            self.shut_down().await
        };
        // As in `close`: a peer that is gone needs no answer.
        timeout(within, closing).await.ok();
    }

    /// Shuts down our direction, and discards input until the peer shuts down its own. Closing a
    /// socket with unread input makes the system send a reset, which could destroy our last frames
    /// on their way.
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
        let unparsed = input.len();
        self.at = self.bytes.len() - unparsed;
        if unparsed == 0 {
            *self = Self::default();
        }
        Ok(message)
    }
}
