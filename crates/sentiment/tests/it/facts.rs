//! Single facts about the classifier.

use madang_sentiment::{Class, DECIDING_MAX, classify};

fn check(class: Class, texts: &[&str]) {
    for text in texts {
        let result = classify(text);
        assert_eq!(result.class, class, "{text}: {result:?}");
    }
}

#[test]
fn the_most_common_words() {
    check(Class::Positive, &["love", "사랑해", "I love it", "고마워"]);
    check(Class::Negative, &["sad", "슬퍼", "안 좋아", "I am so sad"]);
    check(Class::Neutral, &["hello", "안녕", "안녕하세요", "", " ", "123", "?!?", "네"]);
}

#[test]
fn korean_stems_are_found_in_all_their_forms() {
    check(
        Class::Positive,
        &[
            "좋았어",
            "행복했어요",
            "고마웠습니다",
            "즐거웠어",
            "기뻤다",
            "예뻐요",
            "멋졌어",
            "반가운",
        ],
    );
    check(
        Class::Negative,
        &["슬펐어", "외로웠다", "무서운데", "힘든 날", "바보같아", "나빴어", "지쳐요"],
    );
}

#[test]
fn negation_turns_a_korean_word_before_and_after_it() {
    check(
        Class::Negative,
        &[
            "안좋아",
            "못 믿겠어",
            "좋지 않아",
            "좋지않아",
            "좋진 않네",
            "재미없어",
            "재미가 없다",
            "맛없네",
            "별로",
            "별로 안 좋아",
            "행복하지 못해",
            "좋은 게 하나도 없어",
            "기대 안 해",
        ],
    );
    check(
        Class::Positive,
        &["나쁘지 않아", "걱정 마", "걱정 안 해", "걱정하지 마세요", "후회 없어", "싫지 않아"],
    );
}

#[test]
fn degree_and_wish_change_how_much_a_korean_word_counts() {
    let score = |text: &str| classify(text).score;
    assert!(score("너무 좋아") > score("좋아"));
    assert!(score("좋아") > score("조금 좋아"));
    assert!(score("좋아") > score("좋겠다"));
    assert!(score("좋겠다") > 0);
    assert!(score("진짜 싫어") < score("싫어"));
    assert!(score("좋아!!!") > score("좋아"));
}

#[test]
fn a_question_is_neutral_unless_it_asks_for_agreement() {
    check(Class::Neutral, &["그 책 재밌어?", "기분 괜찮아?", "is it any good?", "does it hurt?"]);
    check(Class::Positive, &["이거 좋지 않아?", "너무 예쁘지 않아?"]);
    check(Class::Negative, &["왜 이렇게 느려?", "why is it so terrible?"]);
}

#[test]
fn after_a_contrast_the_later_clause_decides() {
    check(Class::Negative, &["처음엔 좋았지만 지금은 싫어", "예쁘다 하지만 너무 나빠"]);
    check(Class::Positive, &["힘들었지만 행복했어", "싫었는데 이젠 좋아"]);
    check(Class::Negative, &["it was nice at first but now I hate it"]);
}

#[test]
fn a_longer_word_that_begins_like_a_feeling_is_neutral() {
    check(
        Class::Neutral,
        &[
            "울산 갔다 왔어",
            "안녕히 계세요",
            "아파트 앞이야",
            "짱구네 집",
            "영화나 볼까",
            "나 도착했어",
        ],
    );
}

#[test]
fn emoji_and_both_languages_count_together() {
    check(Class::Positive, &["오늘 회의 😊", "the report 👍🏽", "love it 진짜 예뻐", "❤️", "ㅋㅋㅋ"]);
    check(Class::Negative, &["집에 가는 중 😢", "monday 😡", "so sad 너무 슬퍼", "ㅠㅠ"]);
    let mixed = classify("오늘 happy 하고 행복해 😊");
    let words: Vec<&str> = mixed.deciding.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["happy", "행복해", "😊"]);
}

#[test]
fn english_chat_spelling_is_recognised() {
    check(Class::Positive, &["I loooove this", "sooo gooood", "great,thanks", "can’t wait"]);
    check(Class::Negative, &["this isn’t good", "baaad", "awful...really"]);
}

#[test]
fn deciding_words_come_in_reading_order_with_the_effect_of_negation() {
    let result = classify("I do not love how it ends, a sad song");
    let words: Vec<(&str, i16)> =
        result.deciding.iter().map(|word| (word.text.as_str(), word.weight_thousandths)).collect();
    // From VADER's lexicon: love 3.2, negated by the factor -0.74; sad -2.1.
    assert_eq!(words.iter().map(|(text, _)| *text).collect::<Vec<_>>(), ["love", "sad"]);
    assert!((words[0].1 + 2_368).abs() <= 2 && (words[1].1 + 2_100).abs() <= 2, "{words:?}");

    let result = classify("영화가 좋지 않아");
    assert_eq!(result.deciding[0].text, "좋지");
    assert!(result.deciding[0].weight_thousandths < 0);
}

#[test]
fn the_strongest_words_are_named_and_no_more_than_the_limit() {
    let result = classify("good good good good good good good good love good good");
    assert_eq!(result.deciding.len(), DECIDING_MAX);
    assert!(result.deciding.iter().any(|word| word.text == "love"));
}

#[test]
fn hangul_in_decomposed_letters_is_the_same_word() {
    // 사랑해 as macOS names its files: each letter a character of its own.
    let apart = "\u{1109}\u{1161}\u{1105}\u{1161}\u{11bc}\u{1112}\u{1162}";
    assert_eq!(classify(apart), classify("사랑해"));
}
