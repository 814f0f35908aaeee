//! How views read the client: one bell per part of it that may be on the screen. A view that reads
//! through [`Store::read`] runs again when that part has changed, at most once per animation frame.

use std::ops::Deref;

use leptos::prelude::*;
use madang_client::{Client, Slice, VecSet};
use madang_shared::User;

/// Something that a view can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Link,
    Outbox,
    Rooms,
    /// Memberships and unread counts, which depend on every room's timeline.
    Unread,
    /// The timeline of the open room.
    Timeline,
    /// Who is in the open room.
    Presence,
    Counter,
    SentimentDraft,
    Posts,
    Price,
    Orders,
    Notices,
}

/// The client, readable.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    client: StoredValue<Client, LocalStorage>,
    me: StoredValue<User>,
    /// Behind one key: the store is copied into every view.
    bells: StoredValue<Bells>,
}

#[derive(Clone, Copy)]
struct Bells {
    link: Trigger,
    outbox: Trigger,
    rooms: Trigger,
    unread: Trigger,
    timeline: Trigger,
    presence: Trigger,
    counter: Trigger,
    judging: Trigger,
    posts: Trigger,
    price: Trigger,
    orders: Trigger,
    notices: Trigger,
}

#[inline(never)]
fn bell() -> Trigger {
    Trigger::new()
}

impl Bells {
    fn get(self, topic: Topic) -> Trigger {
        match topic {
            Topic::Link => self.link,
            Topic::Outbox => self.outbox,
            Topic::Rooms => self.rooms,
            Topic::Unread => self.unread,
            Topic::Timeline => self.timeline,
            Topic::Presence => self.presence,
            Topic::Counter => self.counter,
            Topic::SentimentDraft => self.judging,
            Topic::Posts => self.posts,
            Topic::Price => self.price,
            Topic::Orders => self.orders,
            Topic::Notices => self.notices,
        }
    }
}

impl Store {
    pub(crate) fn new(client: Client) -> Self {
        let me = client.features().me().clone();
        Self {
            client: StoredValue::new_local(client),
            me: StoredValue::new(me),
            bells: StoredValue::new(Bells {
                link: bell(),
                outbox: bell(),
                rooms: bell(),
                unread: bell(),
                timeline: bell(),
                presence: bell(),
                counter: bell(),
                judging: bell(),
                posts: bell(),
                price: bell(),
                orders: bell(),
                notices: bell(),
            }),
        }
    }

    /// The user of this session.
    pub(crate) fn me(self) -> User {
        self.me.get_value()
    }

    /// Reads the client now, and again whenever `topic` has changed.
    pub(crate) fn read<T>(self, topic: Topic, read: impl FnOnce(&Client) -> T) -> T {
        self.track(topic);
        read(&self.client())
    }

    /// Reads the client now, once.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&Client) -> T) -> T {
        read(&self.client())
    }

    // What depends on no reader is not woven into the hundred of them.
    #[inline(never)]
    fn track(self, topic: Topic) {
        self.bells.with_value(|bells| bells.get(topic)).track();
    }

    #[inline(never)]
    fn client(self) -> impl Deref<Target = Client> {
        self.client.read_value()
    }

    /// Changes the client; none if the session is over.
    pub(crate) fn change<T>(self, change: impl FnOnce(&mut Client) -> T) -> Option<T> {
        self.client.try_update_value(change)
    }

    /// Rings for what has changed.
    pub(crate) fn ring(self, parts: &VecSet<Slice>) {
        if self.client.try_with_value(|_| ()).is_none() {
            return;
        }
        let mut rung: Vec<Topic> = Vec::new();
        for topic in parts.iter().flat_map(|part| topics(*part)) {
            if !rung.contains(topic) {
                rung.push(*topic);
                self.bells.with_value(|bells| bells.get(*topic)).notify();
            }
        }
    }
}

fn topics(part: Slice) -> &'static [Topic] {
    match part {
        Slice::Connection => &[Topic::Link],
        Slice::Outbox => &[Topic::Outbox],
        Slice::Rooms => &[Topic::Rooms],
        Slice::Unread => &[Topic::Unread],
        Slice::Timeline => &[Topic::Timeline],
        Slice::Presence => &[Topic::Presence],
        Slice::Counter => &[Topic::Counter],
        Slice::Sentiment => &[Topic::SentimentDraft],
        Slice::Posts => &[Topic::Posts],
        Slice::Price => &[Topic::Price],
        Slice::Orders => &[Topic::Orders],
        Slice::Notices => &[Topic::Notices],
    }
}
