//! Reading: reports the messages that were on the screen, loads older ones near the start of the list, and offers the
//! unread messages that were not on the screen in a bar.

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Action, Client, ConnectionState, Slice};
use madang_shared::{RoomId, Timestamp};

use super::jump::Jump;
use super::rows::Row;
use crate::browser;
use crate::context::AppContext;
use crate::i18n::{Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, text};
use crate::ui::erased::signal::State;
use crate::ui::virtual_list::VirtualList;

const MARK_READ: Words = Words::new("모두 읽음", "Mark as read");

/// The unread messages of a room that has a line above the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Unread {
    count: u64,
    /// The time of the first one; none if it is not loaded.
    since: Option<Timestamp>,
    has_line: bool,
}

impl Unread {
    fn of(client: &Client, room: RoomId) -> Self {
        let features = client.features();
        let timeline = features.timeline(room);
        Self {
            count: features.unread(room),
            since: features.unread_since(room),
            has_line: timeline.is_some_and(|timeline| timeline.new_after().is_some()),
        }
    }
}

/// Whether missed messages are still arriving: the list rushes past them.
fn is_catching_up(client: &Client) -> bool {
    *client.connection() == ConnectionState::Live && !client.caught_up().complete
}

/// Whether a reader who has read everything does not see what is sent next: the first of it stays on the screen.
fn is_away(client: &Client, room: RoomId) -> bool {
    let is_blind = browser::is_hidden() || *client.connection() != ConnectionState::Live;
    is_blind && client.features().unread(room) == 0
}

/// Follows the reader's scrolling. `has_bar` tells whether unread messages are left that were not on the screen.
pub(super) fn follow_reader(
    app: AppContext,
    room: RoomId,
    list: VirtualList<Row>,
    jump: Jump,
    has_bar: State<bool>,
) {
    let store = app.driver.store();
    effect(move || {
        list.moved.track();
        if list.is_near_start() {
            let ask = store.peek(|client| {
                let timeline = client.features().timeline(room);
                timeline
                    .is_some_and(|timeline| timeline.has_older() && !timeline.is_loading_older())
            });
            if ask {
                app.driver.act(Action::LoadOlder(room));
            }
        }
    });
    let last_shown = StoredValue::new(None);
    let report = move || {
        if browser::is_hidden() || jump.is_searching() || store.peek(is_catching_up) {
            last_shown.set_value(None);
            return;
        }
        let seq = |row: &Row| match row {
            Row::Message(row) => row.seq,
            _ => None,
        };
        let shown = list.shown(seq);
        let shown_before = last_shown.try_update_value(|last| std::mem::replace(last, shown));
        let shown_before = shown_before.flatten();
        if let Some((now, before)) = shown.zip(shown_before) {
            let (first, last_seq) = (now.0.max(before.0), now.1.min(before.1));
            if first <= last_seq {
                app.driver.act(Action::ShowMessages { room, first, last: last_seq });
            }
        }
        if shown != shown_before {
            list.moved.notify();
            return;
        }
        let Unread { count, has_line, .. } = store.peek(|client| Unread::of(client, room));
        if count == 0 {
            // The reader is here: a burst of messages does not stop the list.
            list.set_may_hold(false);
        } else if list.follows() && !has_line {
            // The reader has passed unread messages.
            app.driver.act(Action::MarkStartOfNew);
        }
        let has_unread = count > 0 && has_line;
        if has_bar.get_untracked() != has_unread {
            has_bar.set(has_unread);
        }
    };
    // A message counts as shown when two frames in a row had it: the first may be one of several steps of a layout.
    let is_scheduled = StoredValue::new(false);
    let schedule = move || {
        if store.peek(|client| is_away(client, room)) {
            list.set_may_hold(true);
        }
        if is_scheduled.try_update_value(|scheduled| std::mem::replace(scheduled, true))
            != Some(false)
        {
            return;
        }
        request_animation_frame(move || {
            // None after the room was closed.
            if is_scheduled.try_update_value(|scheduled| *scheduled = false).is_some() {
                report();
            }
        });
    };
    effect(move || {
        list.moved.track();
        for slice in [Slice::Unread, Slice::Timeline, Slice::Connection] {
            store.read(slice, |_| ());
        }
        schedule();
    });
    let listener = window_event_listener(ev::visibilitychange, move |_| schedule());
    on_cleanup(move || listener.remove());
}

/// The bar: the unread messages, which lead to the first of them, and a button that marks them all as read.
pub(super) fn unread_bar(app: AppContext, room: RoomId, jump: Jump) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    let unread = memo(move || {
        store.read(Slice::Timeline, |_| ());
        store.read(Slice::Unread, |client| Unread::of(client, room))
    });
    let times = Times::new();
    let label = text(move || {
        let Unread { count, since, .. } = unread.get();
        let since = since.map(|at| times.short(lang.get(), at));
        lang.get().new_since(count, since.as_deref())
    });
    let mark_read = move |_| app.driver.act(Action::MarkRead(room));
    view! {
        <div class="chat-status chat-unread" data-testid="unread-bar">
            <button class="text-button" data-testid="unread-first" on:click=events::click(move |_| jump.to_first_new())>{label}</button>
            <span aria-hidden="true">"·"</span>
            <button class="text-button" data-testid="mark-read" on:click=events::click(mark_read)>{text(move || MARK_READ.of(lang.get()).to_owned())}</button>
        </div>
    }
    .into_any()
}
