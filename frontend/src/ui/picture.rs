//! Pictures of simple shapes in the colours of the app, for cards.

use leptos::prelude::*;

/// The shapes of a picture, drawn for 96 by 64: the class of each, and its path.
pub(crate) type Picture = &'static [(&'static str, &'static str)];

const SOFT: &str = "picture-soft";
const FILL: &str = "picture-fill";
const CALL: &str = "picture-call";
const LINE: &str = "picture-line";

/// Two bubbles.
pub(crate) const TALK: Picture = &[
    (
        SOFT,
        "M14 12h44a6 6 0 0 1 6 6v14a6 6 0 0 1-6 6H28l-9 8v-8h-5a6 6 0 0 1-6-6V18a6 6 0 0 1 6-6Z",
    ),
    (FILL, "M50 28h32a6 6 0 0 1 6 6v10a6 6 0 0 1-6 6h-3v7l-8-7H50a6 6 0 0 1-6-6V34a6 6 0 0 1 6-6Z"),
    (LINE, "M18 21h34M18 29h18"),
];
/// A voice that spreads.
pub(crate) const ECHO: Picture = &[
    (SOFT, "M48 8a24 24 0 1 0 0 48 24 24 0 0 0 0-48Z"),
    (FILL, "M48 20a12 12 0 1 0 0 24 12 12 0 0 0 0-24Z"),
    (LINE, "M14 22c-5 6-5 14 0 20M82 22c5 6 5 14 0 20"),
    (CALL, "M48 28a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z"),
];
/// Waves that arrive.
pub(crate) const WAVES: Picture = &[
    (SOFT, "M8 40c10-16 20-16 28-4s16 12 26-6 18-16 26-8v34H8Z"),
    (LINE, "M8 40c10-16 20-16 28-4s16 12 26-6 18-16 26-8"),
    (CALL, "M76 8a6 6 0 1 0 0 12 6 6 0 0 0 0-12Z"),
];
/// A bowl of noodles.
pub(crate) const BOWL: Picture = &[
    (SOFT, "M14 30h68c0 14-9 26-26 26H40C23 56 14 44 14 30Z"),
    (FILL, "M10 26h76v6H10Z"),
    (LINE, "M36 20c-4-4 4-6 0-12M48 20c-4-4 4-6 0-12M60 20c-4-4 4-6 0-12"),
];
/// A sheet with a heading.
pub(crate) const PAPER: Picture = &[
    (SOFT, "M26 8h44a4 4 0 0 1 4 4v40a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4V12a4 4 0 0 1 4-4Z"),
    (FILL, "M30 16h24v6H30Z"),
    (LINE, "M30 31h36M30 39h36M30 47h20"),
    (CALL, "M66 14a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z"),
];
/// A curve of prices.
pub(crate) const CURVE: Picture = &[
    (SOFT, "M8 48l16-10 14 6 16-22 14 10 20-20v44H8Z"),
    (LINE, "M8 48l16-10 14 6 16-22 14 10 20-20"),
    (CALL, "M88 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z"),
];
/// A minus, a number and a plus.
pub(crate) const COUNT: Picture = &[
    (
        SOFT,
        "M20 14h56a10 10 0 0 1 10 10v16a10 10 0 0 1-10 10H20a10 10 0 0 1-10-10V24a10 10 0 0 1 10-10Z",
    ),
    (FILL, "M48 20a12 12 0 1 0 0 24 12 12 0 0 0 0-24Z"),
    (LINE, "M18 32h10M68 32h10M73 27v10"),
];

/// Draws a picture. Screen readers skip it.
pub(crate) fn picture(shapes: Picture) -> AnyView {
    let shapes: Vec<AnyView> = shapes
        .iter()
        .map(|(class, path)| view! { <path class=*class d=*path /> }.into_any())
        .collect();
    view! { <svg class="picture" viewBox="0 0 96 64" aria-hidden="true" focusable="false">{shapes}</svg> }.into_any()
}
