//! HTTP and WebSocket side by side: one request with one answer, and a connection that can be turned on and off,
//! over which all connected pages chat.

mod connection;

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::compact;
use madang_shared::lab::chat::{HTTP_PATH, HttpCall};

use crate::browser;
use crate::http;
use crate::i18n::{Words, tr, use_lang};
use crate::lab::code::show_code;
use crate::lab::lines::lines;
use crate::route::Page;
use crate::ui::direction::direction;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, flag, text};
use crate::ui::erased::signal::state;
use connection::{Chat, ChatState};

const INTRO: Words = Words::new(
    "HTTP는 묻고 답을 한 번 받으면 끝납니다. 웹소켓은 연결을 열어 두고, 서버가 먼저 말할 수 있습니다. 이 페이지를 창 두 개에 열어 보세요.",
    "An HTTP request gets one answer. A WebSocket stays open, and the server can send at any time. Open this page in two windows.",
);
const HTTP: Words = Words::new("HTTP 통신", "HTTP communication");
const HTTP_HINT: Words = Words::new(
    "이 문장은 페이지가 열릴 때 /http-call에 한 번 물어 받은 답입니다.",
    "The page asked /http-call once when it opened; this sentence is the answer.",
);
const NO_ANSWER: Words = Words::new("서버가 답하지 않았습니다.", "The server did not answer.");
const SOCKET: Words = Words::new("웹소켓 통신", "WebSocket communication");
const SOCKET_HINT: Words = Words::new(
    "채팅을 켜면 이 페이지만의 연결이 하나 열리고, 끄거나 페이지를 떠나면 닫힙니다. 여기서 한 말은 저장되지 않습니다.",
    "Turning the chat on opens a connection for this page; turning it off, or leaving the page, closes it. Messages here are not stored.",
);
const TURN_ON: Words = Words::new("채팅 켜기", "Turn the chat on");
const TURN_OFF: Words = Words::new("채팅 끄기", "Turn the chat off");
const LINES: Words = Words::new("오간 말", "Messages");
const OFF: Words = Words::new("꺼져 있습니다.", "Off.");
const OPENING: Words = Words::new("연결하는 중…", "Connecting…");
const CLOSING: Words = Words::new("닫는 중…", "Closing…");

/// The page.
#[component]
pub(crate) fn LabChatPage() -> impl IntoView {
    view! {
        <div class="page">
            <div class="page-body">
                <p class="page-intro">{INTRO.now()}</p>
                <div class="lab-pair">
                    <HttpBox />
                    <SocketBox />
                </div>
                {show_code(Page::LabChat)}
            </div>
        </div>
    }
}

#[component]
fn HttpBox() -> impl IntoView {
    let lang = use_lang();
    let answer = state(None::<Option<String>>);
    spawn_local(async move {
        let sentence = async {
            let text = http::get(HTTP_PATH, None).await.ok()?.text;
            compact::from_text::<HttpCall>(&text).ok()
        };
        // The page may be gone by now.
        answer.try_set(Some(sentence.await.map(|call| call.data)));
    });
    let sentence = text(move || match answer.get() {
        None => lang.get().texts().loading.to_owned(),
        Some(None) => NO_ANSWER.of(lang.get()).to_owned(),
        Some(Some(sentence)) => sentence,
    });
    view! {
        <section class="lab-box" aria-labelledby="http-title">
            <h2 id="http-title" class="lab-title">{HTTP.now()}</h2>
            <p class="lab-chat-sentence" role="status" data-testid="http-sentence">{sentence}</p>
            <p class="hint">{HTTP_HINT.now()}</p>
        </section>
    }
}

#[component]
fn SocketBox() -> impl IntoView {
    let lang = use_lang();
    let chat = Chat::new();
    on_cleanup(move || chat.leave());
    let field = NodeRef::<html::Input>::new();
    let is_on = move || matches!(chat.state.get(), ChatState::On { .. });
    let toggle = move |_| {
        if chat.state.get_untracked() == ChatState::Off {
            chat.turn_on();
        } else {
            chat.turn_off();
        }
    };
    let label = text(move || {
        let words = if chat.state.get() == ChatState::Off { TURN_ON } else { TURN_OFF };
        words.of(lang.get()).to_owned()
    });
    let state_line = text(move || match chat.state.get() {
        ChatState::Off => OFF.of(lang.get()).to_owned(),
        ChatState::Opening => OPENING.of(lang.get()).to_owned(),
        ChatState::Closing => CLOSING.of(lang.get()).to_owned(),
        ChatState::On { me, connected } => connection::state_line(lang.get(), me, connected),
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        if chat.send(&field.value()) {
            field.set_value("");
        }
        browser::focus_on(&field);
    };
    let newest = memo(move || chat.lines.with(|lines| lines.back().map_or(0, |line| line.key + 1)));
    let items = derived(move || {
        let lang = lang.get();
        let line = |line: &connection::LogLine| {
            let line = line.clone();
            // The key contains the language, so that a line is drawn again when it changes.
            let key = line.key * 2 + u64::from(lang == crate::i18n::Lang::Ko);
            Item::new(key, move || {
                let line = line.clone();
                let (kind, sentence) = (line.kind(), line.sentence(lang));
                let direction = line.is_mine().map(direction);
                view! { <li class="lab-line" data-kind=kind data-testid="side-line">{direction}{sentence}</li> }
                    .into_any()
            })
        };
        chat.lines.with(|lines| lines.iter().map(line).collect::<Vec<_>>())
    });
    view! {
        <section class="lab-box" aria-labelledby="socket-title">
            <h2 id="socket-title" class="lab-title">{SOCKET.now()}</h2>
            <p class="hint">{SOCKET_HINT.now()}</p>
            <div class="lab-row">
                <button class="button button-strong" data-testid="side-toggle" on:click=events::click(toggle)>{label}</button>
                <p class="hint" role="status" data-testid="side-state" data-on=flag(is_on)>{state_line}</p>
            </div>
            {lines("side-lines", LINES.now(), newest, items)}
            <form class="lab-row" on:submit=events::submit(send)>
                <input class="field" dir="auto" type="text" maxlength=MAX_MESSAGE_CHARS autocomplete="off" aria-label=tr(|t| t.write) placeholder=tr(|t| t.write) data-testid="side-field" node_ref=field disabled=derived(move || !is_on()) />
                <button class="button" type="submit" data-testid="side-send" disabled=derived(move || !is_on())>{tr(|t| t.send)}</button>
            </form>
        </section>
    }
}
