//! The elements of a list.

use web_sys::{Element, HtmlElement};

use super::geometry::Geometry;
use super::inner::Viewport;
use crate::format::tenths;

/// The elements of a list.
pub(super) struct ListElements {
    /// The element that scrolls.
    pub(super) scroller: HtmlElement,
    /// As high as all rows together.
    pub(super) space: HtmlElement,
    /// Contains the drawn rows.
    pub(super) window: HtmlElement,
}

impl ListElements {
    pub(super) fn view(&self) -> Viewport {
        let height = f64::from(self.scroller.client_height());
        Viewport {
            scroll: f64::from(self.scroller.scroll_top()),
            height,
            limit: f64::from(self.scroller.scroll_height()) - height,
        }
    }

    /// The empty space above a list that is shorter than its element, in pixels.
    pub(super) fn gap(&self, geometry: &Geometry) -> f64 {
        (f64::from(self.scroller.client_height()) - geometry.total()).max(0.0)
    }

    pub(super) fn scroll_to(&self, y: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a list is far below 2^31 pixels high"
        )]
        self.scroller.set_scroll_top(y.round() as i32);
    }

    /// Tells styles whether the last row has arrived while the list followed its end. A row that is drawn again
    /// because the reader came back has not.
    pub(super) fn set_grown(&self, grown: bool) {
        // Fails only for a name that is none.
        self.window.set_attribute("data-grown", if grown { "true" } else { "false" }).ok();
    }

    /// The elements of the drawn rows.
    pub(super) fn drawn_rows(&self) -> impl Iterator<Item = Element> {
        let rows = self.window.children();
        (0..rows.length()).filter_map(move |index| rows.item(index))
    }

    /// The element of a drawn row.
    pub(super) fn drawn_row(&self, wanted: u64) -> Option<Element> {
        self.drawn_rows().find(|row| key(row) == Some(wanted))
    }

    /// The drawn row around an element.
    pub(super) fn row_around(&self, element: &Element) -> Option<Element> {
        self.window.contains(Some(element)).then(|| element.closest("li").ok()?)?
    }
}

/// The hash of a drawn row's key.
pub(super) fn key(row: &Element) -> Option<u64> {
    row.get_attribute("data-key")?.parse().ok()
}

/// A length in CSS, to a tenth of a pixel. (`format!` of a float would add 12 KB to the app.)
pub(super) fn pixels(length: f64) -> String {
    format!("{}px", tenths(length))
}

pub(super) fn set_style(element: &HtmlElement, name: &str, value: &str) {
    // Through the object model, because the page's content security policy forbids style attributes.
    // Fails only for an element without a style of its own.
    HtmlElement::style(element).set_property(name, value).ok();
}
