//! English, by VADER (the crate `vader-parity`, which gives the same numbers as the Python
//! package).
//!
//! The spelling of chats is normalised first: typographic apostrophes, stretched letters ("sooo"),
//! words joined by a comma. Exclamation marks are not passed to VADER, because they count once for
//! the whole message (see `score`); neither are emoji and Hangul, which have their own modules.
//!
//! VADER returns a sum, without the words. To word a word's weight, VADER is called twice more:
//! with the word alone (does it count?), and with the word among its neighbours, three before and
//! two after as far as VADER looks, with every other counting word blanked out. The result is the
//! word's own part, with its negations and degrees. The weight of a word alone is cached, and a
//! sentence without any counting word weighs nothing.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::emoji;
use crate::score::{Tally, WeightedWord};

mod tokens;
mod vader;

use tokens::{Token, tokens};
use vader::{valence, weight};

/// How far VADER looks from a word, backward and forward.
const BEFORE: usize = 3;
const AFTER: usize = 2;
/// The longest idiom, in words.
const IDIOM_MAX: usize = 4;
/// The factor of a word in a question, in thousandths, as in Korean.
const QUESTION_FACTOR: i64 = 200;
/// A word without weight in VADER, to replace another one.
const BLANK: &str = "it";

static IDIOMS: LazyLock<HashMap<&'static str, i64>> = LazyLock::new(|| {
    let lines = include_str!("idioms.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once('\t'));
    rows.filter_map(|(idiom, weight)| Some((idiom, weight.trim().parse().ok()?))).collect()
});

/// The first words of idioms.
static FIRST_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| IDIOMS.keys().filter_map(|idiom| idiom.split(' ').next()).collect());

pub(crate) fn prepare() {
    vader::prepare();
    LazyLock::force(&IDIOMS);
    LazyLock::force(&FIRST_WORDS);
}

/// Weighs the Latin words of a text.
pub(crate) fn read(text: &str) -> Tally {
    let mut tokens = tokens(text, emoji::is_known);
    let mut tally = Tally::of(take_idioms(&mut tokens));
    let alone: Vec<i64> = tokens.iter().map(|token| weight(&token.text)).collect();
    // VADER's sum has a part for each counting word, and nothing else.
    if alone.iter().all(|weight| *weight == 0) {
        return tally;
    }
    tally.add(Tally { total: valence(&joined(&tokens)), words: words(&tokens, &alone) });
    for (word, token) in paired(&mut tally.words, &tokens) {
        if token.in_question {
            let weight = word.weight * QUESTION_FACTOR / 1_000;
            tally.total -= word.weight - weight;
            word.weight = weight;
        }
    }
    tally
}

/// Every word with the token at which it begins.
fn paired<'a>(
    words: &'a mut [WeightedWord],
    tokens: &'a [Token],
) -> impl Iterator<Item = (&'a mut WeightedWord, &'a Token)> {
    words.iter_mut().filter_map(|word| {
        let place = tokens.binary_search_by_key(&word.at, |token| token.at).ok()?;
        Some((word, tokens.get(place)?))
    })
}

/// Removes the idioms from the tokens, so that VADER does not count their words again.
fn take_idioms(tokens: &mut [Token]) -> Vec<WeightedWord> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = |token: &Token| FIRST_WORDS.contains(token.text.to_lowercase().as_str());
        if !tokens.get(at).is_some_and(begins) {
            at += 1;
            continue;
        }
        let found = (1..=IDIOM_MAX).rev().find_map(|length| {
            let part = tokens.get(at..at + length)?;
            IDIOMS.get(joined(part).to_lowercase().as_str()).map(|weight| (length, *weight))
        });
        let Some((length, weight)) = found else {
            at += 1;
            continue;
        };
        let part = tokens.get_mut(at..at + length).unwrap_or_default();
        if let Some(first) = part.first() {
            words.push(WeightedWord { at: first.at, text: joined(part), weight });
        }
        for token in part {
            BLANK.clone_into(&mut token.text);
        }
        at += length;
    }
    words
}

/// The words that count by themselves, with the effect of their neighbours.
fn words(tokens: &[Token], alone: &[i64]) -> Vec<WeightedWord> {
    let but = tokens.iter().position(|token| is(token, "but"));
    let counting = tokens.iter().enumerate().zip(alone).filter(|((at, token), weight)| {
        let negates_next = alone.get(at + 1).is_some_and(|next| *next != 0);
        **weight != 0 && !(is(token, "no") && negates_next)
    });
    let word = |((at, token), _): ((usize, &Token), &i64)| {
        let from = at.saturating_sub(BEFORE);
        let window = tokens.iter().zip(alone).enumerate().skip(from).take(at - from + 1 + AFTER);
        let words = window.map(|(place, (token, alone))| {
            if is(token, "but") {
                BLANK
            } else if place == at || *alone == 0 {
                token.text.as_str()
            } else if is(token, "no") && place < at {
                // "no" both counts and negates; "not" only negates.
                "not"
            } else {
                BLANK
            }
        });
        let weight = valence(&words.collect::<Vec<_>>().join(" "));
        let weight = match but {
            Some(but) if at < but => weight / 2,
            Some(but) if at > but => weight * 3 / 2,
            _ => weight,
        };
        WeightedWord { at: token.at, text: token.shown.clone(), weight }
    };
    counting.map(word).collect()
}

fn is(token: &Token, word: &str) -> bool {
    token.text.eq_ignore_ascii_case(word)
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_of_the_words_add_up_to_what_vader_says_of_the_sentence() {
        for text in [
            "I am not happy and very sad",
            "no good news today, just a really terrible mess",
            "it was quite nice but the waiter was rude",
        ] {
            let tally = read(text);
            let sum: i64 = tally.words.iter().map(|word| word.weight).sum();
            assert!((sum - tally.total).abs() <= 10, "{text}: {tally:?}");
        }
    }
}
