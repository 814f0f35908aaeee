//! A row of the list of completions.

use madang_shared::User;

/// The picture in front of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Person(User),
    Emoji {
        text: String,
        /// The emoji without its skin tone.
        base: String,
    },
}

/// A text that can complete the word before the caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CompletionOption {
    /// The id of its row in the page.
    pub(super) id: String,
    pub(super) sign: Sign,
    pub(super) name: String,
    /// The handle or the short code, beside the name.
    pub(super) note: Option<String>,
    /// The text that replaces the word.
    pub(super) inserted: String,
    /// Whether the word is whole already: Enter sends the message then.
    pub(super) is_typed_whole: bool,
}
