//! Posts: the entries of the page `/feed`. Topic [`Topic::Posts`](madang_shared::Topic::Posts).

use madang_shared::grants::{Grant, Grants};
use madang_shared::posts::{Post, PostsCommand, PostsQuery};
use madang_shared::{Event, Failure, codec, validate};

use crate::log::LogEntry;
use crate::policy::rights::Need;

/// Validates and normalises the text.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: PostsCommand) -> Result<PostsCommand, Failure> {
    Ok(match command {
        PostsCommand::Create { text } => PostsCommand::Create { text: validate::post_text(&text)? },
        PostsCommand::Edit { post, text } => {
            PostsCommand::Edit { post, text: validate::post_text(&text)? }
        }
        PostsCommand::Delete { .. } | PostsCommand::Greet { .. } => command,
    })
}

/// The need of a change. Everybody who reads or writes the feed may delete an own post.
pub fn needs(change: &PostsCommand) -> Need {
    let needed: &[Grant] = match change {
        PostsCommand::Create { .. } | PostsCommand::Edit { .. } | PostsCommand::Greet { .. } => {
            &[Grant::WriteFeed]
        }
        PostsCommand::Delete { .. } => &[Grant::ReadFeed, Grant::WriteFeed],
    };
    Need::AnyGrant(Grants::of(needed))
}

/// The need of a query.
pub fn query_needs(_query: &PostsQuery) -> Need {
    Need::FEED
}

/// Whether a change writes to others; see [`crate::policy::restrictions::check_speech`].
pub fn is_speech(change: &PostsCommand) -> bool {
    match change {
        PostsCommand::Create { .. } | PostsCommand::Edit { .. } | PostsCommand::Greet { .. } => {
            true
        }
        PostsCommand::Delete { .. } => false,
    }
}

/// Whether a change adds almost nothing: the deletion of a post.
pub fn is_small(change: &PostsCommand) -> bool {
    match change {
        PostsCommand::Delete { .. } => true,
        PostsCommand::Create { .. } | PostsCommand::Edit { .. } | PostsCommand::Greet { .. } => {
            false
        }
    }
}

/// Redacts an event of the topic, after its text was edited or deleted. `now` is the post as it is now;
/// `None` if it was deleted. Returns the event that replaces it, or `None` if the event has no text.
pub fn redact(event: Event, now: Option<&Post>) -> Option<Event> {
    let Event::Posts(event) = event else { return None };
    event.redact(now).map(Event::from)
}

/// Whether the event redacts an earlier one. An event that cannot be decoded was written by a newer
/// version, and redacts nothing that this version has cached.
pub fn is_redaction(entry: &LogEntry) -> bool {
    matches!(codec::decode_event(&entry.content), Ok(Event::Posts(event)) if event.is_redaction())
}
