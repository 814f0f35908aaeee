//! Memos behind one type. Leptos compiles its machinery again for every type that a memo holds: half a
//! kilobyte each.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude;

use super::reactive::Reads;

type AnyValue = Arc<dyn Any + Send + Sync>;

/// A value of any type, with the comparison of that type.
#[derive(Clone)]
struct Erased {
    value: AnyValue,
    is_same: fn(&AnyValue, &AnyValue) -> bool,
}

impl PartialEq for Erased {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&self.value, &other.value)
    }
}

/// A computed value. It is computed again when the values that it read have changed, and its readers run again
/// only when the result differs. Copies are the same memo.
pub(crate) struct Memo<T> {
    inner: prelude::Memo<Erased>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

/// A memo that computes `read`.
pub(crate) fn memo<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let read = move || Erased { value: Arc::new(read()), is_same: is_same::<T> };
    Memo { inner: erased(Arc::new(read)), kind: PhantomData }
}

fn is_same<T: PartialEq + 'static>(one: &AnyValue, other: &AnyValue) -> bool {
    one.downcast_ref::<T>() == other.downcast_ref::<T>()
}

#[inline(never)]
fn erased(read: Reads<Erased>) -> prelude::Memo<Erased> {
    prelude::Memo::new(move |_| read.read())
}

impl<T: 'static> Memo<T> {
    /// Reads the value now, and again when it has changed.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&tracked(self.inner)))
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

    /// Reads the value now, once.
    pub(crate) fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&prelude::GetUntracked::get_untracked(&self.inner).value))
    }
}

#[inline(never)]
fn tracked(memo: prelude::Memo<Erased>) -> AnyValue {
    prelude::Get::get(&memo).value
}

#[expect(clippy::expect_used, reason = "only `memo` makes a memo, with a value of the memo's type")]
fn downcast<T: 'static>(value: &AnyValue) -> &T {
    value.downcast_ref().expect("a memo holds its own type")
}
