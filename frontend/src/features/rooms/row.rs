//! The row of a room in the list: its name, its last message or the draft in it, and its unread count.

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::Timestamp;
use madang_shared::roles::RoomKind;
use madang_shared::rooms::Room;

use crate::context::{AppContext, link_to};
use crate::draft;
use crate::features::profile::name_of;
use crate::i18n::{Words, capped, isolated, use_lang};
use crate::route::Route;
use crate::text::beginning;
use crate::time::Times;
use crate::ui::avatar::room_sign;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, flag, text, when};
use crate::ui::icon::Icon;

const DRAFT: Words = Words::new("초안: ", "Draft: ");
const YOU: Words = Words::new("나", "You");
const PRIVATE: Words = Words::new("비공개", "Private");
const GONE: Words = Words::new("삭제된 메시지", "Deleted message");
const MUTED: Words = Words::new("알림 끔", "Muted");

/// The row has space for fewer UTF-16 code units.
const MAX_LINE: u32 = 80;

/// The second line of a row, with the time of the last message.
#[derive(Clone, Default, PartialEq, Eq)]
struct Preview {
    is_draft: bool,
    text: String,
    at: Option<Timestamp>,
}

/// The row of a joined room.
pub(super) fn joined_room(app: AppContext, times: Times, room: &Room) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    let (id, me) = (room.id, store.me().id);
    let unread = memo(move || store.read(Slice::Unread, |client| client.features().unread(id)));
    let muted = memo(move || {
        store.read(Slice::Unread, |client| client.features().memberships().is_muted(id))
    });
    let is_open = memo(move || app.router.get().room() == Some(id));
    let line = memo(move || {
        // The composer shows the draft of the open room, and saves it before another room is opened.
        let draft = if is_open.get() { String::new() } else { draft::saved(me, &id.to_string()) };
        store.read(Slice::Unread, |client| {
            let timeline = client.features().timeline(id);
            let last = timeline.and_then(|timeline| timeline.messages().back());
            let at = last.map(|last| last.at);
            let is_draft = !draft.trim().is_empty();
            let text = match last {
                _ if is_draft => beginning(draft.trim(), MAX_LINE),
                None => String::new(),
                Some(last) => {
                    let (by, lang) = (&last.author, lang.get());
                    let name = if by.id == me {
                        YOU.of(lang).into()
                    } else {
                        isolated(name_of(lang, &by.name, by))
                    };
                    // Only a deleted or an erased message has no text.
                    let words = if last.text.is_empty() {
                        GONE.of(lang).into()
                    } else {
                        isolated(&beginning(&last.text, MAX_LINE)).into_owned()
                    };
                    format!("{name}: {words}")
                }
            };
            Preview { is_draft, text, at }
        })
    });
    let time = text(move || {
        let at = line.with(|line| line.at);
        at.map(|at| times.narrow(lang.get(), at)).unwrap_or_default()
    });
    let draft = text(move || {
        let mark = line.with(|line| line.is_draft).then(|| DRAFT.of(lang.get()));
        mark.unwrap_or_default().to_owned()
    });
    let badge = move || {
        view! {
            <span class="count-badge">
                <span aria-hidden="true" data-testid=format!("unread-{id}")>{text(move || capped(unread.get()))}</span>
                <span class="visually-hidden">{text(move || lang.get().unread(unread.get()))}</span>
            </span>
        }
        .into_any()
    };
    let muted_mark = move || {
        view! { <span class="room-muted">{Icon::BellOff.draw()}<span class="visually-hidden">{MUTED.now()}</span></span> }
            .into_any()
    };
    let lock = (room.kind == RoomKind::Private).then(|| {
        view! { <span class="room-muted">{Icon::Lock.draw()}<span class="visually-hidden">{PRIVATE.now()}</span></span> }
    });
    view! {
        <li>
            <a
                class="room"
                href=Route::Room(id).path()
                data-testid=format!("room-{id}")
                data-unread=flag(move || unread.get() > 0 && !muted.get())
                data-muted=flag(move || muted.get())
                aria-current=derived(move || is_open.get().then_some("page"))
                on:click=link_to(app, Route::Room(id))
            >
                {room_sign(room)}
                <span class="room-name isolated" title=room.name.clone()>{room.name.clone()}</span>
                <span class="room-time">{lock}{when(move || muted.get(), muted_mark)}<span>{time}</span></span>
                <span class="room-last">
                    <span class="room-draft">{draft}</span>
                    <span class="isolated">{text(move || line.with(|line| line.text.clone()))}</span>
                </span>
                {when(move || unread.get() > 0, badge)}
            </a>
        </li>
    }
    .into_any()
}
