//! The messages of an earlier version.

use madang_shared::Message;

/// Checks the parts of the first two messages that later versions added.
pub(super) fn check_messages(messages: &[Message], version: usize) {
    let [first, second, ..] = messages else { panic!("{version}: {messages:?}") };
    assert_eq!(second.sentiment.is_some(), version >= 6, "{version}");
    assert_eq!(first.edited_at.is_some(), version >= 36, "{version}");
    assert_eq!(first.reactions.len(), usize::from(version >= 37), "{version}");
    assert_eq!(second.reply_to.is_some(), version >= 38, "{version}");
}
