//! Any text has a result, within the limits, in time that is linear in its length.

use madang_sentiment::{DECIDING_MAX, MAX_CHARS, classify};
use proptest::prelude::*;

fn check_limits(text: &str) {
    let result = classify(text);
    assert!((-1_000..=1_000).contains(&result.score), "{result:?}");
    assert!(result.deciding.len() <= DECIDING_MAX, "{result:?}");
    assert!(
        result.deciding.iter().all(|word| !word.text.is_empty() && word.weight_thousandths != 0)
    );
    assert_eq!(result, classify(text), "the same text, the same result");
}

/// Strings of pieces with a meaning for the classifier: syllables, letters, negations, words,
/// emoji.
fn chat() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[가-힣]{1,4}",
        "[ㄱ-ㅣ]{1,4}",
        "[ᄀ-ᇿ]{1,3}",
        "[a-zA-Z'’]{1,8}",
        "[ .,!?~\n😢❤\u{fe0f}\u{200d}👍🏽]{1,3}",
        prop::sample::select(vec![
            "안",
            "못",
            "지 않",
            "지만",
            "는데",
            "좋",
            "아",
            "없",
            "겠",
            "마",
            "별로",
            "너무",
            "개",
            "재미",
            "ㅋㅋ",
            "no",
            "not",
            "but",
            "love",
            "hate",
            "kind of",
            "can't wait",
            "least",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_has_a_result(text in any::<String>()) {
        check_limits(&text);
    }

    #[test]
    fn any_chat_has_a_result(text in chat()) {
        check_limits(&text);
    }
}

#[test]
fn text_beyond_the_limit_is_ignored() {
    let long = "가".repeat(MAX_CHARS);
    assert_eq!(classify(&format!("{long} 사랑해")), classify(&long));
}

#[test]
fn the_slowest_messages_have_a_result() {
    for piece in ["좋", "good ", "no ", "but love ", "안", "ㅋ", "ㅠ", "😢", "a", "지만", "Σ'", "."]
    {
        let text: String = piece.chars().cycle().take(MAX_CHARS).collect();
        check_limits(&text);
    }
}
