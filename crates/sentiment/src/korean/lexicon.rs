//! The lexicon: `lexicon.txt`, with every stem in all its shapes.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::forms::{self, Tail};
use super::hangul::is_syllable;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A conjugated word with a weight.
    Verb,
    /// A word with a weight that is not conjugated.
    Noun,
    /// Changes the weight of the next word.
    Degree,
    /// Gives later words more weight.
    Contrast,
}

/// An entry found in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) kind: Kind,
    /// In thousandths of a valence; of a degree, the factor in thousandths.
    pub(super) weight: i64,
    /// Its length in characters.
    pub(super) length: usize,
}

/// The position of the search in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordPart {
    /// At its beginning, or directly after a recognised part.
    Beginning,
    /// Inside the word.
    Inside,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    kind: Kind,
    weight: i64,
    tail: Tail,
    inside: bool,
}

static SHAPES: LazyLock<HashMap<String, Shape>> = LazyLock::new(|| {
    let mut shapes = HashMap::new();
    for line in include_str!("lexicon.txt").lines() {
        for (text, shape) in entry(line).unwrap_or_default() {
            // Of two equal shapes, the first one counts.
            shapes.entry(text).or_insert(shape);
        }
    }
    shapes
});

static LENGTH_MAX: LazyLock<usize> =
    LazyLock::new(|| SHAPES.keys().map(|text| text.chars().count()).max().unwrap_or(0));

fn entry(line: &str) -> Option<Vec<(String, Shape)>> {
    let mut columns = line.split('\t');
    let (form, kind) = (columns.next()?, columns.next()?);
    let weight = columns.next()?.trim().parse().ok()?;
    let bare = kind.trim_end_matches('+');
    let inside = bare != kind;
    let (found, texts) = match bare {
        "verb" => (Kind::Verb, forms::verb(form)),
        "verb-b" => (Kind::Verb, forms::verb_b(form)),
        "root" => (Kind::Noun, vec![(form.to_owned(), Tail::Any)]),
        "word" | "sign" => (Kind::Noun, vec![(form.to_owned(), Tail::Word)]),
        "degree" => (Kind::Degree, vec![(form.to_owned(), Tail::Any)]),
        "contrast" => (Kind::Contrast, vec![(form.to_owned(), Tail::Any)]),
        _ => return None,
    };
    let shape = |(text, tail)| (text, Shape { kind: found, weight, tail, inside });
    Some(texts.into_iter().map(shape).collect())
}

pub(super) fn prepare() {
    LazyLock::force(&LENGTH_MAX);
}

/// The longest entry that begins at `at`. `offsets` has the byte offset of every character of
/// `text`, and the length of the text.
pub(super) fn longest(
    text: &str,
    offsets: &[usize],
    at: usize,
    word_part: WordPart,
) -> Option<Match> {
    let rest = text.get(*offsets.get(at)?..)?;
    (1..=*LENGTH_MAX).rev().find_map(|length| {
        let end = *offsets.get(at + length)?;
        let part = rest.get(..end - offsets.get(at)?)?;
        let shape = SHAPES.get(part)?;
        let next = text.get(end..)?.chars().next().filter(|c| is_syllable(*c));
        let fits = word_part == WordPart::Beginning || shape.inside;
        // A degree of one syllable must be the whole word.
        let whole = length > 1 || shape.kind != Kind::Degree || next.is_none();
        (fits && whole && shape.tail.admits(next)).then_some(Match {
            kind: shape.kind,
            weight: shape.weight,
            length,
        })
    })
}

/// The entry of single letters.
pub(super) fn letters(text: &str) -> Option<Match> {
    let shape = SHAPES.get(text)?;
    Some(Match { kind: shape.kind, weight: shape.weight, length: text.chars().count() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_valid_and_unique() {
        let lines = include_str!("lexicon.txt").lines();
        let mut forms = std::collections::BTreeSet::new();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(entry(line).is_some_and(|shapes| !shapes.is_empty()), "{line}");
            assert!(forms.insert(line.split('\t').next().unwrap()), "twice: {line}");
        }
        assert!(forms.len() > 500, "{}", forms.len());
    }
}
