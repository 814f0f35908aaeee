//! The rules for text that users type. The app uses them to help, the server to decide. A feature
//! whose text has a limit of its own uses [`one_line`] or [`some_lines`].

use crate::access_tokens::MAX_TOKEN_NAME_CHARS;
use crate::chat::MAX_MESSAGE_CHARS;
use crate::failure::{ErrorCode, Failure};
use crate::orders::PHONE_DIGITS;
use crate::posts::MAX_POST_CHARS;
use crate::rooms::{MAX_DESCRIPTION_CHARS, MAX_ROOM_NAME_CHARS};
use crate::session::MAX_USER_NAME_CHARS;
use crate::workspace::MAX_WORKSPACE_NAME_CHARS;

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

/// The name of a workspace: as a room's, with at most [`MAX_WORKSPACE_NAME_CHARS`] characters.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the operator.
pub fn workspace_name(text: &str) -> Result<String, Failure> {
    one_line(text, MAX_WORKSPACE_NAME_CHARS, "The server's name")
}

/// The name of an access token: as a room's, with at most [`MAX_TOKEN_NAME_CHARS`] characters.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn token_name(text: &str) -> Result<String, Failure> {
    one_line(text, MAX_TOKEN_NAME_CHARS, "A token's name")
}

/// A room's description: as a room's name, with at most [`MAX_DESCRIPTION_CHARS`] characters. An empty text means no
/// description.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn room_description(text: &str) -> Result<String, Failure> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    one_line(text, MAX_DESCRIPTION_CHARS, "A description")
}

/// A message's text: separators of lines, pages and records become `\n`, other control characters and
/// white space at the end are removed. At least one visible character and at most [`MAX_MESSAGE_CHARS`] characters must remain.
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

/// Whether a text is a phone number: digits, with spaces and `+-().` between them. The database has the same rule
/// for its characters.
pub fn is_phone_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    PHONE_DIGITS.contains(&digits)
        && text.bytes().all(|byte| byte.is_ascii_digit() || b" +-().".contains(&byte))
}

/// A text of several lines, by the rules of [`message_text`]. `limit` is the most characters; `what`
/// begins the sentence of a refusal: "A message".
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn some_lines(text: &str, limit: usize, what: &str) -> Result<String, Failure> {
    let text = text.replace("\r\n", "\n").replace(is_line_separator, "\n");
    let text = text.replace('\u{1F}', "\t");
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
    if !is_fully_visible(&text) {
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

/// Whether a control character ends a line: those of Unicode's line breaking (UAX 14: `BK`, `CR`, `LF`,
/// `NL`), and the separators of files, groups and records, which are paragraph separators to Unicode
/// (UAX 9: `B`).
fn is_line_separator(c: char) -> bool {
    matches!(
        c,
        '\n' | '\u{B}'..='\r' | '\u{1C}'..='\u{1E}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// The flag whose tags name a part of a country.
const FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';

/// Whether people can see every character of a name, or its effect on the character before it.
fn is_fully_visible(text: &str) -> bool {
    let mut previous = ' ';
    // The number of tags behind a flag.
    let mut tags = None;
    for c in text.chars() {
        let is_seen = if is_tag(c) {
            // The tags of a flag are a country and a part of it, such as `gbeng` (UTS 51, ED-14).
            tags = match (tags, c) {
                (Some(3..=7), CANCEL_TAG) => None,
                (Some(count), '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}') => {
                    Some(count + 1)
                }
                _ => return false,
            };
            true
        } else if tags.is_some_and(|count| count > 0) {
            // The tags have no end.
            false
        } else if is_variation_selector(c) {
            tags = None;
            is_visible(previous)
        } else {
            tags = (c == FLAG).then_some(0);
            !c.is_control() && !is_invisible(c)
        };
        if !is_seen {
            return false;
        }
        previous = c;
    }
    tags.is_none_or(|count| count == 0)
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c) && !is_ignored_in_keys(c)
}

/// Invisible characters, and characters that change the direction of text: they can make one name look
/// like another. (Unicode's `Default_Ignorable_Code_Point`, without those that
/// [`is_ignored_in_keys`] names, and the blanks that are letters or symbols to Unicode: Hangul fillers, Braille
/// blank, the object replacement character.)
fn is_invisible(c: char) -> bool {
    !is_ignored_in_keys(c)
        && matches!(
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
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFC}'
                | '\u{FFFE}'
                | '\u{FFFF}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Joiners, variation selectors and tags, which emoji and some scripts need. A name may contain them
/// where they have an effect, but two names that differ only in them are the same: not every screen
/// shows the difference.
pub fn is_ignored_in_keys(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}') || is_variation_selector(c) || is_tag(c)
}

fn is_variation_selector(c: char) -> bool {
    matches!(
        c,
        '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}'
    )
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0020}'..=CANCEL_TAG)
}
