//! What people type, checked. Both sides call these: the app to help, the server to decide.

use crate::failure::{ErrorCode, Failure};
use crate::limits::{MAX_MESSAGE_CHARS, MAX_ROOM_NAME_CHARS, MAX_USER_NAME_CHARS};

/// A user's name: trimmed, on one line, 1 to [`MAX_USER_NAME_CHARS`] characters, nothing invisible.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn user_name(text: &str) -> Result<String, Failure> {
    one_line(text, MAX_USER_NAME_CHARS, "A name")
}

/// A room's name: trimmed, on one line, 1 to [`MAX_ROOM_NAME_CHARS`] characters, nothing invisible.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn room_name(text: &str) -> Result<String, Failure> {
    one_line(text, MAX_ROOM_NAME_CHARS, "A room's name")
}

/// A message's text: line ends become `\n`, white space at the end goes, and something visible must
/// be left, at most [`MAX_MESSAGE_CHARS`] characters of it.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn message_text(text: &str) -> Result<String, Failure> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_end().trim_start_matches('\n');
    if !text.chars().any(is_visible) {
        return Err(Failure::new(ErrorCode::Invalid, "A message needs some text."));
    }
    if text.contains('\0') {
        return Err(Failure::new(
            ErrorCode::Invalid,
            "A message cannot contain the character U+0000.",
        ));
    }
    within(text, MAX_MESSAGE_CHARS, "A message")?;
    Ok(text.to_owned())
}

fn one_line(text: &str, limit: usize, what: &str) -> Result<String, Failure> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.chars().any(is_visible) {
        return Err(Failure::new(
            ErrorCode::Invalid,
            format!("{what} needs at least one visible character."),
        ));
    }
    if text.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return Err(Failure::new(
            ErrorCode::Invalid,
            format!("{what} cannot contain control characters."),
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
    !c.is_whitespace()
        && !c.is_control()
        && !is_deceptive(c)
        && c != '\u{3164}'
        && c != '\u{115F}'
        && c != '\u{1160}'
}

/// Characters that nobody sees, or that turn the text around them: with these one name could be
/// made to look like another. The joiners stay allowed, for emoji and for Indic scripts need them.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
