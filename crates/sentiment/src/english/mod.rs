//! English, by VADER (the crate `vader-parity`, which gives the same numbers as the Python package).
//!
//! What chat does to spelling is undone first: typographic apostrophes, letters held down ("sooo"),
//! words glued by a comma. Exclamation marks are kept from VADER, because they count once for the whole
//! message (see `score`), and so are emoji and Hangul, which others read.
//!
//! VADER tells a sum, and no words. A word's weight is found by asking it again: the word alone (does it
//! count?), then the word among its neighbours, three before and two after as far as VADER looks, where
//! every neighbour that would count itself is blanked out. What VADER says of that is the word's own
//! part with its negations and degrees. Two questions a word, each of bounded size; what a word weighs alone
//! is remembered, and where none weighs anything, so does the sentence.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, PoisonError, RwLock};

use vader_parity::SentimentIntensityAnalyzer;

use crate::emoji;
use crate::score::{Find, Reading};

mod tokens;

use tokens::{Token, tokens};

/// How far VADER looks from a word, back and ahead.
const BEFORE: usize = 3;
const AFTER: usize = 2;
/// How many words an idiom has at most.
const IDIOM_MAX: usize = 4;
/// What is asked counts by this factor, in thousandths, as in Korean.
const ASKED: i64 = 200;
/// Words whose weights are remembered, and bytes of the longest of them: most of what people say is made of
/// some thousand words.
const REMEMBERED: usize = 8_192;
const REMEMBERED_BYTES: usize = 32;
/// A word that means nothing to VADER, and stands where another was.
const BLANK: &str = "it";

static VADER: LazyLock<SentimentIntensityAnalyzer> =
    LazyLock::new(SentimentIntensityAnalyzer::default);

static IDIOMS: LazyLock<HashMap<&'static str, i64>> = LazyLock::new(|| {
    let lines = include_str!("english/idioms.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once('\t'));
    rows.filter_map(|(idiom, weight)| Some((idiom, weight.trim().parse().ok()?))).collect()
});

/// What idioms begin with.
static FIRST_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| IDIOMS.keys().filter_map(|idiom| idiom.split(' ').next()).collect());

static WEIGHTS: LazyLock<RwLock<HashMap<Box<str>, i64>>> = LazyLock::new(RwLock::default);

pub(crate) fn prepare() {
    LazyLock::force(&VADER);
    LazyLock::force(&IDIOMS);
    LazyLock::force(&FIRST_WORDS);
}

/// Reads the Latin words of a text.
pub(crate) fn read(text: &str) -> Reading {
    let mut tokens = tokens(text, emoji::is_known);
    let mut reading = Reading::of(take_idioms(&mut tokens));
    let alone: Vec<i64> = tokens.iter().map(|token| weight(&token.text)).collect();
    // VADER's sum has a part for each word that counts, and none for anything else.
    if alone.iter().all(|weight| *weight == 0) {
        return reading;
    }
    reading.add(Reading { total: valence(&joined(&tokens)), finds: words(&tokens, &alone) });
    for (find, token) in paired(&mut reading.finds, &tokens) {
        if token.asked {
            let weight = find.weight * ASKED / 1_000;
            reading.total -= find.weight - weight;
            find.weight = weight;
        }
    }
    reading
}

/// Every find with the token that it began at.
fn paired<'a>(
    finds: &'a mut [Find],
    tokens: &'a [Token],
) -> impl Iterator<Item = (&'a mut Find, &'a Token)> {
    finds.iter_mut().filter_map(|find| {
        let place = tokens.binary_search_by_key(&find.at, |token| token.at).ok()?;
        Some((find, tokens.get(place)?))
    })
}

/// Takes the idioms out of the tokens, so that VADER does not count their words again.
fn take_idioms(tokens: &mut [Token]) -> Vec<Find> {
    let mut finds = Vec::new();
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
            finds.push(Find { at: first.at, text: joined(part), weight });
        }
        for token in part {
            BLANK.clone_into(&mut token.text);
        }
        at += length;
    }
    finds
}

/// The words that count by themselves, with what their neighbours make of them.
fn words(tokens: &[Token], alone: &[i64]) -> Vec<Find> {
    let but = tokens.iter().position(|token| is(token, "but"));
    let counting = tokens.iter().enumerate().zip(alone).filter(|((at, token), weight)| {
        let negates_next = alone.get(at + 1).is_some_and(|next| *next != 0);
        **weight != 0 && !(is(token, "no") && negates_next)
    });
    let find = |((at, token), _): ((usize, &Token), &i64)| {
        let from = at.saturating_sub(BEFORE);
        let window = tokens.iter().zip(alone).enumerate().skip(from).take(at - from + 1 + AFTER);
        let words = window.map(|(place, (token, alone))| {
            if is(token, "but") {
                BLANK
            } else if place == at || *alone == 0 {
                token.text.as_str()
            } else if is(token, "no") && place < at {
                // The one word that both counts and negates.
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
        Find { at: token.at, text: token.shown.clone(), weight }
    };
    counting.map(find).collect()
}

fn is(token: &Token, word: &str) -> bool {
    token.text.eq_ignore_ascii_case(word)
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// What a word weighs alone, asked once.
fn weight(word: &str) -> i64 {
    if word.len() > REMEMBERED_BYTES {
        return valence(word);
    }
    // Whoever panicked had not changed a weight: each is what its word makes it.
    if let Some(weight) = WEIGHTS.read().unwrap_or_else(PoisonError::into_inner).get(word) {
        return *weight;
    }
    let weight = valence(word);
    let mut weights = WEIGHTS.write().unwrap_or_else(PoisonError::into_inner);
    if weights.len() >= REMEMBERED {
        weights.clear();
    }
    weights.insert(word.into(), weight);
    weight
}

/// VADER's sum of valences for a text, in thousandths: its compound score, taken back through the
/// formula `sum / sqrt(sum² + 15)`. The compound has four decimals, so the sum of a strongly coloured
/// text is only approximate, and 273 at most, where it no longer matters.
fn valence(text: &str) -> i64 {
    let compound = ten_thousandths(VADER.polarity_scores(text).compound);
    let square = compound * compound;
    let rest = (100_000_000 - square).max(20_000);
    // Twice the root and then half of it: the integer root rounds down.
    let sum = ((4 * 15_000_000 * square / rest).isqrt() + 1) / 2;
    sum * compound.signum()
}

#[expect(clippy::cast_possible_truncation, reason = "a compound score lies between -1 and 1")]
fn ten_thousandths(compound: f64) -> i64 {
    (compound.clamp(-1.0, 1.0) * 10_000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_gets_the_weight_that_the_lexicon_of_vader_gives_it() {
        // From its file: good 1.9, sad -2.1, love 3.2.
        for (word, weight) in [("good", 1_900), ("sad", -2_100), ("love", 3_200), ("table", 0)] {
            assert!((valence(word) - weight).abs() <= 1, "{word}: {}", valence(word));
        }
    }

    #[test]
    fn the_weights_of_the_words_add_up_to_what_vader_says_of_the_sentence() {
        for text in [
            "I am not happy and very sad",
            "no good news today, just a really terrible mess",
            "it was quite nice but the waiter was rude",
        ] {
            let reading = read(text);
            let sum: i64 = reading.finds.iter().map(|find| find.weight).sum();
            assert!((sum - reading.total).abs() <= 10, "{text}: {reading:?}");
        }
    }

    proptest::proptest! {
        /// What [`read`] takes for granted: VADER's rules change the weights of words, and give none.
        #[test]
        fn a_sentence_of_words_that_weigh_nothing_weighs_nothing(
            words in proptest::collection::vec(proptest::sample::select(WEIGHTLESS), 0..12),
        ) {
            for word in &words {
                assert_eq!(valence(word), 0, "{word}");
            }
            assert_eq!(valence(&words.join(" ")), 0, "{words:?}");
        }
    }

    const WEIGHTLESS: &[&str] = &[
        "the",
        "table",
        "NOT",
        "isn't",
        "never",
        "so",
        "this",
        "very",
        "VERY",
        "absolutely",
        "barely",
        "of",
        "at",
        "least",
        "but",
        "without",
        "to",
        "for",
        "bus",
        "https://a.b/c_d",
        "e.g.",
        "v1.2",
        "on",
        "the",
        "Upper",
        "break",
        "a",
        "leg",
        "under",
        "WEATHER",
    ];

    #[test]
    fn what_is_remembered_is_bounded_and_says_the_same() {
        for number in 0..REMEMBERED + 10 {
            assert_eq!(weight(&format!("word{number}")), 0);
        }
        assert!(WEIGHTS.read().unwrap().len() <= REMEMBERED);
        assert_eq!((weight("good"), weight("good")), (valence("good"), valence("good")));
    }
}
