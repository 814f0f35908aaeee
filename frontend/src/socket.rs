//! One WebSocket, from the wish to open it until it is closed or dropped.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::future::{AbortHandle, Abortable};
use futures_util::{Sink, Stream};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use leptos::prelude::window;
use madang_shared::CloseCode;
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use wasm_bindgen_futures::spawn_local;

/// What became of the socket.
#[derive(Debug)]
pub(crate) enum Happened {
    Opened,
    Frame(String),
    /// The last word: nothing follows it.
    Closed(u16),
}

/// An open or opening socket. Dropping it closes it, and nothing of it is reported any more.
pub(crate) struct Socket {
    inner: Rc<RefCell<WebSocket>>,
    wanted: Rc<Cell<bool>>,
    reader: AbortHandle,
}

impl Socket {
    /// Starts to open a socket to the server that the page came from; none if the browser refuses
    /// even to try.
    pub(crate) fn open(report: impl Fn(Happened) + 'static) -> Option<Self> {
        let inner = WebSocket::open_with_protocol(&address()?, SUBPROTOCOL).ok()?;
        let inner = Rc::new(RefCell::new(inner));
        let wanted = Rc::new(Cell::new(true));
        let (reader, registration) = AbortHandle::new_pair();
        let reading = read(Rc::clone(&inner), Rc::clone(&wanted), report);
        spawn_local(async move {
            // Aborted means dropped: there is nobody to tell.
            let _aborted = Abortable::new(reading, registration).await;
        });
        Some(Self { inner, wanted, reader })
    }

    /// Sends a text frame. What cannot be sent is lost with the connection, whose end is reported.
    pub(crate) fn send(&self, text: String) {
        let mut socket = self.inner.borrow_mut();
        drop(Pin::new(&mut *socket).start_send(Message::Text(text)));
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.wanted.set(false);
        self.reader.abort();
    }
}

async fn read(
    socket: Rc<RefCell<WebSocket>>,
    wanted: Rc<Cell<bool>>,
    report: impl Fn(Happened) + 'static,
) {
    let ready = poll_fn(|cx| Pin::new(&mut *socket.borrow_mut()).poll_ready(cx)).await;
    let open = matches!(socket.borrow().state(), State::Open);
    if ready.is_ok() && open && wanted.get() {
        report(Happened::Opened);
    }
    loop {
        let next = poll_fn(|cx| Pin::new(&mut *socket.borrow_mut()).poll_next(cx)).await;
        // Whatever was reported last may have led to the wish to close.
        if !wanted.get() {
            return;
        }
        match next {
            Some(Ok(Message::Text(text))) => report(Happened::Frame(text)),
            Some(Ok(Message::Bytes(_))) => {
                return report(Happened::Closed(CloseCode::NotText.number()));
            }
            Some(Err(WebSocketError::ConnectionClose(close))) => {
                return report(Happened::Closed(close.code));
            }
            // An error is followed by its close, which has the code.
            Some(Err(_)) => {}
            None => return report(Happened::Closed(1006)),
        }
    }
}

fn address() -> Option<String> {
    let location = window().location();
    let scheme = match location.protocol().ok()?.as_str() {
        "https:" => "wss",
        _ => "ws",
    };
    Some(format!("{scheme}://{}{SOCKET_PATH}", location.host().ok()?))
}
