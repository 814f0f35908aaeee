//! Emoji count in every language. VADER would read their English names, and knows only the emoji of
//! 2018; our own list is shorter and follows their use in chats.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::score::{Tally, WeightedWord};

/// The number of equal emoji in a row that count: six hearts say more than one, but not six times
/// more.
const REPEATS_MAX: i64 = 4;

static WEIGHTS: LazyLock<HashMap<char, i64>> = LazyLock::new(|| {
    let lines = include_str!("lexicon.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once('\t'));
    let rows = rows.filter_map(|(emoji, weight)| Some((emoji, weight.trim().parse().ok()?)));
    rows.flat_map(|(emoji, weight)| emoji.chars().map(move |emoji| (emoji, weight))).collect()
});

pub(crate) fn prepare() {
    LazyLock::force(&WEIGHTS);
}

/// Whether the list has this character.
pub(crate) fn is_known(c: char) -> bool {
    WEIGHTS.contains_key(&c)
}

/// Finds the emoji of a text; a row of equal emoji is one word.
pub(crate) fn read(text: &str) -> Tally {
    let mut words: Vec<WeightedWord> = Vec::new();
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
        match words.last_mut().filter(|_| times > 1) {
            // Each further emoji adds a quarter.
            Some(word) => word.weight = weight * (3 + times.min(REPEATS_MAX)) / 4,
            None => words.push(WeightedWord { at, text: c.to_string(), weight }),
        }
    }
    Tally::of(words)
}

/// Skin tones, the joiner and the variation selectors change the look of an emoji, not its weight.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}
