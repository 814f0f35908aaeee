//! Any text has an answer, within the limits that are promised, and in time that grows with its length
//! only.

use madang_sentiment::{DECIDING_MAX, MAX_CHARS, classify};
use proptest::prelude::*;

fn keeps_its_promises(text: &str) {
    let said = classify(text);
    assert!((-1_000..=1_000).contains(&said.score), "{said:?}");
    assert!(said.deciding.len() <= DECIDING_MAX, "{said:?}");
    assert!(said.deciding.iter().all(|word| !word.text.is_empty() && word.weight_thousandths != 0));
    assert_eq!(said, classify(text), "the same text, the same answer");
}

/// Strings of pieces that mean something here: syllables, letters, negations, words, emoji.
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
    fn any_text_has_an_answer(text in any::<String>()) {
        keeps_its_promises(&text);
    }

    #[test]
    fn anything_like_chat_has_an_answer(text in chat()) {
        keeps_its_promises(&text);
    }
}

#[test]
fn what_is_beyond_the_limit_is_not_read() {
    let long = "가".repeat(MAX_CHARS);
    assert_eq!(classify(&format!("{long} 사랑해")), classify(&long));
}

#[test]
fn the_longest_messages_of_the_worst_kinds_have_an_answer() {
    for piece in ["좋", "good ", "no ", "but love ", "안", "ㅋ", "ㅠ", "😢", "a", "지만", "Σ'", "."]
    {
        let text: String = piece.chars().cycle().take(MAX_CHARS).collect();
        keeps_its_promises(&text);
    }
}
