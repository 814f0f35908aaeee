//! A page of a room's history, limited in messages and in bytes.

use std::ops::ControlFlow;

use madang_shared::Message;
use madang_shared::chat::{ChatPage, MAX_PAGE_TEXT_BYTES};

/// The page of the first `limit` messages that are added, the newest first. It ends earlier if their texts have more
/// than [`MAX_PAGE_TEXT_BYTES`] with their formats, but has at least one message.
pub(super) struct ChatPageBuilder {
    limit: usize,
    bytes: usize,
    newest_first: Vec<Message>,
    older: bool,
}

impl ChatPageBuilder {
    pub(super) fn new(limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { limit, bytes: 0, newest_first: Vec::new(), older: false }
    }

    /// Adds the next message, or ends the page before it.
    pub(super) fn add(&mut self, message: Message) -> ControlFlow<()> {
        self.bytes += text_bytes(&message);
        let is_long = self.bytes > MAX_PAGE_TEXT_BYTES && !self.newest_first.is_empty();
        if self.newest_first.len() >= self.limit || is_long {
            self.older = true;
            return ControlFlow::Break(());
        }
        self.newest_first.push(message);
        ControlFlow::Continue(())
    }

    pub(super) fn finish(self) -> ChatPage {
        let Self { newest_first: mut messages, older, .. } = self;
        messages.reverse();
        ChatPage { messages, older, originals: Vec::new() }
    }
}

/// The bytes of a message's text with its formats.
pub(super) fn text_bytes(message: &Message) -> usize {
    message.text.len() + madang_markup::encoded_bytes(&message.markup.blocks())
}
