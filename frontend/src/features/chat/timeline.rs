//! The timeline of the open room.

use leptos::prelude::*;
use madang_client::views::chat;
use madang_client::{Action, Client, ConnectionState, Slice};
use madang_shared::{RoomId, Seq};

use super::jump::Jump;
use super::message::{Editor, RowContext, draw};
use super::reading::follow_reader;
use super::rows::{IncrementalRows, Row, RowKey, Scene};
use crate::browser;
use crate::context::use_app;
use crate::features::delivery::DeliveryTarget;
use crate::i18n::{Words, tr, use_lang};
use crate::route::Route;
use crate::time::{Formats, local_day};
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::skeleton::{Shape, skeleton};
use crate::ui::virtual_list::{ListView, Splice, VirtualList};

const CACHED: Words = Words::new(
    "이 기기에 저장해 둔 대화입니다. 새 소식은 연결되면 나타납니다.",
    "Saved on this device. New messages appear once you are connected.",
);

/// For screen readers, at the list.
const KEYS: Words = Words::new(
    "위아래 화살표 키로 메시지 사이를 이동하고, Enter 키로 메시지의 메뉴를 열고, 오른쪽 화살표 키로 메시지의 링크와 버튼으로 이동합니다.",
    "The up and down arrow keys move between messages, Enter opens the menu of a message, and the right arrow key goes to its links and buttons.",
);
const KEYS_ID: &str = "timeline-keys";

/// The input of the rows; none before the timeline has arrived.
fn scene(
    client: &Client,
    room: RoomId,
    shows_presence: bool,
    in_editor: Option<Seq>,
) -> Option<Scene<'_>> {
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
        shows_presence,
        // If the mark is before the first loaded message, the first new message is unknown.
        new_after: timeline.new_after().filter(|mark| timeline.reaches_back_to(*mark)),
        outbox: client.outbox().items(),
        now: browser::now(),
        in_editor,
    })
}

/// The first loaded message, while the room still loads older ones to open at its first new message.
fn opening_from(client: &Client, room: RoomId) -> Option<Seq> {
    let timeline = client.features().timeline(room).filter(|timeline| timeline.is_opening())?;
    if *client.connection() != ConnectionState::Live {
        return None;
    }
    Some(timeline.messages().front()?.seq)
}

/// The changes that bring the list up to date.
struct Update {
    changes: Vec<Splice<Row>>,
    /// The line above the first new message, if that is unread: it stays on the screen.
    held: Option<RowKey>,
    is_empty: bool,
}

/// The timeline.
#[component]
pub(crate) fn Timeline(
    room: RoomId,
    list: VirtualList<Row>,
    /// The message that the composer answers.
    reply_to: State<Option<Seq>>,
) -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let names_message = move || matches!(app.router.get(), Route::Message(of, _) if of == room);
    let jump = Jump::new(untrack(names_message));
    let (has_unread_bar, first_newest) = (state(false), StoredValue::new(None));
    provide_context(RowContext {
        room,
        list,
        jump,
        reply_to,
        has_unread_bar,
        first_newest,
        editor: Editor { message: state(None), text: state(String::new()) },
        formats: StoredValue::new_local(Formats::new(lang.get_untracked())),
        delivery_target: DeliveryTarget::new(),
    });
    let row_context: RowContext = expect_context();
    let (is_known, is_empty) = (state(false), state(false));
    let mut incremental = IncrementalRows::new(local_day);
    let (mut is_open, mut opening_query) = (false, None);
    effect(move || {
        store.read(Slice::Outbox, |_| ());
        let (names_message, shows_presence) = (names_message(), app.presence_lines.get());
        let in_editor = row_context.editor.message.get();
        if !is_open
            && !names_message
            && let Some(first) = store.read(Slice::Timeline, |client| opening_from(client, room))
        {
            let is_new = opening_query.replace(first) != Some(first);
            if is_new {
                app.driver.act(Action::LoadOlder(room));
            }
            // A refused query loads nothing; the room then opens at its end.
            if store.peek(|client| {
                client.features().timeline(room).is_some_and(chat::Timeline::is_loading_older)
            }) {
                return;
            }
        }
        let update = store.read(Slice::Timeline, |client| {
            let scene = scene(client, room, shows_presence, in_editor)?;
            if first_newest.get_value().is_none() {
                let timeline = client.features().timeline(room)?;
                first_newest.set_value(Some(timeline.newest()));
            }
            is_open |= *client.connection() == ConnectionState::Live;
            let mark = client.features().memberships().read_up_to(room);
            Some(Update {
                changes: incremental.update(&scene),
                held: scene.new_after.filter(|after| Some(*after) == mark).map(RowKey::New),
                is_empty: incremental.has_no_messages(&scene),
            })
        });
        let without_messages = update.as_ref().is_some_and(|update| update.is_empty);
        for (signal, now) in [(is_known, update.is_some()), (is_empty, without_messages)] {
            if signal.get_untracked() != now {
                signal.set(now);
            }
        }
        if let Some(update) = update {
            list.splice(update.changes, update.held);
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
    follow_reader(app, room, list, jump, has_unread_bar);

    let is_cached = memo(move || {
        store.read(Slice::Timeline, |client| {
            client.features().timeline(room).is_some_and(chat::Timeline::is_cached)
        })
    });
    view! {
        <div class="timeline">
            <div class="chat-statuses">
                {when(move || is_cached.get(), || view! { <p class="chat-status" role="status" data-testid="cached">{CACHED.now()}</p> }.into_any())}
                {app.lazy.draw_when_loaded(|views| (views.room_statuses)())}
            </div>
            <div class="chat-tools">{app.lazy.draw_when_loaded(|views| (views.room_tools)())}</div>
            <p id=KEYS_ID class="visually-hidden">{part(move || KEYS.of(lang.get()).into_any())}</p>
            <ListView list=list label=tr(|t| t.messages) hint_id=KEYS_ID draw=draw />
            {when(move || is_empty.get(), || empty("empty", "empty", tr(|t| t.no_message), tr(|t| t.no_message_hint)))}
            {when(move || !is_known.get(), || skeleton(Shape::Messages))}
            <JumpNewest room=room list=list />
        </div>
    }
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
            <button class="chat-jump" data-testid="jump-newest" data-unread=flag(move || unread.get() > 0) on:click=events::click(move |_| list.to_end())>
                {Icon::Down.draw()}
                <span>{label}</span>
            </button>
        }
        .into_any()
    };
    when(move || !list.at_end.get(), button)
}
