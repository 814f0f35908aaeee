//! What the words of a message weigh together.
//!
//! Where no source is named the factors are ours, set by judgement; the tuning half of
//! `tests/data/korean.tsv` agreed with them. See docs/figures.md for what they do on the other half.

use super::scan::Event;
use crate::score::{Find, Reading};

/// A good thing that is negated is bad, though less so (VADER has 0.74 here).
const NOT_GOOD: i64 = -750;
/// A bad thing that is negated is mildly good: 나쁘지 않아.
const NOT_BAD: i64 = -450;
/// Something good that is only wished or guessed: 좋겠다.
const WISHED: i64 = 400;
/// Something good that is asked for: 재밌어? A complaint is often a question, so the bad stays.
const ASKED: i64 = 200;
/// Before and after a contrast, as VADER has it; and the same for half a contrast.
const CONTRAST: (i64, i64) = (500, 1_500);
const HALF_CONTRAST: (i64, i64) = (700, 1_200);
/// How many words a negation may stand before and after what it negates, and a degree before it.
const NOT_REACH: usize = 1;
const DEGREE_REACH: usize = 3;

/// A word that only leans to one side when nothing negates the rest: 별로 좋지 않아, 별로 안 나빠.
const LEANING: &str = "별로";

#[derive(Default)]
struct Rules {
    finds: Vec<Find>,
    /// Where the sentence begins, among the finds.
    sentence: usize,
    /// Gaps since something happened; nothing if it has not, or is used up.
    not_next: Option<usize>,
    degree: Option<(i64, usize)>,
    last: Option<usize>,
    last_is_noun: bool,
    /// The find that was negated by what follows it, if that was the last thing that happened.
    doubted: Option<usize>,
    /// Where the sentence has [`LEANING`], among the finds.
    leaning: Option<usize>,
    contrast: Option<(usize, bool)>,
}

/// Applies the events in order.
pub(super) fn weigh(text: &str, events: Vec<Event>) -> Reading {
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
            Event::Contrast { whole } => rules.contrast = Some((rules.finds.len(), whole)),
            Event::Gap => rules.gap(),
            Event::Stop { question } => rules.stop(question),
        }
    }
    rules.close();
    Reading::of(rules.finds)
}

impl Rules {
    fn word(&mut self, at: usize, text: &str, weight: i64) {
        let factor = self.degree.take().map_or(1_000, |(factor, _)| factor);
        let weight = weight * factor / 1_000;
        self.finds.push(Find { at, text: text.to_owned(), weight });
        if text == LEANING {
            self.leaning = Some(self.finds.len() - 1);
        }
        self.last = Some(0);
        self.doubted = None;
        if self.not_next.take().is_some() {
            self.negate();
        }
    }

    fn not_last(&mut self) {
        if self.last.is_some_and(|gaps| gaps <= NOT_REACH) {
            self.negate();
            self.doubted = self.finds.len().checked_sub(1);
        }
    }

    fn negate(&mut self) {
        let leaning = self.leaning.filter(|place| place + 1 < self.finds.len());
        if let Some(last) = self.finds.last_mut() {
            last.weight = last.weight * if last.weight > 0 { NOT_GOOD } else { NOT_BAD } / 1_000;
        }
        if let Some(leaning) = leaning.and_then(|place| self.finds.get_mut(place)) {
            leaning.weight = 0;
        }
    }

    fn wish(&mut self) {
        let last = self.finds.last_mut().filter(|find| find.weight > 0);
        if let Some(last) = last.filter(|_| self.last == Some(0)) {
            last.weight = last.weight * WISHED / 1_000;
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
        let asked = self.finds.iter_mut().enumerate().skip(self.sentence);
        for (place, find) in asked.filter(|_| question) {
            if self.doubted == Some(place) {
                // 좋지 않아? does not doubt it: who asks thinks so.
                find.weight = find.weight.abs();
            } else if find.weight > 0 {
                find.weight = find.weight * ASKED / 1_000;
            }
        }
        self.sentence = self.finds.len();
        (self.not_next, self.degree, self.last) = (None, None, None);
        (self.doubted, self.leaning) = (None, None);
    }

    /// The last contrast weighs, if something stands on both sides of it.
    fn close(&mut self) {
        let Some((turn, whole)) = self.contrast else { return };
        if turn == 0 || turn == self.finds.len() {
            return;
        }
        let (before, after) = if whole { CONTRAST } else { HALF_CONTRAST };
        for (place, find) in self.finds.iter_mut().enumerate() {
            find.weight = find.weight * if place < turn { before } else { after } / 1_000;
        }
    }
}
