//! Typing in detail: two panes with the two ends of the signal, and the frames that a keystroke causes.

mod observer;

use leptos::prelude::*;
use madang_client::{Action, Slice};
use madang_shared::RoomId;
use madang_shared::presence::{TYPING_EXPIRY_MS, TYPING_IDLE_MS, TYPING_RENEW_MS};

use self::observer::{Observer, ObserverState, ReceivedFrame};
use super::code::show_code;
use super::lines::lines;
use crate::context::use_app;
use crate::frame_log::LoggedFrame;
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::route::Page;
use crate::ui::direction::direction;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, effect, flag, part, text};
use crate::ui::skeleton::skeleton;

const MINE: Words = Words::new("내가 쓰는 것", "What I type");
const MINE_HINT: Words = Words::new(
    "이 앱의 연결로 나갑니다. 글은 보내지 않고, 쓰고 있다는 것만 알립니다.",
    "Sent on the app's own connection: that you are typing, not what.",
);
const FIELD: Words = Words::new("여기에 써 보세요", "Type here");
const THEIRS: Words = Words::new("다른 사람이 보는 것", "What the others see");
const OPENING: Words = Words::new("두 번째 연결을 여는 중…", "Opening the second connection…");
const BROKEN: Words = Words::new(
    "두 번째 연결이 끊겼습니다. 다시 연결합니다.",
    "The second connection is broken. It is opened again.",
);
const NOBODY: Words = Words::new("아무도 입력하고 있지 않습니다.", "Nobody is typing.");
const SENT: Words = Words::new("보낸 프레임", "Sent frames");
const RECEIVED: Words = Words::new("받은 프레임", "Received frames");
const FIELD_ID: &str = "typing-text";
/// The number of frames shown in each pane.
const SHOWN: usize = 12;

fn intro(lang: Lang) -> String {
    match lang {
        Lang::Ko => format!(
            "첫 글자를 누르면 같은 방의 다른 사람에게 바로 보이고, 마지막 글자에서 {}초가 지나면 사라집니다. 계속 쓰는 동안은 {}초마다 다시 알리고, 멈췄다는 말이 오지 않아도 {}초 뒤에는 지워집니다.",
            TYPING_IDLE_MS / 1_000,
            TYPING_RENEW_MS / 1_000,
            TYPING_EXPIRY_MS / 1_000
        ),
        Lang::En => format!(
            "The others in the room see the first keystroke at once; the signal ends {} s after the last one. While you keep typing it is renewed every {} s, and without a stop signal it expires after {} s.",
            TYPING_IDLE_MS / 1_000,
            TYPING_RENEW_MS / 1_000,
            TYPING_EXPIRY_MS / 1_000
        ),
    }
}

fn connection_line(lang: Lang, state: ObserverState) -> String {
    match (lang, state) {
        (_, ObserverState::Opening) => OPENING.of(lang).to_owned(),
        (_, ObserverState::Broken) => BROKEN.of(lang).to_owned(),
        (Lang::Ko, ObserverState::Live(id)) => format!(
            "이 페이지가 연 두 번째 연결 #{id}이(가) 실제로 받는 것입니다. 다른 사람의 앱도 같은 것을 받습니다."
        ),
        (Lang::En, ObserverState::Live(id)) => format!(
            "Received on connection #{id}, a second one of this page. The apps of the others receive the same."
        ),
    }
}

/// The page.
#[component]
pub(crate) fn TypingPage() -> impl IntoView {
    let store = use_app().driver.store();
    // None until the memberships are known.
    let room = memo(move || {
        store.read(Slice::Unread, |client| {
            let memberships = client.features().memberships();
            memberships.is_known().then(|| memberships.rooms().next())
        })
    });
    part(move || match room.get() {
        Some(Some(room)) => view! { <Panes room=room /> }.into_any(),
        Some(None) => {
            view! { <div class="page"><p class="page-body hint">{tr(|t| t.no_rooms)}</p></div> }
                .into_any()
        }
        None => skeleton(Page::Typing.skeleton()),
    })
}

#[component]
fn Panes(room: RoomId) -> impl IntoView {
    let driver = use_app().driver;
    let lang = use_lang();
    effect(move || driver.act(Action::OpenRoom(Some(room))));
    on_cleanup(move || {
        driver.act(Action::StopTyping);
        driver.act(Action::OpenRoom(None));
    });
    view! {
        <div class="page">
            <div class="page-body">
                <p class="page-intro">{text(move || intro(lang.get()))}</p>
                <div class="lab-pair typing-panes">
                    {mine(room)}
                    {theirs(room)}
                </div>
                {show_code(Page::Typing)}
            </div>
        </div>
    }
}

fn mine(room: RoomId) -> AnyView {
    let driver = use_app().driver;
    let wire = driver.frame_log();
    let frames = memo(move || {
        let mut frames = wire.frames();
        frames.retain(|frame| frame.sent && frame.text.contains("\"typing\""));
        frames.truncate(SHOWN);
        frames
    });
    let newest = memo(move || frames.with(|frames| frames.first().map_or(0, |it| it.number)));
    let item = |frame: LoggedFrame| frame_line(frame.number, true, frame.text);
    let items = derived(move || frames.get().into_iter().rev().map(item).collect());
    view! {
        <section class="lab-box" aria-labelledby="typing-mine">
            <h2 id="typing-mine" class="lab-title">{MINE.now()}</h2>
            <p class="hint">{MINE_HINT.now()}</p>
            <label class="visually-hidden" for=FIELD_ID>{FIELD.now()}</label>
            <input id=FIELD_ID class="field" dir="auto" placeholder=FIELD.now() data-testid="typing-text" autocomplete="off" on:input=events::change(move |_| driver.act(Action::Keystroke(room))) />
            <h3 class="typing-label">{SENT.now()}</h3>
            {lines("typing-frames", SENT.now(), newest, items)}
        </section>
    }
    .into_any()
}

fn theirs(room: RoomId) -> AnyView {
    let observer = Observer::start(room);
    let lang = use_lang();
    let connection = text(move || connection_line(lang.get(), observer.state.get()));
    let is_live = move || matches!(observer.state.get(), ObserverState::Live(_));
    let shown = text(move || {
        let lang = lang.get();
        observer.typing.with(|typing| {
            let names: Vec<&str> = typing.iter().map(|user| user.name.as_str()).collect();
            lang.typing(&names).unwrap_or_else(|| NOBODY.of(lang).to_owned())
        })
    });
    let is_typing = move || observer.typing.with(|typing| !typing.is_empty());
    let newest = memo(move || {
        observer.frames.with(|frames| frames.back().map_or(0, |frame| frame.number + 1))
    });
    let item = |frame: &ReceivedFrame| frame_line(frame.number, false, frame.text.clone());
    let items = derived(move || observer.frames.with(|frames| frames.iter().map(item).collect()));
    view! {
        <section class="lab-box" aria-labelledby="typing-theirs">
            <h2 id="typing-theirs" class="lab-title">{THEIRS.now()}</h2>
            <p class="hint" role="status" data-testid="typing-connection" data-live=flag(is_live)>{connection}</p>
            <p class="typing-seen" data-testid="typing-seen" data-typing=flag(is_typing)>{shown}</p>
            <h3 class="typing-label">{RECEIVED.now()}</h3>
            {lines("typing-received", RECEIVED.now(), newest, items)}
        </section>
    }
    .into_any()
}

fn frame_line(number: u64, sent: bool, frame: String) -> Item {
    Item::new(number, move || {
        view! { <li class="lab-line typing-frame">{direction(sent)}<code>{frame.clone()}</code></li> }
            .into_any()
    })
}
