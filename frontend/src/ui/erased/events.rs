//! Listeners behind one type for each kind of event. Leptos compiles its code for listening again for every closure;
//! behind these types it is compiled once.

use leptos::ev::{Event, KeyboardEvent, MouseEvent, SubmitEvent};

/// A listener with a vtable of one method (see `reactive`).
trait Listen<E> {
    fn hear(&mut self, event: E);
}

impl<E, F: FnMut(E)> Listen<E> for F {
    fn hear(&mut self, event: E) {
        self(event);
    }
}

/// A listener to events of one kind.
pub(crate) type Listener<E> = Box<dyn FnMut(E)>;

#[inline(never)]
fn boxed<E: 'static>(mut listener: Box<dyn Listen<E>>) -> Listener<E> {
    Box::new(move |event| listener.hear(event))
}

/// For `on:click`.
pub(crate) fn click(listen: impl FnMut(MouseEvent) + 'static) -> Listener<MouseEvent> {
    boxed(Box::new(listen))
}

/// For `on:click` of an act that is meant once. The further clicks of a double click are ignored: the first may have
/// put something else below the pointer.
pub(crate) fn click_once(listen: impl FnMut(MouseEvent) + 'static) -> Listener<MouseEvent> {
    once(Box::new(listen))
}

#[inline(never)]
fn once(mut listener: Box<dyn Listen<MouseEvent>>) -> Listener<MouseEvent> {
    Box::new(move |event: MouseEvent| {
        // The number of the click; 0 from the keyboard.
        if event.detail() <= 1 {
            listener.hear(event);
        }
    })
}

/// For `on:input` and `on:change`.
pub(crate) fn change(listen: impl FnMut(Event) + 'static) -> Listener<Event> {
    boxed(Box::new(listen))
}

/// For `on:submit`.
pub(crate) fn submit(listen: impl FnMut(SubmitEvent) + 'static) -> Listener<SubmitEvent> {
    boxed(Box::new(listen))
}

/// For `on:keydown`.
pub(crate) fn key(listen: impl FnMut(KeyboardEvent) + 'static) -> Listener<KeyboardEvent> {
    boxed(Box::new(listen))
}
