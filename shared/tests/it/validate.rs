//! The rules for text that users type.

use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::posts::MAX_POST_CHARS;
use madang_shared::session::MAX_USER_NAME_CHARS;
use madang_shared::validate::{message_text, post_text, room_name, user_name};
use madang_shared::{ErrorCode, Failure};
use proptest::prelude::*;

fn check<const N: usize>(
    read: fn(&str) -> Result<String, Failure>,
    cases: [(&str, Result<&str, ErrorCode>); N],
) {
    for (input, expected) in cases {
        let actual = read(input).map_err(|failure| failure.code);
        assert_eq!(actual, expected.map(str::to_owned), "{input:?}");
    }
}

#[test]
fn names_are_trimmed_to_one_visible_line() {
    check(
        user_name,
        [
            ("민수", Ok("민수")),
            ("  Jane \n  Doe ", Ok("Jane Doe")),
            ("👩‍🚀", Ok("👩‍🚀")),
            ("", Err(ErrorCode::Invalid)),
            (" \t\u{3000}", Err(ErrorCode::Invalid)),
            ("\u{200B}", Err(ErrorCode::Invalid)),
            ("\u{FFFC}", Err(ErrorCode::Invalid)),
            ("민수\u{FFFC}", Err(ErrorCode::Invalid)),
            ("\u{3164}", Err(ErrorCode::Invalid)),
            ("admin\u{202E}", Err(ErrorCode::Invalid)),
            ("a\u{0}b", Err(ErrorCode::Invalid)),
            ("민수\u{3164}", Err(ErrorCode::Invalid)),
            ("Ja\u{AD}ne", Err(ErrorCode::Invalid)),
            ("Jane\u{2800}", Err(ErrorCode::Invalid)),
            ("\u{200D}", Err(ErrorCode::Invalid)),
        ],
    );
    let longest = "가".repeat(MAX_USER_NAME_CHARS);
    assert_eq!(user_name(&longest), Ok(longest.clone()));
    assert_eq!(user_name(&(longest + "가")).unwrap_err().code, ErrorCode::TooLong);
    assert_eq!(room_name(" 점심  Lunch "), Ok("점심 Lunch".to_owned()));
}

#[test]
fn message_texts_keep_their_lines() {
    check(
        message_text,
        [
            ("hi", Ok("hi")),
            ("  indented\r\n  code\r\n\r\n", Ok("  indented\n  code")),
            ("\n\nlate", Ok("late")),
            (" \n ", Err(ErrorCode::Invalid)),
            ("a\u{0}\u{1B}[1mb\tc", Ok("a[1mb\tc")),
            ("\u{0}", Err(ErrorCode::Invalid)),
        ],
    );
    let longest = "나".repeat(MAX_MESSAGE_CHARS);
    assert_eq!(message_text(&longest), Ok(longest.clone()));
    assert_eq!(message_text(&(longest + "나")).unwrap_err().code, ErrorCode::TooLong);
}

#[test]
fn every_separator_of_lines_breaks_the_line() {
    let separators = "\n \r \r\n \u{B} \u{C} \u{1C} \u{1D} \u{1E} \u{85} \u{2028} \u{2029}";
    for separator in separators.split(' ') {
        let text = format!("하나{separator}둘{separator}{separator}셋");
        check(message_text, [(text.as_str(), Ok("하나\n둘\n\n셋"))]);
        check(post_text, [(text.as_str(), Ok("하나\n둘\n\n셋"))]);
        check(message_text, [(separator, Err(ErrorCode::Invalid))]);
    }
    check(message_text, [("a\u{1F}b", Ok("a\tb")), ("a\r\r\nb", Ok("a\n\nb"))]);
    for separator in ['\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'] {
        check(room_name, [(format!("점심{separator}Lunch").as_str(), Ok("점심 Lunch"))]);
    }
}

#[test]
fn a_name_may_contain_what_changes_the_look_of_a_visible_character() {
    for name in [
        // Variants of ideographs, of Mongolian letters, of emoji and of digits.
        "辻\u{E0100}本",
        "\u{845B}\u{E0101}",
        "㐂\u{FE00}",
        "\u{1820}\u{180B}\u{1821}",
        "1\u{FE0F}\u{20E3}",
        "♥\u{FE0E}",
        "👨‍❤\u{FE0F}‍👨",
        "🏳\u{FE0F}‍🌈",
        // The flags of England, Wales and Texas.
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F} Rhys",
        "\u{1F3F4}\u{E0075}\u{E0073}\u{E0074}\u{E0078}\u{E007F}",
    ] {
        check(user_name, [(name, Ok(name))]);
        check(room_name, [(name, Ok(name))]);
    }
}

#[test]
fn a_name_contains_no_selector_and_no_tag_that_changes_nothing() {
    for name in [
        "\u{FE0F}abc",
        "a \u{FE0F}b",
        "辻\u{E0100}\u{E0101}本",
        "\u{E0100}",
        "a\u{200D}\u{FE0F}",
        // Tags without a flag, without an end, too few, too many, and no letters.
        "a\u{E0067}\u{E0062}\u{E007F}",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}a\u{E007F}",
        "\u{1F3F4}\u{E007F}",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E0067}\u{E0067}\u{E0067}\u{E007F}",
        "\u{1F3F4}\u{E0020}\u{E0021}\u{E0040}\u{E007F}",
        "\u{1F3F4}\u{E0001}",
        "\u{E007F}a",
        "a\u{E01F0}",
    ] {
        check(user_name, [(name, Err(ErrorCode::Invalid))]);
    }
}

#[test]
fn post_texts_follow_the_rules_of_messages_with_their_own_limit() {
    check(post_text, [("하나\r\n\u{7}둘 ", Ok("하나\n둘")), (" \n ", Err(ErrorCode::Invalid))]);
    let longest = "다".repeat(MAX_POST_CHARS);
    assert_eq!(post_text(&longest), Ok(longest.clone()));
    assert_eq!(post_text(&(longest + "다")).unwrap_err().code, ErrorCode::TooLong);
}

proptest! {
    #[test]
    fn an_accepted_text_is_accepted_unchanged(text in any::<String>()) {
        for read in [user_name, room_name, message_text, post_text] {
            if let Ok(once) = read(&text) {
                prop_assert_eq!(read(&once), Ok(once));
            }
        }
    }
}
