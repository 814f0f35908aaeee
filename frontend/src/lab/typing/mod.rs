//! Typing in detail: the frames that a keystroke causes, and when the signal ends.

use leptos::prelude::*;
use madang_client::{Action, Slice};
use madang_shared::RoomId;
use madang_shared::presence::{TYPING_EXPIRY_MS, TYPING_IDLE_MS, TYPING_RENEW_MS};

use crate::context::use_app;
use crate::features::presence::TypingLine;
use crate::frame_log::LoggedFrame;
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::route::Page;
use crate::ui::direction::named_direction;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, effect, part, text};
use crate::ui::skeleton::skeleton;

const TRY: Words = Words::new(
    "여기에 써 보세요. 보내지지는 않습니다.",
    "Type here. Only the fact that you are typing is sent.",
);
const FRAMES: Words = Words::new("오간 프레임", "Frames on the wire");
const FIELD_ID: &str = "typing-text";
/// The number of frames shown.
const SHOWN: usize = 12;

fn intro(lang: Lang) -> String {
    match lang {
        Lang::Ko => format!(
            "첫 글자를 누르면 같은 방의 다른 사람에게 바로 보이고, 마지막 글자에서 {}초가 지나면 사라집니다. 계속 쓰는 동안은 {}초마다 다시 알리고, 멈췄다는 말이 오지 않아도 {}초 뒤에는 지워집니다. 다른 브라우저로 첫 번째 방을 열고 함께 보세요.",
            TYPING_IDLE_MS / 1_000,
            TYPING_RENEW_MS / 1_000,
            TYPING_EXPIRY_MS / 1_000
        ),
        Lang::En => format!(
            "The others in the room see the first keystroke at once; the signal ends {} s after the last one. While you keep typing it is renewed every {} s, and without a stop signal it expires after {} s. Open the first room in another browser and watch both.",
            TYPING_IDLE_MS / 1_000,
            TYPING_RENEW_MS / 1_000,
            TYPING_EXPIRY_MS / 1_000
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
        Some(Some(room)) => view! { <Field room=room /> }.into_any(),
        Some(None) => {
            view! { <div class="page"><p class="page-body hint">{tr(|t| t.no_rooms)}</p></div> }
                .into_any()
        }
        None => skeleton(Page::Typing.skeleton()),
    })
}

#[component]
fn Field(room: RoomId) -> impl IntoView {
    let driver = use_app().driver;
    let lang = use_lang();
    effect(move || driver.act(Action::OpenRoom(Some(room))));
    on_cleanup(move || {
        driver.act(Action::StopTyping);
        driver.act(Action::OpenRoom(None));
    });
    let wire = driver.frame_log();
    let frames = memo(move || {
        let mut frames = wire.frames();
        frames.retain(|frame| frame.text.contains("\"typing\""));
        frames.truncate(SHOWN);
        frames
    });
    let items = derived(move || frames.get().into_iter().map(frame).collect());
    view! {
        <div class="page">
            <div class="page-body">
                <p class="page-intro">{text(move || intro(lang.get()))}</p>
                <label class="label" for=FIELD_ID>{TRY.now()}</label>
                <input id=FIELD_ID class="field" dir="auto" data-testid="typing-text" autocomplete="off" on:input=events::change(move |_| driver.act(Action::Keystroke(room))) />
                <TypingLine />
                <h2 class="panel-label">{FRAMES.now()}</h2>
                <ul class="typing-frames" data-testid="typing-frames">{each(items)}</ul>
            </div>
        </div>
    }
}

fn frame(frame: LoggedFrame) -> Item {
    Item::new(frame.number, move || {
        view! { <li>{named_direction(frame.sent)}" "<code>{frame.text.clone()}</code></li> }
            .into_any()
    })
}
