//! Edits a text before it is parsed. Markdown gives a meaning to much that people type without meaning it; and by its rules
//! for words, a format cannot end before a Korean particle. The edits put characters of their own into the text, which
//! [`Source::clean`] takes out of every part of the result.

use std::borrow::Cow;

use madang_shared::links::{LinkPiece, pieces};

use crate::classes::is_one_of;

/// Punctuation that no keyboard has. It separates: before a marker of a list or a quote, the marker is text; beside a
/// format, the format may end or begin there.
const SEPARATOR: char = '\u{2E44}';
/// Stand for `*`, `_` and `~` within addresses.
const STAR: char = '\u{F8F1}';
const UNDERSCORE: char = '\u{F8F2}';
const TILDE: char = '\u{F8F3}';
const RESERVED: [char; 4] = [SEPARATOR, STAR, UNDERSCORE, TILDE];
/// A line that ends a quote, a list or a table. By the rules of Markdown, the line behind one would belong to it.
const END_OF_BLOCK: &str = "<!--\u{2E44}-->\n";

/// A text for the parser.
pub(crate) struct Source<'a> {
    text: Cow<'a, str>,
}

impl<'a> Source<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        // A text that has these characters itself is parsed without edits.
        let edited = !text.contains(RESERVED);
        let text = if edited { Cow::Owned(edit(text)) } else { Cow::Borrowed(text) };
        Self { text }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A part of the result, without the edits.
    pub(crate) fn clean(&self, part: &str) -> String {
        if matches!(self.text, Cow::Borrowed(_)) || !part.contains(RESERVED) {
            return part.to_owned();
        }
        let part = part.replace(END_OF_BLOCK, "").replace(END_OF_BLOCK.trim_end(), "");
        let original = |c| match c {
            SEPARATOR => None,
            STAR => Some('*'),
            UNDERSCORE => Some('_'),
            TILDE => Some('~'),
            other => Some(other),
        };
        part.chars().filter_map(original).collect()
    }
}

/// The block that the line before belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Quote,
    List,
    Table,
}

fn edit(text: &str) -> String {
    let mut edited = String::with_capacity(text.len() + text.len() / 4);
    let mut open = Open::Text;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let is_indented = line.starts_with([' ', '\t']);
        let (is_quote, is_item) = (is_quote(content), is_item(content));
        let ends = match open {
            Open::Text => false,
            Open::Quote => !is_quote,
            Open::List => !is_item && !is_indented,
            Open::Table => !content.contains('|'),
        };
        if ends && !content.is_empty() {
            edited.push_str(END_OF_BLOCK);
        }
        open = match open {
            _ if content.is_empty() => Open::Text,
            _ if is_quote => Open::Quote,
            _ if is_item => Open::List,
            _ if is_table(content) => Open::Table,
            Open::List if is_indented => Open::List,
            Open::Table if content.contains('|') => Open::Table,
            _ => Open::Text,
        };
        edit_line(line, &mut edited);
    }
    edited
}

/// Whether a line is a quote: there is a space behind its marks, because `>_<` is a face.
fn is_quote(line: &str) -> bool {
    let rest = line.trim_start_matches('>');
    rest.len() < line.len() && (rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether a line is an item of a list.
fn is_item(line: &str) -> bool {
    without_bullet(line).is_some()
        || number(line).is_some_and(|(number, rest)| is_number_of_item(number, rest))
}

fn without_bullet(line: &str) -> Option<&str> {
    line.strip_prefix(['-', '*', '+'])
        .filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// The digits that a line starts with, and the rest behind the mark of a numbered item.
fn number(line: &str) -> Option<(&str, &str)> {
    let end = line.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = line.split_at_checked(end)?;
    let rest = rest.strip_prefix(['.', ')'])?;
    let is_mark = rest.is_empty() || rest.starts_with([' ', '\t', '\n']);
    (!number.is_empty() && is_mark).then_some((number, rest))
}

/// Whether a number is one of an item: no year, no part of a date, and without a zero before it.
fn is_number_of_item(digits: &str, rest: &str) -> bool {
    let is_padded = digits.len() > 1 && digits.starts_with('0');
    digits.len() < 4 && !is_padded && number(rest.trim_start()).is_none()
}

/// Whether a line is the one below the titles of a table.
fn is_table(line: &str) -> bool {
    line.contains('|') && line.contains('-') && line.chars().all(|c| "|-: \t".contains(c))
}

fn edit_line(line: &str, edited: &mut String) {
    let (mut rest, end) = line.split_at_checked(line.trim_end().len()).unwrap_or((line, ""));
    // Through the marks of quotes and lists, to the first word.
    loop {
        let content = rest.trim_start_matches([' ', '\t']);
        let marks = if is_quote(content) {
            content.len() - content.trim_start_matches('>').len()
        } else {
            usize::from(without_bullet(content).is_some())
        };
        let (marks, behind) = rest.split_at(rest.len() - content.len() + marks);
        edited.push_str(marks);
        rest = behind;
        if marks.ends_with([' ', '\t']) || marks.is_empty() {
            break;
        }
    }
    if rest.starts_with('>') || rest.starts_with("~~~") {
        edited.push(SEPARATOR);
    } else if let Some((digits, behind)) = number(rest)
        && !is_number_of_item(digits, behind)
    {
        edited.push_str(digits);
        edited.push(SEPARATOR);
        rest = rest.get(digits.len()..).unwrap_or_default();
    }
    for piece in pieces(rest, is_one_of) {
        match piece {
            LinkPiece::Text(text) => edit_words(text, edited),
            LinkPiece::Link(address) => edited.extend(address.chars().map(|c| match c {
                '*' => STAR,
                '_' => UNDERSCORE,
                '~' => TILDE,
                other => other,
            })),
        }
    }
    edited.push_str(end);
}

/// Separates formats from the Korean letters beside them, and numbers from the sign of their product.
fn edit_words(text: &str, edited: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['*', '~', ']']) {
        let (before, tail) = rest.split_at(at);
        edited.push_str(before);
        let mark = tail.chars().next().unwrap_or_default();
        let end = tail.find(|c| c != mark).unwrap_or(tail.len());
        if mark == ']' {
            // No definition of a reference, as in `[notice]: lunch`: it would not be shown at all.
            edited.push(']');
            rest = tail.get(1..).unwrap_or_default();
            if rest.starts_with(':') {
                edited.push(SEPARATOR);
            }
            continue;
        }
        let (run, behind) = tail.split_at(end);
        let (previous, next) = (edited.chars().next_back(), behind.chars().next());
        let (previous, next) = (previous.unwrap_or('\n'), next.unwrap_or('\n'));
        if is_east_asian(previous) && is_sign(next) {
            edited.push(SEPARATOR);
        }
        edited.push_str(run);
        let is_product = run == "*" && previous.is_ascii_digit() && next.is_ascii_digit();
        if is_product || is_sign(previous) && is_east_asian(next) {
            edited.push(SEPARATOR);
        }
        rest = behind;
    }
    edited.push_str(rest);
}

/// Whether words are written without spaces before particles in the script of a letter.
fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3040}'..='\u{318F}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{9FFF}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn is_sign(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace()
}
