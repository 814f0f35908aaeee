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
