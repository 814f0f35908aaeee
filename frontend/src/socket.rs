//! The app's own connection, from the wish to open it until it is closed or dropped.

use madang_shared::CloseCode;
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};

use crate::plain_socket::{Heard, PlainSocket};

/// What became of the socket.
#[derive(Debug)]
pub(crate) enum Happened {
    Opened,
    Frame(String),
    /// The last word: the socket is to be dropped.
    Closed(u16),
}

/// An open or opening socket. Dropping it closes it, and nothing of it is reported any more.
pub(crate) struct Socket(PlainSocket);

impl Socket {
    /// Starts to open a socket to the server that the page came from; none if the browser refuses
    /// even to try.
    pub(crate) fn open(report: impl Fn(Happened) + 'static) -> Option<Self> {
        let socket = PlainSocket::open(SOCKET_PATH, Some(SUBPROTOCOL), move |heard| {
            report(match heard {
                Heard::Opened => Happened::Opened,
                Heard::Text(text) => Happened::Frame(text),
                Heard::Bytes(_) => Happened::Closed(CloseCode::NotText.number()),
                Heard::Closed { code, .. } => Happened::Closed(code),
            });
        });
        socket.map(Self)
    }

    /// Sends a text frame. What cannot be sent is lost with the connection, whose end is reported.
    pub(crate) fn send(&self, text: &str) {
        let _sent = self.0.send_text(text);
    }
}
