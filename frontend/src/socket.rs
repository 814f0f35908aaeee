//! The app's own connection, through `gloo-net`.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::{Sink, Stream};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use leptos::task::spawn_local;
use madang_shared::CloseCode;
use madang_shared::limits::{PROTOCOL_PARAMETER, SOCKET_PATH, SUBPROTOCOL};

use crate::websocket::address;

/// An event of the socket.
#[derive(Debug)]
pub(crate) enum ConnectionEvent {
    Opened,
    Frame(String),
    /// The socket has closed with this code. It is the last event; drop the socket after it.
    Closed(u16),
}

/// The browser's socket; none once it is closed or dropped.
type Shared = Rc<RefCell<Option<WebSocket>>>;

/// An open or opening socket. Dropping it closes it, and ends its events.
pub(crate) struct Socket(Shared);

impl Socket {
    /// Opens a socket to the page's own server; none if the browser refuses.
    pub(crate) fn open(report: impl Fn(ConnectionEvent) + 'static) -> Option<Self> {
        let path = format!("{SOCKET_PATH}?{PROTOCOL_PARAMETER}={SUBPROTOCOL}");
        let socket = WebSocket::open(&address(&path)?).ok()?;
        let shared = Rc::new(RefCell::new(Some(socket)));
        spawn_local(report_events(Rc::clone(&shared), Box::new(report)));
        Some(Self(shared))
    }

    /// Sends a text frame. A frame that cannot be sent is lost with the connection, and
    /// [`ConnectionEvent::Closed`] follows.
    pub(crate) fn send(&self, text: &str) {
        if let Some(socket) = self.0.borrow_mut().as_mut().filter(|it| is_open(it)) {
            // Fails only if the socket is not open.
            Pin::new(socket).start_send(Message::Text(text.to_owned())).ok();
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take() {
            // Fails only for codes that a page may not send.
            socket.close(Some(1000), None).ok();
        }
    }
}

/// Reports the events of the socket in the browser's order, until the socket is closed or dropped.
async fn report_events(socket: Shared, report: Box<dyn Fn(ConnectionEvent)>) {
    let mut was_open = false;
    while let Some(happened) = poll_fn(|cx| poll_event(&socket, was_open, cx)).await {
        was_open = true;
        let is_last = matches!(happened, ConnectionEvent::Closed(_));
        // The socket is not borrowed here, because the callee may send, and may drop it.
        report(happened);
        if is_last {
            break;
        }
    }
}

/// The next event. `gloo-net` reports no opening, so this polls the sink, which is ready once the socket is
/// open.
fn poll_event(
    socket: &Shared,
    was_open: bool,
    cx: &mut Context<'_>,
) -> Poll<Option<ConnectionEvent>> {
    let mut socket = socket.borrow_mut();
    let Some(socket) = socket.as_mut() else { return Poll::Ready(None) };
    if !was_open && Pin::new(&mut *socket).poll_ready(cx).is_ready() && is_open(socket) {
        return Poll::Ready(Some(ConnectionEvent::Opened));
    }
    loop {
        return Poll::Ready(match std::task::ready!(Pin::new(&mut *socket).poll_next(cx)) {
            Some(Ok(Message::Text(text))) => Some(ConnectionEvent::Frame(text)),
            Some(Ok(Message::Bytes(_))) => {
                Some(ConnectionEvent::Closed(CloseCode::NotText.number()))
            }
            Some(Err(WebSocketError::ConnectionClose(close))) => {
                Some(ConnectionEvent::Closed(close.code))
            }
            // A browser gives no details of an error; the event of the close follows.
            Some(Err(_)) => continue,
            None => None,
        });
    }
}

fn is_open(socket: &WebSocket) -> bool {
    matches!(socket.state(), State::Open)
}
