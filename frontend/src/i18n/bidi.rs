//! Names and texts of people inside the app's own sentences, which run from left to right.

use std::borrow::Cow;

/// Isolates a text, so that it does not change the order of the sentence around it (UAX 9, FSI and PDI). This works
/// where there is no markup: in attributes, in the title of the tab and in notifications. A text that runs from left
/// to right stays as it is, so that a copied sentence has no hidden characters.
pub(crate) fn isolated(text: &str) -> Cow<'_, str> {
    if text.contains(may_run_from_right) {
        Cow::Owned(format!("\u{2068}{text}\u{2069}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a character runs from right to left, or controls the direction. Unicode reserves these blocks for the
/// scripts that do, also for future ones.
fn may_run_from_right(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8FF}'
            | '\u{200E}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FB1D}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFE}'
            | '\u{10800}'..='\u{10FFF}'
            | '\u{1E800}'..='\u{1EFFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_right_to_left_are_isolated() {
        for text in ["דנה", "سارة 3", "Kim (ليلى)", "𞤀𞤣", "ܫܠܡ", "ߒߞߏ", "a\u{202E}b"]
        {
            assert_eq!(isolated(text), format!("\u{2068}{text}\u{2069}"));
        }
        for text in ["", "Jane!", "민수", "김 (3)", "Zoë", "हिन्दी", "👋🏽"] {
            assert_eq!(isolated(text), text);
        }
    }
}
