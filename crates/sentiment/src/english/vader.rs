//! VADER, with a cache of the weights of words.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use vader_parity::SentimentIntensityAnalyzer;

/// Limits of the cache, in words and in bytes per word: most chat consists of some thousand words.
const MAX_CACHED_WORDS: usize = 8_192;
const MAX_CACHED_WORD_BYTES: usize = 32;

static VADER: LazyLock<SentimentIntensityAnalyzer> =
    LazyLock::new(SentimentIntensityAnalyzer::default);

static WEIGHTS: LazyLock<RwLock<HashMap<Box<str>, i64>>> = LazyLock::new(RwLock::default);

pub(super) fn prepare() {
    LazyLock::force(&VADER);
}

/// The weight of a word by itself, cached.
pub(super) fn weight(word: &str) -> i64 {
    if word.len() > MAX_CACHED_WORD_BYTES {
        return valence(word);
    }
    // A panic of another thread leaves no wrong weight: each depends on its word alone.
    if let Some(weight) = WEIGHTS.read().unwrap_or_else(PoisonError::into_inner).get(word) {
        return *weight;
    }
    let weight = valence(word);
    let mut weights = WEIGHTS.write().unwrap_or_else(PoisonError::into_inner);
    if weights.len() >= MAX_CACHED_WORDS {
        weights.clear();
    }
    weights.insert(word.into(), weight);
    weight
}

/// VADER's sum of valences for a text, in thousandths: its compound score, inverted through the
/// formula `sum / sqrt(sum² + 15)`. The compound has four decimals, so the sum of a strongly
/// coloured text is approximate, and 273 at most, where it no longer matters.
pub(super) fn valence(text: &str) -> i64 {
    let compound = ten_thousandths(VADER.polarity_scores(text).compound);
    let square = compound * compound;
    let rest = (100_000_000 - square).max(20_000);
    // Twice the root, then half of it: the integer root rounds down.
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
        // From VADER's lexicon: good 1.9, sad -2.1, love 3.2.
        for (word, weight) in [("good", 1_900), ("sad", -2_100), ("love", 3_200), ("table", 0)] {
            assert!((valence(word) - weight).abs() <= 1, "{word}: {}", valence(word));
        }
    }

    proptest::proptest! {
        /// An assumption of `english::read`: the rules of VADER change the weights of words, and add none.
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
    fn the_cache_is_bounded_and_returns_the_same_weights() {
        for number in 0..MAX_CACHED_WORDS + 10 {
            assert_eq!(weight(&format!("word{number}")), 0);
        }
        assert!(WEIGHTS.read().unwrap().len() <= MAX_CACHED_WORDS);
        assert_eq!((weight("good"), weight("good")), (valence("good"), valence("good")));
    }
}
