//! The actions of a user that are not commands.

use madang_shared::{CommandId, RoomId, Seq, Topic};

/// An action of the app's user that is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens a room, or closes the open one.
    OpenRoom(Option<RoomId>),
    /// Opens a page that follows these topics, instead of the topics of the previous page. The user in the topic of one user
    /// does not matter: it is the reader's.
    FollowTopics(&'static [Topic]),
    /// Scrolls towards messages that are not loaded yet.
    LoadOlder(RoomId),
    /// Requests those of the messages that are not known.
    LoadMessages {
        /// Which room.
        room: RoomId,
        /// The seqs of the messages.
        messages: Vec<Seq>,
    },
    /// Requests the earlier texts of a message.
    LoadEarlier {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// Requests the people behind the reactions to a message.
    LoadReactions {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// Reports messages that were on a visible screen. The read mark moves over shown messages without
    /// gaps.
    ShowMessages {
        /// Which room.
        room: RoomId,
        /// The first message on the screen.
        first: Seq,
        /// The last message on the screen; all between the two are loaded.
        last: Seq,
    },
    /// Marks every message of a room as read, shown or not.
    MarkRead(RoomId),
    /// Marks the messages of a room from one on as unread. An open room stays unread until it is opened again.
    MarkUnread {
        /// Which room.
        room: RoomId,
        /// The first message.
        from: Seq,
    },
    /// Takes that back: marks the messages up to one as read.
    MarkReadAgain {
        /// Which room.
        room: RoomId,
        /// The last message.
        up_to: Seq,
    },
    /// Places the line "New" above the first unread message of the open room: the user has returned to the app's
    /// window, or has scrolled past unread messages.
    MarkStartOfNew,
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
