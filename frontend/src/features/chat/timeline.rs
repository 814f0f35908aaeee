//! The timeline of the open room.

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Action, Client, Slice};
use madang_shared::{RoomId, Seq};

use super::jump::way;
use super::message::{Drawing, draw};
use super::rows::{IncrementalRows, Row, Scene};
use crate::browser;
use crate::context::{AppContext, use_app};
use crate::features::delivery::{Inspected, inspector};
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

const KEPT: Words = Words::new(
    "이 기기에 저장해 둔 대화입니다. 새 소식은 연결되면 나타납니다.",
    "Kept on this device. What is new appears once there is a connection.",
);

/// What the timeline is made from; none before it is known.
fn scene(client: &Client, room: RoomId) -> Option<Scene<'_>> {
    let features = client.features();
    // Only once the client has opened the room does it know where the reader left off.
    if features.open() != Some(room) {
        return None;
    }
    let timeline = features.timeline(room).filter(|timeline| timeline.is_known())?;
    Some(Scene {
        room,
        me: features.me().id,
        edition: timeline.edition(),
        messages: timeline.messages(),
        has_older: timeline.has_older(),
        crowds: timeline.presence_summaries(),
        // Above what is loaded nobody knows which message is the first new one.
        new_after: timeline.new_after().filter(|mark| timeline.reaches_back_to(*mark)),
        outbox: client.outbox().items(),
        now: browser::now(),
    })
}

/// The changes that bring the list up to the client, and whether any message is there.
type News = (Vec<Splice<Row>>, bool);

/// The timeline.
#[component]
pub(crate) fn Timeline(room: RoomId, list: VirtualList<Row>) -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    provide_context(Drawing {
        room,
        formats: StoredValue::new_local(Formats::new(lang.get_untracked())),
        inspected: Inspected::new(),
    });
    let drawing: Drawing = expect_context();
    let (is_known, is_empty) = (state(false), state(false));
    let mut keeper = IncrementalRows::new(local_day);
    effect(move || {
        store.read(Slice::Outbox, |_| ());
        let news: Option<News> = store.read(Slice::Timeline, |client| {
            let scene = scene(client, room)?;
            Some((keeper.update(&scene), keeper.is_silent(&scene)))
        });
        let is_silent = news.as_ref().is_some_and(|(_, silent)| *silent);
        for (signal, now) in [(is_known, news.is_some()), (is_empty, is_silent)] {
            if signal.get_untracked() != now {
                signal.set(now);
            }
        }
        if let Some((changes, _)) = news {
            let new = changes.iter().any(|change| change.rows.contains(&Row::New));
            list.splice(changes, new.then(|| Row::New.key()));
        }
    });
    let mut first = true;
    effect(move || {
        let lang = lang.get();
        if !std::mem::replace(&mut first, false) {
            drawing.formats.set_value(Formats::new(lang));
            list.redraw();
        }
    });
    let way = way(app, room, list);
    follow_reader(app, room, list);

    let is_kept = memo(move || {
        store.read(Slice::Timeline, |client| {
            client
                .features()
                .timeline(room)
                .is_some_and(madang_client::timeline::Timeline::is_cached)
        })
    });
    view! {
        <div class="timeline">
            {when(move || is_kept.get(), || view! { <p class="kept" role="status" data-testid="kept">{KEPT.now()}</p> }.into_any())}
            <ListView list=list label=tr(|t| t.messages) draw=draw />
            {when(move || is_empty.get(), || empty("empty", "empty", tr(|t| t.no_message), tr(|t| t.no_message_hint)))}
            {when(move || !is_known.get(), || view! { <Skeleton /> }.into_any())}
            <JumpNewest room=room list=list />
            {way}
            {inspector(room, drawing.inspected)}
        </div>
    }
}

/// Loads older messages as the reader comes near them, and tells what was seen.
fn follow_reader(app: AppContext, room: RoomId, list: VirtualList<Row>) {
    let store = app.driver.store();
    let told = StoredValue::new(Seq(0));
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
        let seen = list.last_seen(|row| match row {
            Row::Message(row) => row.seq,
            _ => None,
        });
        if let Some(up_to) = seen.filter(|seq| *seq > told.get_value()) {
            told.set_value(up_to);
            app.driver.act(Action::MarkSeen { room, up_to });
        }
    });
    let listener = window_event_listener(ev::visibilitychange, move |_| list.moved.notify());
    on_cleanup(move || listener.remove());
}

/// Leads back down when the reader has scrolled up.
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
            <button class="jump" data-testid="jump-newest" data-unread=flag(move || unread.get() > 0) on:click=events::click(move |_| list.to_bottom())>
                {Icon::Down.draw()}
                <span>{label}</span>
            </button>
        }
        .into_any()
    };
    when(move || !list.at_bottom.get(), button)
}
