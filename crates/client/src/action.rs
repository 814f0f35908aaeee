//! What a user does besides commanding, and what changes by it on the screen.

use madang_shared::{CommandId, RoomId, Seq, Topic};

/// What the user of an app does that is not simply a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Looks at a room, or at none.
    OpenRoom(Option<RoomId>),
    /// Looks at a page that shows these topics, and no longer at those of the page before.
    Watch(&'static [Topic]),
    /// Scrolls towards messages that are not loaded yet.
    LoadOlder(RoomId),
    /// Has everything up to this place on a screen that is being looked at.
    MarkSeen {
        /// Which room.
        room: RoomId,
        /// The last message that was seen.
        up_to: Seq,
    },
    /// Looks at the app again after looking elsewhere: what arrived meanwhile is new.
    WindowFocused,
    /// Changed the text in the composer.
    Keystroke(RoomId),
    /// Emptied the composer, or went elsewhere.
    StopTyping,
    /// Changed a text whose feeling is shown.
    Classify(String),
    /// Asks for posts that are not loaded yet.
    LoadOlderPosts,
    /// Gave the command of this id on this very screen, to greet.
    GreetingSent(CommandId),
}

/// What changed, so that an app redraws no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slice {
    /// [`crate::Client::connection`] and what belongs to it.
    Connection,
    /// [`crate::Client::outbox`].
    Outbox,
    /// [`crate::Features::rooms`].
    Rooms,
    /// [`crate::Features::memberships`]; unread counts with it.
    Memberships,
    /// [`crate::Features::timeline`] of this room, and its unread count.
    Timeline(RoomId),
    /// [`crate::Features::presence`].
    Presence(RoomId),
    /// [`crate::Features::counter`].
    Counter,
    /// [`crate::Features::sentiment`].
    Sentiment,
    /// [`crate::Features::posts`].
    Posts,
    /// [`crate::Features::price`].
    Price,
    /// [`crate::Features::orders`].
    Orders,
    /// [`crate::Features::notices`].
    Notices,
}
