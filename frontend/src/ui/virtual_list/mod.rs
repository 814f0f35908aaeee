//! A virtual list: draws only the visible rows, whose heights may differ.
//!
//! It keeps the scroll position: at the bottom it stays at the bottom; anywhere else the first steady visible row
//! stays in place when rows are added above it or measured. Positions are corrected when rows are drawn, and by a
//! `ResizeObserver` when rows change by themselves: both before the browser paints.

mod geometry;
mod inner;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, ResizeObserver};

use crate::format::tenths;
use crate::ui::erased::reactive::{Item, derived, each, effect};
use crate::ui::erased::signal::{State, state};
pub(crate) use inner::Splice;

use geometry::{Anchor, Geometry};
use inner::Inner;

/// Rows within this distance of the visible part are drawn too, in pixels.
const OVERSCAN: f64 = 600.0;
/// The same at the bottom, where each new message draws rows that would never be visible.
const OVERSCAN_AT_BOTTOM: f64 = 150.0;
/// The distance within which the list counts as at its bottom, in pixels.
const BOTTOM: f64 = 48.0;

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

/// The state and the elements of a list. Copies are the same list.
pub(crate) struct VirtualList<R: 'static> {
    inner: StoredValue<Inner<R>, LocalStorage>,
    drawn: State<Vec<(u32, R)>>,
    /// Whether the newest row is visible.
    pub(crate) at_bottom: State<bool>,
    /// Notifies when the visible part has changed.
    pub(crate) moved: Trigger,
    scroller: NodeRef<html::Div>,
    space: NodeRef<html::Div>,
    window: NodeRef<html::Ol>,
}

impl<R> Clone for VirtualList<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for VirtualList<R> {}

/// The elements of a list.
struct Page {
    scroller: HtmlElement,
    space: HtmlElement,
    window: HtmlElement,
}

impl Page {
    fn scroll(&self) -> f64 {
        f64::from(self.scroller.scroll_top())
    }

    fn height(&self) -> f64 {
        f64::from(self.scroller.client_height())
    }

    /// The empty space above a list that is shorter than its element, in pixels.
    fn gap(&self, geometry: &Geometry) -> f64 {
        (self.height() - geometry.total()).max(0.0)
    }

    fn scroll_to(&self, y: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a list is far below 2^31 pixels high"
        )]
        self.scroller.set_scroll_top(y.round() as i32);
    }
}

impl<R: ListRow> VirtualList<R> {
    pub(crate) fn new() -> Self {
        Self {
            inner: StoredValue::new_local(Inner::default()),
            drawn: state(Vec::new()),
            at_bottom: state(true),
            moved: Trigger::new(),
            scroller: NodeRef::new(),
            space: NodeRef::new(),
            window: NodeRef::new(),
        }
    }

    /// Applies changes, one on top of the other. The first rows of a list open at the row `open_at`, a little below
    /// the top, or at the bottom if there is no such row.
    pub(crate) fn splice(self, changes: Vec<Splice<R>>, open_at: Option<R::Key>) {
        let page = self.page();
        let has_moved = self.inner.try_update_value(|inner| {
            if let Some(page) = &page {
                self.look(inner, page);
            }
            let first = inner.rows.is_empty();
            let mut moved = false;
            for change in changes {
                moved |= inner.splice(change);
            }
            let open_at = open_at.filter(|_| first);
            if let Some(index) =
                open_at.and_then(|key| inner.rows.iter().position(|row| row.key() == key))
            {
                let below = page.as_ref().map_or(0.0, |page| page.height() / 4.0);
                inner.anchor = Some(Anchor { index, below });
                self.at_bottom.set(false);
            }
            moved
        });
        if let Some(page) = page
            && has_moved == Some(true)
        {
            self.settle(&page);
        }
    }

    /// Draws every row again, after a change that the rows do not contain.
    pub(crate) fn redraw(self) {
        self.inner.try_update_value(|inner| inner.edition += 1);
        if let Some(page) = self.page() {
            self.draw(&page);
        }
    }

    /// Scrolls to the newest row, and stays there.
    pub(crate) fn to_bottom(self) {
        self.at_bottom.set(true);
        if let Some(page) = self.page() {
            self.settle(&page);
        }
    }

    /// Scrolls to a row, a little below the top; returns whether there is such a row.
    pub(crate) fn show(self, is: impl Fn(&R) -> bool) -> bool {
        let Some(page) = self.page() else { return false };
        let shown = self.inner.try_update_value(|inner| {
            let index = inner.rows.iter().position(is)?;
            inner.anchor = Some(Anchor { index, below: page.height() / 4.0 });
            Some(())
        });
        if shown.flatten().is_none() {
            return false;
        }
        self.at_bottom.set(false);
        self.settle(&page);
        true
    }

    /// Whether the first rows are within two heights of the list.
    pub(crate) fn is_near_top(self) -> bool {
        self.page().is_some_and(|page| page.scroll() < 2.0 * page.height())
    }

    /// The result of `pick` for the last fully visible row, or for the nearest row above it that has one.
    pub(crate) fn last_visible<T>(self, pick: impl Fn(&R) -> Option<T>) -> Option<T> {
        let page = self.page()?;
        self.inner.with_value(|inner| {
            let top = page.scroll() - page.gap(&inner.geometry);
            let visible = inner.geometry.rows_above(top + page.height() + 2.0);
            inner.rows.iter().take(visible).rev().find_map(pick)
        })
    }

    fn page(self) -> Option<Page> {
        Some(Page {
            scroller: self.scroller.get_untracked()?.into(),
            space: self.space.get_untracked()?.into(),
            window: self.window.get_untracked()?.into(),
        })
    }

    /// Restores the scroll position, and draws the visible rows.
    fn settle(self, page: &Page) {
        self.inner.try_update_value(|inner| {
            let total = inner.geometry.total().max(page.height());
            set_style(&page.space, "height", &pixels(total));
            if self.at_bottom.get_untracked() {
                page.scroll_to(total);
            } else if let Some(anchor) = inner.anchor {
                page.scroll_to(inner.geometry.scroll_for(anchor));
            }
            inner.scroll = page.scroll();
        });
        self.draw(page);
    }

    fn draw(self, page: &Page) {
        let drawn = self.inner.try_update_value(|inner| {
            let gap = page.gap(&inner.geometry);
            let top = page.scroll() - gap;
            let beyond = if self.at_bottom.get_untracked() { OVERSCAN_AT_BOTTOM } else { OVERSCAN };
            let bottom = top + page.height();
            let range = inner.geometry.rows_between(top - beyond, bottom + beyond);
            let y = gap + inner.geometry.top(range.start);
            set_style(&page.window, "transform", &format!("translateY({})", pixels(y)));
            inner.drawn = range.clone();
            let rows = inner.rows.get(range).unwrap_or_default();
            rows.iter().map(|row| (inner.edition, row.clone())).collect::<Vec<_>>()
        });
        if let Some(drawn) = drawn
            && self.drawn.with_untracked(|before| *before != drawn)
        {
            self.drawn.set(drawn);
            // New rows are measured before the browser paints, because their estimates are rarely exact. The
            // observer would report them a frame too late, and not at all if their total height is that of
            // the rows they replace.
            spawn_local(async move {
                tick().await;
                self.measure(false);
            });
        }
        self.moved.notify();
    }

    fn scrolled(self) {
        let Some(page) = self.page() else { return };
        self.inner.try_update_value(|inner| self.look(inner, &page));
        self.draw(&page);
    }

    /// Reads the scroll position before a change: its event comes later, and the change would undo the user's
    /// scrolling.
    fn look(self, inner: &mut Inner<R>, page: &Page) {
        let scroll = page.scroll();
        if (scroll - inner.scroll).abs() < 1.0 && inner.anchor.is_some() {
            return;
        }
        inner.scroll = scroll;
        inner.anchor = inner.geometry.anchor(scroll).or(inner.anchor);
        let below = f64::from(page.scroller.scroll_height()) - scroll - page.height();
        let at_bottom = below < BOTTOM;
        if at_bottom != self.at_bottom.get_untracked() {
            self.at_bottom.set(at_bottom);
        }
    }

    /// Measures the drawn rows. `resized` means that the height of the list itself may have changed.
    fn measure(self, resized: bool) {
        let Some(page) = self.page() else { return };
        let rows = page.window.children();
        let changed = self.inner.try_update_value(|inner| {
            self.look(inner, &page);
            let drawn = inner.rows.get(inner.drawn.clone()).unwrap_or_default();
            let places: HashMap<u64, usize> =
                drawn.iter().map(|row| hash(&row.key())).zip(inner.drawn.start..).collect();
            let mut changed = false;
            for row in (0..rows.length()).filter_map(|index| rows.item(index)) {
                let key = row.get_attribute("data-key").and_then(|key| key.parse().ok());
                if let Some(index) = key.and_then(|key: u64| places.get(&key)) {
                    let height = row.get_bounding_client_rect().height();
                    changed |= inner.geometry.measure(*index, height);
                }
            }
            changed
        });
        if changed != Some(true) && !resized {
            return;
        }
        self.settle(&page);
    }

    fn observe(self) {
        let Some(page) = self.page() else { return };
        let measure = Closure::<dyn FnMut()>::new(move || self.measure(true));
        let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&page.scroller);
        observer.observe(&page.window);
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

/// A length in CSS, to a tenth of a pixel. (`format!` of a float would add 12 KB to the app.)
fn pixels(length: f64) -> String {
    format!("{}px", tenths(length))
}

fn set_style(element: &HtmlElement, name: &str, value: &str) {
    // Through the object model, because the page's content security policy forbids style attributes.
    // Fails only for an element without a style of its own.
    HtmlElement::style(element).set_property(name, value).ok();
}

/// Draws a list. `label` is for screen readers.
#[component]
pub(crate) fn ListView<R: ListRow>(
    list: VirtualList<R>,
    label: Signal<&'static str>,
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
            node_ref=list.scroller
            on:scroll=move |_| list.scrolled()
        >
            <div class="virtual-list-space" node_ref=list.space>
                <ol class="virtual-list-window" node_ref=list.window>
                    {each(items)}
                </ol>
            </div>
        </div>
    }
}
