//! The mention that is being typed before the caret.

use madang_shared::session::MAX_USER_NAME_CHARS;

use crate::features::chat::mentions::is_word;

/// An unfinished mention: the length of the text before its `@`, in UTF-16 code units as the browser counts, and the text
/// behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenMention {
    pub(super) at: u32,
    pub(super) typed: String,
}

impl OpenMention {
    /// The mention at the end of the text before the caret.
    pub(super) fn find(before_caret: &str) -> Option<Self> {
        let (before, typed) = before_caret.rsplit_once('@')?;
        let is_name = !typed.starts_with(char::is_whitespace)
            && !typed.contains('\n')
            && typed.chars().count() <= MAX_USER_NAME_CHARS;
        // Not in an address, such as `jane@example.com`.
        if !is_name || before.chars().next_back().is_some_and(is_word) {
            return None;
        }
        // The browser holds texts that are far shorter.
        let at = u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX);
        Some(Self { at, typed: typed.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(before_caret: &str) -> Option<(u32, String)> {
        OpenMention::find(before_caret).map(|it| (it.at, it.typed))
    }

    #[test]
    fn the_text_behind_the_last_sign_is_a_mention() {
        for (text, at, name) in [
            ("@", 0, ""),
            ("@민", 0, "민"),
            ("안녕 @ㅁㅅ", 3, "ㅁㅅ"),
            ("👋 @Ja", 3, "Ja"),
            ("(@Jane @김 민", 7, "김 민"),
            ("한 줄\n@a", 4, "a"),
        ] {
            assert_eq!(typed(text), Some((at, name.to_owned())), "{text}");
        }
    }

    #[test]
    fn addresses_lines_and_long_texts_are_no_mentions() {
        let long = format!("@{}", "가".repeat(MAX_USER_NAME_CHARS + 1));
        for text in ["", "jane@example", "메일@", "@ Jane", "@Jane\n", "@\n", long.as_str()] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
