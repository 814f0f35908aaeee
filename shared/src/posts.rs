//! Posts: short texts for every user on the page `/feed`, and greetings that show for some seconds. Topic
//! [`Topic::Posts`](crate::Topic::Posts).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, PostId, Timestamp, User};
use crate::limits::MAX_CHAR_BYTES;

/// Unicode scalar values in one post.
pub const MAX_POST_CHARS: usize = 2_000;
/// Bytes in the body of a request with a post: the longest text with every character escaped, and its
/// envelope.
pub const MAX_POST_BODY_BYTES: usize = 32 * 1024;
const _: () = assert!(MAX_CHAR_BYTES * MAX_POST_CHARS + 1_024 <= MAX_POST_BODY_BYTES);
/// Posts in one page of older posts, and in a snapshot.
pub const PAGE_POSTS: u32 = 30;
/// The time that a screen shows a greeting, in milliseconds.
pub const GREETING_SHOWN_MS: u64 = 6_000;
/// Greetings that a screen shows at once; if there are more, the newest.
pub const MAX_GREETINGS_SHOWN: usize = 4;

/// A stored post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Post {
    /// The permanent id; a newer post has a larger one.
    pub id: PostId,
    /// The author; no other user can change the post.
    pub author: User,
    /// When the server stored it.
    pub at: Timestamp,
    /// When the text was last edited; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// The text: plain, lines end with `\n`.
    pub text: String,
}

/// Commands about posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsCommand {
    /// Writes a post.
    Create {
        /// See [`crate::validate::post_text`].
        text: String,
    },
    /// Edits the text of a post. Refused as `forbidden` for another user's post, and as `not_found` where
    /// there is none.
    Edit {
        /// Which post.
        post: PostId,
        /// See [`crate::validate::post_text`].
        text: String,
    },
    /// Deletes a post. Refused as `Edit` is.
    Delete {
        /// Which post.
        post: PostId,
    },
    /// Greets every user who has the page of posts open.
    Greet {
        /// Whether the screen that sends the greeting does not show it. Every client receives the same
        /// event; only that screen knows the command.
        others_only: bool,
    },
}

/// Events of the posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsEvent {
    /// A user wrote a post.
    Created {
        /// The post. A client that resumes later gets its present text.
        post: Post,
        /// The author's command. The author's screen replaces the pending post of this command.
        command: CommandId,
    },
    /// The author edited a post.
    Edited {
        /// The whole post after the edit.
        post: Post,
        /// The author's command.
        command: CommandId,
    },
    /// The author deleted a post.
    Deleted {
        /// Which post.
        post: PostId,
        /// The author.
        by: User,
        /// The author's command.
        command: CommandId,
    },
    /// A user sent a greeting. Nothing else changes.
    Greeted {
        /// The user.
        by: User,
        /// Whether the screen that sent the command does not show the greeting.
        others_only: bool,
        /// The user's command; the screen that sent it knows it.
        command: CommandId,
    },
    /// An event whose text was removed, because its post was edited or deleted later. It changes nothing
    /// and keeps the seq of the removed event.
    Redacted {
        /// Which post.
        post: PostId,
        /// The author of the post.
        by: User,
        /// The author's command.
        command: CommandId,
    },
}

impl PostsEvent {
    /// This event after the post became `now`, or was deleted (`None`). The event that created an existing
    /// post gets the present text; every other event with a text becomes [`PostsEvent::Redacted`].
    /// Returns `None` for an event without a text.
    pub fn redact(self, now: Option<&Post>) -> Option<Self> {
        match (self, now) {
            (Self::Created { command, .. }, Some(now)) => {
                Some(Self::Created { post: now.clone(), command })
            }
            (Self::Created { post, command } | Self::Edited { post, command }, _) => {
                Some(Self::Redacted { post: post.id, by: post.author, command })
            }
            (Self::Deleted { .. } | Self::Greeted { .. } | Self::Redacted { .. }, _) => None,
        }
    }

    /// Whether this event removes a text that an earlier one carried.
    pub fn is_redaction(&self) -> bool {
        matches!(self, Self::Edited { .. } | Self::Deleted { .. })
    }
}

/// The posts at a position: the newest ones.
pub type PostsSnapshot = PostsPage;

/// Consecutive posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostsPage {
    /// The posts, newest first, without gaps.
    pub posts: Vec<Post>,
    /// Whether there are posts before the last of these.
    pub older: bool,
}

/// Queries of posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsQuery {
    /// The posts before a post.
    Before {
        /// The answer starts with the newest post before this id; a post with this id need not exist.
        before: PostId,
        /// The number of posts; at most [`crate::posts::PAGE_POSTS`].
        limit: u32,
    },
}

/// The answer to a [`PostsQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsAnswer {
    /// Answers [`PostsQuery::Before`].
    Before(PostsPage),
}
