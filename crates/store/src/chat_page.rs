//! A page of a room's history, limited in messages and in bytes. Both engines cut it here.

use madang_shared::Message;
use madang_shared::chat::{ChatPage, MAX_PAGE_TEXT_BYTES};

/// The page of the first `limit` messages of an iterator, the newest first. It ends earlier if their texts have more than
/// [`MAX_PAGE_TEXT_BYTES`], but has at least one message.
///
/// # Errors
/// The first error of the iterator.
pub(crate) fn cut<E>(
    newest_first: impl IntoIterator<Item = Result<Message, E>>,
    limit: u32,
) -> Result<ChatPage, E> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut messages, mut bytes, mut older) = (Vec::new(), 0, false);
    for message in newest_first {
        let message = message?;
        bytes += message.text.len();
        if messages.len() >= limit || (bytes > MAX_PAGE_TEXT_BYTES && !messages.is_empty()) {
            older = true;
            break;
        }
        messages.push(message);
    }
    messages.reverse();
    Ok(ChatPage { messages, older })
}
