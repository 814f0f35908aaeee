//! The timeline of the open room.

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Action, Client, Slice};
use madang_shared::{RoomId, Seq};

use super::jump::jump;
use super::message::{RowContext, draw};
use super::rows::{IncrementalRows, Row, Scene};
use crate::browser;
use crate::context::{AppContext, use_app};
use crate::features::delivery::{DeliveryTarget, delivery_dialog};
use crate::i18n::{Words, tr, use_lang};
use crate::time::{Formats, local_day};
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, flag, text, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;
use crate::ui::skeleton::Skeleton;
use crate::ui::virtual_list::{ListRow, ListView, Splice, VirtualList};

const CACHED: Words = Words::new(
    "이 기기에 저장해 둔 대화입니다. 새 소식은 연결되면 나타납니다.",
    "Saved on this device. New messages appear once you are connected.",
);

/// The input of the rows; none before the timeline has arrived.
fn scene(client: &Client, room: RoomId) -> Option<Scene<'_>> {
    let features = client.features();
    // The client knows the read mark only after it has opened the room.
    if features.open_room_id() != Some(room) {
        return None;
    }
    let timeline = features.timeline(room).filter(|timeline| timeline.is_known())?;
    Some(Scene {
        room,
        me: features.me().id,
        edition: timeline.edition(),
        messages: timeline.messages(),
        has_older: timeline.has_older(),
        presence: timeline.presence_summaries(),
        // If the mark is before the first loaded message, the first new message is unknown.
        new_after: timeline.new_after().filter(|mark| timeline.reaches_back_to(*mark)),
        outbox: client.outbox().items(),
        now: browser::now(),
    })
}

/// The changes that bring the list up to date, and whether the room is empty.
type Update = (Vec<Splice<Row>>, bool);

/// The timeline.
#[component]
pub(crate) fn Timeline(room: RoomId, list: VirtualList<Row>) -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    provide_context(RowContext {
        room,
        formats: StoredValue::new_local(Formats::new(lang.get_untracked())),
        delivery_target: DeliveryTarget::new(),
    });
    let row_context: RowContext = expect_context();
    let (is_known, is_empty) = (state(false), state(false));
    let mut incremental = IncrementalRows::new(local_day);
    effect(move || {
        store.read(Slice::Outbox, |_| ());
        let update: Option<Update> = store.read(Slice::Timeline, |client| {
            let scene = scene(client, room)?;
            Some((incremental.update(&scene), incremental.has_no_messages(&scene)))
        });
        let has_no_messages =
            update.as_ref().is_some_and(|(_, without_messages)| *without_messages);
        for (signal, now) in [(is_known, update.is_some()), (is_empty, has_no_messages)] {
            if signal.get_untracked() != now {
                signal.set(now);
            }
        }
        if let Some((changes, _)) = update {
            let new = changes.iter().any(|change| change.rows.contains(&Row::New));
            list.splice(changes, new.then(|| Row::New.key()));
        }
    });
    let mut first = true;
    effect(move || {
        let lang = lang.get();
        if !std::mem::replace(&mut first, false) {
            row_context.formats.set_value(Formats::new(lang));
            list.redraw();
        }
    });
    let jump_status = jump(app, room, list);
    follow_reader(app, room, list);

    let is_cached = memo(move || {
        store.read(Slice::Timeline, |client| {
            client
                .features()
                .timeline(room)
                .is_some_and(madang_client::views::chat::Timeline::is_cached)
        })
    });
    view! {
        <div class="timeline">
            {when(move || is_cached.get(), || view! { <p class="chat-status" role="status" data-testid="cached">{CACHED.now()}</p> }.into_any())}
            <ListView list=list label=tr(|t| t.messages) draw=draw />
            {when(move || is_empty.get(), || empty("empty", "empty", tr(|t| t.no_message), tr(|t| t.no_message_hint)))}
            {when(move || !is_known.get(), || view! { <Skeleton /> }.into_any())}
            <JumpNewest room=room list=list />
            {jump_status}
            {delivery_dialog(room, row_context.delivery_target)}
        </div>
    }
}

/// Loads older messages when the user scrolls near them, and reports the read mark.
fn follow_reader(app: AppContext, room: RoomId, list: VirtualList<Row>) {
    let store = app.driver.store();
    let reported = StoredValue::new(Seq(0));
    effect(move || {
        list.moved.track();
        if list.is_near_top() {
            let ask = store.peek(|client| {
                let timeline = client.features().timeline(room);
                timeline
                    .is_some_and(|timeline| timeline.has_older() && !timeline.is_loading_older())
            });
            if ask {
                app.driver.act(Action::LoadOlder(room));
            }
        }
        if browser::is_hidden() {
            return;
        }
        let seen = list.last_visible(|row| match row {
            Row::Message(row) => row.seq,
            _ => None,
        });
        if let Some(up_to) = seen.filter(|seq| *seq > reported.get_value()) {
            reported.set_value(up_to);
            app.driver.act(Action::MarkSeen { room, up_to });
        }
    });
    let listener = window_event_listener(ev::visibilitychange, move |_| list.moved.notify());
    on_cleanup(move || listener.remove());
}

/// The button back to the newest message, shown when the user has scrolled up.
#[component]
fn JumpNewest(room: RoomId, list: VirtualList<Row>) -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let unread = memo(move || store.read(Slice::Unread, |client| client.features().unread(room)));
    let label = text(move || match unread.get() {
        0 => lang.get().texts().jump_newest.to_owned(),
        unread => lang.get().new_messages(unread),
    });
    let button = move || {
        view! {
            <button class="chat-jump" data-testid="jump-newest" data-unread=flag(move || unread.get() > 0) on:click=events::click(move |_| list.to_bottom())>
                {Icon::Down.draw()}
                <span>{label}</span>
            </button>
        }
        .into_any()
    };
    when(move || !list.at_bottom.get(), button)
}
