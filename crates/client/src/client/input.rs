//! The inputs and outputs of the client.

use madang_shared::{Command, CommandId, Timestamp};

use crate::action::Action;
use crate::features::NewLazyViews;
use crate::outbox::PendingCommand;
use crate::slice::Slice;

/// The time of an input, and 128 random bits for its effects. Every input needs another context.
#[derive(Clone, Copy, Debug)]
pub struct InputContext {
    /// The time now; never earlier than that of the previous input.
    pub now: Timestamp,
    /// Random bits from the operating system, or from a simulation's seed.
    pub random: u128,
}

impl InputContext {
    /// 64 of the random bits, for the wait before a reconnect.
    pub(super) fn jitter(self) -> u64 {
        let [_, _, _, _, _, _, _, _, low @ ..] = self.random.to_be_bytes();
        u64::from_be_bytes(low)
    }
}

/// Something that happened outside the client.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect now: at the start, when the tab becomes visible, when the device is online again, or
    /// when the user does not want to wait. Does nothing while there is a connection.
    Connect,
    /// The device has no network.
    Offline,
    /// The socket that [`Output::OpenSocket`] requested is open.
    SocketOpened,
    /// A text frame arrived on the socket.
    Frame(String),
    /// The socket was closed, or could not be opened (code 1006).
    SocketClosed {
        /// See [`madang_shared::close`].
        code: u16,
    },
    /// [`crate::Client::deadline`] has passed. An early or repeated wake has no effect.
    Wake,
    /// The user gives a command.
    Command(Command),
    /// The user does something that is not a command.
    Act(Action),
    /// Another client of this user ended and left these commands unsent.
    Adopt(Vec<PendingCommand>),
    /// The user retries a failed command.
    Retry(CommandId),
    /// The user discards a failed command.
    Discard(CommandId),
    /// The code of the lazy views is loaded. A client without them follows no topic of theirs.
    LazyViews(NewLazyViews),
    /// The user ends the session. The client sends nothing more and does not connect again.
    SignOut,
}

/// An instruction to the driver of the client. The driver executes outputs in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket, and report [`Input::SocketOpened`] or [`Input::SocketClosed`].
    OpenSocket,
    /// Send this text on the socket.
    Send(String),
    /// Close the socket, and report no further input from it.
    CloseSocket,
    /// A slice changed that a screen may show.
    Changed(Slice),
    /// Persist [`crate::Client::outbox_to_persist`] where the next client finds it.
    PersistOutbox,
}
