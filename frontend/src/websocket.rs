//! The browser's own WebSocket, for the pages of the lab that show its details. `gloo-net`, which the app's own
//! connection uses (`crate::socket`), hides the handshake, the address and the reason of a close.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

type Listener = Closure<dyn Fn(Event)>;

/// An event of a socket.
#[derive(Debug)]
pub(crate) enum SocketEvent {
    Opened,
    Text(String),
    Bytes(Vec<u8>),
    /// The last event. The code is 1006 if there was no close frame.
    Closed {
        code: u16,
        reason: String,
    },
}

/// The result of a handshake, as far as a page can see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HandshakeInfo {
    pub(crate) url: String,
    pub(crate) protocol: String,
    pub(crate) extensions: String,
    pub(crate) ready_state: u16,
}

/// An open or opening socket. Dropping it closes it, and ends its events.
pub(crate) struct PlainSocket {
    inner: WebSocket,
    listeners: RefCell<Vec<Listener>>,
}

impl PlainSocket {
    /// Opens a socket to a path of the page's own server, without a subprotocol; none if the browser refuses.
    pub(crate) fn open(path: &str, report: impl Fn(SocketEvent) + 'static) -> Option<Self> {
        Self::open_reporting(path, &(Rc::new(report) as Rc<dyn Fn(SocketEvent)>))
    }

    fn open_reporting(path: &str, report: &Rc<dyn Fn(SocketEvent)>) -> Option<Self> {
        let inner = WebSocket::new(&address(path)?).ok()?;
        inner.set_binary_type(BinaryType::Arraybuffer);
        let socket = Self { inner, listeners: RefCell::default() };
        for name in ["open", "message", "close"] {
            let report = Rc::clone(report);
            socket.on(
                name,
                Box::new(move |event| socket_event(&event).into_iter().for_each(&*report)),
            );
        }
        Some(socket)
    }

    fn on(&self, name: &str, react: Box<dyn Fn(Event)>) {
        let listener = Closure::wrap(react);
        let callback = listener.as_ref().unchecked_ref();
        // Fails for no name of an event.
        self.inner.add_event_listener_with_callback(name, callback).ok();
        self.listeners.borrow_mut().push(listener);
    }

    /// Sends a text; returns whether the browser accepted it.
    pub(crate) fn send_text(&self, text: &str) -> bool {
        self.is_open() && self.inner.send_with_str(text).is_ok()
    }

    /// Sends bytes; returns whether the browser accepted them.
    pub(crate) fn send_bytes(&self, bytes: &[u8]) -> bool {
        self.is_open() && self.inner.send_with_u8_array(bytes).is_ok()
    }

    /// Starts the closing handshake; its end is an event.
    pub(crate) fn close(&self) {
        // Fails only for codes that a page may not send.
        self.inner.close_with_code(1000).ok();
    }

    pub(crate) fn handshake(&self) -> HandshakeInfo {
        HandshakeInfo {
            url: self.inner.url(),
            protocol: self.inner.protocol(),
            extensions: self.inner.extensions(),
            ready_state: self.inner.ready_state(),
        }
    }

    fn is_open(&self) -> bool {
        self.inner.ready_state() == WebSocket::OPEN
    }
}

impl Drop for PlainSocket {
    fn drop(&mut self) {
        for (name, listener) in
            ["open", "message", "close"].into_iter().zip(self.listeners.borrow().iter())
        {
            let listener = listener.as_ref().unchecked_ref();
            // Fails for no name of an event.
            self.inner.remove_event_listener_with_callback(name, listener).ok();
        }
        self.close();
    }
}

fn socket_event(event: &Event) -> Option<SocketEvent> {
    if let Some(message) = event.dyn_ref::<MessageEvent>() {
        let data = message.data();
        return match data.as_string() {
            Some(text) => Some(SocketEvent::Text(text)),
            None => data
                .dyn_ref::<ArrayBuffer>()
                .map(|it| SocketEvent::Bytes(Uint8Array::new(it).to_vec())),
        };
    }
    if let Some(close) = event.dyn_ref::<CloseEvent>() {
        return Some(SocketEvent::Closed { code: close.code(), reason: close.reason() });
    }
    Some(SocketEvent::Opened)
}

/// The address of a socket on the page's own server.
pub(crate) fn address(path: &str) -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{path}", location.host().ok()?))
}

/// The meaning of a close code, in a few words.
pub(crate) fn meaning(code: u16) -> crate::i18n::Words {
    use crate::i18n::Words;
    match code {
        1000 => Words::new("할 일을 마치고 닫음", "closed normally"),
        1001 => Words::new(
            "한쪽이 떠남 (서버가 멈추거나 페이지를 닫음)",
            "one side is leaving: the server stops, or the page was closed",
        ),
        1002 => Words::new("프로토콜을 어김", "protocol error"),
        1003 => Words::new("받을 수 없는 종류의 메시지", "unsupported kind of message"),
        1005 => Words::new("코드 없이 닫음", "closed without a code"),
        1006 => Words::new(
            "인사 없이 끊김 (서버에 닿지 못했거나 거절당함)",
            "ended without a close frame: server not reached, or connection refused",
        ),
        1007 => Words::new("UTF-8이 아닌 글", "text that is not UTF-8"),
        1009 => Words::new("메시지가 너무 큼", "message too big"),
        1011 => Words::new("서버 안의 오류", "server error"),
        4001 => Words::new("읽는 속도가 너무 느림", "the client read too slowly"),
        4002 => Words::new("핑에 답이 없음", "a ping was not answered"),
        _ => Words::new("정해진 뜻이 없는 코드", "a code without a standard meaning"),
    }
}
