//! The server side of a WebSocket connection (RFC 6455, with permessage-deflate of RFC 7692), for frames
//! that many connections share.
//!
//! Published implementations give each connection its own buffers, and encode and compress a message
//! once for every socket. A broadcasting server needs the opposite: a frame is encoded once and written
//! to all sockets, and an idle connection holds no buffer. Reading order:
//!
//! - [`Reader`] parses bytes into messages, in pieces of any size, without I/O. It holds only what has
//!   arrived of an unfinished message. [`Socket`] waits until bytes have arrived, and then reads them into
//!   a buffer of its thread, so an idle connection has no read buffer.
//! - [`Prepared`] is an encoded outbound message: head and payload in one piece, and one compressed frame for
//!   each window size that a peer requested, made when the first such peer needs it.
//! - [`text_around`] encloses a shared text, compressed once, in the two ends of a message to one peer.
//! - [`NegotiatedCompression`] is the result of the negotiation. No context is carried over between messages, in
//!   either direction: with it, outbound frames could not be shared, and an inflater would cost each idle
//!   connection 40 KB. Inflaters and deflaters belong to threads, not to connections.
//! - [`Handshake`] and [`PendingUpgrade`] lead from a request to a [`Socket`]. hyper hands the connection over. With
//!   plain TCP we unwrap the stream itself, so that frames go to the system directly. TLS and other streams are written
//!   in the same way (`boxed_stream`): the sending thread encrypts.
//! - [`Socket`] receives and closes. Other tasks write with its [`Sender`], without waiting, for example in a loop
//!   over all subscribers of a topic.
//!
//! # Guarantees
//! - A connection never holds more than [`Limits`] allow: lengths are checked in the frame head, and inflating
//!   stops at the limit.
//! - Every violation of the protocol has a close code ([`ProtocolError`]), and [`Socket::close`] makes sure that the
//!   peer can receive it.
//! - A peer that does not read is not read from: pending data are flushed before the next read.
//!
//! The caller is responsible for origin, authentication, timeouts and heartbeats.
//!
//! # Figures
//! - Memory: an idle connection of the server, session included, costs 3.6 KB. With axum's WebSocket it was
//!   5.7 KB, and 20.6 KB once it had received a page of messages (`docs/figures.md`).
//! - Compression (`cargo run --release -p madang-websocket --example compression`, on a busy machine): a chat event
//!   of 256 bytes shrinks to 79 % in about 15 µs, 512 bytes to 62 %, 1 KiB to 46 %, 4 KiB to 28 %. Below 256 bytes,
//!   a gain of a fifth does not justify a second frame. Level 3 is within a few percent of levels 6 and 9 up to
//!   16 KiB, and several times as fast for longer messages. Level 1 is faster still, and its output is larger by a
//!   quarter to a half.

#![forbid(unsafe_code)]

mod around;
mod boxed_stream;
mod close;
mod compression_pool;
mod deflate;
mod error;
mod frame;
mod handshake;
mod inflate;
mod memory_budget;
mod message;
mod negotiate;
mod prepared;
mod reader;
mod resettable_stream;
mod socket;
mod upgrade;
mod write_deadline;
mod writer;

pub use around::{Middle, compress_middle, text_around};
pub use close::{CloseFrame, close_answer, close_frame, may_be_sent};
pub use compression_pool::{MAX_INLINE_COMPRESSION_BYTES, compress_apart};
pub use deflate::{COMPRESSIBLE_BYTES, Window};
pub use error::ProtocolError;
pub use frame::{MAX_CONTROL_BYTES, Opcode, ping};
pub use handshake::{Handshake, HandshakeError};
pub use memory_budget::{MemoryBudget, UNBUDGETED_BYTES};
pub use message::InboundMessage;
pub use negotiate::NegotiatedCompression;
pub use prepared::Prepared;
pub use reader::{Limits, Reader};
pub use resettable_stream::{ResetFlag, ResettableStream};
pub use socket::{ReceiveError, Socket};
pub use upgrade::PendingUpgrade;
pub use write_deadline::{MinRate, RateMeter, SLOWEST_READER, WriteDeadline};
pub use writer::{SendOutcome, Sender};
