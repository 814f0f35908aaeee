//! The pointer over messages: the toolbar follows a mouse, and a long press opens the menu.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, PointerEvent};

use super::message_tools::MessageTools;

/// The time after which a press counts as long, as on phones.
const LONG_PRESS: Duration = Duration::from_millis(500);
/// A finger that moves farther does not press, in pixels.
const MAX_MOVE: i32 = 10;

/// A finger on a message.
#[derive(Clone, Copy)]
struct Press {
    /// The key of the message's row.
    row: u64,
    x: i32,
    y: i32,
    timer: Option<TimeoutHandle>,
}

/// Listens until the room is closed.
pub(super) fn listen(tools: MessageTools) {
    let list = tools.row_context.list;
    let row = move |target: Option<EventTarget>| list.row_around(&element(target)?);
    on_window("pointerover", move |event| {
        if event.pointer_type() == "touch" || is_in(event.target(), ".message-toolbar") {
            return;
        }
        let hovered = row(event.target());
        tools.hover(hovered);
    });
    let press = StoredValue::new(None::<Press>);
    let has_opened = StoredValue::new(false);
    let end = move || {
        let ended = press.try_update_value(Option::take).flatten();
        if let Some(timer) = ended.and_then(|press| press.timer) {
            timer.clear();
        }
        ended
    };
    on_window("pointerdown", move |event| {
        end();
        has_opened.set_value(false);
        let target = event.target();
        // A link and a button have their own long press.
        if event.pointer_type() != "touch" || is_in(target.clone(), "a, button:not(.mention)") {
            return;
        }
        let Some(row) = row(target) else { return };
        let open = move || {
            if end().is_some() {
                has_opened.set_value(true);
                tools.open_menu(row);
            }
        };
        let timer = set_timeout_with_handle(open, LONG_PRESS).ok();
        press.set_value(Some(Press { row, x: event.client_x(), y: event.client_y(), timer }));
    });
    on_window("pointermove", move |event| {
        let Some(Press { x, y, .. }) = press.get_value() else { return };
        if (event.client_x() - x).abs().max((event.client_y() - y).abs()) > MAX_MOVE {
            end();
        }
    });
    // The keyboard's way to the author is the menu.
    on_window("click", move |event| {
        let target = event.target();
        if is_in(target.clone(), ".chat-author > .isolated, .chat-message > .avatar")
            && let Some(row) = row(target)
        {
            tools.show_author(row);
        }
        if let Some(target) = element(event.target())
            && matches!(target.matches(".mention"), Ok(true))
        {
            tools.show_mentioned(target.get_attribute("data-user").as_deref());
        }
    });
    for name in ["pointerup", "pointercancel"] {
        on_window(name, move |_| {
            end();
        });
    }
    // Some browsers report a long press themselves, in place of a right click.
    on_window("contextmenu", move |event| {
        if let Some(press) = end() {
            event.prevent_default();
            has_opened.set_value(true);
            tools.open_menu(press.row);
        }
    });
    // The finger that is lifted does not press what lies beside the menu.
    on_window("touchend", move |event| {
        if has_opened.try_update_value(std::mem::take) == Some(true) {
            event.prevent_default();
        }
    });
}

/// Listens to an event of the window. (A typed listener of Leptos is compiled again for each event.) An event of touch has
/// no more than the methods of every event.
fn on_window(name: &'static str, listen: impl Fn(&PointerEvent) + 'static) {
    listen_on_window(name, Box::new(listen));
}

#[inline(never)]
fn listen_on_window(name: &'static str, listen: Box<dyn Fn(&PointerEvent)>) {
    let listener = window_event_listener_untyped(name, move |event| listen(event.unchecked_ref()));
    on_cleanup(move || listener.remove());
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn is_in(target: Option<EventTarget>, selector: &str) -> bool {
    element(target).is_some_and(|target| matches!(target.closest(selector), Ok(Some(_))))
}
