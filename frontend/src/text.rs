//! Case, grapheme clusters and properties of characters, by the browser's tables: those of Rust would add 25 KB for
//! case alone. On the host, for tests, the same functions use Rust's tables.

#[cfg(target_arch = "wasm32")]
pub(crate) use in_browser::{beginning, first_grapheme, lower_case, matches, upper_case};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use on_host::{beginning, first_grapheme, lower_case, matches, upper_case};

/// One to three emoji, and nothing else but white space: by what Unicode recommends for interchange, each is drawn as
/// a picture. A digit or a sign such as © is text, until a selector or a keycap follows it.
const LONE_EMOJI: &str = concat!(
    r"^(?:(?:",
    // A flag of two letters, or of a region's tags.
    r"\p{Regional_Indicator}{2}|\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}|",
    // A keycap.
    r"[0-9#*]\uFE0F?\u20E3|",
    // Several pictures that are joined to one.
    r"\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?",
    r"(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)+|",
    // One picture, with or without a tone of skin.
    r"\p{Extended_Pictographic}\uFE0F|\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|",
    r"\p{Emoji_Presentation}\uFE0F?",
    r")\s*){1,3}$",
);
/// A text with three emoji is at most this long, in bytes: the longest emoji have 35.
const MAX_EMOJI_BYTES: usize = 3 * 40;

/// Whether the text is one to three emoji.
pub(crate) fn is_lone_emoji(text: &str) -> bool {
    text.len() <= MAX_EMOJI_BYTES && matches(text, LONE_EMOJI)
}

/// Whether the character is in a class of characters, such as `[\p{L}\p{N}]`.
pub(crate) fn is_one_of(c: char, class: &'static str) -> bool {
    matches(c.encode_utf8(&mut [0; 4]), class)
}

#[cfg(target_arch = "wasm32")]
mod in_browser {
    use js_sys::{JsString, RegExp};
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    // As in `js_sys::Intl`, but a browser without segmenters throws nothing that ends the app.
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = Intl)]
        type Segmenter;
        type Segments;
        type Segment;

        #[wasm_bindgen(js_namespace = Intl, constructor, catch)]
        fn new() -> Result<Segmenter, JsValue>;
        #[wasm_bindgen(method)]
        fn segment(this: &Segmenter, text: &JsString) -> Segments;
        #[wasm_bindgen(method)]
        fn containing(this: &Segments, index: u32) -> Option<Segment>;
        #[wasm_bindgen(method, getter)]
        fn index(this: &Segment) -> u32;
        #[wasm_bindgen(method, getter, js_name = segment)]
        fn cluster(this: &Segment) -> String;
    }

    thread_local! {
        /// Firefox has segmenters since version 125.
        static SEGMENTER: Option<Segmenter> = Segmenter::new().ok();
    }

    /// The grapheme cluster around a code unit.
    fn cluster(text: &JsString, index: u32) -> Option<Segment> {
        SEGMENTER.with(|segmenter| segmenter.as_ref()?.segment(text).containing(index))
    }

    /// The text in lower case.
    pub(crate) fn lower_case(text: &str) -> String {
        JsString::from(text).to_lower_case().into()
    }

    /// The text in upper case.
    pub(crate) fn upper_case(text: &str) -> String {
        JsString::from(text).to_upper_case().into()
    }

    /// The first grapheme cluster of the text: a letter with its marks, a syllable, an emoji or a flag.
    pub(crate) fn first_grapheme(text: &str) -> String {
        let first = cluster(&text.into(), 0).map(|first| first.cluster());
        first.unwrap_or_else(|| text.chars().take(1).collect())
    }

    /// The beginning of the text, at most `limit` code units long, without a part of a grapheme cluster.
    pub(crate) fn beginning(text: &str, limit: u32) -> String {
        let units = JsString::from(text);
        if units.length() <= limit {
            return text.to_owned();
        }
        let end = cluster(&units, limit).map(|cut| cut.index());
        // A first cluster that is longer than the limit is cut.
        units.slice(0, end.filter(|end| *end > 0).unwrap_or(limit)).into()
    }

    /// Whether a part of the text matches the pattern.
    pub(crate) fn matches(text: &str, pattern: &'static str) -> bool {
        RegExp::new(pattern, "u").test(text)
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod on_host {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use regex::Regex;
    use unicode_segmentation::UnicodeSegmentation;

    thread_local! {
        static PATTERNS: RefCell<HashMap<&'static str, Option<Regex>>> = RefCell::default();
    }

    pub(crate) fn lower_case(text: &str) -> String {
        text.to_lowercase()
    }

    pub(crate) fn upper_case(text: &str) -> String {
        text.to_uppercase()
    }

    pub(crate) fn first_grapheme(text: &str) -> String {
        text.graphemes(true).take(1).collect()
    }

    pub(crate) fn beginning(text: &str, limit: u32) -> String {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if text.encode_utf16().count() <= limit {
            return text.to_owned();
        }
        let mut units = 0;
        let whole = text.graphemes(true).take_while(|cluster| {
            units += cluster.encode_utf16().count();
            units <= limit
        });
        let whole: String = whole.collect();
        if whole.is_empty() { text.chars().take(limit).collect() } else { whole }
    }

    /// No text matches a malformed pattern.
    pub(crate) fn matches(text: &str, pattern: &'static str) -> bool {
        PATTERNS.with_borrow_mut(|patterns| {
            let regex = patterns.entry(pattern).or_insert_with(|| Regex::new(pattern).ok());
            regex.as_ref().is_some_and(|regex| regex.is_match(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_three_emoji_are_lone_emoji() {
        for text in [
            "👍",
            "😀😀😀",
            "👍 🎉",
            "❤️",
            "🇰🇷",
            "🇰🇷🇺🇸🇯🇵",
            "👩‍👩‍👧‍👦",
            "👍🏽",
            "☝🏽",
            "1️⃣",
            "#️⃣",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "🏳️‍🌈",
            "❤️‍🔥",
            "🧑🏻‍❤️‍💋‍🧑🏿🧑🏻‍❤️‍💋‍🧑🏿🧑🏻‍❤️‍💋‍🧑🏿",
            "🏃‍♂️",
            "👁️‍🗨️",
        ] {
            assert!(is_lone_emoji(text), "{text}");
        }
        for text in [
            "",
            " ",
            "a",
            "1",
            "12",
            "#",
            "*",
            "©",
            "™",
            "👍a",
            "좋아요 👍",
            "👍👍👍👍",
            "🇰🇷🇺🇸🇯🇵🇫🇷",
            "ㅋㅋ",
            "♥",
            "1👍",
            "\u{FE0F}",
            "\u{200D}",
            ":)",
        ] {
            assert!(!is_lone_emoji(text), "{text:?}");
        }
    }

    #[test]
    fn a_beginning_ends_between_grapheme_clusters() {
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(beginning("abc", 3), "abc");
        assert_eq!(beginning("abcd", 3), "abc");
        assert_eq!(beginning(&family.repeat(3), 20), family, "a family has eleven code units");
        assert_eq!(beginning("\u{1106}\u{1175}\u{11ab}수", 2), "\u{1106}\u{1175}");
        assert_eq!(beginning("🇰🇷🇰🇷", 7), "🇰🇷");
        assert_eq!(beginning("", 3), "");
    }
}
