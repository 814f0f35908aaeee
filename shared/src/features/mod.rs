//! The table of features, one row for each. Everything that covers all features is derived from it:
//! [`Topic`], [`Command`], [`Event`], [`Snapshot`], [`Query`], [`Answer`] and [`Signal`].
//!
//! A row names the feature's variant in these enums and the module with its messages. It lists the
//! parts of the feature in this order, and leaves out those that it does not have:
//!
//! - `app`: the app to which it belongs, which the operator switches on and off.
//! - `topic`: its stream, with its name on the wire and its durability. A topic with an id is written
//!   `name:id`. Only the user with that id can read a topic with a user's id.
//! - `event` and `snapshot`: a change in the topic, and the topic's state at a position.
//! - `command`: a change that a client requests.
//! - `query` and `answer`: a question that changes nothing.
//! - `signal`: a short-lived statement that is not stored.

#[cfg(feature = "schema")]
mod schema;
#[macro_use]
mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::apps::App;
use crate::ids::{RoomId, UserId};
use crate::notices::NoticeBox;
use crate::topic::{Durability, TopicId, UnknownTopic, parse_id};

features! {
    // The facts of rooms are in the topics of memberships and of the rooms themselves.
    Rooms in crate::rooms {
        command RoomsCommand;
    }
    Membership in crate::membership {
        /// The rooms that one user has joined, with read marks.
        topic Memberships(user: UserId) = "memberships", Durable;
        event MembershipEvent;
        snapshot MembershipSnapshot;
        command MembershipCommand;
    }
    Chat in crate::chat {
        /// The messages of a room.
        topic Room(room: RoomId) = "room", Durable;
        event ChatEvent;
        snapshot ChatSnapshot;
        command ChatCommand;
        query ChatQuery;
        answer ChatAnswer;
    }
    Details in crate::details {
        /// The description and the members of a room.
        topic Details(room: RoomId) = "details", Durable;
        event DetailsEvent;
        snapshot DetailsSnapshot;
    }
    // The number of readers of a message; it has no topic.
    ReadCount in crate::read_count {
        query ReadCountQuery;
        answer ReadCountAnswer;
    }
    Counter in crate::counter {
        app Counter;
        /// The shared counter.
        topic Counter = "counter", Durable;
        event CounterEvent;
        snapshot CounterSnapshot;
        command CounterCommand;
    }
    // The sentiment of a text; it has no topic.
    Sentiment in crate::sentiment {
        query SentimentQuery;
        answer SentimentAnswer;
    }
    Posts in crate::posts {
        app Feed;
        /// The posts, which every signed-in user may read.
        topic Posts = "posts", Durable;
        event PostsEvent;
        snapshot PostsSnapshot;
        command PostsCommand;
        query PostsQuery;
        answer PostsAnswer;
    }
    Price in crate::price {
        app Price;
        /// The price of one Bitcoin.
        topic Price = "price", Ephemeral;
        event PriceEvent;
        snapshot PriceSnapshot;
    }
    Orders in crate::orders {
        app Orders;
        /// All orders of the restaurant, and its menu, for the kitchen and the riders.
        topic Orders = "orders", Durable;
        event OrdersEvent;
        snapshot OrdersSnapshot;
        command OrdersCommand;
    }
    Menu in crate::orders {
        app Orders;
        /// The menu of the restaurant.
        topic Menu = "menu", Durable;
        event MenuEvent;
        snapshot MenuSnapshot;
    }
    OwnOrders in crate::orders {
        app Orders;
        /// The orders of one customer.
        topic OwnOrders(user: UserId) = "own_orders", Durable;
        event OwnOrdersEvent;
        snapshot OwnOrdersSnapshot;
    }
    Notices in crate::notices {
        /// Notices for every user.
        topic Notices = "notices", Durable;
        event NoticesEvent;
        snapshot NoticesSnapshot;
        command NoticesCommand;
    }
    OrderNotices in crate::notices {
        app Orders;
        /// Notices of new orders, for the kitchen and the riders.
        topic OrderNotices = "order_notices", Durable;
        event OrderNoticesEvent;
        snapshot OrderNoticesSnapshot;
    }
    PostNotices in crate::notices {
        app Feed;
        /// Notices of new posts, for the readers of the feed.
        topic PostNotices = "post_notices", Durable;
        event PostNoticesEvent;
        snapshot PostNoticesSnapshot;
    }
    Inbox in crate::notices {
        /// Notices for one user, and that user's read marks of all notices.
        topic Inbox(user: UserId) = "inbox", Durable;
        event InboxEvent;
        snapshot InboxSnapshot;
    }
    Later in crate::later {
        /// The saved messages of one user, with reminders, and those that wait for their time.
        topic Later(user: UserId) = "later", Durable;
        event LaterEvent;
        snapshot LaterSnapshot;
        command LaterCommand;
    }
    Presence in crate::presence {
        /// The users who are in a room now, and those of them who are typing.
        topic Presence(room: RoomId) = "presence", Ephemeral;
        event PresenceEvent;
        snapshot PresenceSnapshot;
        signal PresenceSignal;
    }
    // The topics of other features have its event.
    Erasure in crate::erasure {
        event ErasureEvent;
    }
    Administration in crate::administration {
        /// The acts of administrators. Its events say that there is a new entry in the audit log.
        topic Administration = "administration", Durable;
        event AdministrationEvent;
        snapshot AdministrationSnapshot;
    }
    Health in crate::administration {
        /// The pulse of the server's state, for administrators.
        topic Health = "health", Ephemeral;
        event HealthEvent;
        snapshot HealthSnapshot;
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.to_string()
    }
}

impl TryFrom<String> for Topic {
    type Error = UnknownTopic;

    fn try_from(text: String) -> Result<Self, UnknownTopic> {
        text.parse()
    }
}

impl NoticeBox {
    /// The topic, for a user.
    pub fn topic(self, user: UserId) -> Topic {
        match self {
            Self::Everybody => Topic::Notices,
            Self::Own => Topic::Inbox(user),
            Self::Orders => Topic::OrderNotices,
            Self::Posts => Topic::PostNotices,
        }
    }
}
