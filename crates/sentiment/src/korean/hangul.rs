//! Hangul syllables and their letters (Unicode Standard, section 3.12): a syllable is `0xAC00 +
//! (initial * 21 + vowel) * 28 + last`, all three by alphabetical index.

const BASE: u32 = 0xac00;
const VOWELS: u32 = 21;
const LASTS: u32 = 28;
const SYLLABLES: u32 = 19 * VOWELS * LASTS;

/// Indices of last consonants.
pub(super) const NONE: u32 = 0;
pub(super) const NIEUN: u32 = 4;
pub(super) const RIEUL: u32 = 8;
pub(super) const MIEUM: u32 = 16;
pub(super) const BIEUP: u32 = 17;
pub(super) const SSANG_SIOT: u32 = 20;

/// Indices of initials.
pub(super) const INITIAL_RIEUL: u32 = 5;
pub(super) const INITIAL_HIEUT: u32 = 18;

/// Indices of vowels.
pub(super) const A: u32 = 0;
pub(super) const AE: u32 = 1;
pub(super) const YA: u32 = 2;
pub(super) const EO: u32 = 4;
pub(super) const YEO: u32 = 6;
pub(super) const O: u32 = 8;
pub(super) const WA: u32 = 9;
pub(super) const WAE: u32 = 10;
pub(super) const OE: u32 = 11;
pub(super) const U: u32 = 13;
pub(super) const WO: u32 = 14;
pub(super) const WI: u32 = 16;
pub(super) const EU: u32 = 18;
pub(super) const UI: u32 = 19;
pub(super) const I: u32 = 20;

/// A syllable, decomposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syllable {
    pub(super) initial: u32,
    pub(super) vowel: u32,
    pub(super) last: u32,
}

impl Syllable {
    /// Decomposes a syllable; none for any other character.
    pub(super) fn of(c: char) -> Option<Self> {
        let part = u32::from(c).checked_sub(BASE).filter(|part| *part < SYLLABLES)?;
        let (block, last) = (part / LASTS, part % LASTS);
        Some(Self { initial: block / VOWELS, vowel: block % VOWELS, last })
    }

    /// The character.
    pub(super) fn compose(self) -> char {
        let part = (self.initial * VOWELS + self.vowel) * LASTS + self.last;
        char::from_u32(BASE + part).unwrap_or('\u{fffd}')
    }

    /// The same with another last consonant.
    pub(super) fn ending_in(self, last: u32) -> Self {
        Self { last, ..self }
    }

    /// Whether an ending in 아 or 어 takes the form 아 after it.
    pub(super) fn is_bright(self) -> bool {
        matches!(self.vowel, A | YA | O)
    }
}

/// Whether the character is a whole syllable.
pub(super) fn is_syllable(c: char) -> bool {
    Syllable::of(c).is_some()
}

/// Whether the character is a single letter, as in ㅋㅋ.
pub(super) fn is_letter(c: char) -> bool {
    ('ㄱ'..='ㅣ').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decomposition_and_composition_round_trip() {
        for c in '가'..='힣' {
            assert_eq!(Syllable::of(c).unwrap().compose(), c);
        }
        assert_eq!(Syllable::of('ㅋ'), None);
        let syllable = Syllable::of('퍼').unwrap();
        assert_eq!(syllable.ending_in(SSANG_SIOT).compose(), '펐');
    }
}
