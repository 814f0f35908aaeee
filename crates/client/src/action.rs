//! The actions of a user that are not commands.

use madang_shared::{CommandId, RoomId, Seq, Topic};

/// An action of the app's user that is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens a room, or closes the open one.
    OpenRoom(Option<RoomId>),
    /// Opens a page that follows these topics, instead of the topics of the previous page.
    FollowTopics(&'static [Topic]),
    /// Scrolls towards messages that are not loaded yet.
    LoadOlder(RoomId),
    /// Saw everything up to this message, on a visible screen.
    MarkSeen {
        /// Which room.
        room: RoomId,
        /// The last message that was seen.
        up_to: Seq,
    },
    /// Returns to the window of the app. Messages that arrived during the absence are new.
    WindowFocused,
    /// Changes the text in the composer.
    Keystroke(RoomId),
    /// Empties the composer, or leaves it.
    StopTyping,
    /// Changes the draft text whose sentiment is shown.
    Classify(String),
    /// Requests posts that are not loaded yet.
    LoadOlderPosts,
    /// Sends the greeting with this command id from this screen.
    GreetingSent(CommandId),
}
