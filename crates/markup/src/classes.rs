//! The classes of characters, by the tables of the `regex` package.

use std::sync::LazyLock;

use madang_shared::links::CharClass;
use regex::Regex;

static ADDRESS_ENDS: LazyLock<Option<Regex>> = LazyLock::new(|| regex(CharClass::AddressEnds));
static SIGNS: LazyLock<Option<Regex>> = LazyLock::new(|| regex(CharClass::Signs));
static PUNCTUATION: LazyLock<Option<Regex>> = LazyLock::new(|| regex(CharClass::Punctuation));
static LETTERS: LazyLock<Option<Regex>> = LazyLock::new(|| regex(CharClass::Letters));

/// None for a malformed pattern; a test asks each class.
fn regex(class: CharClass) -> Option<Regex> {
    Regex::new(class.pattern()).ok()
}

/// Whether a character is in a class.
pub fn is_one_of(c: char, class: CharClass) -> bool {
    let regex = match class {
        CharClass::AddressEnds => &ADDRESS_ENDS,
        CharClass::Signs => &SIGNS,
        CharClass::Punctuation => &PUNCTUATION,
        CharClass::Letters => &LETTERS,
    };
    regex.as_ref().is_some_and(|regex| regex.is_match(c.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_characters() {
        for (class, inside, outside) in [
            (CharClass::AddressEnds, '」', '가'),
            (CharClass::Signs, '￥', '가'),
            (CharClass::Punctuation, '…', '￥'),
            (CharClass::Letters, '가', '…'),
        ] {
            assert!(is_one_of(inside, class), "{class:?}");
            assert!(!is_one_of(outside, class), "{class:?}");
        }
    }
}
