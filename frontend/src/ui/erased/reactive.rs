//! Reactive parts of views behind one type each. Leptos compiles its machinery again for every closure that a view
//! holds; behind these types it is compiled once.

use std::sync::Arc;

use leptos::prelude::*;

/// A closure with a vtable of one method. (`dyn Fn` has three, each compiled for each of hundreds of closures.)
pub(super) trait Read<T>: Send + Sync {
    fn read(&self) -> T;
}

impl<T, F: Fn() -> T + Send + Sync> Read<T> for F {
    fn read(&self) -> T {
        self()
    }
}

pub(super) type Reads<T> = Arc<dyn Read<T>>;

/// A part of a view. It is drawn again when the values that it read have changed.
pub(crate) fn part(draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    shared_part(Arc::new(draw))
}

#[inline(never)]
fn shared_part(draw: Reads<AnyView>) -> AnyView {
    (move || draw.read()).into_any()
}

/// A part of a view that is shown while `condition` is true.
pub(crate) fn when(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    draw: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    shared_when(Arc::new(condition), Arc::new(draw))
}

#[inline(never)]
fn shared_when(condition: Reads<bool>, draw: Reads<AnyView>) -> AnyView {
    let holds = Memo::new(move |_| condition.read());
    part(move || if holds.get() { draw.read() } else { ().into_any() })
}

/// A computed signal: its readers run again when the values that it read have changed.
pub(crate) fn derived<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Signal<T>
where
    T: Send + Sync + 'static,
{
    shared_signal(Arc::new(read))
}

#[inline(never)]
fn shared_signal<T: Send + Sync + 'static>(read: Reads<T>) -> Signal<T> {
    Signal::derive(move || read.read())
}

/// A computed text.
pub(crate) fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    derived(read)
}

/// A computed `true` or `false`, for an attribute.
pub(crate) fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<&'static str> {
    shared_flag(Arc::new(read))
}

#[inline(never)]
fn shared_flag(read: Reads<bool>) -> Signal<&'static str> {
    derived(move || if read.read() { "true" } else { "false" })
}

/// Runs now, and again when the values that it read have changed.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    boxed_effect(Box::new(run));
}

/// The same for a closure with state.
trait Run {
    fn run(&mut self);
}

impl<F: FnMut()> Run for F {
    fn run(&mut self) {
        self();
    }
}

#[inline(never)]
fn boxed_effect(mut run: Box<dyn Run>) {
    Effect::new(move |_| run.run());
}

/// One of several parts, with a key that changes with everything that it shows.
#[derive(Clone)]
pub(crate) struct Item {
    key: u64,
    draw: Reads<AnyView>,
}

impl Item {
    pub(crate) fn new(key: u64, draw: impl Fn() -> AnyView + Send + Sync + 'static) -> Self {
        Self { key, draw: Arc::new(draw) }
    }
}

/// Several parts in a row. Parts whose keys stay are not drawn again.
pub(crate) fn each(items: Signal<Vec<Item>>) -> AnyView {
    view! { <For each=move || items.get() key=|item| item.key let:item>{item.draw.read()}</For> }
        .into_any()
}
