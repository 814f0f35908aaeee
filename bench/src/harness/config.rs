//! The configuration of a harness: protocol, server, subscribers.

use std::net::SocketAddr;
use std::sync::Arc;

use madang_loadgen::TestUser;
use madang_shared::{Position, RoomId};
use rustls::ClientConfig;

use crate::protocol::frame;

/// Connections that are opened at the same time by default.
const CONCURRENT_CONNECTS: usize = 256;

/// The protocol of the server under test, and the kind of event that is published.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// Plain WebSocket texts that begin with their number. The server sends every text unchanged to all
    /// connections. There is no session, so any server that relays texts can be measured.
    RawText {
        /// The path of the WebSocket endpoint.
        path: String,
    },
    /// The same texts as an event of Socket.IO 4, over WebSocket only.
    SocketIo {
        /// The name of the event, in both directions.
        event: String,
    },
    /// The same texts on one subject of a NATS server, over WebSocket.
    Nats {
        /// The subject.
        subject: String,
    },
    /// Chat messages in a room of Madang, stored before they are delivered.
    MadangChat,
    /// Typing signals in a room of Madang, alternately on and off. They are not stored: this is the one
    /// ephemeral event that a client causes. A room with more than [`TYPING_MAX_PRESENT`] users does not
    /// deliver them, but each connection of a user is a subscriber.
    ///
    /// [`TYPING_MAX_PRESENT`]: madang_shared::presence::TYPING_MAX_PRESENT
    MadangTyping,
}

impl Protocol {
    /// [`Protocol::RawText`] at this path.
    pub fn raw_text(path: &str) -> Self {
        Self::RawText { path: path.to_owned() }
    }

    /// Whether the server is Madang.
    pub(super) fn is_madang(&self) -> bool {
        matches!(self, Self::MadangChat | Self::MadangTyping)
    }

    /// The opcode of sent messages.
    pub(super) fn opcode(&self) -> u8 {
        if matches!(self, Self::Nats { .. }) { frame::BINARY } else { frame::TEXT }
    }
}

/// The server, the subscribers, and the published messages.
#[derive(Clone, Debug)]
pub struct HarnessConfig {
    /// The protocol.
    pub protocol: Protocol,
    /// The server's address. The publishers connect to it.
    pub server: SocketAddr,
    /// The nodes to which the other subscribers connect, in turns. Empty: they connect to `server`, too.
    pub readers_on: Vec<SocketAddr>,
    /// The users of the connections, in turns; each user publishes on its first connection. Empty for
    /// servers other than Madang: then the first connection publishes.
    pub users: Vec<TestUser>,
    /// Number of connections.
    pub subscribers: usize,
    /// The room of Madang.
    pub room: RoomId,
    /// Length of each published text in bytes.
    pub text_bytes: usize,
    /// Whether the connections offer permessage-deflate.
    pub deflate: bool,
    /// Whether the connections also subscribe to the directory and the user's memberships, as the app does.
    pub all_topics: bool,
    /// The position from which every subscriber resumes. Such a subscriber is ready when it has caught up.
    /// Without a position, every subscriber gets a snapshot.
    pub resume_from: Option<Position>,
    /// Connections that are opened at the same time. A server's accept queue holds about a thousand; a
    /// connection that finds it full retries after a second.
    pub concurrent_connects: usize,
    /// The size in bytes of the receive buffer of the last connection. The system's default would hide that
    /// this connection does not read.
    pub last_receive_buffer: Option<usize>,
    /// The TLS configuration of the connections, if they use TLS.
    pub tls: Option<Arc<ClientConfig>>,
}

impl HarnessConfig {
    /// Texts of 64 bytes in the first room, without users, compression and TLS.
    pub fn new(protocol: Protocol, server: SocketAddr, subscribers: usize) -> Self {
        Self {
            protocol,
            server,
            readers_on: Vec::new(),
            users: Vec::new(),
            subscribers,
            room: RoomId(1),
            text_bytes: 64,
            deflate: false,
            all_topics: false,
            resume_from: None,
            concurrent_connects: CONCURRENT_CONNECTS,
            last_receive_buffer: None,
            tls: None,
        }
    }

    /// The number of publishers. They are the first connections.
    pub fn publishers(&self) -> usize {
        let users = if self.protocol.is_madang() { self.users.len() } else { 1 };
        users.min(self.subscribers).max(1)
    }

    /// The first connection whose delays count: the publishers' own do not if the readers are on other nodes.
    pub(super) fn first_reader(&self) -> usize {
        if self.readers_on.is_empty() { 0 } else { self.publishers() }
    }

    /// The servers of the connections: first that of the publishers, then those of the other subscribers.
    pub(super) fn servers(&self) -> Vec<SocketAddr> {
        std::iter::once(self.server).chain(self.readers_on.iter().copied()).collect()
    }

    /// The index of a connection's server among [`Self::servers`].
    pub(super) fn server_index(&self, connection: usize) -> usize {
        let reader = connection.checked_sub(self.publishers());
        let turn = reader.and_then(|reader| reader.checked_rem(self.readers_on.len()));
        turn.map_or(0, |turn| turn + 1)
    }

    /// Sets the users.
    #[must_use]
    pub fn with_users(mut self, users: &[TestUser]) -> Self {
        self.users = users.to_vec();
        self
    }
}
