//! The short code of an emoji that is being typed before the caret, such as `:smile`.

use crate::features::chat::mentions::is_word;
use crate::features::chat::tools::insertion::utf16_length;

/// A list is shown from this length on.
const MIN_LISTED_CHARS: usize = 2;
/// The longest codes and Korean names are shorter.
const MAX_CHARS: usize = 60;

/// A short code: the length of the text before its colon, in UTF-16 code units as the browser counts, and the text behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenShortCode {
    pub(super) at: u32,
    pub(super) typed: String,
    /// Whether the text before the caret ends with the second colon.
    pub(super) is_closed: bool,
}

impl OpenShortCode {
    /// The short code at the end of the text before the caret.
    pub(super) fn find(before_caret: &str) -> Option<Self> {
        let closed = before_caret.strip_suffix(':');
        let (before, typed) = closed.unwrap_or(before_caret).rsplit_once(':')?;
        let is_code = typed.chars().all(|c| is_word(c) || "+-_".contains(c))
            && typed.chars().count() <= MAX_CHARS;
        // Not in a time such as 12:30, in a path such as `a::b`, nor behind a word.
        let joins =
            before.chars().next_back().is_some_and(|c| is_word(c) || matches!(c, ':' | '/'));
        let is_long_enough = if closed.is_some() { !typed.is_empty() } else { is_listed(typed) };
        if !is_code || joins || !is_long_enough || is_in_code(before) || is_in_address(before) {
            return None;
        }
        let at = utf16_length(before);
        Some(Self { at, typed: typed.to_owned(), is_closed: closed.is_some() })
    }
}

/// Whether the text behind the first colon has a list: it is no number, and long enough.
fn is_listed(typed: &str) -> bool {
    typed.chars().count() >= MIN_LISTED_CHARS
        && typed.chars().any(is_word)
        && !typed.chars().all(|c| c.is_ascii_digit())
}

/// Whether the end of the text is inside code: after an odd number of fences, or of backticks in its line.
fn is_in_code(text: &str) -> bool {
    const FENCE: &str = "```";
    let line = text.rsplit('\n').next().unwrap_or_default().replace(FENCE, " ");
    let mut last = ' ';
    let mut runs = 0_usize;
    for c in line.chars() {
        if c == '`' && last != '`' {
            runs += 1;
        }
        last = c;
    }
    !text.matches(FENCE).count().is_multiple_of(2) || !runs.is_multiple_of(2)
}

/// Whether the end of the text is inside the address of a page.
fn is_in_address(text: &str) -> bool {
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    last.contains("://") || last.starts_with("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(before_caret: &str) -> Option<(u32, String, bool)> {
        OpenShortCode::find(before_caret).map(|it| (it.at, it.typed, it.is_closed))
    }

    #[test]
    fn the_text_behind_a_colon_is_a_short_code() {
        for (text, at, typed, is_closed) in [
            (":sm", 0, "sm", false),
            ("안녕 :웃는", 3, "웃는", false),
            (":ㅍㅈ", 0, "ㅍㅈ", false),
            ("👋 :heart_e", 3, "heart_e", false),
            ("👋:+1", 2, "+1", false),
            ("(:smile", 1, "smile", false),
            ("a line\n:tada", 7, "tada", false),
            (":smile:", 0, "smile", true),
            ("it is :100:", 6, "100", true),
            ("`code` :ok", 7, "ok", false),
            ("``a ` b`` and ```\ncode\n```\n:ok", 27, "ok", false),
            ("see https://example.com :ok", 24, "ok", false),
        ] {
            assert_eq!(found(text), Some((at, typed.to_owned(), is_closed)), "{text}");
        }
    }

    #[test]
    fn times_code_and_addresses_have_no_short_code() {
        let long = format!(":{}", "a".repeat(MAX_CHARS + 1));
        for text in [
            "",
            ":",
            "::",
            ":s",
            "at 12:30",
            "at 12:30:",
            "at 12:30:45",
            " :30",
            ":--",
            ":)",
            ": smile",
            ":smile ",
            "std::vec",
            "note:smile",
            "메모:웃는",
            "`a :smile",
            "`a` and `:smile:",
            "``let a = :smile",
            "```\nlet a :smile",
            "```\nlet `a` :smile:",
            "https://example.com/:smile",
            "http://localhost:ab",
            "www.example.com/(:smile",
            long.as_str(),
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
