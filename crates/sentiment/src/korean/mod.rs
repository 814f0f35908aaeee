//! Korean, by our own lexicon and a little grammar.
//!
//! We found no Korean sentiment lexicon with a suitable licence, and a morphological analyser
//! weighs megabytes. So the words in `lexicon.txt` are ours. `forms` derives their conjugated
//! shapes; `scan` finds the shapes, and the words that negate, strengthen and contrast (with or
//! without spaces: people write 너무좋아); `rules` weighs the result.

mod forms;
mod hangul;
mod lexicon;
mod rules;
mod scan;

use crate::score::Tally;

pub(crate) fn prepare() {
    lexicon::prepare();
}

/// Weighs the Korean words of a text.
pub(crate) fn read(text: &str) -> Tally {
    rules::weigh(text, scan::scan(text))
}
