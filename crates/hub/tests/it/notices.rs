//! Mentions in messages, and excerpts of messages.

use madang_hub::notices::{excerpt, mention_signs, mentions};
use madang_shared::notices::{MAX_EXCERPT_CHARS, MAX_MENTIONS};
use madang_shared::session::MAX_USER_NAME_CHARS;

/// Checks the mentioned members: the longest name wins, as in a store.
#[track_caller]
fn check(text: &str, members: &[&str], expected: &[&str]) {
    let found = mentions(text);
    let keys: Vec<String> = members.iter().map(|name| madang_hub::policy::name_key(name)).collect();
    let mentioned = found.iter().filter_map(|mention| {
        let key = mention.iter().find(|key| keys.contains(key))?;
        members.iter().zip(&keys).find(|(_, of_member)| *of_member == key).map(|(name, _)| *name)
    });
    assert_eq!(mentioned.collect::<Vec<_>>(), expected, "{text}: {found:?}");
}

#[test]
fn a_name_after_an_at_sign_is_a_mention() {
    check("@Jane look", &["Jane"], &["Jane"]);
    check("look, @jane!", &["Jane"], &["Jane"]);
    check("(@Jane) and @Theo: lunch?", &["Jane", "Theo"], &["Jane", "Theo"]);
    check("first\n@Jane", &["Jane"], &["Jane"]);
    check("@ｊａｎｅ", &["Jane"], &["Jane"]);
}

#[test]
fn a_name_may_contain_spaces_and_signs_and_the_longest_name_wins() {
    check("@Kim Minsu come", &["Kim", "Kim Minsu"], &["Kim Minsu"]);
    check("@Kim came", &["Kim", "Kim Minsu"], &["Kim"]);
    check("@J.R. and", &["J.R.", "J"], &["J.R."]);
    check("@J.R. and", &["J.R"], &["J.R"]);
    check("@Kim  Minsu", &["Kim Minsu"], &["Kim Minsu"]);
    check("@고양이 🐯 보세요", &["고양이 🐯"], &["고양이 🐯"]);
}

#[test]
fn particles_after_a_korean_name_are_no_part_of_it() {
    for text in
        ["@민수야 밥 먹자", "@민수 님이 말한", "@민수님께", "@민수씨는?", "@민수에게", "@민수도"]
    {
        check(text, &["민수"], &["민수"]);
    }
    check("@민수야", &["민수", "민수야"], &["민수야"]);
    // As a Mac types it: separate letters, not syllables.
    check("@\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}\u{1100}\u{1161}", &["민수"], &["민수"]);
    check("@Jane은 어디", &["Jane"], &["Jane"]);
}

#[test]
fn selectors_and_tags_in_a_name_are_ignored() {
    check("@辻\u{E0100}本님 안녕", &["辻本"], &["辻本"]);
    check("@辻본", &["辻\u{E0100}본"], &["辻\u{E0100}본"]);
    let two_flags = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}".repeat(2);
    check(&format!("@{two_flags}님"), &[&two_flags], &[&two_flags]);
}

#[test]
fn a_part_of_a_name_is_no_mention() {
    check("@Johnson", &["John"], &[]);
    check("@민수정", &["민수"], &[]);
    check("mail me: a@jane.example", &["jane"], &[]);
    check("@ Jane, @, @@", &["Jane"], &[]);
    check("@@Jane", &["Jane"], &["Jane"]);
    check("no sign, Jane", &["Jane"], &[]);
}

#[test]
fn the_number_of_mentions_in_a_message_is_bounded() {
    let text = (0..1_000).map(|n| format!("@user{n}")).collect::<Vec<_>>().join(" ");
    assert_eq!(mentions(&text).len(), MAX_MENTIONS);
    let long = format!("@{}", "a b ".repeat(1_000));
    assert!(mentions(&long).iter().map(Vec::len).sum::<usize>() <= 64);
    assert!(mentions(&"@".repeat(4_000)).len() <= MAX_MENTIONS);
    assert_eq!(
        mentions("@Jane @Jane @jane").len(),
        1 + 2,
        "one mention for each distinct set of ends"
    );
}

#[test]
fn signs_that_may_begin_a_mention_are_counted_up_to_the_limit() {
    for (text, signs) in [("", 0), ("a@b.example", 0), ("@ Jane @", 0), ("@Jane (@Theo)", 2)] {
        assert_eq!(mention_signs(text), signs, "{text}");
    }
    assert_eq!(mention_signs(&"@@ﷺ.".repeat(1_000)), MAX_MENTIONS);
}

#[test]
fn a_decomposed_name_of_the_longest_length_is_found() {
    let name = "각".repeat(MAX_USER_NAME_CHARS);
    let decomposed = "\u{1100}\u{1161}\u{11a8}".repeat(MAX_USER_NAME_CHARS);
    check(&format!("@{decomposed}님"), &[&name], &[&name]);
}

#[test]
fn an_excerpt_is_the_beginning_of_a_message_on_one_line() {
    assert_eq!(excerpt("한 줄\n두 줄\t셋"), "한 줄 두 줄 셋");
    let exact = "가".repeat(MAX_EXCERPT_CHARS);
    assert_eq!(excerpt(&exact), exact);
    let long = excerpt(&format!("{exact}나"));
    assert_eq!(long.chars().count(), MAX_EXCERPT_CHARS);
    assert!(long.ends_with("가…"));
}

#[test]
fn an_excerpt_ends_between_grapheme_clusters() {
    for sign in [
        "👩‍👩‍👧‍👦",
        "🇰🇷",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
        "👋🏽",
        "1\u{FE0F}\u{20E3}",
        "\u{1106}\u{1175}\u{11ab}",
        "क्षि",
        "e\u{301}",
        "辻\u{E0100}",
    ] {
        for before in 0..MAX_EXCERPT_CHARS {
            let text = format!("{}{}", "a".repeat(before), sign.repeat(MAX_EXCERPT_CHARS));
            let excerpt = excerpt(&text);
            assert!(excerpt.chars().count() <= MAX_EXCERPT_CHARS, "{excerpt}");
            let shown = excerpt.strip_suffix('…').unwrap().trim_start_matches('a');
            assert_eq!(shown.replace(sign, ""), "", "{before} letters before {sign}");
        }
    }
    // A grapheme cluster that is longer than an excerpt is cut.
    let stacked = excerpt(&format!("e{}", "\u{301}".repeat(1_000)));
    assert_eq!(stacked.chars().count(), MAX_EXCERPT_CHARS);
}
