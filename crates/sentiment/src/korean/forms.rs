//! The shapes that a stem takes when it is conjugated.
//!
//! Korean has many endings, and most express politeness. So a stem is not compared with whole
//! words: for each stem we derive the few shapes that endings can leave it in (슬프다: 슬프-, 슬픈, 슬플,
//! 슬픔, 슬픕, 슬퍼, 슬펐), and a word that begins with such a shape is a form of it. A shape that includes
//! a part of its ending is recognised by itself; a bare stem must be followed by a syllable that
//! can begin an ending.

use super::hangul::{
    A, AE, BIEUP, EO, EU, I, INITIAL_HIEUT, INITIAL_RIEUL, MIEUM, NIEUN, NONE, O, OE, RIEUL,
    SSANG_SIOT, Syllable, U, UI, WA, WAE, WI, WO, YEO,
};

/// The text that may follow a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Anything.
    Any,
    /// The beginning of an ending, or the end of the word.
    Ending,
    /// The end of the word, a copula or a particle.
    Word,
}

/// Syllables that can begin an ending after an unchanged stem.
const ENDINGS: &str = "고지다네는은을음기게던더든냐니나자군구거도잖겠길긴진질죠소습아어았었여였으면\
                       며려러라래세셔시십신실심당닷제능쥬요용";
/// Syllables that may follow an interjection.
const AFTER_WORD: &str = "이임요네다야인은는도을를의과와로라";

impl Tail {
    /// Whether the next syllable (none at the end of the word) is allowed.
    pub(super) fn admits(self, next: Option<char>) -> bool {
        match (self, next) {
            (Self::Any, _) | (_, None) => true,
            (Self::Ending, Some(next)) => ENDINGS.contains(next),
            (Self::Word, Some(next)) => AFTER_WORD.contains(next),
        }
    }
}

/// The shapes of a stem that is regular, or whose last vowel or consonant changes as its spelling
/// implies (으, 르, ㄹ).
pub(super) fn verb(stem: &str) -> Vec<(String, Tail)> {
    let Some((head, last)) = split(stem) else { return Vec::new() };
    let mut shapes = Vec::new();
    match last.last {
        NONE => {
            // Before the bare stem, which may look the same (화나서) and admits fewer endings.
            shapes.extend(infinitive(head, last));
            for last_consonant in [NIEUN, RIEUL, MIEUM, BIEUP] {
                shapes.push((joined(head, &[last.ending_in(last_consonant)]), Tail::Any));
            }
        }
        RIEUL => {
            shapes.push((joined(head, &[last.ending_in(NONE)]), Tail::Ending));
            for last_consonant in [NIEUN, BIEUP] {
                shapes.push((joined(head, &[last.ending_in(last_consonant)]), Tail::Any));
            }
        }
        _ => {}
    }
    shapes.push((stem.to_owned(), Tail::Ending));
    shapes
}

/// The shapes of a stem whose ㅂ becomes 우 before a vowel.
pub(super) fn verb_b(stem: &str) -> Vec<(String, Tail)> {
    let Some((head, last)) = split(stem) else { return Vec::new() };
    let mut shapes = vec![(stem.to_owned(), Tail::Ending)];
    let open = last.ending_in(NONE);
    let u = Syllable { initial: 11, vowel: U, last: NONE };
    let wo = Syllable { vowel: WO, ..u };
    for next in [u, u.ending_in(NIEUN), u.ending_in(RIEUL), u.ending_in(MIEUM), wo] {
        shapes.push((joined(head, &[open, next]), Tail::Any));
    }
    shapes.push((joined(head, &[open, wo.ending_in(SSANG_SIOT)]), Tail::Any));
    shapes
}

/// The shapes of an open stem with 아 or 어, in the present and in the past.
fn infinitive(head: &str, last: Syllable) -> Vec<(String, Tail)> {
    let Some((head, met)) = contracted(head, last) else { return Vec::new() };
    let past = met.ending_in(SSANG_SIOT);
    [met, past].map(|shape| (joined(&head, &[shape]), Tail::Any)).into()
}

fn contracted(head: &str, last: Syllable) -> Option<(String, Syllable)> {
    let vowel = match last.vowel {
        // 하다 becomes 해.
        A if last.initial == INITIAL_HIEUT => AE,
        EU => {
            let before = split(head);
            let vowel = if before.is_some_and(|(_, before)| before.is_bright()) { A } else { EO };
            if let Some((rest, before)) = before.filter(|_| last.initial == INITIAL_RIEUL) {
                // 르 adds ㄹ to the syllable before it.
                let head = joined(rest, &[before.ending_in(RIEUL)]);
                return Some((head, Syllable { vowel, ..last }));
            }
            vowel
        }
        O => WA,
        U => WO,
        I => YEO,
        OE => WAE,
        // These vowels and their endings stay unchanged.
        WI | UI => return None,
        same => same,
    };
    Some((head.to_owned(), Syllable { vowel, ..last }))
}

fn split(stem: &str) -> Option<(&str, Syllable)> {
    let (at, c) = stem.char_indices().next_back()?;
    Some((stem.get(..at)?, Syllable::of(c)?))
}

fn joined(head: &str, syllables: &[Syllable]) -> String {
    head.chars().chain(syllables.iter().map(|syllable| syllable.compose())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_take_the_shapes_that_their_endings_leave_them_in() {
        let check = |shapes: Vec<(String, Tail)>, words: &[&str]| {
            for word in words {
                let found = shapes.iter().any(|(shape, tail)| {
                    let rest = word.strip_prefix(shape.as_str());
                    rest.is_some_and(|rest| tail.admits(rest.chars().next()))
                });
                assert!(found, "{word}: {shapes:?}");
            }
        };
        check(verb("좋"), &["좋다", "좋아요", "좋았어", "좋은", "좋네", "좋습니다"]);
        check(verb("슬프"), &["슬프다", "슬퍼", "슬펐어요", "슬픈", "슬픕니다"]);
        check(verb("바쁘"), &["바빠", "바빴어"]);
        check(verb("빠르"), &["빨라요", "빨랐어", "빠른"]);
        check(verb("힘들"), &["힘들어", "힘든", "힘드네", "힘듭니다"]);
        check(verb("멋지"), &["멋져", "멋졌어", "멋진"]);
        check(verb("착하"), &["착해", "착했어", "착한"]);
        check(verb("싸우"), &["싸워", "싸웠어", "싸운"]);
        check(verb_b("고맙"), &["고마워", "고마웠어", "고마운", "고맙습니다"]);
    }
}
