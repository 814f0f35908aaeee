//! The raw echo, with the properties of a WebSocket that a browser shows to a page.

mod log;

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use madang_shared::lab::echo::{ECHO_PATH, ECHO_PLAIN, MAX_ECHO_MESSAGE_BYTES};

use crate::browser;
use crate::format::tenths;
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::lab::code::show_code;
use crate::lab::lines::lines;
use crate::route::Page;
use crate::ui::direction::direction;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, text, when};
use crate::ui::erased::signal::{State, state};
use crate::websocket::{HandshakeInfo, PlainSocket, SocketEvent, meaning};
use log::{Log, Message, Row, from_hex};

const INTRO: Words = Words::new(
    "/ws는 받은 글 앞에 “Echo: ”를 붙여 돌려주고, 바이트는 그대로 돌려줍니다. 로그인이 필요 없으니 Postman이나 websocat으로도 연결해 보세요.",
    "/ws returns every message: text behind “Echo: ”, bytes unchanged. It needs no sign-in, so Postman and websocat work as well as this page.",
);
const CONNECT: Words = Words::new("연결", "Connect");
const DISCONNECT: Words = Words::new("연결 끊기", "Disconnect");
const CLOSING: Words = Words::new("닫는 중…", "Closing…");
const PLAIN: Words = Words::new("앞말 없이 (/ws?plain)", "Without the prefix (/ws?plain)");
const TEXT: Words = Words::new("보낼 글", "Text to send");
const SEND_TEXT: Words = Words::new("글 보내기", "Send text");
const HEX: Words = Words::new("보낼 바이트 (16진수)", "Bytes to send (hex)");
const SEND_BYTES: Words = Words::new("바이트 보내기", "Send bytes");
const NOT_HEX: Words = Words::new(
    "0–9와 a–f를 두 자리씩 적어 주세요. 보기: 00 ff a0",
    "Write pairs of the digits 0–9 and a–f, as in 00 ff a0.",
);
const TOO_BIG: Words = Words::new("한도보다 1바이트 많이 보내기", "Send one byte too many");
const HANDSHAKE: Words = Words::new("브라우저가 보여 주는 것", "What the browser shows");
const NONE: Words = Words::new("없음", "none");
const CLOSED: Words = Words::new("닫힌 까닭", "Closed because");
const MESSAGES: Words = Words::new("오간 메시지", "Messages");

/// The `readyState` of a closed socket, and the one that the page gives to a socket that does not exist.
const CLOSED_STATE: u16 = 3;
const NO_SOCKET: u16 = 4;

#[derive(Clone, Copy)]
struct Echo {
    socket: StoredValue<Option<PlainSocket>, LocalStorage>,
    handshake: State<HandshakeInfo>,
    log: State<Log>,
    /// The end of the last connection: code and reason.
    closed: State<Option<(u16, String)>>,
}

impl Echo {
    fn connect(self, plain: bool) {
        self.closed.set(None);
        let path = if plain { format!("{ECHO_PATH}?{ECHO_PLAIN}") } else { ECHO_PATH.to_owned() };
        self.socket.set_value(PlainSocket::open(&path, move |event| self.on_socket(event)));
        self.look();
    }

    fn disconnect(self) {
        self.with_socket(PlainSocket::close);
        self.look();
    }

    fn send(self, message: Message<'_>) -> bool {
        let at = browser::stopwatch();
        let sent = self.with_socket(|socket| match message {
            Message::Text(text) => socket.send_text(text),
            Message::Binary(bytes) => socket.send_bytes(bytes),
        });
        if sent == Some(true) {
            self.log.update(|log| log.sent(at, message));
        }
        sent == Some(true)
    }

    fn on_socket(self, event: SocketEvent) {
        let at = browser::stopwatch();
        match event {
            SocketEvent::Opened => {}
            SocketEvent::Text(text) => {
                self.log.update(|log| log.received(at, Message::Text(&text)));
            }
            SocketEvent::Bytes(bytes) => {
                self.log.update(|log| log.received(at, Message::Binary(&bytes)));
            }
            SocketEvent::Closed { code, reason } => {
                self.closed.set(Some((code, reason)));
                self.log.update(Log::closed);
            }
        }
        self.look();
    }

    /// Reads the current properties of the socket.
    fn look(self) {
        if let Some(handshake) = self.with_socket(PlainSocket::handshake) {
            self.handshake.set(handshake);
        }
    }

    fn with_socket<T>(self, use_it: impl FnOnce(&PlainSocket) -> T) -> Option<T> {
        self.socket.with_value(|socket| socket.as_ref().map(use_it))
    }
}

/// The page.
#[component]
pub(crate) fn EchoPage() -> impl IntoView {
    let lang = use_lang();
    let echo = Echo {
        socket: StoredValue::new_local(None),
        handshake: state(HandshakeInfo { ready_state: NO_SOCKET, ..HandshakeInfo::default() }),
        log: state(Log::default()),
        closed: state(None),
    };
    on_cleanup(move || {
        echo.socket.try_update_value(|socket| *socket = None);
    });
    let plain = state(false);
    let state = memo(move || echo.handshake.with(|handshake| handshake.ready_state));
    let is_open = move || state.get() == 1;
    let is_closed = move || state.get() >= CLOSED_STATE;
    let toggle = move |_| {
        if state.get_untracked() >= CLOSED_STATE {
            echo.connect(plain.get_untracked());
        } else {
            echo.disconnect();
        }
    };
    let label = text(move || {
        let words = match state.get() {
            0 => CANCEL,
            1 => DISCONNECT,
            2 => CLOSING,
            _ => CONNECT,
        };
        words.of(lang.get()).to_owned()
    });
    view! {
        <div class="page">
            <div class="page-body">
                <p class="page-intro">{INTRO.now()}</p>
                <div class="lab-pair">
                    <section class="lab-box echo-box">
                        <div class="lab-row">
                            <button class="button button-strong" data-testid="echo-toggle" on:click=events::click(toggle)>{label}</button>
                            <label class="lab-check">
                                <input type="checkbox" data-testid="echo-plain" prop:checked=derived(move || plain.get()) disabled=derived(move || !is_closed()) on:change=events::change(move |event| plain.set(event_target_checked(&event))) />
                                {PLAIN.now()}
                            </label>
                        </div>
                        <Rows echo=echo />
                        <Sender echo=echo is_open=derived(is_open) plain=plain />
                    </section>
                    <Handshake echo=echo />
                </div>
                {show_code(Page::Echo)}
            </div>
        </div>
    }
}

#[component]
fn Sender(echo: Echo, is_open: Signal<bool>, plain: State<bool>) -> impl IntoView {
    let is_wrong = state(false);
    let send_text = move |field: &str| echo.send(Message::Text(field));
    let send_bytes = move |field: &str| {
        let bytes = from_hex(field);
        is_wrong.set(bytes.is_none());
        bytes.is_some_and(|bytes| echo.send(Message::Binary(&bytes)))
    };
    let send_too_much = move |_| {
        echo.send(Message::Text(&"x".repeat(MAX_ECHO_MESSAGE_BYTES + 1)));
    };
    // Without the prefix the limit is 16 MiB, too much to send for one click.
    let is_no_use = derived(move || !is_open.get() || plain.get());
    view! {
        {sender("echo-text", TEXT, SEND_TEXT, is_open, send_text)}
        {sender("echo-hex", HEX, SEND_BYTES, is_open, send_bytes)}
        {when(move || is_wrong.get(), || view! { <p class="error" role="alert">{NOT_HEX.now()}</p> }.into_any())}
        <button class="text-button" data-testid="echo-too-big" disabled=is_no_use on:click=events::click(send_too_much)>{TOO_BIG.now()}</button>
    }
}

/// A field with its button; the field is emptied after sending.
fn sender(
    id: &'static str,
    label: Words,
    verb: Words,
    is_open: Signal<bool>,
    send: impl Fn(&str) -> bool + 'static,
) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        if send(&field.value()) {
            field.set_value("");
        }
        browser::focus_on(&field);
    };
    let is_shut = derived(move || !is_open.get());
    view! {
        <form class="lab-row" on:submit=events::submit(on_submit)>
            <input class="field" dir="auto" type="text" autocomplete="off" spellcheck="false" aria-label=label.now() placeholder=label.now() data-testid=id node_ref=field disabled=is_shut />
            <button class="button" type="submit" data-testid=format!("{id}-send") disabled=is_shut>{verb.now()}</button>
        </form>
    }
    .into_any()
}

#[component]
fn Handshake(echo: Echo) -> impl IntoView {
    let lang = use_lang();
    let field = move |name: &'static str, read: fn(&HandshakeInfo) -> String| {
        let value = text(move || {
            let value = echo.handshake.with(read);
            if value.is_empty() { NONE.of(lang.get()).to_owned() } else { value }
        });
        view! { <dt>{name}</dt><dd data-testid=format!("echo-{name}")>{value}</dd> }.into_any()
    };
    let fields = [
        field("url", |handshake| handshake.url.clone()),
        field("protocol", |handshake| handshake.protocol.clone()),
        field("extensions", |handshake| handshake.extensions.clone()),
        field("readyState", |handshake| {
            let name = match handshake.ready_state {
                0 => "CONNECTING",
                1 => "OPEN",
                2 => "CLOSING",
                CLOSED_STATE => "CLOSED",
                _ => return String::new(),
            };
            format!("{} {name}", handshake.ready_state)
        }),
    ];
    let closed = text(move || {
        echo.closed.get().map_or_else(String::new, |(code, reason)| {
            let meaning = meaning(code).of(lang.get());
            if reason.is_empty() {
                format!("{code}: {meaning}")
            } else {
                format!("{code}: {meaning} ({reason})")
            }
        })
    });
    let why = move || {
        view! { <dt>{CLOSED.now()}</dt><dd role="status" data-testid="echo-closed">{closed}</dd> }
            .into_any()
    };
    view! {
        <section class="lab-box" aria-labelledby="echo-handshake">
            <h2 id="echo-handshake" class="lab-title">{HANDSHAKE.now()}</h2>
            <dl class="lab-facts">
                {Vec::from(fields)}
                {when(move || echo.closed.with(Option::is_some), why)}
            </dl>
        </section>
    }
}

/// The messages, above the fields: the newest answer is beside the field that it answers, on a phone too.
#[component]
fn Rows(echo: Echo) -> impl IntoView {
    let lang = use_lang();
    let rows = derived(move || {
        let lang = lang.get();
        let item = |row: &Row| {
            let row = row.clone();
            let key = row.key * 2 + u64::from(lang == Lang::Ko);
            Item::new(key, move || draw(&row, lang))
        };
        echo.log.with(|log| log.rows.iter().map(item).collect::<Vec<_>>())
    });
    let newest = memo(move || echo.log.with(|log| log.rows.back().map_or(0, |row| row.key)));
    lines("echo-rows", MESSAGES.now(), newest, rows)
}

fn draw(row: &Row, lang: Lang) -> AnyView {
    let way = match (row.sent, lang) {
        (true, Lang::Ko) => "보냄",
        (true, Lang::En) => "sent",
        (false, Lang::Ko) => "받음",
        (false, Lang::En) => "received",
    };
    let kind = match (row.binary, lang) {
        (true, Lang::Ko) => "바이너리",
        (true, Lang::En) => "binary",
        (false, Lang::Ko) => "글",
        (false, Lang::En) => "text",
    };
    let trip = match (row.round_trip, lang) {
        (Some(trip), Lang::Ko) => format!(" · 왕복 {} ms", tenths(trip)),
        (Some(trip), Lang::En) => format!(" · {} ms round trip", tenths(trip)),
        (None, _) => String::new(),
    };
    let about = format!("{way} · {kind} · {} B · {} s{trip}", row.bytes, tenths(row.at / 1000.0));
    view! {
        <li class="echo-row" data-testid="echo-row">
            {direction(row.sent)}
            <span class="echo-text isolated">{row.shown.clone()}</span>
            <span class="hint">{about}</span>
        </li>
    }
    .into_any()
}
