//! Keyboard shortcuts: Ctrl+K finds a room, Alt+Up and Alt+Down change rooms, Esc closes a drawer or goes back
//! to the composer.

use leptos::ev;
use leptos::prelude::*;

use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, Drawer};
use crate::features::rooms::{FILTER_ID, joined_rooms};

/// Up to this width, in pixels, the side panels are drawers. `style.css` has the same number.
const NARROW: f64 = 720.0;

/// Listens until the session ends.
pub(super) fn listen(app: AppContext) {
    let on_key = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() {
            return;
        }
        match event.key().as_str() {
            "Escape" if app.drawer.get_untracked().is_some() => app.close_drawer(),
            "Escape" if !is_in_dialog() => browser::focus(COMPOSER_ID),
            "k" | "K" | "ㅏ" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                if is_narrow() {
                    app.drawer.set(Some(Drawer::Rooms));
                }
                request_animation_frame(|| browser::focus(FILTER_ID));
            }
            "ArrowDown" if event.alt_key() => {
                event.prevent_default();
                step(app, true);
            }
            "ArrowUp" if event.alt_key() => {
                event.prevent_default();
                step(app, false);
            }
            _ => {}
        }
    });
    on_cleanup(move || on_key.remove());
    let on_resize = window_event_listener(ev::resize, move |_| {
        if !is_narrow() && app.drawer.get_untracked().is_some() {
            app.drawer.set(None);
        }
    });
    on_cleanup(move || on_resize.remove());
}

/// Opens the room above or below the open one.
fn step(app: AppContext, down: bool) {
    let rooms = app.driver.store().peek(joined_rooms);
    let open = app.router.get().room();
    let index = rooms.iter().position(|room| Some(room.id) == open);
    let next = match (index, down) {
        (Some(index), true) => rooms.get(index + 1),
        (Some(index), false) => index.checked_sub(1).and_then(|index| rooms.get(index)),
        (None, _) => rooms.first(),
    };
    if let Some(room) = next {
        app.visit(room.id);
    }
}

fn is_narrow() -> bool {
    window()
        .inner_width()
        .ok()
        .and_then(|width| width.as_f64())
        .is_some_and(|width| width <= NARROW)
}

fn is_in_dialog() -> bool {
    browser::focused().is_some_and(|element| matches!(element.closest("dialog"), Ok(Some(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_has_the_same_width() {
        assert!(include_str!("style.css").contains(&format!("@media (max-width: {NARROW}px)")));
    }
}
