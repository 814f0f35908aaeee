//! The word before the caret that the list completes.

use super::open_mention::OpenMention;
use super::open_short_code::OpenShortCode;

/// A mention or a short code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OpenWord {
    Mention(OpenMention),
    ShortCode(OpenShortCode),
}

impl OpenWord {
    /// The word at the end of the text before the caret. A name may have spaces, so the later word is meant.
    pub(super) fn find(before_caret: &str) -> Option<Self> {
        let mention = OpenMention::find(before_caret).map(Self::Mention);
        let short_code = OpenShortCode::find(before_caret).map(Self::ShortCode);
        mention.into_iter().chain(short_code).max_by_key(Self::at)
    }

    /// The length of the text before the word, in UTF-16 code units.
    pub(super) fn at(&self) -> u32 {
        match self {
            Self::Mention(mention) => mention.at,
            Self::ShortCode(code) => code.at,
        }
    }

    /// A short code with both colons; nothing completes it.
    pub(super) fn closed(&self) -> Option<&OpenShortCode> {
        match self {
            Self::ShortCode(code) if code.is_closed => Some(code),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_two_words_is_completed() {
        let at = |text| OpenWord::find(text).map(|word| word.at());
        assert_eq!(at("@김 민수 :smi"), Some(6));
        assert_eq!(at(":smile @mi"), Some(7));
        assert_eq!(at("hello"), None);
    }
}
