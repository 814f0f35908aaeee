//! The client as views read it, with one trigger for each slice. It is no part of the server's store. A view
//! that reads through [`ClientStore::read`] runs again when the slice has changed, at most once per animation
//! frame.

use std::ops::Deref;

use leptos::prelude::*;
use madang_client::{Client, Slice, VecSet};
use madang_shared::User;

/// The client, as views read it. Copies share one client.
#[derive(Clone, Copy)]
pub(crate) struct ClientStore {
    client: StoredValue<Client, LocalStorage>,
    me: StoredValue<User>,
    /// Behind a handle, because the store is copied into every view.
    triggers: StoredValue<SliceTriggers>,
}

/// The trigger of each slice, at its [`Slice::index`].
#[derive(Clone, Copy)]
struct SliceTriggers([Trigger; Slice::COUNT]);

impl SliceTriggers {
    fn new() -> Self {
        Self(std::array::from_fn(|_| trigger()))
    }

    fn get(&self, slice: Slice) -> Option<Trigger> {
        self.0.get(slice.index()).copied()
    }
}

#[inline(never)]
fn trigger() -> Trigger {
    Trigger::new()
}

impl ClientStore {
    pub(crate) fn new(client: Client) -> Self {
        let me = client.features().me().clone();
        Self {
            client: StoredValue::new_local(client),
            me: StoredValue::new(me),
            triggers: StoredValue::new(SliceTriggers::new()),
        }
    }

    /// The user of this session.
    pub(crate) fn me(self) -> User {
        self.me.get_value()
    }

    /// Reads the client now, and again when `slice` has changed.
    pub(crate) fn read<T>(self, slice: Slice, read: impl FnOnce(&Client) -> T) -> T {
        self.track(slice);
        read(&self.client())
    }

    /// Reads the client now, once.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&Client) -> T) -> T {
        read(&self.client())
    }

    // Not generic and not inlined: a hundred callers would each get a copy of the code.
    #[inline(never)]
    fn track(self, slice: Slice) {
        if let Some(trigger) = self.triggers.with_value(|triggers| triggers.get(slice)) {
            trigger.track();
        }
    }

    #[inline(never)]
    fn client(self) -> impl Deref<Target = Client> {
        self.client.read_value()
    }

    /// Changes the client; none if the session is over.
    pub(crate) fn change<T>(self, change: impl FnOnce(&mut Client) -> T) -> Option<T> {
        self.client.try_update_value(change)
    }

    /// Notifies the readers of the changed slices. Does nothing after the session.
    pub(crate) fn notify(self, changed: &VecSet<Slice>) {
        for slice in changed.iter() {
            let trigger = self.triggers.try_with_value(|triggers| triggers.get(*slice));
            if let Some(trigger) = trigger.flatten() {
                trigger.notify();
            }
        }
    }
}
