//! The toolbar beside the message under the pointer, and the menu with all actions of a message.

use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use web_sys::{Element, HtmlElement};

use super::actions::{KEYS, actions, press};
use super::message_tools::{MessageAction, MessageTools, SelectedMessage, bubble};
use super::moderation::message_dialogs;
use crate::browser::set_length;
use crate::clipboard::{COPIED, NOT_COPIED};
use crate::features::chat::message::MessageContent;
use crate::features::room_access::access_dialog;
use crate::i18n::{MORE, Words, isolated, use_lang};
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, flag, part};
use crate::ui::icon::Icon;
use crate::ui::virtual_list::ChosenRow;

const TOOLBAR: Words = Words::new("메시지 도구", "Message tools");
const TITLE_ID: &str = "message-menu-title";
/// The distance of the toolbar from its message, in pixels.
const TOOLBAR_GAP: f64 = 8.0;
/// The height that the toolbar leaves free above the message's end, for the time.
const TIME_HEIGHT: f64 = 20.0;

/// Puts the toolbar beside the message, above the line of its time.
fn place_toolbar(toolbar: &HtmlElement, row: &Element) -> Option<()> {
    let frame = toolbar.offset_parent()?.get_bounding_client_rect();
    let (at, bubble) = (row.get_bounding_client_rect(), bubble(row)?.get_bounding_client_rect());
    let meta = row.query_selector(".chat-meta").ok()??.get_bounding_client_rect();
    let (width, height) = (f64::from(toolbar.offset_width()), f64::from(toolbar.offset_height()));
    let left = if meta.left() >= bubble.left() {
        (bubble.right() + TOOLBAR_GAP).min(at.right() - width)
    } else {
        (bubble.left() - TOOLBAR_GAP - width).max(at.left())
    };
    let top = (bubble.bottom() - TIME_HEIGHT - height).max(frame.top());
    set_length(toolbar, "left", left - frame.left());
    set_length(toolbar, "top", top - frame.top());
    Some(())
}

/// The toolbar and the menu.
pub(super) fn toolbar_and_menu(tools: MessageTools) -> AnyView {
    let list = tools.row_context.list;
    list.row_keys.set_value(KEYS.to_owned());
    effect(move || {
        if let Some(ChosenRow { row, letter }) = list.chosen.get() {
            list.chosen.set(None);
            match letter {
                None => tools.open_menu(row),
                Some(letter) => press(tools, row, letter),
            }
        }
    });
    let toolbar = NodeRef::<html::Div>::new();
    effect(move || {
        list.moved.track();
        let key = tools.hovered.get();
        spawn_local(async move {
            // The toolbar has its width once its buttons are drawn.
            tick().await;
            if let Some(toolbar) = toolbar.try_get_untracked().flatten()
                && let Some((_, row)) = key.and_then(|key| list.row_of(key))
            {
                place_toolbar(&toolbar, &row);
            }
        });
    });
    let buttons = move || {
        let message = tools.hovered.get().and_then(|key| tools.find(key));
        let Some(message) = message else { return ().into_any() };
        let quick = actions(&message, tools).into_iter().filter(|action| action.is_quick);
        let more = MessageAction {
            id: "message-more",
            icon: Icon::More,
            name: MORE,
            is_quick: true,
            keys: "",
            run: Box::new(move || {
                if let Some(key) = tools.hovered.get_untracked() {
                    tools.open_menu(key);
                }
            }),
        };
        let buttons = quick.chain([more]).map(|action| button(action, tools));
        buttons.collect::<Vec<_>>().into_any()
    };
    let menu = move || match tools.chosen.get().and_then(|key| tools.find(key)) {
        None => ().into_any(),
        Some(message) => menu(&message, tools),
    };
    view! {
        <div node_ref=tools.frame>
            <div class="message-toolbar" role="toolbar" aria-label=TOOLBAR.now() data-testid="message-toolbar" data-shown=flag(move || tools.hovered.get().is_some()) node_ref=toolbar>
                {part(buttons)}
            </div>
            {dialog::menu("dialog menu message-menu", tools.is_menu_open, TITLE_ID, menu)}
            {access_dialog(tools.row_context.room, tools.access)}
            {message_dialogs(tools.moderation())}
            {tools.earlier.draw()}
            {tools.reactions.draw()}
            {tools.later.get_value().draw()}
        </div>
    }
    .into_any()
}

/// The name of an action, or the result of copying.
fn words(id: &'static str, name: Words, tools: MessageTools) -> Signal<&'static str> {
    let lang = use_lang();
    derived(move || {
        let words = match tools.copied.get().filter(|(copied, _)| *copied == id) {
            None => name,
            Some((_, true)) => COPIED,
            Some((_, false)) => NOT_COPIED,
        };
        words.of(lang.get())
    })
}

/// A button of the toolbar. It is for the pointer: the menu is the keyboard's way.
fn button(
    MessageAction { id, icon, name, run, .. }: MessageAction,
    tools: MessageTools,
) -> AnyView {
    let label = words(id, name, tools);
    let icon = part(move || match tools.copied.get() {
        Some((copied, true)) if copied == id => Icon::Check.draw(),
        _ => icon.draw(),
    });
    view! {
        <button class="icon-button" tabindex="-1" data-testid=id aria-label=label title=label on:click=events::click_once(move |_| run())>
            {icon}
        </button>
    }
    .into_any()
}

/// The menu: author and exact time of the message, and its actions.
fn menu(message: &SelectedMessage, tools: MessageTools) -> AnyView {
    let MessageContent { author, at, .. } = &message.content;
    let at = tools.row_context.formats.with_value(|formats| formats.full(*at));
    let items = actions(message, tools).into_iter().map(|action| {
        let MessageAction { id, icon, name, run, .. } = action;
        view! {
            <li>
                <button class="menu-item" data-testid=id on:click=events::click_once(move |_| run())>
                    {icon.draw()}<span>{words(id, name, tools)}</span>
                </button>
            </li>
        }
        .into_any()
    });
    let items: Vec<AnyView> = items.collect();
    view! {
        <h2 id=TITLE_ID class="menu-title" data-testid="message-menu">{format!("{} · {at}", isolated(&author.name))}</h2>
        <ul class="menu-items">{items}</ul>
    }
    .into_any()
}
