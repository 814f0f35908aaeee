//! Reactive parts behind one type each. The framework compiles its machinery anew for every closure
//! that a view holds; behind these types it is compiled once.

use std::sync::Arc;

use leptos::prelude::*;

type Draw = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// A part of a view that is drawn anew when what it read has changed.
pub(crate) fn part(draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    boxed_part(Arc::new(draw))
}

fn boxed_part(draw: Draw) -> AnyView {
    (move || draw()).into_any()
}

/// A part of a view that is there while `condition` holds.
pub(crate) fn when(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    draw: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let holds = holds(Signal::derive(condition));
    part(move || if holds.get() { draw() } else { ().into_any() })
}

fn holds(condition: Signal<bool>) -> Memo<bool> {
    Memo::new(move |_| condition.get())
}

/// A text that is written anew when what it read has changed.
pub(crate) fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(read)
}

/// `true` or `false`, for an attribute.
pub(crate) fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<&'static str> {
    Signal::derive(move || if read() { "true" } else { "false" })
}

/// Runs now, and again when what it read has changed.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    boxed_effect(Box::new(run));
}

fn boxed_effect(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}

/// One of several parts, under a name that stands for all that it shows.
#[derive(Clone)]
pub(crate) struct Item {
    key: u64,
    draw: Draw,
}

impl Item {
    pub(crate) fn new(key: u64, draw: impl Fn() -> AnyView + Send + Sync + 'static) -> Self {
        Self { key, draw: Arc::new(draw) }
    }
}

/// Several parts in a row; those whose names stay are left alone.
pub(crate) fn each(items: Signal<Vec<Item>>) -> AnyView {
    view! { <For each=move || items.get() key=|item| item.key let:item>{(item.draw)()}</For> }
        .into_any()
}
