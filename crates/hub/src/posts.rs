//! The feed.

use madang_shared::posts::{Post, PostsCommand};
use madang_shared::{Event, Failure, PostId, validate};

/// A decided change of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Write a post.
    Create {
        /// Checked and normalised.
        text: String,
    },
    /// Give a post another text.
    Edit {
        /// Which one; it must be the author's own.
        post: PostId,
        /// Checked and normalised.
        text: String,
    },
    /// Take a post back.
    Delete {
        /// Which one; it must be the author's own.
        post: PostId,
    },
    /// Wave to whoever has the feed open.
    Greet {
        /// Whether the screen that it comes from leaves it out.
        others_only: bool,
    },
}

/// Checks the text.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: PostsCommand) -> Result<Change, Failure> {
    Ok(match command {
        PostsCommand::Create { text } => Change::Create { text: validate::post_text(&text)? },
        PostsCommand::Edit { post, text } => {
            Change::Edit { post, text: validate::post_text(&text)? }
        }
        PostsCommand::Delete { post } => Change::Delete { post },
        PostsCommand::Greet { others_only } => Change::Greet { others_only },
    })
}

/// What an event of the feed says from now on whose text its author takes back; the post is as it is
/// `now`, or gone. None for one that has no text.
pub fn redact(event: Event, now: Option<&Post>) -> Option<Event> {
    match event {
        Event::Posts(event) => event.redact(now).map(Event::from),
        _ => None,
    }
}
