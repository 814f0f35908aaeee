//! How a short chat message feels: positive, neutral or negative, in Korean, in English, or in both.
//!
//! [`classify`] is a function of its text and nothing else: no clock, no files, no network. It says
//! which words decided, because a judgement about what somebody wrote should be one that they can
//! check. It knows words and a little grammar, and it cannot know what was meant: irony, and news that
//! is bad without a bad word in it, are beyond it. How often it is right, on sentences that it was not
//! tuned on, stands in docs/figures.md.
//!
//! # How it judges
//!
//! Everything is counted in thousandths of a *valence*, the unit of VADER (Hutto and Gilbert, "VADER: A
//! Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM 2014): a mild word
//! has about 1, a strong one about 3. A message is read three times, and the three sums are added, so a
//! message in two languages counts in both:
//!
//! - `english` gives the Latin words to VADER, and a few idioms that VADER does not know to a list;
//! - `korean` looks for the words of a lexicon of our own in all their conjugated forms, and minds
//!   negation, degree, contrast, wishes and questions;
//! - `emoji` has one list for everybody.
//!
//! `score` turns the sum into a number from -1 to 1 the way VADER does. VADER's answers are taken at
//! their four decimals, and all else is integers, so the server and a browser would say the same.
//!
//! # Where it runs
//!
//! On the server. Nothing here needs one: the crate builds for `wasm32-unknown-unknown`, and in the
//! browser it would spare a round trip for every pause in typing. But VADER's tables alone have 626,748
//! bytes (99,585 with brotli), and `classify` as a module of its own 939,068 (231,036 with brotli),
//! which is as much as the whole app. The Korean lexicon has 13 KB (4 with brotli), so that a build
//! without English could go to the browser, should one be wanted.

mod emoji;
mod english;
mod korean;
mod score;

use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use score::{Class, DECIDING_MAX, Sentiment, THRESHOLD, Word};

/// How many characters of a text are read, after which the rest is passed over: the most that a chat
/// message has. Work grows with the length of what is read and no faster.
pub const MAX_CHARS: usize = 4_000;

/// Judges one message. Every text has an answer; one without any known word is neutral.
///
/// The first call reads the lexicons, which takes some milliseconds; [`prepare`] does it beforehand.
pub fn classify(text: &str) -> Sentiment {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or(text);
    // Some systems type Hangul as single letters that only look like a syllable.
    let composed: String;
    let text = if is_nfc(text) {
        text
    } else {
        composed = text.nfc().collect();
        &composed
    };
    let mut reading = english::read(text);
    reading.add(korean::read(text));
    reading.add(emoji::read(text));
    score::judge(reading, text)
}

/// Reads the lexicons now, so that nobody's first message waits for it.
pub fn prepare() {
    english::prepare();
    korean::prepare();
    emoji::prepare();
}
