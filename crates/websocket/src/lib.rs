//! The server's side of a WebSocket (RFC 6455, with permessage-deflate of RFC 7692), for frames that
//! many connections share.
//!
//! Published implementations give each connection buffers of its own and encode, and compress, a message
//! once for every socket that it goes to. A server whose work is to say the same to many wants the
//! opposite: a frame that is made once and written to all, and connections that cost nothing while
//! nothing happens. Reading order:
//!
//! - [`Reader`] makes messages of bytes, in whatever pieces they come. It does no I/O. It holds what has
//!   arrived of an unfinished message and nothing else, so that an idle connection has no read buffer:
//!   [`Socket`] waits for bytes first, and then reads them into a buffer of its thread.
//! - [`Prepared`] is a message as it leaves: head and payload in one piece, and one compressed form for each
//!   size of window that a peer asked for, made when the first of them wants it.
//! - [`NegotiatedCompression`] is the agreement on compression. No context is taken over between messages, in either
//!   direction: ours could not be shared otherwise, and the client's would cost 40 KB a connection while
//!   it says nothing. Inflaters and deflaters belong to threads, not to connections.
//! - [`Handshake`], [`PendingUpgrade`]: from a request to a [`Socket`]. hyper hands the connection over, and with
//!   plain TCP we take the stream itself back, so that nothing stands between a frame and the system. TLS, or
//!   whatever else it was, is written to the same way (`layered`): encrypted by whoever writes.
//! - [`Socket`] reads and ends a connection; its [`Sender`] can be written to by others, without waiting,
//!   straight from a loop over all who are to hear of something.
//!
//! # What a client cannot do
//! Make it hold more than [`Limits`] say: lengths are checked in a frame's head, and inflating stops at the
//! limit. Send what is wrong and not be told: each [`ProtocolError`] has its code, and [`Socket::close`] sees to it
//! that the peer can read it. Be read from without reading: what is kept for it is flushed before more is
//! read. Origin, authentication, timeouts and heartbeats are the caller's.
//!
//! # Figures
//! - Memory: an idle connection of the server, session and all, costs 3.6 KB; with axum's WebSocket it was
//!   5.7, and 20.6 once it had been sent a page of messages (`docs/figures.md`).
//! - Compression (`cargo run --release -p madang-websocket --example compression`, on a busy machine): a chat event
//!   of 256 bytes shrinks to 79 % in about 15 µs, 512 bytes to 62 %, 1 KiB to 46 %, 4 KiB to 28 %. Below 256 bytes
//!   a fifth is not worth a second form. Level 3 is within a few percent of 6 and 9 up to 16 KiB, and several times
//!   as fast for what is longer; level 1 is faster still and leaves a quarter to a half more.

#![forbid(unsafe_code)]

mod boxed_stream;
mod close;
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
mod socket;
mod upgrade;
mod writer;

pub use close::{CloseFrame, close_answer, close_frame, may_be_sent};
pub use deflate::{COMPRESSIBLE_BYTES, Window};
pub use error::ProtocolError;
pub use frame::{MAX_CONTROL_BYTES, Opcode, ping};
pub use handshake::{Handshake, HandshakeError};
pub use memory_budget::{MemoryBudget, UNBUDGETED_BYTES};
pub use message::InboundMessage;
pub use negotiate::NegotiatedCompression;
pub use prepared::Prepared;
pub use reader::{Limits, Reader};
pub use socket::{ReceiveError, Socket};
pub use upgrade::PendingUpgrade;
pub use writer::{SendOutcome, Sender};
