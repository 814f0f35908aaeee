//! The inputs and outputs of the client.

use madang_shared::{Command, CommandId, Timestamp};

use crate::action::Action;
use crate::outbox::Pending;
use crate::slice::Slice;

/// When an input arrived, and 128 random bits for whatever it leads to. Fresh for every input.
#[derive(Clone, Copy, Debug)]
pub struct InputContext {
    /// Now; never earlier than before.
    pub now: Timestamp,
    /// From the system's source of randomness, or from a simulation's seed.
    pub random: u128,
}

impl InputContext {
    /// 64 of the random bits, for the wait before a reconnect.
    pub(super) fn jitter(self) -> u64 {
        let [_, _, _, _, _, _, _, _, low @ ..] = self.random.to_be_bytes();
        u64::from_be_bytes(low)
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect now: at the start; when the tab becomes visible; when the device says that it is
    /// online again; when the user does not want to wait. Does nothing while there is a connection.
    Connect,
    /// The device says that it has no network.
    Offline,
    /// The socket that [`Output::OpenSocket`] asked for is open.
    SocketOpened,
    /// A text frame arrived on it.
    Frame(String),
    /// It was closed, or could not be opened (code 1006).
    SocketClosed {
        /// See [`madang_shared::close`].
        code: u16,
    },
    /// [`crate::Client::deadline`] has passed. Coming early or twice does no harm.
    Wake,
    /// The user asks for a change.
    Command(Command),
    /// The user does something else.
    Act(Action),
    /// Another client of this user has left these unsent, for good.
    Adopt(Vec<Pending>),
    /// The user tries a failed command again.
    Retry(CommandId),
    /// The user lets a failed command go.
    Discard(CommandId),
    /// The user ends the session: nothing more is sent, and no connection is made.
    SignOut,
}

/// What to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket, and report [`Input::SocketOpened`] or [`Input::SocketClosed`].
    OpenSocket,
    /// Send this text on the socket.
    Send(String),
    /// Close the socket; report nothing of it any more.
    CloseSocket,
    /// Something changed that may be on the screen.
    Changed(Slice),
    /// Keep [`crate::Client::outbox_to_persist`] where a reload finds it.
    PersistOutbox,
}
