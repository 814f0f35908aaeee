//! The way to one message: an address names it, and the timeline loads older messages until it is
//! there, goes to it and marks it; or says that it is not there.

use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use madang_client::{Action, Client, Slice};
use madang_shared::{RoomId, Seq};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::rows::Row;
use crate::context::AppContext;
use crate::i18n::{Words, use_lang};
use crate::route::Route;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, part};
use crate::ui::erased::signal::state;
use crate::ui::virtual_list::VirtualList;

const SEEKING: Words = Words::new("그 메시지를 찾는 중…", "Looking for that message…");
const GONE: Words = Words::new("그 메시지는 이제 없습니다.", "That message is not here any more.");

/// How far the way is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Nobody asked for it, or it is there.
    Over,
    Seeking,
    /// There is no such message.
    Gone,
}

/// What the timeline says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The room is not known yet, or more of it is on its way.
    Wait,
    /// It stands before what is loaded, which begins here.
    Before(Seq),
    There,
    Nowhere,
}

fn look(client: &Client, room: RoomId, message: Seq) -> Seen {
    let features = client.features();
    let Some(timeline) = features.timeline(room).filter(|timeline| timeline.is_known()) else {
        return Seen::Wait;
    };
    let messages = timeline.messages();
    if messages.binary_search_by_key(&message, |message| message.seq).is_ok() {
        return Seen::There;
    }
    match messages.front() {
        Some(first) if message < first.seq && timeline.has_older() => {
            if timeline.is_loading_older() { Seen::Wait } else { Seen::Before(first.seq) }
        }
        // The server has not said yet what came after what is kept.
        _ if timeline.is_cached() => Seen::Wait,
        _ => Seen::Nowhere,
    }
}

/// Goes to the message that the address names; draws what there is to say on the way.
pub(super) fn way(app: AppContext, room: RoomId, list: VirtualList<Row>) -> AnyView {
    let store = app.driver.store();
    let way = state(Way::Over);
    let wanted = memo(move || match app.router.get() {
        Route::Message(of, message) if of == room => Some(message),
        _ => None,
    });
    let arrived = StoredValue::new(None::<Seq>);
    // For which message, and from where on.
    let asked = StoredValue::new(None::<(Seq, Seq)>);
    effect(move || {
        let Some(message) = wanted.get() else {
            arrived.set_value(None);
            asked.set_value(None);
            way.set(Way::Over);
            return;
        };
        let seen = store.read(Slice::Timeline, |client| look(client, room, message));
        if arrived.get_value() == Some(message) {
            return;
        }
        let now = match seen {
            // That it was asked from here and nothing came means that nothing will.
            Seen::Before(first) if asked.get_value() == Some((message, first)) => Way::Gone,
            Seen::Before(first) => {
                asked.set_value(Some((message, first)));
                app.driver.act(Action::LoadOlder(room));
                Way::Seeking
            }
            Seen::There if list.show(|row| is(row, message)) => {
                arrived.set_value(Some(message));
                mark(message);
                Way::Over
            }
            Seen::Wait | Seen::There => Way::Seeking,
            Seen::Nowhere => Way::Gone,
        };
        if way.get_untracked() != now {
            way.set(now);
        }
    });
    let lang = use_lang();
    part(move || match way.get() {
        Way::Over => ().into_any(),
        Way::Seeking => said("message-seeking", SEEKING.of(lang.get())),
        Way::Gone => said("message-gone", GONE.of(lang.get())),
    })
}

fn said(id: &'static str, sentence: &'static str) -> AnyView {
    view! { <p class="kept" role="status" data-testid=id>{sentence}</p> }.into_any()
}

fn is(row: &Row, message: Seq) -> bool {
    matches!(row, Row::Message(row) if row.seq == Some(message))
}

/// Marks the message, and brings the focus to it, once it is drawn.
fn mark(message: Seq) {
    spawn_local(async move {
        tick().await;
        let selector = format!(".timeline [data-seq=\"{}\"]", message.0);
        let found = document().query_selector(&selector).ok().flatten();
        let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        drop(element.set_attribute("data-found", "true"));
        drop(element.set_attribute("tabindex", "-1"));
        drop(element.focus());
    });
}
