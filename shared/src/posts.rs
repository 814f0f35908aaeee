//! The feed: short posts that everybody reads, and greetings that are gone after a moment. Topic
//! [`Topic::Posts`](crate::Topic::Posts).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, PostId, Timestamp, User};

/// Unicode scalar values in one post of the feed.
pub const MAX_POST_CHARS: usize = 2_000;
/// Bytes in the body of a request that brings a post: the longest text, every character of it escaped
/// as JSON can, with room for its envelope.
pub const MAX_POST_BODY_BYTES: usize = 32 * 1024;
/// Posts in one page of the feed, and in its snapshot.
pub const PAGE_POSTS: u32 = 30;
/// How long a greeting stays on a screen, in milliseconds.
pub const GREETING_SHOWN_MS: u64 = 6_000;
/// Greetings that a screen shows at once; of more, the newest.
pub const MAX_GREETINGS_SHOWN: usize = 4;

/// A stored post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Post {
    /// Stays the same for ever; a newer post has a larger one.
    pub id: PostId,
    /// Who wrote it; nobody else can change it.
    pub author: User,
    /// When the server stored it.
    pub at: Timestamp,
    /// When its text was last changed; none if it is as it was first written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// What it says. Plain text; lines end with `\n`.
    pub text: String,
}

/// What a client may ask of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsCommand {
    /// Writes a post.
    Create {
        /// See [`crate::validate::post_text`].
        text: String,
    },
    /// Gives a post another text. Refused as `forbidden` for somebody else's, as `not_found` where
    /// there is none.
    Edit {
        /// Which one.
        post: PostId,
        /// See [`crate::validate::post_text`].
        text: String,
    },
    /// Takes a post back, for ever. Refused as `Edit` is.
    Delete {
        /// Which one.
        post: PostId,
    },
    /// Waves to whoever has the feed open.
    Greet {
        /// Whether the screen that it comes from is left out. Which one that is, only that screen
        /// knows: everybody gets the same event.
        others_only: bool,
    },
}

/// What happens in the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsEvent {
    /// Somebody wrote a post.
    Created {
        /// The post; whoever hears of it late gets it as it is then.
        post: Post,
        /// The command that did it, so that its author's screen replaces the pending post with this.
        command: CommandId,
    },
    /// The author changed the text.
    Edited {
        /// The whole post, as it is since then.
        post: Post,
        /// The command that did it.
        command: CommandId,
    },
    /// The author took a post back.
    Deleted {
        /// Which one.
        post: PostId,
        /// Who did it.
        by: User,
        /// The command that did it.
        command: CommandId,
    },
    /// Somebody waved. Nothing else changes by it.
    Greeted {
        /// Who.
        by: User,
        /// Whether the screen that gave the command is to leave it out.
        others_only: bool,
        /// The command that did it: the screen that gave it knows it.
        command: CommandId,
    },
    /// Here a post was edited, and its author has given it another text since, or deleted it; or it was
    /// written here, and is deleted since. Nothing changes by it.
    Redacted {
        /// Which one.
        post: PostId,
        /// Its author.
        by: User,
        /// The command that did it.
        command: CommandId,
    },
}

impl PostsEvent {
    /// What stays of this event, in its place, once the text that it brought is taken back, and the post
    /// is as it is `now`, or gone: that the post was written, with the text of now, for it is there; of
    /// everything else, that something was. None for an event that holds no text.
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

    /// Whether this event takes back a text that an earlier one brought.
    pub fn is_redaction(&self) -> bool {
        matches!(self, Self::Edited { .. } | Self::Deleted { .. })
    }
}

/// The feed at a position: its newest posts.
pub type PostsSnapshot = PostsPage;

/// Consecutive posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostsPage {
    /// Newest first, with nothing left out between the first and the last.
    pub posts: Vec<Post>,
    /// Whether there are posts older than the last of these.
    pub older: bool,
}

/// What a client may ask without changing anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsQuery {
    /// The posts right before one.
    Before {
        /// The answer starts with the newest post that is older than this; it need not exist.
        before: PostId,
        /// How many at most; capped at [`crate::posts::PAGE_POSTS`].
        limit: u32,
    },
}

/// The answer to a [`PostsQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostsAnswer {
    /// To [`PostsQuery::Before`].
    Before(PostsPage),
}
