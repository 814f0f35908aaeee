//! The keyboard in a list: the list is one tab stop, and the arrow keys move the focus between its rows.
//!
//! The list itself is the tab stop and passes the focus on to a row: the row that had it last, or the newest on the
//! screen. While a row has the focus the list is no tab stop, so that Shift+Tab leaves it. Links and buttons of a row
//! are no tab stops either: an arrow key leads to them, Escape back. Enter, the key M, or one of the
//! letters of the rows chooses the row. A row that is drawn again keeps the
//! focus; the list takes the focus of a row that is no longer drawn.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, FocusOptions, HtmlElement, NodeList};

use super::elements::{self, ListElements};
use super::inner::Step;
use super::{ChosenRow, ListRow, VirtualList, hash};
use crate::browser;

/// The elements of a row that can be reached by keys. Those of a form are tab stops of their own.
const ACTIONS: &str = "a, button:not(form *)";
/// Elements that need the arrow keys for themselves.
const FIELDS: &str = "input, textarea, select";

/// The place of the focus in a list.
pub(super) struct RowFocus {
    /// The hash of the row's key.
    row: u64,
    /// The index of the focused action; none for the row itself.
    action: Option<usize>,
}

impl<R: ListRow> VirtualList<R> {
    /// A key was pressed in the list.
    pub(super) fn on_key(self, event: &KeyboardEvent) {
        let Some((elements, target)) = self.elements().zip(element(event.target())) else { return };
        if event.ctrl_key() || event.alt_key() || event.meta_key() || is(&target, FIELDS) {
            return;
        }
        let focus = row_focus(&elements);
        let row = focus.as_ref().and_then(|focus| elements.drawn_row(focus.row));
        let action = focus.and_then(|focus| focus.action);
        let done = match (event.key().as_str(), row) {
            ("ArrowUp", _) => self.move_focus(&elements, Step::Previous),
            ("ArrowDown", _) => self.move_focus(&elements, Step::Next),
            ("Home", _) => self.move_focus(&elements, Step::First),
            ("End", _) => self.move_focus(&elements, Step::Last),
            ("Enter" | "m" | "M" | "ㅡ", Some(row)) if action.is_none() => self.choose(&row, None),
            (letter, Some(row)) if action.is_none() && self.is_row_key(letter) => {
                self.choose(&row, letter.chars().next())
            }
            ("ArrowRight", Some(row)) => {
                focus_in_row(&row, Some(action.map_or(0, |action| action + 1)))
            }
            ("ArrowLeft", Some(row)) => {
                focus_in_row(&row, action.and_then(|action| action.checked_sub(1)))
            }
            ("Escape", Some(row)) if action.is_some() => focus_in_row(&row, None),
            _ => false,
        };
        if done {
            event.prevent_default();
            event.stop_propagation();
        }
    }

    /// Whether a key of one letter belongs to the rows.
    fn is_row_key(self, key: &str) -> bool {
        let mut letters = key.chars();
        let letter = letters.next().filter(|_| letters.next().is_none());
        letter.is_some_and(|letter| self.row_keys.with_value(|keys| keys.contains(letter)))
    }

    /// The reader chooses a row.
    fn choose(self, row: &Element, letter: Option<char>) -> bool {
        self.chosen.set(elements::key(row).map(|row| ChosenRow { row, letter }));
        true
    }

    /// The list or one of its rows gets the focus.
    pub(super) fn on_focus(self, event: &FocusEvent) {
        let Some((elements, target)) = self.elements().zip(element(event.target())) else { return };
        if let Some(row) = elements.row_around(&target) {
            set_tab_index(&elements.scroller, "-1");
            self.inner.try_update_value(|inner| {
                let drawn = inner.rows.get(inner.drawn.clone()).unwrap_or_default();
                let found = drawn.iter().find(|it| Some(hash(&it.key())) == elements::key(&row));
                inner.active = found.filter(|row| row.steady()).map(R::key).or(inner.active);
            });
            return;
        }
        let keeps = self.inner.try_update_value(|inner| std::mem::take(&mut inner.keeps_focus));
        // A click beside the rows moves nothing.
        if keeps == Some(false) && is(&target, ":focus-visible") {
            // After this event, because the row's event runs this listener again.
            spawn_local(async move {
                if let Some(elements) = self.elements() {
                    self.move_focus(&elements, Step::Enter);
                }
            });
        }
    }

    /// An element of the list loses the focus.
    pub(super) fn on_blur(self, event: &FocusEvent) {
        let Some(elements) = self.elements() else { return };
        if element(event.related_target()).is_none_or(|to| elements.row_around(&to).is_none()) {
            set_tab_index(&elements.scroller, "0");
        }
    }

    /// Moves the focus to another row; returns whether there is one.
    fn move_focus(self, elements: &ListElements, step: Step) -> bool {
        let moved = self.inner.try_update_value(|inner| {
            let view = elements.view();
            let index = inner.step(step, view)?;
            if step == Step::Last {
                inner.follow_end();
            } else {
                inner.reveal(index, view);
            }
            inner.active = Some(inner.rows.get(index)?.key());
            inner.active.map(|key| hash(&key))
        });
        let Some(key) = moved.flatten() else { return false };
        self.settle(elements);
        if elements.drawn_row(key).is_some_and(|row| focus_in_row(&row, None)) {
            return true;
        }
        spawn_local(async move {
            tick().await;
            if let Some(row) = self.elements().and_then(|elements| elements.drawn_row(key)) {
                focus_in_row(&row, None);
            }
        });
        true
    }

    /// Gives the focus back to a row that was drawn again, or to the list if it was not.
    pub(super) fn keep_focus(self, before: Option<RowFocus>) {
        let Some((before, elements)) = before.zip(self.elements()) else { return };
        let is_lost = browser::focused().is_none_or(|focused| focused.tag_name() == "BODY");
        if !is_lost {
            return;
        }
        if elements.drawn_row(before.row).is_some_and(|row| focus_in_row(&row, before.action)) {
            return;
        }
        self.inner.try_update_value(|inner| inner.keeps_focus = true);
        set_tab_index(&elements.scroller, "0");
        focus_without_scrolling(&elements.scroller);
    }
}

/// The row that has the focus.
pub(super) fn row_focus(elements: &ListElements) -> Option<RowFocus> {
    let focused = browser::focused()?;
    let row = elements.row_around(&focused)?;
    let action = actions(&row).position(|action| *action == *focused);
    Some(RowFocus { row: elements::key(&row)?, action })
}

/// Makes a new row and its actions reachable by keys and scripts, but no tab stops.
pub(super) fn take_out_of_tab_order(row: &Element) {
    let Some(content) = row.first_element_child() else { return };
    if content.has_attribute("tabindex") {
        return;
    }
    set_tab_index(&content, "-1");
    for action in actions(row) {
        set_tab_index(&action, "-1");
    }
}

/// Moves the focus to an action of a row, or to the row itself; returns whether there is such an element.
fn focus_in_row(row: &Element, action: Option<usize>) -> bool {
    take_out_of_tab_order(row);
    let element = match action {
        Some(index) => actions(row).nth(index),
        None => row.first_element_child().and_then(|content| content.dyn_into().ok()),
    };
    element.map(|element| focus_without_scrolling(&element)).is_some()
}

fn focus_without_scrolling(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    // Browsers do not throw here: an element that cannot have the focus is ignored.
    element.focus_with_options(&options).ok();
}

/// The actions of a row.
fn actions(row: &Element) -> impl Iterator<Item = HtmlElement> {
    let found = row.query_selector_all(ACTIONS).ok();
    let count = found.as_ref().map_or(0, NodeList::length);
    (0..count).filter_map(move |index| found.as_ref()?.item(index)?.dyn_into().ok())
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

/// Whether an element matches a selector of this file.
fn is(element: &Element, selector: &str) -> bool {
    element.matches(selector).unwrap_or_default()
}

fn set_tab_index(element: &Element, index: &str) {
    // Fails only for a malformed name.
    element.set_attribute("tabindex", index).ok();
}
