//! A virtual list: draws only the visible rows, whose heights may differ.
//!
//! It keeps its place. A list that follows its end stays there; any other keeps the first steady visible row in
//! place when rows are added above it or measured. Only the reader's own scrolling and explicit acts decide whether
//! it follows (`inner`). Positions are corrected when rows are drawn, and by a `ResizeObserver` when rows or the list
//! change their size: both before the browser paints.
//!
//! The list is one tab stop (`focus`).

mod elements;
mod focus;
mod geometry;
mod inner;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, ResizeObserver};

use crate::ui::erased::events;
use crate::ui::erased::reactive::{Item, derived, each, effect};
use crate::ui::erased::signal::{State, state};
pub(crate) use inner::Splice;

use elements::{ListElements, pixels, set_style};
use inner::Inner;

/// Rows within this distance of the visible part are drawn too, in pixels.
const OVERSCAN: f64 = 600.0;
/// The same at the end, where each new message draws rows that would never be visible.
const OVERSCAN_AT_END: f64 = 150.0;

/// A row of a list. Equal rows look the same; a changed row is drawn again.
pub(crate) trait ListRow: Clone + Eq + Hash + Send + Sync + 'static {
    /// Identifies a row, even when its content changes.
    type Key: Copy + Eq + Hash;

    fn key(&self) -> Self::Key;
    /// The estimated height until the row is measured, in pixels.
    fn estimate(&self) -> f64;
    /// Whether the row keeps its neighbours when rows are added above it.
    fn steady(&self) -> bool;
}

/// A row that the reader chose by the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChosenRow {
    /// The key of the row; see [`VirtualList::row_of`].
    pub(crate) row: u64,
    /// The letter that chose it; none for its menu.
    pub(crate) letter: Option<char>,
}

/// The state and the elements of a list. Copies are the same list.
pub(crate) struct VirtualList<R: ListRow> {
    inner: StoredValue<Inner<R>, LocalStorage>,
    drawn: State<Vec<(u32, R)>>,
    /// Whether the newest row is visible.
    pub(crate) at_end: State<bool>,
    /// Notifies when the visible part has changed.
    pub(crate) moved: Trigger,
    /// The row that the reader chose by the keyboard last; see [`VirtualList::row_of`].
    pub(crate) chosen: State<Option<ChosenRow>>,
    /// The letters that choose a row too.
    pub(crate) row_keys: StoredValue<String>,
    scroller: NodeRef<html::Div>,
    space: NodeRef<html::Div>,
    window: NodeRef<html::Ol>,
}

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "deriving it would require rows that are `Copy`"
)]
impl<R: ListRow> Clone for VirtualList<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R: ListRow> Copy for VirtualList<R> {}

impl<R: ListRow> VirtualList<R> {
    pub(crate) fn new() -> Self {
        Self {
            inner: StoredValue::new_local(Inner::default()),
            drawn: state(Vec::new()),
            at_end: state(true),
            moved: Trigger::new(),
            chosen: state(None),
            row_keys: StoredValue::new(String::new()),
            scroller: NodeRef::new(),
            space: NodeRef::new(),
            window: NodeRef::new(),
        }
    }

    /// Applies changes, one on top of the other. As long as it may hold, a list at its end does not let the row `held`
    /// leave the screen: it stops there.
    pub(crate) fn splice(self, changes: Vec<Splice<R>>, held: Option<R::Key>) {
        let elements = self.elements();
        let has_moved = self.inner.try_update_value(|inner| {
            let last = inner.last_key();
            if let Some(view) = elements.as_ref().map(ListElements::view) {
                inner.look(view);
                inner.follow_shown_end(view);
            }
            let mut moved = inner.held != held;
            inner.held = held;
            for change in changes {
                moved |= inner.splice(change);
            }
            let now_last = inner.last_key();
            if let Some(elements) = &elements
                && now_last != last
            {
                elements.set_grown(inner.follows && last.is_some());
            }
            moved
        });
        if let Some(elements) = elements
            && has_moved == Some(true)
        {
            self.settle(&elements);
        }
    }

    /// Draws every row again, after a change that the rows do not contain.
    pub(crate) fn redraw(self) {
        self.inner.try_update_value(|inner| inner.edition += 1);
        if let Some(elements) = self.elements() {
            self.draw(&elements);
        }
    }

    /// Scrolls to the newest row, and stays there.
    pub(crate) fn to_end(self) {
        self.inner.try_update_value(Inner::follow_end);
        if let Some(elements) = self.elements() {
            self.settle(&elements);
        }
    }

    /// Scrolls to a row, a little below the top; returns whether there is such a row.
    pub(crate) fn show(self, is: impl Fn(&R) -> bool) -> bool {
        let Some(elements) = self.elements() else { return false };
        let shown = self.inner.try_update_value(|inner| {
            let index = inner.rows.iter().position(is)?;
            inner.show(index, elements.view().height);
            Some(())
        });
        if shown.flatten().is_none() {
            return false;
        }
        self.settle(&elements);
        true
    }

    /// Whether the list stays at its end.
    pub(crate) fn follows(self) -> bool {
        self.inner.try_with_value(|inner| inner.follows).unwrap_or_default()
    }

    /// Whether the held row counts. The reader's own scrolling and jumps end it too.
    pub(crate) fn set_may_hold(self, may_hold: bool) {
        self.inner.try_update_value(|inner| inner.may_hold = may_hold);
    }

    /// Whether the first rows are within two heights of the list.
    pub(crate) fn is_near_start(self) -> bool {
        let is_empty = self.inner.with_value(|inner| inner.rows.is_empty());
        !is_empty
            && self
                .elements()
                .is_some_and(|elements| elements.view().scroll < 2.0 * elements.view().height)
    }

    /// The results of `pick` for the first and the last row whose end is on the screen, of those that have one.
    pub(crate) fn shown<T>(self, pick: impl Fn(&R) -> Option<T>) -> Option<(T, T)> {
        let view = self.elements()?.view();
        self.inner.with_value(|inner| {
            let rows = inner.rows.get(inner.shown(view))?;
            Some((rows.iter().find_map(&pick)?, rows.iter().rev().find_map(&pick)?))
        })
    }

    /// The result of `pick` for the topmost row that is at least partly visible, or for the nearest row above it that has
    /// one.
    pub(crate) fn at_top<T>(self, pick: impl Fn(&R) -> Option<T>) -> Option<T> {
        let view = self.elements()?.view();
        self.inner.with_value(|inner| {
            let top = inner.geometry.rows_above(view.scroll);
            inner.rows.get(..=top)?.iter().rev().find_map(pick)
        })
    }

    /// The drawn row around an element, and its key in [`chosen`](Self::chosen).
    pub(crate) fn row_around(self, element: &Element) -> Option<u64> {
        elements::key(&self.elements()?.row_around(element)?)
    }

    /// The row with this key, and its element, if it is drawn.
    pub(crate) fn row_of(self, key: u64) -> Option<(R, Element)> {
        let element = self.elements()?.drawn_row(key)?;
        let row = self.inner.with_value(|inner| {
            let drawn = inner.rows.get(inner.drawn.clone())?;
            drawn.iter().find(|row| hash(&row.key()) == key).cloned()
        });
        Some((row?, element))
    }

    /// The elements; none while they have no size, as in a part of the page that is not displayed, and none once the
    /// list is gone, because measuring waits until the rows are drawn.
    fn elements(self) -> Option<ListElements> {
        let elements = ListElements {
            scroller: self.scroller.try_get_untracked()??.into(),
            space: self.space.try_get_untracked()??.into(),
            window: self.window.try_get_untracked()??.into(),
        };
        (elements.scroller.client_height() > 0).then_some(elements)
    }

    /// Restores the scroll position, and draws the visible rows.
    fn settle(self, elements: &ListElements) {
        self.inner.try_update_value(|inner| {
            let height = elements.view().height;
            set_style(&elements.space, "height", &pixels(inner.geometry.total().max(height)));
            if let Some(place) = inner.place(height) {
                elements.scroll_to(place);
            }
            inner.scroll = elements.view().scroll;
        });
        self.draw(elements);
    }

    fn draw(self, elements: &ListElements) {
        let drawn = self.inner.try_update_value(|inner| {
            let view = elements.view();
            let at_end = inner.is_at_end(view);
            if at_end != self.at_end.get_untracked() {
                elements.set_grown(false);
                self.at_end.set(at_end);
            }
            let gap = elements.gap(&inner.geometry);
            let top = view.scroll - gap;
            let beyond = if at_end { OVERSCAN_AT_END } else { OVERSCAN };
            let bottom = top + view.height;
            let range = inner.geometry.rows_between(top - beyond, bottom + beyond);
            let y = gap + inner.geometry.top(range.start);
            set_style(&elements.window, "transform", &format!("translateY({})", pixels(y)));
            inner.drawn = range.clone();
            let rows = inner.rows.get(range).unwrap_or_default();
            rows.iter().map(|row| (inner.edition, row.clone())).collect::<Vec<_>>()
        });
        if let Some(drawn) = drawn
            && self.drawn.with_untracked(|before| *before != drawn)
        {
            let focus = focus::row_focus(elements);
            self.drawn.set(drawn);
            // New rows are measured before the browser paints, because their estimates are rarely exact. The
            // observer would report them a frame too late, and not at all if their total height is that of
            // the rows they replace.
            spawn_local(async move {
                tick().await;
                // First, because measuring may draw the rows again.
                self.keep_focus(focus);
                self.measure(false);
            });
        }
        self.moved.notify();
    }

    fn scrolled(self) {
        let Some(elements) = self.elements() else { return };
        self.inner.try_update_value(|inner| inner.look(elements.view()));
        self.draw(&elements);
    }

    /// Measures the drawn rows. `resized` means that the height of the list itself may have changed.
    fn measure(self, resized: bool) {
        let Some(elements) = self.elements() else { return };
        let changed = self.inner.try_update_value(|inner| {
            inner.look(elements.view());
            let drawn = inner.rows.get(inner.drawn.clone()).unwrap_or_default();
            let places: HashMap<u64, usize> =
                drawn.iter().map(|row| hash(&row.key())).zip(inner.drawn.start..).collect();
            let mut changed = false;
            for row in elements.drawn_rows() {
                focus::take_out_of_tab_order(&row);
                if let Some(index) = elements::key(&row).and_then(|key| places.get(&key)) {
                    let height = row.get_bounding_client_rect().height();
                    changed |= inner.geometry.measure(*index, height);
                }
            }
            changed
        });
        if changed != Some(true) && !resized {
            return;
        }
        self.settle(&elements);
    }

    fn observe(self) {
        let Some(elements) = self.elements() else { return };
        let measure = Closure::<dyn FnMut()>::new(move || self.measure(true));
        let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&elements.scroller);
        observer.observe(&elements.window);
        let observing = StoredValue::new_local(Some((observer, measure)));
        on_cleanup(move || {
            if let Some(Some((observer, _))) = observing.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Draws a list. `label` is for screen readers, which also get `hint_id`: the element that tells the keys.
#[component]
pub(crate) fn ListView<R: ListRow>(
    list: VirtualList<R>,
    label: Signal<&'static str>,
    hint_id: &'static str,
    draw: fn(&R) -> AnyView,
) -> impl IntoView {
    effect(move || {
        if list.scroller.get().is_some() {
            list.observe();
        }
    });
    let item = move |drawn: (u32, R)| {
        Item::new(hash(&drawn), move || {
            let (_, row) = &drawn;
            view! { <li data-key=hash(&row.key()).to_string()>{draw(row)}</li> }.into_any()
        })
    };
    let items = derived(move || list.drawn.get().into_iter().map(item).collect());
    view! {
        <div
            class="virtual-list"
            data-testid="timeline"
            role="region"
            tabindex="0"
            aria-label=label
            aria-describedby=hint_id
            node_ref=list.scroller
            on:scroll=move |_| list.scrolled()
            on:keydown=events::key(move |event| list.on_key(&event))
            on:focusin=move |event| list.on_focus(&event)
            on:focusout=move |event| list.on_blur(&event)
        >
            <div class="virtual-list-space" node_ref=list.space>
                <ol class="virtual-list-window" node_ref=list.window>
                    {each(items)}
                </ol>
            </div>
        </div>
    }
}
