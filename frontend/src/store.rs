//! How views read the client: one bell per part of it that may be on the screen. A view that reads
//! through [`Store::read`] runs again when that part has changed, at most once per animation frame.

use leptos::prelude::*;
use madang_client::{Client, Part, SortedSet};
use madang_shared::{RoomId, User};

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
    Here,
    Counter,
    Judging,
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
    here: Trigger,
    counter: Trigger,
    judging: Trigger,
    posts: Trigger,
    price: Trigger,
    orders: Trigger,
    notices: Trigger,
}

impl Bells {
    fn get(self, topic: Topic) -> Trigger {
        match topic {
            Topic::Link => self.link,
            Topic::Outbox => self.outbox,
            Topic::Rooms => self.rooms,
            Topic::Unread => self.unread,
            Topic::Timeline => self.timeline,
            Topic::Here => self.here,
            Topic::Counter => self.counter,
            Topic::Judging => self.judging,
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
                link: Trigger::new(),
                outbox: Trigger::new(),
                rooms: Trigger::new(),
                unread: Trigger::new(),
                timeline: Trigger::new(),
                here: Trigger::new(),
                counter: Trigger::new(),
                judging: Trigger::new(),
                posts: Trigger::new(),
                price: Trigger::new(),
                orders: Trigger::new(),
                notices: Trigger::new(),
            }),
        }
    }

    /// The user of this session.
    pub(crate) fn me(self) -> User {
        self.me.get_value()
    }

    /// Reads the client now, and again whenever `topic` has changed.
    pub(crate) fn read<T>(self, topic: Topic, read: impl FnOnce(&Client) -> T) -> T {
        self.bells.with_value(|bells| bells.get(topic)).track();
        self.client.with_value(read)
    }

    /// Reads the client now, once.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&Client) -> T) -> T {
        self.client.with_value(read)
    }

    /// Changes the client; none if the session is over.
    pub(crate) fn change<T>(self, change: impl FnOnce(&mut Client) -> T) -> Option<T> {
        self.client.try_update_value(change)
    }

    /// Rings for what has changed.
    pub(crate) fn ring(self, parts: &SortedSet<Part>) {
        let Some(open) = self.client.try_with_value(|client| client.features().open()) else {
            return;
        };
        let mut rung: Vec<Topic> = Vec::new();
        for topic in parts.iter().flat_map(|part| topics(*part, open)) {
            if !rung.contains(topic) {
                rung.push(*topic);
                self.bells.with_value(|bells| bells.get(*topic)).notify();
            }
        }
    }
}

fn topics(part: Part, open: Option<RoomId>) -> &'static [Topic] {
    match part {
        Part::Link => &[Topic::Link],
        Part::Outbox => &[Topic::Outbox],
        Part::Rooms => &[Topic::Rooms],
        // The open room may have changed with them, and mentions are read with their messages.
        Part::Memberships => &[Topic::Unread, Topic::Timeline, Topic::Here, Topic::Notices],
        Part::Timeline(room) if open == Some(room) => &[Topic::Timeline, Topic::Unread],
        Part::Timeline(_) => &[Topic::Unread],
        Part::Here(room) if open == Some(room) => &[Topic::Here],
        Part::Here(_) => &[],
        Part::Counter => &[Topic::Counter],
        Part::Judging => &[Topic::Judging],
        Part::Posts => &[Topic::Posts],
        Part::Price => &[Topic::Price],
        Part::Orders => &[Topic::Orders],
        Part::Notices => &[Topic::Notices],
    }
}
