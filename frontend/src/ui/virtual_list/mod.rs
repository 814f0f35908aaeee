//! A list that draws only the rows that are seen, each as high as it turns out to be.
//!
//! It keeps the reader's place: at the bottom it stays at the bottom; anywhere else the first steady
//! row stays where it is, whatever comes in above or turns out higher than thought. Places are
//! corrected as soon as rows are drawn, and from a `ResizeObserver` when they change by themselves:
//! each time before the browser paints, so nothing is seen of it.

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
pub(crate) use geometry::RowKey;
pub(crate) use inner::Splice;

use geometry::{Anchor, Geometry};
use inner::Inner;

/// Rows this far outside what is seen are drawn too, in pixels: …
const OVERSCAN: f64 = 600.0;
/// … at the bottom fewer, for there each news draws rows, and most of these would never be seen.
const OVERSCAN_AT_BOTTOM: f64 = 150.0;
/// Nearer than this to the bottom is at the bottom, in pixels.
const BOTTOM: f64 = 48.0;

/// A row of a list. Rows that are equal look the same; a changed row is drawn anew.
pub(crate) trait ListRow: Clone + Eq + Hash + Send + Sync + 'static {
    /// Names the row as long as it lives.
    fn key(&self) -> RowKey;
    /// The height to assume until it is drawn, in pixels.
    fn estimate(&self) -> f64;
    /// Whether it stays beside the same neighbours when others come in above.
    fn steady(&self) -> bool;
}

/// A list's state and its place on the page. Copies are the same list.
pub(crate) struct VirtualList<R: 'static> {
    inner: StoredValue<Inner<R>, LocalStorage>,
    drawn: State<Vec<(u32, R)>>,
    /// Whether the newest row is seen.
    pub(crate) at_bottom: State<bool>,
    /// Rings when something else is seen than before.
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

/// The list's elements, and what the browser says of them.
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

    /// A short list stands at the bottom: this much is empty above it.
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

    /// Changes rows, one change on top of the other. On the first that there are, the row `open_at` is shown a
    /// little below the top, or the bottom if there is no such row.
    pub(crate) fn splice(self, changes: Vec<Splice<R>>, open_at: Option<RowKey>) {
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

    /// Draws every row anew: something changed that the rows do not know.
    pub(crate) fn redraw(self) {
        self.inner.try_update_value(|inner| inner.edition += 1);
        if let Some(page) = self.page() {
            self.draw(&page);
        }
    }

    /// Shows the newest row, and stays there.
    pub(crate) fn to_bottom(self) {
        self.at_bottom.set(true);
        if let Some(page) = self.page() {
            self.settle(&page);
        }
    }

    /// Shows the row that is asked for, a little below the top; answers whether there is one.
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

    /// Whether the first rows are near.
    pub(crate) fn is_near_top(self) -> bool {
        self.page().is_some_and(|page| page.scroll() < 2.0 * page.height())
    }

    /// What `pick` finds in the last row that is wholly seen, or in the nearest one above it.
    pub(crate) fn last_seen<T>(self, pick: impl Fn(&R) -> Option<T>) -> Option<T> {
        let page = self.page()?;
        self.inner.with_value(|inner| {
            let top = page.scroll() - page.gap(&inner.geometry);
            let seen = inner.geometry.rows_above(top + page.height() + 2.0);
            inner.rows.iter().take(seen).rev().find_map(pick)
        })
    }

    fn page(self) -> Option<Page> {
        Some(Page {
            scroller: self.scroller.get_untracked()?.into(),
            space: self.space.get_untracked()?.into(),
            window: self.window.get_untracked()?.into(),
        })
    }

    /// Brings the reader back to the place that is kept, and draws what is seen there.
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
            // Rows that were never drawn before are seldom as high as thought: their heights must be
            // known before the browser paints. The observer would tell a frame too late of rows that
            // it drew itself, and never of rows that are together as high as those they replace.
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

    /// Learns where the reader is now, before anything moves: the browser tells of it later, and whoever
    /// scrolled meanwhile would be brought back.
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

    /// Learns the heights of the drawn rows. `resized` says that the list itself may have another height.
    fn measure(self, resized: bool) {
        let Some(page) = self.page() else { return };
        let rows = page.window.children();
        let changed = self.inner.try_update_value(|inner| {
            self.look(inner, &page);
            let drawn = inner.rows.get(inner.drawn.clone()).unwrap_or_default();
            let places: HashMap<RowKey, usize> =
                drawn.iter().map(ListRow::key).zip(inner.drawn.start..).collect();
            let mut changed = false;
            for row in (0..rows.length()).filter_map(|index| rows.item(index)) {
                let key = row.get_attribute("data-key").and_then(|key| key.parse().ok());
                if let Some(index) = key.and_then(|key: RowKey| places.get(&key)) {
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
        let kept = StoredValue::new_local(Some((observer, measure)));
        on_cleanup(move || {
            if let Some(Some((observer, _))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }
}

/// A length as style sheets write it, to a tenth of a pixel. (The language prints floats to the last
/// digit that tells them apart, with 12 KB of code that nothing else here needs.)
fn pixels(length: f64) -> String {
    format!("{}px", tenths(length))
}

fn set_style(element: &HtmlElement, name: &str, value: &str) {
    // Through the object model: the page's policy forbids style attributes.
    drop(HtmlElement::style(element).set_property(name, value));
}

/// Draws a list. `label` names it to those who cannot see it.
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
        let mut name = DefaultHasher::new();
        drawn.hash(&mut name);
        Item::new(name.finish(), move || {
            let (_, row) = &drawn;
            view! { <li data-key=row.key().to_string()>{draw(row)}</li> }.into_any()
        })
    };
    let items = derived(move || list.drawn.get().into_iter().map(item).collect());
    view! {
        <div
            class="list"
            data-testid="timeline"
            role="region"
            tabindex="0"
            aria-label=label
            node_ref=list.scroller
            on:scroll=move |_| list.scrolled()
        >
            <div class="list-space" node_ref=list.space>
                <ol class="list-window" node_ref=list.window>
                    {each(items)}
                </ol>
            </div>
        </div>
    }
}
