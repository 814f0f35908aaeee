//! From what was found to a class, a score and the words that decided.

/// How many words a judgement names at most.
pub const DECIDING_MAX: usize = 8;

/// From this score on, in thousandths, a message is positive; from its negative on, negative. VADER's
/// authors use 50; a single mild word of ours, or laughter after a plain sentence, should not decide.
pub const THRESHOLD: i16 = 150;

/// VADER's alpha: how large a sum must be before more of the same hardly matters. In square
/// thousandths of a valence.
const ALPHA: i64 = 15_000_000;
/// What an exclamation mark adds to the strength of a sum, and how many count (both from VADER).
const EXCLAMATION: i64 = 292;
const EXCLAMATIONS_MAX: usize = 4;

/// How a message feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Glad, grateful, approving.
    Positive,
    /// Neither, or as much of one as of the other.
    Neutral,
    /// Sad, angry, afraid, disapproving.
    Negative,
}

/// A judgement. It holds no floating-point number, so that it can be compared and sent exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentiment {
    /// What to show.
    pub class: Class,
    /// From -1000 (as negative as can be) to 1000, in thousandths.
    pub score: i16,
    /// The words and emoji that counted, in reading order; the strongest [`DECIDING_MAX`] of them. A
    /// neutral message may have some: they were weak, or they cancelled out.
    pub deciding: Vec<Word>,
}

/// A word, or an emoji, that counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it stands in the message. Of a Korean word, what was recognised and the ending after it.
    pub text: String,
    /// What it added, with what its neighbours made of it (negation, degree, contrast): thousandths of
    /// a valence, positive or negative. An ordinary word stays between -4000 and 4000.
    pub weight_thousandths: i16,
}

/// Something that counts, and where.
#[derive(Clone, Debug)]
pub(crate) struct Find {
    /// Where it begins in the message, in bytes.
    pub(crate) at: usize,
    /// As it stands there.
    pub(crate) text: String,
    /// In thousandths of a valence.
    pub(crate) weight: i64,
}

/// What one way of reading makes of a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// The sum, in thousandths of a valence.
    pub(crate) total: i64,
    /// What the sum is made of.
    pub(crate) finds: Vec<Find>,
}

impl Reading {
    /// The reading whose sum is that of its finds.
    pub(crate) fn of(finds: Vec<Find>) -> Self {
        Self { total: finds.iter().map(|find| find.weight).sum(), finds }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.total += other.total;
        self.finds.extend(other.finds);
    }
}

pub(crate) fn judge(reading: Reading, text: &str) -> Sentiment {
    let marks = text.chars().filter(|c| matches!(c, '!' | '！')).take(EXCLAMATIONS_MAX).count();
    let emphasis = EXCLAMATION * i64::try_from(marks).unwrap_or(0);
    let score = normalised(reading.total + reading.total.signum() * emphasis);
    let class = match score {
        THRESHOLD.. => Class::Positive,
        i16::MIN..=WORST_NEUTRAL => Class::Negative,
        _ => Class::Neutral,
    };
    Sentiment { class, score, deciding: strongest(reading.finds) }
}

const WORST_NEUTRAL: i16 = -THRESHOLD;

/// `sum / sqrt(sum² + alpha)`, in thousandths.
fn normalised(sum: i64) -> i16 {
    // Beyond this the result is ±1000 anyway, and squares stay far from overflow.
    let sum = sum.clamp(-1_000_000, 1_000_000);
    // In thousandths of the sum's own unit, because the integer root rounds down.
    let root = ((sum * sum + ALPHA) * 1_000_000).isqrt();
    i16::try_from((sum * 1_000_000 + sum.signum() * root / 2) / root)
        .unwrap_or(0)
        .clamp(-1_000, 1_000)
}

fn strongest(mut finds: Vec<Find>) -> Vec<Word> {
    finds.retain(|find| find.weight != 0);
    finds.sort_by_key(|find| (-find.weight.abs(), find.at));
    finds.truncate(DECIDING_MAX);
    finds.sort_by_key(|find| find.at);
    let word = |find: Find| Word {
        text: find.text,
        weight_thousandths: i16::try_from(find.weight.clamp(-30_000, 30_000)).unwrap_or(0),
    };
    finds.into_iter().map(word).collect()
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
