//! Mentions in a message: `@` and a name.
//!
//! A name may contain spaces and signs, and a Korean particle follows it without a space (`@민수가`). So
//! the end of a name is known only to the store, which knows the names. This module finds every possible
//! end; the store takes the longest one that is the name of a member.

use madang_shared::notices::{MAX_MENTIONS, PARTICLES};
use madang_shared::session::MAX_USER_NAME_CHARS;
use madang_shared::validate::is_ignored_in_keys;
use unicode_normalization::UnicodeNormalization;

use crate::policy::name_key;

/// The keys (see [`name_key`]) of all possible names after one `@`, the longest first.
pub type Mention = Vec<String>;

/// The maximum number of possible ends of one name. A name with more words cannot be mentioned.
const MAX_ENDS: usize = 12;

/// The maximum number of `@` signs that are examined in one text. It bounds the work for a text of repeated signs.
const MAX_SIGNS: usize = 4 * MAX_MENTIONS;

/// The number of signs in a text that may begin a mention, at most [`MAX_MENTIONS`].
pub fn mention_signs(text: &str) -> usize {
    signs(text).take(MAX_MENTIONS).count()
}

/// The mentions in a text, in order, at most [`MAX_MENTIONS`].
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for rest in signs(text).take(MAX_SIGNS) {
        let mention = names_at_start(rest);
        if !mention.is_empty() && !found.contains(&mention) {
            found.push(mention);
        }
        if found.len() == MAX_MENTIONS {
            break;
        }
    }
    found
}

/// The texts after the signs that may begin a mention: not in an address (`jane@example.com`), and not before white
/// space.
fn signs(text: &str) -> impl Iterator<Item = &str> {
    let mut previous = None;
    text.char_indices().filter_map(move |(index, c)| {
        let begins = c == '@' && !previous.is_some_and(char::is_alphanumeric);
        previous = Some(c);
        let rest = text.get(index + 1..).filter(|_| begins)?;
        (!rest.is_empty() && !rest.starts_with(char::is_whitespace)).then_some(rest)
    })
}

fn names_at_start(text: &str) -> Mention {
    let line = text.lines().next().unwrap_or_default();
    // Composed, because a syllable that is typed as separate letters is one character of a name.
    let seen = line.chars().filter(|c| !is_ignored_in_keys(*c)).nfc();
    let start: String = seen.take(MAX_USER_NAME_CHARS + MAX_SUFFIX_CHARS).collect();
    // The key of the whole start is made once, and its beginnings are the keys of the names: a key costs about as much
    // as everything else here.
    let key = name_key(&start.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut ends = Vec::new();
    let mut chars = key.char_indices().peekable();
    while let Some((index, c)) = chars.next()
        && ends.len() < MAX_ENDS
    {
        let next = chars.peek().map(|(_, next)| *next);
        let inside_a_word = c.is_alphanumeric() && next.is_some_and(char::is_alphanumeric);
        if !inside_a_word && !c.is_whitespace() {
            ends.push(index + c.len_utf8());
        }
    }
    let mut keys: Mention = Vec::new();
    for name in ends.into_iter().rev().filter_map(|end| key.get(..end)) {
        for name in without_particles(name) {
            if !name.is_empty() && !keys.iter().any(|key| key == name) {
                keys.push(name.to_owned());
            }
        }
    }
    keys
}

/// The maximum number of characters of a title and a particle after a name.
const MAX_SUFFIX_CHARS: usize = 4;

/// The name unchanged, and without one and two of the [`PARTICLES`] at its end; the longest first.
fn without_particles(name: &str) -> Vec<&str> {
    let mut names = vec![name];
    let mut last = vec![name];
    for _ in 0..2 {
        let shorter = last
            .iter()
            .flat_map(|name| PARTICLES.iter().filter_map(|particle| name.strip_suffix(particle)));
        last = shorter.filter(|name| name.ends_with(char::is_alphanumeric)).collect();
        names.extend(&last);
    }
    // Equal lengths are equal names, so they are adjacent.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names
}
