//! The rules: the effect of events on the weights of words.
//!
//! Factors without a source are our own judgement; the half `tune` of `tests/data/korean.tsv` agreed with
//! them. docs/figures.md has the results for the other half.

use super::scan::Event;
use crate::score::{Tally, WeightedWord};

/// The factor of a negated positive word (VADER has -0.74).
const NEGATED_POSITIVE: i64 = -750;
/// The factor of a negated negative word, which is mildly positive: 나쁘지 않아.
const NEGATED_NEGATIVE: i64 = -450;
/// The factor of a positive word in a wish or a guess: 좋겠다.
const WISH_FACTOR: i64 = 400;
/// The factor of a positive word in a question: 재밌어? Negative words keep their weight, because
/// complaints are often questions.
const QUESTION_FACTOR: i64 = 200;
/// Factors before and after a contrast, as in VADER; and those of a half contrast.
const CONTRAST: (i64, i64) = (500, 1_500);
const HALF_CONTRAST: (i64, i64) = (700, 1_200);
/// How many words may stand between a negation and its word, and between a degree and its word.
const NOT_REACH: usize = 1;
const DEGREE_REACH: usize = 3;

/// A word that has a weight of its own only if nothing else is negated: 별로 좋지 않아, 별로 안 나빠.
const LEANING: &str = "별로";

#[derive(Default)]
struct Rules {
    words: Vec<WeightedWord>,
    /// The index of the first word of the sentence.
    sentence: usize,
    /// Gaps since a negation, degree or word; none if there was none, or it is used up.
    not_next: Option<usize>,
    degree: Option<(i64, usize)>,
    last: Option<usize>,
    last_is_noun: bool,
    /// The word that was negated by the event directly after it.
    negated_by_next: Option<usize>,
    /// The index of [`LEANING`] in the sentence.
    leaning: Option<usize>,
    contrast: Option<(usize, bool)>,
}

/// Applies the events in order.
pub(super) fn weigh(text: &str, events: Vec<Event>) -> Tally {
    let mut rules = Rules::default();
    for event in events {
        match event {
            Event::Word { shown, weight, noun } => {
                let at = shown.start;
                rules.last_is_noun = noun;
                rules.word(at, text.get(shown).unwrap_or_default(), weight);
            }
            Event::Degree(factor) => rules.degree = Some((factor, 0)),
            Event::NotNext => rules.not_next = Some(0),
            Event::NotLast => rules.not_last(),
            Event::NotNoun if rules.last_is_noun => rules.not_last(),
            Event::NotNoun => {}
            Event::Wish => rules.wish(),
            Event::Contrast { whole } => rules.contrast = Some((rules.words.len(), whole)),
            Event::Gap => rules.gap(),
            Event::Stop { question } => rules.stop(question),
        }
    }
    rules.close();
    Tally::of(rules.words)
}

impl Rules {
    fn word(&mut self, at: usize, text: &str, weight: i64) {
        let factor = self.degree.take().map_or(1_000, |(factor, _)| factor);
        let weight = weight * factor / 1_000;
        self.words.push(WeightedWord { at, text: text.to_owned(), weight });
        if text == LEANING {
            self.leaning = Some(self.words.len() - 1);
        }
        self.last = Some(0);
        self.negated_by_next = None;
        if self.not_next.take().is_some() {
            self.negate();
        }
    }

    fn not_last(&mut self) {
        if self.last.is_some_and(|gaps| gaps <= NOT_REACH) {
            self.negate();
            self.negated_by_next = self.words.len().checked_sub(1);
        }
    }

    fn negate(&mut self) {
        let leaning = self.leaning.filter(|part| part + 1 < self.words.len());
        if let Some(last) = self.words.last_mut() {
            last.weight = last.weight
                * if last.weight > 0 { NEGATED_POSITIVE } else { NEGATED_NEGATIVE }
                / 1_000;
        }
        if let Some(leaning) = leaning.and_then(|part| self.words.get_mut(part)) {
            leaning.weight = 0;
        }
    }

    fn wish(&mut self) {
        let last = self.words.last_mut().filter(|word| word.weight > 0);
        if let Some(last) = last.filter(|_| self.last == Some(0)) {
            last.weight = last.weight * WISH_FACTOR / 1_000;
        }
    }

    fn gap(&mut self) {
        let on = |gaps: Option<usize>| gaps.map(|gaps| gaps + 1);
        self.last = on(self.last);
        self.not_next = on(self.not_next).filter(|gaps| *gaps <= NOT_REACH);
        let degree = self.degree.map(|(factor, gaps)| (factor, gaps + 1));
        self.degree = degree.filter(|(_, gaps)| *gaps <= DEGREE_REACH);
    }

    fn stop(&mut self, question: bool) {
        let in_question = self.words.iter_mut().enumerate().skip(self.sentence);
        for (part, word) in in_question.filter(|_| question) {
            if self.negated_by_next == Some(part) {
                // 좋지 않아? asks for agreement: the speaker thinks so.
                word.weight = word.weight.abs();
            } else if word.weight > 0 {
                word.weight = word.weight * QUESTION_FACTOR / 1_000;
            }
        }
        self.sentence = self.words.len();
        (self.not_next, self.degree, self.last) = (None, None, None);
        (self.negated_by_next, self.leaning) = (None, None);
    }

    /// Applies the last contrast, if there are words on both sides of it.
    fn close(&mut self) {
        let Some((turn, whole)) = self.contrast else { return };
        if turn == 0 || turn == self.words.len() {
            return;
        }
        let (before, after) = if whole { CONTRAST } else { HALF_CONTRAST };
        for (part, word) in self.words.iter_mut().enumerate() {
            word.weight = word.weight * if part < turn { before } else { after } / 1_000;
        }
    }
}
