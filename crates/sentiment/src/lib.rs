//! The sentiment of a short chat message: positive, neutral or negative, in Korean, in English, or in both.
//!
//! [`classify`] is a pure function of its text: no clock, no files, no network. It returns the deciding
//! words, so that the author of a message can check the result. It knows words and a little grammar; irony,
//! and bad news without a bad word, are beyond it. Its accuracy on sentences that it was not tuned on is in
//! docs/figures.md.
//!
//! # Method
//!
//! All weights are in thousandths of a *valence*, the unit of VADER (Hutto and Gilbert, "VADER: A
//! Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM 2014): a mild word
//! has about 1, a strong one about 3. Three modules weigh each message, and their sums are added, so a
//! message in two languages counts in both:
//!
//! - `english` gives the Latin words to VADER, and handles a few idioms that VADER does not know;
//! - `korean` finds the words of our own lexicon in all their conjugated forms, with negation, degree,
//!   contrast, wishes and questions;
//! - `emoji` has one list for all languages.
//!
//! `score` maps the sum to a score from -1 to 1 as VADER does. The results of VADER are used with their
//! four decimals, and everything else is integers, so a server and a browser compute the same.
//!
//! # Where it runs
//!
//! On the server. It builds for `wasm32-unknown-unknown` too, and in the browser it would save a round
//! trip for every pause in typing. But VADER's tables alone have 626,748 bytes (99,585 with brotli), and
//! `classify` as a module of its own 939,068 (231,036 with brotli), as much as the whole app. The Korean
//! lexicon has 13 KB (4 with brotli), so a build without English could run in the browser.

mod emoji;
mod english;
mod korean;
mod score;

use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use score::{Class, Classification, DECIDING_MAX, THRESHOLD, Word};

/// The characters of a text that are classified; the remainder is ignored. This is the limit of a
/// chat message. Work grows linearly with the length.
pub const MAX_CHARS: usize = 4_000;

/// Classifies one message. A text without any known word is neutral.
///
/// The first call loads the lexicons, which takes some milliseconds; [`prepare`] does it in
/// advance.
pub fn classify(text: &str) -> Classification {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or(text);
    // Some systems type Hangul as single letters, which only look like syllables.
    let composed: String;
    let text = if is_nfc(text) {
        text
    } else {
        composed = text.nfc().collect();
        &composed
    };
    let mut tally = english::read(text);
    tally.add(korean::read(text));
    tally.add(emoji::read(text));
    score::classification(tally, text)
}

/// Loads the lexicons, so that the first message does not wait for them.
pub fn prepare() {
    english::prepare();
    korean::prepare();
    emoji::prepare();
}
