//! The skin tones of emoji that show people.

use crate::i18n::Words;

/// A skin tone (Unicode Technical Standard 51, section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkinTone {
    Light,
    MediumLight,
    Medium,
    MediumDark,
    Dark,
}

impl SkinTone {
    pub(super) const ALL: [Self; 5] =
        [Self::Light, Self::MediumLight, Self::Medium, Self::MediumDark, Self::Dark];

    /// The character that gives an emoji the tone.
    pub(super) fn modifier(self) -> char {
        match self {
            Self::Light => '\u{1F3FB}',
            Self::MediumLight => '\u{1F3FC}',
            Self::Medium => '\u{1F3FD}',
            Self::MediumDark => '\u{1F3FE}',
            Self::Dark => '\u{1F3FF}',
        }
    }

    /// The tone of such a character.
    pub(super) fn of(modifier: char) -> Option<Self> {
        Self::ALL.into_iter().find(|tone| tone.modifier() == modifier)
    }

    pub(super) fn name(self) -> Words {
        match self {
            Self::Light => Words::new("하얀 피부", "Light skin tone"),
            Self::MediumLight => Words::new("연한 갈색 피부", "Medium-light skin tone"),
            Self::Medium => Words::new("갈색 피부", "Medium skin tone"),
            Self::MediumDark => Words::new("진한 갈색 피부", "Medium-dark skin tone"),
            Self::Dark => Words::new("검은색 피부", "Dark skin tone"),
        }
    }
}
