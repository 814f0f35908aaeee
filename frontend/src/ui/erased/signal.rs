//! Signals behind one type: as for memos, Leptos compiles its machinery once instead of once per type.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use leptos::prelude::*;

type AnyValue = Box<dyn Any + Send + Sync>;

/// A value that views read and listeners change. Copies are the same signal.
pub(crate) struct State<T> {
    signal: RwSignal<AnyValue>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for State<T> {}

/// A signal with this value.
pub(crate) fn state<T: Send + Sync + 'static>(value: T) -> State<T> {
    State { signal: new_signal(Box::new(value)), kind: PhantomData }
}

impl<T: Send + Sync + 'static> State<T> {
    /// Reads the value now, and again when it has changed.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&tracked(self.signal)))
    }

    /// Reads the value now, once.
    pub(crate) fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&peek(self.signal)))
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

    /// A copy of the value now, once; none when the view of the signal is gone.
    pub(crate) fn try_get_untracked(self) -> Option<T>
    where
        T: Clone,
    {
        self.signal.try_read_untracked().map(|value| downcast::<T>(&value).clone())
    }

    /// Replaces the value.
    pub(crate) fn set(self, value: T) {
        write_whole(self.signal, Box::new(value));
    }

    /// Replaces the value, and returns whether the view of the signal is still there.
    pub(crate) fn try_set(self, value: T) -> bool {
        self.signal.try_set(Box::new(value)).is_none()
    }

    /// Changes the value.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        change(downcast_mut(&mut write(&self.signal)));
    }
}

// Not generic and not inlined, so that they are compiled once.

#[inline(never)]
fn new_signal(value: AnyValue) -> RwSignal<AnyValue> {
    RwSignal::new(value)
}

#[inline(never)]
fn tracked(signal: RwSignal<AnyValue>) -> impl Deref<Target = AnyValue> {
    signal.read()
}

#[inline(never)]
fn peek(signal: RwSignal<AnyValue>) -> impl Deref<Target = AnyValue> {
    signal.read_untracked()
}

#[inline(never)]
fn write(signal: &RwSignal<AnyValue>) -> impl DerefMut<Target = AnyValue> {
    signal.write()
}

#[inline(never)]
fn write_whole(signal: RwSignal<AnyValue>, value: AnyValue) {
    signal.set(value);
}

#[expect(clippy::expect_used, reason = "only `state` makes a signal, with a value of its type")]
fn downcast<T: 'static>(value: &AnyValue) -> &T {
    value.downcast_ref().expect("a signal holds its own type")
}

#[expect(clippy::expect_used, reason = "only `state` makes a signal, with a value of its type")]
fn downcast_mut<T: 'static>(value: &mut AnyValue) -> &mut T {
    value.downcast_mut().expect("a signal holds its own type")
}
