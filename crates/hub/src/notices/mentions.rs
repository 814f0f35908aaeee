//! Mentions in a message: `@` and a name.
//!
//! A name may contain spaces and signs, and a Korean particle follows it without a space (`@민수가`). So
//! the end of a name is known only to the store, which knows the names. This module finds every possible
//! end; the store takes the longest one that is the name of a member.

use madang_shared::notices::MAX_MENTIONS;
use madang_shared::session::MAX_USER_NAME_CHARS;
use unicode_normalization::UnicodeNormalization;

use crate::policy::name_key;

/// The keys (see [`name_key`]) of all possible names after one `@`, the longest first.
pub type Mention = Vec<String>;

/// The maximum number of possible ends of one name. A name with more words cannot be mentioned.
const MAX_ENDS: usize = 12;

/// Korean titles and particles, which follow a name without a space and are no part of it.
const PARTICLES: &[&str] = &[
    "님", "씨", "아", "야", "이", "가", "은", "는", "을", "를", "의", "에게", "한테", "께서", "께",
    "와", "과", "랑", "이랑", "하고", "도", "만", "부터", "까지", "보다", "처럼",
];

/// The mentions in a text, in order, at most [`MAX_MENTIONS`].
pub fn mentions(text: &str) -> Vec<Mention> {
    // Composed, because a syllable that is typed as separate letters would hide a particle.
    let text: String = text.nfc().collect();
    let mut found: Vec<Mention> = Vec::new();
    let mut previous = None;
    for (index, c) in text.char_indices() {
        let is_mention = c == '@' && !previous.is_some_and(char::is_alphanumeric);
        previous = Some(c);
        let Some(rest) = text.get(index + 1..).filter(|_| is_mention) else { continue };
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

fn names_at_start(text: &str) -> Mention {
    let mut keys: Mention = Vec::new();
    if text.starts_with(char::is_whitespace) {
        return keys;
    }
    let line = text.lines().next().unwrap_or_default();
    let mut ends = Vec::new();
    for (index, c) in line.char_indices().take(MAX_USER_NAME_CHARS + MAX_SUFFIX_CHARS) {
        let next = line.get(index + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let inside_a_word = c.is_alphanumeric() && next.is_some_and(char::is_alphanumeric);
        if !inside_a_word && !c.is_whitespace() {
            ends.push(index + c.len_utf8());
        }
        if ends.len() == MAX_ENDS {
            break;
        }
    }
    for name in ends.into_iter().rev().filter_map(|end| line.get(..end)) {
        for name in without_particles(name) {
            let key = name_key(&name.split_whitespace().collect::<Vec<_>>().join(" "));
            if !key.is_empty() && !keys.contains(&key) {
                keys.push(key);
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
