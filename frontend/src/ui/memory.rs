//! Memos behind one type, whatever they keep. The framework compiles its machinery anew for every type that a
//! memo keeps: half a kilobyte each.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;

use super::reactive::Reads;

type Kept = Arc<dyn Any + Send + Sync>;

/// Something of any type, that knows how its type compares.
#[derive(Clone)]
struct Value {
    kept: Kept,
    same: fn(&Kept, &Kept) -> bool,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(&self.kept, &other.kept)
    }
}

/// What was read last; reads it anew when what it read has changed, and tells of it only when it came out
/// otherwise. Copies are the same memory.
pub(crate) struct Memory<T> {
    memo: Memo<Value>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Memory<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memory<T> {}

/// Keeps what `read` reads.
pub(crate) fn memo<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Memory<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let read = move || Value { kept: Arc::new(read()), same: same::<T> };
    Memory { memo: shared(Arc::new(read)), kind: PhantomData }
}

fn same<T: PartialEq + 'static>(one: &Kept, other: &Kept) -> bool {
    one.downcast_ref::<T>() == other.downcast_ref::<T>()
}

#[inline(never)]
fn shared(read: Reads<Value>) -> Memo<Value> {
    Memo::new(move |_| read.read())
}

impl<T: 'static> Memory<T> {
    /// Looks at it now, and again when it has changed.
    pub(crate) fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(of(&now(self.memo)))
    }

    /// A copy of it as it is now, and again when it has changed.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// A copy of it as it is now, once.
    pub(crate) fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// Looks at it now, once.
    pub(crate) fn with_untracked<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(of(&self.memo.get_untracked().kept))
    }
}

#[inline(never)]
fn now(memo: Memo<Value>) -> Kept {
    memo.get().kept
}

#[expect(
    clippy::expect_used,
    reason = "only `memo` makes a memory, and keeps in it what its type says"
)]
fn of<T: 'static>(kept: &Kept) -> &T {
    kept.downcast_ref().expect("a memory keeps one type")
}
