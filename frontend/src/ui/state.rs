//! Signals behind one type, whatever they hold: as for memos (see `ui::memory`), the framework's machinery is
//! compiled once instead of once for each type.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use leptos::prelude::*;

type Held = Box<dyn Any + Send + Sync>;

/// A value that views read and listeners change. Copies are the same value.
pub(crate) struct State<T> {
    signal: RwSignal<Held>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for State<T> {}

/// A state that begins with `value`.
pub(crate) fn state<T: Send + Sync + 'static>(value: T) -> State<T> {
    State { signal: made(Box::new(value)), kind: PhantomData }
}

impl<T: Send + Sync + 'static> State<T> {
    /// Looks at the value now, and again when it has changed.
    pub(crate) fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(of(&read(self.signal)))
    }

    /// Looks at the value now, once.
    pub(crate) fn with_untracked<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(of(&peek(self.signal)))
    }

    /// A copy of the value now, and again when it has changed.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// A copy of the value now, once.
    pub(crate) fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// A copy of the value now, once; none when what it belonged to is gone.
    pub(crate) fn try_get_untracked(self) -> Option<T>
    where
        T: Clone,
    {
        self.signal.try_read_untracked().map(|held| of::<T>(&held).clone())
    }

    /// Puts another value in its place.
    pub(crate) fn set(self, value: T) {
        put(self.signal, Box::new(value));
    }

    /// Puts another value in its place, and says whether what it belongs to is still there.
    pub(crate) fn try_set(self, value: T) -> bool {
        self.signal.try_set(Box::new(value)).is_none()
    }

    /// Changes the value.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        change(of_mut(&mut write(&self.signal)));
    }
}

// What depends on no type is not woven into callers.

#[inline(never)]
fn made(held: Held) -> RwSignal<Held> {
    RwSignal::new(held)
}

#[inline(never)]
fn read(signal: RwSignal<Held>) -> impl Deref<Target = Held> {
    signal.read()
}

#[inline(never)]
fn peek(signal: RwSignal<Held>) -> impl Deref<Target = Held> {
    signal.read_untracked()
}

#[inline(never)]
fn write(signal: &RwSignal<Held>) -> impl DerefMut<Target = Held> {
    signal.write()
}

#[inline(never)]
fn put(signal: RwSignal<Held>, held: Held) {
    signal.set(held);
}

#[expect(clippy::expect_used, reason = "only `state` makes one, and what it holds keeps its type")]
fn of<T: 'static>(held: &Held) -> &T {
    held.downcast_ref().expect("a state keeps its type")
}

#[expect(clippy::expect_used, reason = "only `state` makes one, and what it holds keeps its type")]
fn of_mut<T: 'static>(held: &mut Held) -> &mut T {
    held.downcast_mut().expect("a state keeps its type")
}
