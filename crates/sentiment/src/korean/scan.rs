//! Scans a message from left to right into events for `rules`.

use std::ops::Range;

use super::hangul::{NIEUN, Syllable, is_letter, is_syllable};
use super::lexicon::{self, Kind, Match, WordPart};

/// How many syllables of an ending are shown after the recognised word.
const ENDING_SHOWN_MAX: usize = 6;
/// Small words that may stand between a word and its negation (좋은 적이 없다).
const BETWEEN: &[&str] = &[
    "적이",
    "적",
    "적도",
    "적은",
    "수",
    "수가",
    "수는",
    "수도",
    "순",
    "점이",
    "일이",
    "일도",
    "게",
    "것",
    "건",
    "것도",
    "하나도",
    "전혀",
    "별로",
    "그다지",
    "그렇게",
    "딱히",
    "절대",
    "아예",
];
/// Beginnings of words that negate the word before them.
const NEGATES_BEFORE_IT: &[&str] = &[
    "않", "없", "아니", "아닌", "아님", "아녀", "못하", "못했", "못한", "못해", "못함", "말고",
    "말자", "말아", "말라", "마세", "마라", "마요", "마시",
];
/// Beginnings of words that, after 안 or 못, negate the noun before them (이해가 안 돼, 걱정 안 해).
const BECOMES: &[&str] =
    &["돼", "되", "된", "될", "됐", "됩", "해", "하", "했", "한", "할", "함", "합"];
/// Degrees of one syllable that are joined to the next word.
const PREFIXES: &[(char, i64)] = &[('개', 1_300), ('핵', 1_350), ('넘', 1_250), ('참', 1_150)];

/// The longest word of single letters (ㅅㄹㅎ).
const LETTERS_MAX: usize = 3;

/// An event that affects the weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A word with its byte range in the text and its weight.
    Word { shown: Range<usize>, weight: i64, noun: bool },
    /// Scales the next word by this factor, in thousandths.
    Degree(i64),
    /// Negates the next word.
    NotNext,
    /// Negates the last word.
    NotLast,
    /// Negates the last word if it is a noun; otherwise the negated word is not in the lexicon.
    NotNoun,
    /// The last word is only wished or guessed.
    Wish,
    /// Later words get more weight: a whole contrast (지만), or a half (는데).
    Contrast { whole: bool },
    /// A word ended.
    Gap,
    /// A sentence ended.
    Stop { question: bool },
}

struct Scan<'a> {
    text: &'a str,
    chars: Vec<char>,
    offsets: Vec<usize>,
    events: Vec<Event>,
    /// The end of the last recognised part.
    recognised: usize,
}

pub(super) fn scan(text: &str) -> Vec<Event> {
    let chars: Vec<char> = text.chars().collect();
    let offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut scan = Scan { text, chars, offsets, events: Vec::new(), recognised: 0 };
    let mut at = 0;
    let mut word = 0;
    while let Some(c) = scan.char(at) {
        if is_syllable(c) {
            let beginning =
                !at.checked_sub(1).and_then(|at| scan.char(at)).is_some_and(is_syllable);
            if beginning {
                word = at;
            }
            at += scan.syllable(at, beginning).max(1);
        } else if is_letter(c) {
            at += scan.letters(at).max(1);
        } else {
            scan.between(c, word, at);
            at += 1;
        }
    }
    scan.events.push(Event::Stop { question: false });
    scan.events
}

impl Scan<'_> {
    fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    fn slice(&self, range: Range<usize>) -> &str {
        let bounds = self.offsets.get(range.start).zip(self.offsets.get(range.end));
        bounds.and_then(|(start, end)| self.text.get(*start..*end)).unwrap_or_default()
    }

    fn starts_with(&self, at: usize, any: &[&str]) -> bool {
        let rest = self.offsets.get(at).and_then(|at| self.text.get(*at..)).unwrap_or_default();
        any.iter().any(|text| rest.starts_with(text))
    }

    fn ends_at(&self, at: usize) -> bool {
        !self.char(at).is_some_and(is_syllable)
    }

    /// Handles a character between words.
    fn between(&mut self, c: char, word: usize, at: usize) {
        match c {
            '.' | '!' | '。' | '\n' | '…' => self.events.push(Event::Stop { question: false }),
            '?' | '？' => self.events.push(Event::Stop { question: true }),
            _ => {
                let after_word = at.checked_sub(1).and_then(|at| self.char(at));
                let after_word = after_word.is_some_and(char::is_alphanumeric);
                if after_word && !BETWEEN.contains(&self.slice(word..at)) {
                    self.events.push(Event::Gap);
                }
            }
        }
    }

    /// Handles a syllable; returns the number of characters consumed.
    fn syllable(&mut self, at: usize, beginning: bool) -> usize {
        let part = if beginning || (at > 0 && at == self.recognised) {
            WordPart::Beginning
        } else {
            WordPart::Inside
        };
        let found = lexicon::longest(self.text, &self.offsets, at, part);
        if let Some(found) = found.filter(|found| found.kind != Kind::Contrast || beginning) {
            return self.recognise(at, found);
        }
        if beginning { self.beginning(at) } else { self.ending(at) }
    }

    fn recognise(&mut self, at: usize, found: Match) -> usize {
        let end = at + found.length;
        let event = match found.kind {
            Kind::Degree => Event::Degree(found.weight),
            Kind::Contrast => Event::Contrast { whole: true },
            Kind::Verb | Kind::Noun if found.weight == 0 => return found.length,
            Kind::Verb | Kind::Noun => {
                let noun = found.kind == Kind::Noun;
                Event::Word { shown: self.shown(at, end), weight: found.weight, noun }
            }
        };
        self.recognised = end;
        self.events.push(event);
        found.length
    }

    /// The range of the word with its ending, as far as it is shown.
    fn shown(&self, at: usize, end: usize) -> Range<usize> {
        let ending = (end..end + ENDING_SHOWN_MAX).take_while(|at| !self.ends_at(*at)).count();
        let part = |at: usize| self.offsets.get(at).copied().unwrap_or(self.text.len());
        part(at)..part(end + ending)
    }

    /// The beginning of a word that is not in the lexicon.
    fn beginning(&mut self, at: usize) -> usize {
        let Some(c) = self.char(at) else { return 1 };
        let next = lexicon::longest(self.text, &self.offsets, at + 1, WordPart::Beginning);
        if matches!(c, '안' | '못') {
            let alone = self.ends_at(at + 1);
            if alone && self.starts_with(at + 2, BECOMES) {
                self.events.push(Event::NotNoun);
            } else if alone || next.is_some_and(|next| next.kind == Kind::Verb) {
                self.recognised = at + 1;
                self.events.push(Event::NotNext);
                return 1;
            }
        }
        let counts = next.is_some_and(|next| matches!(next.kind, Kind::Verb | Kind::Noun));
        if let Some((_, factor)) = PREFIXES.iter().find(|(prefix, _)| *prefix == c && counts) {
            self.recognised = at + 1;
            self.events.push(Event::Degree(*factor));
            return 1;
        }
        let stop = c == '마' && self.ends_at(at + 1);
        if stop || self.starts_with(at, NEGATES_BEFORE_IT) {
            self.events.push(Event::NotLast);
        }
        1
    }

    /// A syllable inside a word, where endings change the meaning.
    fn ending(&mut self, at: usize) -> usize {
        let (Some(c), Some(before)) = (self.char(at), self.char(at - 1)) else { return 1 };
        let next = self.char(at + 1);
        let event = match (c, next) {
            ('지', Some('만')) => Event::Contrast { whole: true },
            ('데', _) if Syllable::of(before).is_some_and(|before| before.last == NIEUN) => {
                Event::Contrast { whole: false }
            }
            ('않' | '없', _) | ('아', Some('니')) => Event::NotLast,
            ('못' | '마' | '말', _) if before == '지' => Event::NotLast,
            ('겠', _) | ('텐', Some('데')) => Event::Wish,
            _ => return 1,
        };
        self.events.push(event);
        if c == '지' { 2 } else { 1 }
    }

    /// Single letters: all of them as one word (ㄱㅅ), or each row of one letter (ㅋㅋㅠㅠ).
    fn letters(&mut self, at: usize) -> usize {
        // One more than the longest such word, so that a row of thousands is not counted again at
        // each letter.
        let ahead = self.chars.iter().skip(at).take(LETTERS_MAX + 1);
        let run = ahead.take_while(|c| is_letter(**c)).count();
        if let Some(found) = lexicon::letters(self.slice(at..at + run)) {
            return self.recognise(at, found);
        }
        let same = |c: char| if c == 'ㅜ' { 'ㅠ' } else { c };
        let Some(c) = self.char(at).map(same) else { return 1 };
        let length = self.chars.iter().skip(at).take_while(|other| same(**other) == c).count();
        let spelled: String = std::iter::repeat_n(c, length.min(2)).collect();
        if let Some(found) = lexicon::letters(&spelled) {
            self.recognise(at, Match { length, ..found });
        }
        length
    }
}
