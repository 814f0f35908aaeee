//! Pinned messages: the action of a message, the bar above the messages with the last one, and the list of all.

use leptos::prelude::*;
use madang_client::views::message_acts::expected_pins;
use madang_client::{Action, Client, Slice};
use madang_shared::chat::ChatCommand;
use madang_shared::pins::Pin;
use madang_shared::{RoomId, Seq};

use super::message_tools::{MessageAction, MessageTools, SelectedMessage};
use super::reply::{quoted, words_of};
use crate::browser;
use crate::context::{AppContext, link_to, use_app};
use crate::features::profile::shown_name;
use crate::i18n::{Lang, Words, isolated, tr, use_lang};
use crate::route::Route;
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, effect, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::undo_bar::{UndoBar, use_undo_bar};

const PIN: Words = Words::new("고정", "Pin");
const UNPIN: Words = Words::new("고정 풀기", "Unpin");
const PINNED: Words = Words::new("메시지를 고정했습니다.", "Pinned.");
const UNPINNED: Words = Words::new("고정을 풀었습니다.", "Unpinned.");
const TITLE: Words = Words::new("고정된 메시지", "Pinned messages");
const NOTHING: Words = Words::new("고정된 메시지가 없습니다.", "No message is pinned.");

/// The list takes the focus when its focused button disappears.
const LIST_ID: &str = "pinned-messages";

/// The pinned messages of a room, after the commands in the outbox.
fn pins_of(client: &Client, room: RoomId) -> Vec<Pin> {
    let features = client.features();
    let pins = features.timeline(room).map_or(&[][..], |timeline| timeline.pins());
    expected_pins(client.outbox().items(), room, pins, features.me())
}

/// Pins a message, or takes that back, and offers to undo it.
fn change(
    (app, undo, lang): (AppContext, UndoBar, Lang),
    (room, message): (RoomId, Seq),
    is_on: bool,
) {
    app.driver.command(ChatCommand::Pin { room, message, is_on });
    let sentence = if is_on { PINNED } else { UNPINNED };
    undo.offer(sentence.of(lang).to_owned(), move || {
        app.driver.command(ChatCommand::Pin { room, message, is_on: !is_on });
    });
}

/// The action that pins a stored message, or takes that back.
pub(super) fn pin_row(message: &SelectedMessage, tools: MessageTools) -> Option<MessageAction> {
    let seq = message.seq.filter(|_| message.content.deleted.is_none())?;
    let (app, room) = (tools.app.get_value(), tools.row_context.room);
    let store = app.driver.store();
    let is_pinned = store.peek(|client| pins_of(client, room).iter().any(|pin| pin.message == seq));
    let (icon, name) = if is_pinned { (Icon::PinOff, UNPIN) } else { (Icon::Pin, PIN) };
    Some(MessageAction {
        id: "pin-message",
        icon,
        name,
        is_quick: false,
        keys: "pPㅔ",
        run: Box::new(move || {
            tools.is_menu_open.set(false);
            let with = (app, tools.undo_bar, tools.lang.get_untracked());
            change(with, (room, seq), !is_pinned);
        }),
    })
}

/// The bar with the message that was pinned last; nothing while none is pinned.
pub(crate) fn pinned_bar(room: RoomId) -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let is_open = state(false);
    let pins = memo(move || {
        let store = app.driver.store();
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Timeline, |client| pins_of(client, room))
    });
    let last = memo(move || pins.with(|pins| pins.last().map(|pin| pin.message)));
    let count = memo(move || pins.with(Vec::len));
    let bar = part(move || {
        let Some(message) = last.get() else { return ().into_any() };
        let words = words_of(app, quoted(app, room, message));
        let number = move || {
            view! { <span class="count" aria-hidden="true" data-testid="pin-count">{text(move || count.get().to_string())}</span> }.into_any()
        };
        view! {
            <button type="button" class="pinned-bar" data-testid="pinned-bar" on:click=events::click(move |_| is_open.set(true))>
                {Icon::Pin.draw()}
                <span class="visually-hidden">{text(move || label(lang.get(), count.get()))}</span>
                <span class="chat-quote-words">{words}</span>
                {when(move || count.get() > 1, number)}
            </button>
        }
        .into_any()
    });
    view! {
        {bar}
        {dialog(is_open, "pins-title", move || list(app, room, pins, is_open))}
    }
    .into_any()
}

fn label(lang: Lang, count: usize) -> String {
    match (lang, count) {
        (Lang::Ko, count) => format!("고정된 메시지 {count}개 보기. 마지막: "),
        (Lang::En, 1) => "Show the pinned message: ".to_owned(),
        (Lang::En, count) => format!("Show {count} pinned messages. The last one: "),
    }
}

/// The list of all, the last one first.
fn list(app: AppContext, room: RoomId, pins: Memo<Vec<Pin>>, is_open: State<bool>) -> AnyView {
    let (lang, times, undo) = (use_lang(), Times::new(), use_undo_bar());
    // One question for all: a row asks for its own message alone.
    effect(move || {
        let messages = pins.with(|pins| pins.iter().map(|pin| pin.message).collect());
        app.driver.act(Action::LoadMessages { room, messages });
    });
    let items = move || {
        let now = lang.get();
        let item = |pin: Pin| {
            let key = pin.message.0 ^ pin.at.0.rotate_left(32) ^ u64::from(now == Lang::Ko);
            Item::new(key, move || row(app, (room, &pin), (times, now, undo), is_open))
        };
        pins.get().into_iter().rev().map(item).collect()
    };
    view! {
        <h2 id="pins-title" class="dialog-title">{TITLE.now()}</h2>
        <ul id=LIST_ID tabindex="-1" class="pins" aria-label=TITLE.now() data-testid="pins">{each(derived(items))}</ul>
        {when(move || pins.with(Vec::is_empty), || view! { <p class="hint">{NOTHING.now()}</p> }.into_any())}
        <div class="dialog-actions">
            <button class="button" autofocus=true data-testid="pins-close" on:click=events::click(move |_| is_open.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn row(
    app: AppContext,
    (room, pin): (RoomId, &Pin),
    (times, lang, undo): (Times, Lang, UndoBar),
    is_open: State<bool>,
) -> AnyView {
    let (message, at) = (pin.message, times.short(lang, pin.at));
    let route = Route::Message(room, message);
    let words = words_of(app, quoted(app, room, message));
    let by = shown_name(app, pin.by.clone());
    let mut follow = link_to(app, route);
    let open = move |event| {
        is_open.set(false);
        follow(event);
    };
    let unpin = move |_| {
        browser::focus(LIST_ID);
        change((app, undo, lang), (room, message), false);
    };
    view! {
        <li class="pin" data-testid="pin">
            <div class="pin-body">
                <a class="pin-words user-text" dir="auto" href=route.path() data-testid="pin-open" on:click=open>{words}</a>
                <p class="hint">{text(move || by_line(lang, &by.get(), &at))}</p>
            </div>
            <button class="icon-button" data-testid="unpin" title=UNPIN.of(lang) aria-label=UNPIN.of(lang) on:click=events::click_once(unpin)>{Icon::PinOff.draw()}</button>
        </li>
    }
    .into_any()
}

fn by_line(lang: Lang, by: &str, at: &str) -> String {
    let by = isolated(by);
    match lang {
        Lang::Ko => format!("{by} 님이 고정 · {at}"),
        Lang::En => format!("Pinned by {by} · {at}"),
    }
}
