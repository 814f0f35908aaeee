//! Emoji count in every language. VADER would read their English names, and knows the emoji of 2018;
//! a list of our own is shorter and says what they are used for.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::score::{Find, Reading};

/// How often the same emoji in a row counts: six hearts say more than one, but not six times more.
const REPEATS_MAX: i64 = 4;

static WEIGHTS: LazyLock<HashMap<char, i64>> = LazyLock::new(|| {
    let lines = include_str!("emoji/lexicon.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once('\t'));
    let rows = rows.filter_map(|(emoji, weight)| Some((emoji, weight.trim().parse().ok()?)));
    rows.flat_map(|(emoji, weight)| emoji.chars().map(move |emoji| (emoji, weight))).collect()
});

pub(crate) fn prepare() {
    LazyLock::force(&WEIGHTS);
}

/// Whether the character is one of the list's.
pub(crate) fn is_known(c: char) -> bool {
    WEIGHTS.contains_key(&c)
}

/// Finds the emoji of a text; a row of the same emoji is one find.
pub(crate) fn read(text: &str) -> Reading {
    let mut finds: Vec<Find> = Vec::new();
    let mut row: Option<(char, i64)> = None;
    for (at, c) in text.char_indices() {
        if is_modifier(c) {
            continue;
        }
        let Some(&weight) = WEIGHTS.get(&c) else {
            row = None;
            continue;
        };
        let times = row.filter(|(last, _)| *last == c).map_or(1, |(_, times)| times + 1);
        row = Some((c, times));
        match finds.last_mut().filter(|_| times > 1) {
            // Each further one adds a quarter.
            Some(find) => find.weight = weight * (3 + times.min(REPEATS_MAX)) / 4,
            None => finds.push(Find { at, text: c.to_string(), weight }),
        }
    }
    Reading::of(finds)
}

/// Skin tones, the joiner and the variation selectors change how an emoji looks, not what it says.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}
