//! Jumps to the message that the address names: loads older messages until it is there, scrolls to it and marks
//! it; or reports that it does not exist.

use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use madang_client::{Action, Client, Slice};
use madang_shared::{RoomId, Seq};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::rows::Row;
use crate::browser;
use crate::context::AppContext;
use crate::i18n::{Words, use_lang};
use crate::route::Route;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, part};
use crate::ui::erased::signal::state;
use crate::ui::virtual_list::VirtualList;

const SEARCHING: Words = Words::new("그 메시지를 찾는 중…", "Looking for that message…");
const NOT_FOUND: Words =
    Words::new("그 메시지는 이제 없습니다.", "That message is not here any more.");

/// The state of the jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JumpState {
    /// There is no jump, or it has ended at the message.
    Idle,
    Searching,
    /// There is no such message.
    NotFound,
}

/// The result of looking for a message in the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookup {
    /// The room has not arrived yet, or older messages are loading.
    Pending,
    /// The message is older than the loaded ones, which begin here.
    Older(Seq),
    Found,
    Missing,
}

fn look_up(client: &Client, room: RoomId, message: Seq) -> Lookup {
    let features = client.features();
    let Some(timeline) = features.timeline(room).filter(|timeline| timeline.is_known()) else {
        return Lookup::Pending;
    };
    let messages = timeline.messages();
    if messages.binary_search_by_key(&message, |message| message.seq).is_ok() {
        return Lookup::Found;
    }
    match messages.front() {
        Some(first) if message < first.seq && timeline.has_older() => {
            if timeline.is_loading_older() { Lookup::Pending } else { Lookup::Older(first.seq) }
        }
        // Messages after the cached ones have not arrived yet.
        _ if timeline.is_cached() => Lookup::Pending,
        _ => Lookup::Missing,
    }
}

/// Jumps to the message that the address names; draws the state of the jump.
pub(super) fn jump(app: AppContext, room: RoomId, list: VirtualList<Row>) -> AnyView {
    let store = app.driver.store();
    let jump_state = state(JumpState::Idle);
    let wanted = memo(move || match app.router.get() {
        Route::Message(of, message) if of == room => Some(message),
        _ => None,
    });
    let arrived = StoredValue::new(None::<Seq>);
    // The message, and the first loaded message at the last request.
    let requested = StoredValue::new(None::<(Seq, Seq)>);
    effect(move || {
        let Some(message) = wanted.get() else {
            arrived.set_value(None);
            requested.set_value(None);
            jump_state.set(JumpState::Idle);
            return;
        };
        let found = store.read(Slice::Timeline, |client| look_up(client, room, message));
        if arrived.get_value() == Some(message) {
            return;
        }
        let now = match found {
            // The last request loaded no older message, so another one is useless.
            Lookup::Older(first) if requested.get_value() == Some((message, first)) => {
                JumpState::NotFound
            }
            Lookup::Older(first) => {
                requested.set_value(Some((message, first)));
                app.driver.act(Action::LoadOlder(room));
                JumpState::Searching
            }
            Lookup::Found if list.show(|row| is_message(row, message)) => {
                arrived.set_value(Some(message));
                mark(message);
                JumpState::Idle
            }
            Lookup::Pending | Lookup::Found => JumpState::Searching,
            Lookup::Missing => JumpState::NotFound,
        };
        if jump_state.get_untracked() != now {
            jump_state.set(now);
        }
    });
    let lang = use_lang();
    part(move || match jump_state.get() {
        JumpState::Idle => ().into_any(),
        JumpState::Searching => status_line("message-seeking", SEARCHING.of(lang.get())),
        JumpState::NotFound => status_line("message-gone", NOT_FOUND.of(lang.get())),
    })
}

fn status_line(id: &'static str, sentence: &'static str) -> AnyView {
    view! { <p class="chat-status" role="status" data-testid=id>{sentence}</p> }.into_any()
}

fn is_message(row: &Row, message: Seq) -> bool {
    matches!(row, Row::Message(row) if row.seq == Some(message))
}

/// Marks the message and moves the focus to it, once it is drawn.
fn mark(message: Seq) {
    spawn_local(async move {
        tick().await;
        let selector = format!(".timeline [data-seq=\"{}\"]", message.0);
        let found = document().query_selector(&selector).ok().flatten();
        let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        for (name, value) in [("data-found", "true"), ("tabindex", "-1")] {
            // Fails only for a malformed name.
            element.set_attribute(name, value).ok();
        }
        browser::focus_on(&element);
    });
}
