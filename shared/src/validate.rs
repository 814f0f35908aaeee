//! The rules for text that users type. The app uses them to help, the server to decide. A feature
//! whose text has a limit of its own uses [`one_line`] or [`some_lines`].

use crate::chat::MAX_MESSAGE_CHARS;
use crate::failure::{ErrorCode, Failure};
use crate::posts::MAX_POST_CHARS;
use crate::rooms::MAX_ROOM_NAME_CHARS;
use crate::session::MAX_USER_NAME_CHARS;

/// A user's name: trimmed, on one line, 1 to [`MAX_USER_NAME_CHARS`] characters, without
/// invisible ones.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn user_name(text: &str) -> Result<String, Failure> {
    one_line(text, MAX_USER_NAME_CHARS, "A name")
}

/// A room's name: trimmed, on one line, 1 to [`MAX_ROOM_NAME_CHARS`] characters, without
/// invisible ones.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn room_name(text: &str) -> Result<String, Failure> {
    one_line(text, MAX_ROOM_NAME_CHARS, "A room's name")
}

/// A message's text: line ends become `\n`, other control characters and white space at the end are
/// removed. At least one visible character and at most [`MAX_MESSAGE_CHARS`] characters must remain.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn message_text(text: &str) -> Result<String, Failure> {
    some_lines(text, MAX_MESSAGE_CHARS, "A message")
}

/// A post's text: as a message's, with at most [`MAX_POST_CHARS`] characters.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn post_text(text: &str) -> Result<String, Failure> {
    some_lines(text, MAX_POST_CHARS, "A post")
}

/// A text of several lines, by the rules of [`message_text`]. `limit` is the most characters; `what`
/// begins the sentence of a refusal: "A message".
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn some_lines(text: &str, limit: usize, what: &str) -> Result<String, Failure> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // A paste from a terminal can contain control characters. No screen shows them, and each takes six
    // bytes on the wire.
    let text = text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "");
    let text = text.trim_end().trim_start_matches('\n');
    if !text.chars().any(is_visible) {
        return Err(Failure::new(
            ErrorCode::Invalid,
            format!("{what} needs at least one visible character."),
        ));
    }
    within(text, limit, what)?;
    Ok(text.to_owned())
}

/// A text of one line, by the rules of [`room_name`]. `limit` is the most characters; `what` begins
/// the sentence of a refusal: "A name".
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn one_line(text: &str, limit: usize, what: &str) -> Result<String, Failure> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.chars().any(is_visible) {
        return Err(Failure::new(
            ErrorCode::Invalid,
            format!("{what} needs at least one visible character."),
        ));
    }
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(Failure::new(
            ErrorCode::Invalid,
            format!("{what} cannot contain invisible characters."),
        ));
    }
    within(&text, limit, what)?;
    Ok(text)
}

fn within(text: &str, limit: usize, what: &str) -> Result<(), Failure> {
    let length = text.chars().count();
    if length > limit {
        let message = format!("{what} has at most {limit} characters; this one has {length}.");
        return Err(Failure::new(ErrorCode::TooLong, message));
    }
    Ok(())
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c) && !is_joiner(c)
}

/// Invisible characters, and characters that change the direction of text: they can make one name look
/// like another. (Unicode's `Default_Ignorable_Code_Point`, without those that
/// [`is_joiner`] names, and the blanks that are letters to Unicode: Hangul fillers, Braille blank.)
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0D}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{FFFE}'
            | '\u{FFFF}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Joiners and variation selectors, which emoji and Indic scripts need. A name may contain them, but two
/// names that differ only in them are the same.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}')
}
