//! The grid of emoji: one of them has the focus, and the arrow keys move it.

use leptos::ev::KeyboardEvent;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser;

/// The id of the grid. A page has one.
pub(super) const GRID_ID: &str = "emoji-grid";
/// The attribute of an emoji with its index.
const INDEX: &str = "data-index";

/// The target of an arrow key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Emoji(usize),
    /// The field above the grid.
    Field,
}

/// The target of a key in a grid of `count` emoji; none if the key does not move the focus.
fn target(key: &str, at: usize, count: usize, columns: usize) -> Option<Target> {
    let last = count.checked_sub(1)?;
    let (at, columns) = (at.min(last), columns.max(1));
    let to = match key {
        "ArrowRight" => (at + 1).min(last),
        "ArrowLeft" => at.saturating_sub(1),
        // From the row above the last one, which may be shorter.
        "ArrowDown" if at / columns < last / columns => (at + columns).min(last),
        "ArrowDown" => at,
        "ArrowUp" => match at.checked_sub(columns) {
            Some(above) => above,
            None => return Some(Target::Field),
        },
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(Target::Emoji(to))
}

fn emoji_elements() -> Vec<HtmlElement> {
    let Some(grid) = browser::element(GRID_ID) else { return Vec::new() };
    let children = grid.children();
    let elements = (0..children.length()).filter_map(|index| children.item(index));
    elements.filter_map(|element| element.dyn_into().ok()).collect()
}

/// The index of an emoji's element.
pub(super) fn index_of(element: Option<web_sys::EventTarget>) -> Option<usize> {
    let element: HtmlElement = element?.dyn_into().ok()?;
    element.get_attribute(INDEX)?.parse().ok()
}

/// Moves the focus to the first emoji; returns whether there is one.
pub(super) fn focus_first() -> bool {
    let elements = emoji_elements();
    elements.first().inspect(|first| browser::focus_on(first)).is_some()
}

/// Presses the first emoji, if there is one.
pub(super) fn press_first() {
    if let Some(first) = emoji_elements().first() {
        first.click();
    }
}

/// Moves the focus for a key that was pressed on an emoji.
pub(super) fn on_key(event: &KeyboardEvent, field_id: &str) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let Some(at) = index_of(event.target()) else { return };
    let elements = emoji_elements();
    let top = |element: &HtmlElement| element.offset_top();
    let first_row = elements.first().map(top);
    let columns = elements.iter().take_while(|element| Some(top(element)) == first_row).count();
    let Some(target) = target(&event.key(), at, elements.len(), columns) else { return };
    event.prevent_default();
    match target {
        Target::Field => browser::focus(field_id),
        Target::Emoji(to) => {
            // The Tab key enters the grid at the emoji that had the focus last.
            for (element, is_entry) in [(elements.get(at), "-1"), (elements.get(to), "0")] {
                if let Some(element) = element {
                    // Fails only for a malformed name.
                    element.set_attribute("tabindex", is_entry).ok();
                }
            }
            if let Some(element) = elements.get(to) {
                browser::focus_on(element);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_move_in_rows_and_columns() {
        // Three rows of four columns, the last one with two emoji.
        for (key, at, to) in [
            ("ArrowRight", 3, 4),
            ("ArrowRight", 9, 9),
            ("ArrowLeft", 0, 0),
            ("ArrowLeft", 4, 3),
            ("ArrowDown", 1, 5),
            ("ArrowDown", 5, 9),
            ("ArrowDown", 7, 9),
            ("ArrowDown", 8, 8),
            ("ArrowUp", 9, 5),
            ("Home", 7, 0),
            ("End", 2, 9),
        ] {
            assert_eq!(target(key, at, 10, 4), Some(Target::Emoji(to)), "{key} at {at}");
        }
        assert_eq!(target("ArrowUp", 2, 10, 4), Some(Target::Field));
        assert_eq!(target("a", 2, 10, 4), None);
        assert_eq!(target("ArrowDown", 0, 0, 4), None);
        assert_eq!(target("ArrowDown", 1, 3, 0), Some(Target::Emoji(2)), "without a layout");
    }
}
