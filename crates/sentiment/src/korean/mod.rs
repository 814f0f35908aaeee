//! Korean, by a lexicon and a little grammar of our own.
//!
//! No Korean sentiment lexicon with a licence that would allow it was found, and a morphological
//! analyser weighs megabytes. So the words in `lexicon.txt` are ours, `forms` makes the shapes that
//! their conjugation leaves them in, `scan` finds those and what negates, strengthens and contrasts
//! (with or without spaces: people write 너무좋아), and `rules` weighs what was found.

mod forms;
mod hangul;
mod lexicon;
mod rules;
mod scan;

use crate::score::Reading;

pub(crate) fn prepare() {
    lexicon::prepare();
}

/// Reads the Korean of a text.
pub(crate) fn read(text: &str) -> Reading {
    rules::weigh(text, scan::scan(text))
}
