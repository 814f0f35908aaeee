//! From weighted words to a class, a score, and the deciding words.

/// The limit of deciding words.
pub const DECIDING_MAX: usize = 8;

/// The score, in thousandths, from which a message is positive, or with the opposite sign negative.
/// VADER's authors use 50; one mild word of ours, or laughter after a plain sentence, should not
/// decide.
pub const THRESHOLD: i16 = 150;

/// VADER's alpha, in square thousandths of a valence: the size of a sum above which more hardly
/// matters.
const ALPHA: i64 = 15_000_000;
/// The weight that an exclamation mark adds to a sum, and how many count (both from VADER).
const EXCLAMATION: i64 = 292;
const EXCLAMATIONS_MAX: usize = 4;

/// The sentiment of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Glad, grateful, approving.
    Positive,
    /// Neither, or as much of one as of the other.
    Neutral,
    /// Sad, angry, afraid, disapproving.
    Negative,
}

/// The result for one message. Without floating-point numbers, so that it can be compared and sent
/// exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// The class.
    pub class: Class,
    /// From -1000 (as negative as can be) to 1000, in thousandths.
    pub score: i16,
    /// The words and emoji that counted, in reading order; the strongest [`DECIDING_MAX`] of them.
    /// A neutral message may have some that were weak or cancelled out.
    pub deciding: Vec<Word>,
}

/// A word or emoji that counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text in the message. Of a Korean word, the recognised part with its ending.
    pub text: String,
    /// Its weight with the effect of its neighbours (negation, degree, contrast): thousandths of a
    /// valence, positive or negative. An ordinary word stays between -4000 and 4000.
    pub weight_thousandths: i16,
}

/// A word with a weight, and its place.
#[derive(Clone, Debug)]
pub(crate) struct WeightedWord {
    /// Where it begins in the message, in bytes.
    pub(crate) at: usize,
    /// Its text in the message.
    pub(crate) text: String,
    /// In thousandths of a valence.
    pub(crate) weight: i64,
}

/// The result of one language for a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// The sum of the weights, in thousandths of a valence.
    pub(crate) total: i64,
    /// The words behind the sum.
    pub(crate) words: Vec<WeightedWord>,
}

impl Tally {
    /// A tally whose sum is that of its words.
    pub(crate) fn of(words: Vec<WeightedWord>) -> Self {
        Self { total: words.iter().map(|word| word.weight).sum(), words }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.total += other.total;
        self.words.extend(other.words);
    }
}

pub(crate) fn classification(tally: Tally, text: &str) -> Classification {
    let marks = text.chars().filter(|c| matches!(c, '!' | '！')).take(EXCLAMATIONS_MAX).count();
    let emphasis = EXCLAMATION * i64::try_from(marks).unwrap_or(0);
    let score = normalised(tally.total + tally.total.signum() * emphasis);
    let class = match score {
        THRESHOLD.. => Class::Positive,
        i16::MIN..=WORST_NEUTRAL => Class::Negative,
        _ => Class::Neutral,
    };
    Classification { class, score, deciding: strongest(tally.words) }
}

const WORST_NEUTRAL: i16 = -THRESHOLD;

/// `sum / sqrt(sum² + alpha)`, in thousandths.
fn normalised(sum: i64) -> i16 {
    // Beyond this the result is ±1000 anyway, and squares stay far from overflow.
    let sum = sum.clamp(-1_000_000, 1_000_000);
    // In thousandths of the sum's unit, because the integer root rounds down.
    let root = ((sum * sum + ALPHA) * 1_000_000).isqrt();
    i16::try_from((sum * 1_000_000 + sum.signum() * root / 2) / root)
        .unwrap_or(0)
        .clamp(-1_000, 1_000)
}

fn strongest(mut words: Vec<WeightedWord>) -> Vec<Word> {
    words.retain(|word| word.weight != 0);
    words.sort_by_key(|word| (-word.weight.abs(), word.at));
    words.truncate(DECIDING_MAX);
    words.sort_by_key(|word| word.at);
    let word = |word: WeightedWord| Word {
        text: word.text,
        weight_thousandths: i16::try_from(word.weight.clamp(-30_000, 30_000)).unwrap_or(0),
    };
    words.into_iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_becomes_the_score_that_vader_gives_it() {
        // 1.9 ("good") has the compound 0.4404, -3.1 ("worst") -0.6249.
        for (sum, score) in [(0, 0), (1_900, 440), (-3_100, -625), (i64::MAX, 1_000)] {
            assert_eq!(normalised(sum), score);
        }
    }
}
