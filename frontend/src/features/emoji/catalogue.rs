//! The emoji that the app offers, with their names in both languages, as `scripts/emoji.mjs` writes them.

use std::ops::Range;
use std::sync::OnceLock;

use super::skin_tone::SkinTone;
use crate::i18n::Lang;
use crate::search::{Match, Search, Searchable};

/// The columns of an emoji in the file.
const COLUMNS: usize = 7;

/// An emoji. It may have several characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emoji {
    /// The emoji without a skin tone.
    text: String,
    /// The emoji with the first skin tone, if it has tones.
    toned: Option<String>,
    korean: String,
    english: String,
    /// The short codes, without colons.
    codes: Vec<String>,
    keywords: String,
}

impl Emoji {
    fn parse(line: &str) -> Option<Self> {
        let columns: [&str; COLUMNS] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let [text, toned, korean, english, codes, korean_words, english_words] = columns;
        let codes = codes.split('|').filter(|code| !code.is_empty());
        (!text.is_empty()).then(|| Self {
            text: text.to_owned(),
            toned: (!toned.is_empty()).then(|| toned.to_owned()),
            korean: korean.to_owned(),
            english: english.to_owned(),
            codes: codes.map(str::to_owned).collect(),
            keywords: format!("{korean_words}|{english_words}"),
        })
    }

    /// The emoji without a skin tone.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The emoji with a skin tone; as it is, if it has none.
    pub(crate) fn with_tone(&self, tone: Option<SkinTone>) -> String {
        match (&self.toned, tone) {
            (Some(toned), Some(tone)) => {
                let replace = |c| if c == SkinTone::Light.modifier() { tone.modifier() } else { c };
                toned.chars().map(replace).collect()
            }
            _ => self.text.clone(),
        }
    }

    /// The name in a language.
    pub(crate) fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ko => &self.korean,
            Lang::En => &self.english,
        }
    }

    /// The short code that is shown, without colons.
    pub(crate) fn code(&self) -> Option<&str> {
        self.codes.first().map(String::as_str)
    }
}

/// Emoji that belong together, such as food.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EmojiGroup {
    korean: String,
    english: String,
    members: Range<usize>,
}

impl EmojiGroup {
    pub(super) fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ko => &self.korean,
            Lang::En => &self.english,
        }
    }
}

/// The texts by which an emoji is found.
#[derive(Debug, PartialEq, Eq)]
struct Texts {
    korean: Searchable,
    english: Searchable,
    /// Keywords, short codes and names, so that a search may have words of both languages.
    words: Searchable,
}

impl Texts {
    fn new(emoji: &Emoji) -> Self {
        let Emoji { korean, english, codes, keywords, .. } = emoji;
        let words = format!("{keywords}|{}|{korean}|{english}", codes.join("|"));
        Self {
            korean: Searchable::new(korean),
            english: Searchable::new(english),
            words: Searchable::new(&words),
        }
    }
}

/// All emoji, in the order of Unicode.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    groups: Vec<EmojiGroup>,
    emoji: Vec<Emoji>,
    /// Prepared at the first search.
    texts: OnceLock<Vec<Texts>>,
}

impl Catalogue {
    /// Reads the file; none for anything else.
    pub(super) fn parse(file: &str) -> Option<Self> {
        let mut catalogue = Self::default();
        for line in file.lines() {
            if let Some(names) = line.strip_prefix('\t') {
                let (korean, english) = names.split_once('\t')?;
                let next = catalogue.emoji.len();
                catalogue.groups.push(EmojiGroup {
                    korean: korean.to_owned(),
                    english: english.to_owned(),
                    members: next..next,
                });
            } else {
                catalogue.emoji.push(Emoji::parse(line)?);
                catalogue.groups.last_mut()?.members.end = catalogue.emoji.len();
            }
        }
        (!catalogue.emoji.is_empty()).then_some(catalogue)
    }

    pub(super) fn groups(&self) -> &[EmojiGroup] {
        &self.groups
    }

    /// The emoji of a group; none of a group that there is not.
    pub(super) fn members(&self, group: usize) -> &[Emoji] {
        let members = self.groups.get(group).map(|group| group.members.clone());
        members.and_then(|members| self.emoji.get(members)).unwrap_or_default()
    }

    /// The emoji with this text.
    pub(super) fn get(&self, text: &str) -> Option<&Emoji> {
        self.emoji.iter().find(|emoji| emoji.text == text)
    }

    /// The emoji with this short code.
    pub(crate) fn by_code(&self, code: &str) -> Option<&Emoji> {
        self.emoji.iter().find(|emoji| emoji.codes.iter().any(|it| it == code))
    }

    fn texts(&self) -> impl Iterator<Item = (&Emoji, &Texts)> {
        let texts = self.texts.get_or_init(|| self.emoji.iter().map(Texts::new).collect());
        self.emoji.iter().zip(texts)
    }

    /// The emoji that a search finds by name or keyword in either language, the best first.
    pub(super) fn find(&self, typed: &str, max: usize) -> Vec<&Emoji> {
        let search = Search::new(typed);
        let rank = |emoji: &Emoji, texts: &Texts| {
            let languages = [(&texts.korean, &emoji.korean), (&texts.english, &emoji.english)];
            let named = languages.into_iter().filter_map(|(text, name)| {
                // A short name says little more than the search does.
                Some((near(&search, text)?, false, name.chars().count()))
            });
            let by_word = || near(&search, &texts.words).map(|how| (how.max(Match::Word), true, 0));
            // The word that other programs have for it, such as `heart` for the red one.
            let coded = emoji.codes.iter().any(|code| code == typed.trim());
            let coded = coded.then_some((Match::Whole, false, 0));
            coded.into_iter().chain(named).min().or_else(by_word)
        };
        best(self.texts().filter_map(|(emoji, texts)| Some((rank(emoji, texts)?, emoji))), max)
    }

    /// The emoji for an unfinished short code: by the beginning of a code, by the Korean name, by a word of a code, and by a code
    /// that was typed while the keyboard was set to Korean; the best first.
    pub(crate) fn complete(&self, typed: &str, max: usize) -> Vec<&Emoji> {
        let typed = typed.to_ascii_lowercase();
        // A code has no space.
        let search = Search::new(&typed.replace('_', " "));
        let swapped = search.in_other_language().map(|text| text.replace(' ', "_"));
        let later_word = format!("_{typed}");
        let shortest = |emoji: &Emoji, matches: &dyn Fn(&str) -> bool| {
            let codes = emoji.codes.iter().filter(|code| matches(code));
            codes.map(String::len).min()
        };
        let rank = |emoji: &Emoji, texts: &Texts| {
            if let Some(length) = shortest(emoji, &|code| code.starts_with(&typed)) {
                return Some((0, None, length));
            }
            if let Some(how) = near(&search, &texts.korean) {
                return Some((1, Some(how), 0));
            }
            if let Some(length) = shortest(emoji, &|code| code.contains(&later_word)) {
                return Some((2, None, length));
            }
            let swapped = swapped.as_ref()?;
            let length = shortest(emoji, &|code| code.starts_with(swapped.as_str()))?;
            Some((3, None, length))
        };
        best(self.texts().filter_map(|(emoji, texts)| Some((rank(emoji, texts)?, emoji))), max)
    }
}

/// How a text matches. Letters with others between them do not count: nearly every list of keywords has them.
fn near(search: &Search, text: &Searchable) -> Option<Match> {
    search.matches(text).filter(|how| *how < Match::Scattered)
}

/// The emoji with the smallest ranks. Equal ones keep the order of Unicode.
fn best<'a, R: Ord>(found: impl Iterator<Item = (R, &'a Emoji)>, max: usize) -> Vec<&'a Emoji> {
    let mut found: Vec<(R, &Emoji)> = found.collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.into_iter().take(max).map(|(_, emoji)| emoji).collect()
}

#[cfg(test)]
mod tests {
    use madang_shared::reactions::MAX_EMOJI_BYTES;

    use super::*;
    use crate::text::is_lone_emoji;

    const FILE: &str = include_str!("../../../emoji.txt");

    fn catalogue() -> Catalogue {
        Catalogue::parse(FILE).expect("the file is whole")
    }

    #[test]
    fn the_file_has_groups_of_emoji_with_both_names() {
        let catalogue = catalogue();
        assert_eq!(catalogue.groups.len(), 9);
        assert!(catalogue.emoji.len() > 1_800, "{}", catalogue.emoji.len());
        for emoji in &catalogue.emoji {
            assert!(!emoji.korean.is_empty() && !emoji.english.is_empty(), "{emoji:?}");
            assert!(emoji.code().is_some(), "{emoji:?}");
            let tones = SkinTone::ALL.map(|tone| emoji.with_tone(Some(tone)));
            for text in tones.iter().chain([&emoji.text]) {
                assert!(is_lone_emoji(text), "{text}");
                assert!(text.len() <= MAX_EMOJI_BYTES, "{text}");
            }
            assert_eq!(emoji.toned.is_none(), tones[0] == emoji.text, "{emoji:?}");
        }
        let groups: usize = (0..9).map(|group| catalogue.members(group).len()).sum();
        assert_eq!(groups, catalogue.emoji.len());
        assert!(catalogue.members(9).is_empty());
    }

    #[test]
    fn another_text_is_no_catalogue() {
        for text in ["", "<!doctype html>", "😀\t\t가\ta\tb\t\t", "\t무리\tGroup\n😀\ta", "\t무리"]
        {
            assert!(Catalogue::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_skin_tone_changes_people_alone() {
        let catalogue = catalogue();
        let toned = |text, tone| catalogue.get(text).map(|emoji| emoji.with_tone(Some(tone)));
        assert_eq!(toned("👍", SkinTone::Light).as_deref(), Some("👍🏻"));
        assert_eq!(toned("👍", SkinTone::Dark).as_deref(), Some("👍🏿"));
        assert_eq!(toned("🧑‍🤝‍🧑", SkinTone::Medium).as_deref(), Some("🧑🏽‍🤝‍🧑🏽"));
        assert_eq!(toned("❤️", SkinTone::Dark).as_deref(), Some("❤️"));
        assert_eq!(toned("🇰🇷", SkinTone::Dark).as_deref(), Some("🇰🇷"));
    }

    #[test]
    fn names_and_keywords_of_both_languages_find_emoji() {
        let catalogue = catalogue();
        let found = |typed: &str| -> Vec<&str> {
            catalogue.find(typed, 24).into_iter().map(Emoji::text).collect()
        };
        for (typed, emoji) in [
            ("하트", "❤️"),
            ("ㅇㅈ", "👍"),
            ("thumbs", "👍"),
            ("따봉", "👍"),
            ("pizza", "🍕"),
            ("피자", "🍕"),
            ("vlwk", "🍕"),
            ("ㅔㅑㅋㅋㅁ", "🍕"),
            ("대한민국", "🇰🇷"),
            ("south korea", "🇰🇷"),
            ("깃발 korea", "🇰🇷"),
        ] {
            assert!(found(typed).contains(&emoji), "{typed}: {:?}", found(typed));
        }
        assert_eq!(found("pizza").first(), Some(&"🍕"));
        assert_eq!(found("heart").first(), Some(&"❤️"));
        assert!(found("nothing like this").is_empty());
    }

    #[test]
    fn codes_and_korean_names_complete_a_short_code() {
        let catalogue = catalogue();
        let found = |typed: &str| -> Vec<&str> {
            catalogue.complete(typed, 8).into_iter().map(Emoji::text).collect()
        };
        assert_eq!(found("smile").first(), Some(&"😄"));
        assert_eq!(found("SMILE").first(), Some(&"😄"));
        assert_eq!(found("tad").first(), Some(&"🎉"));
        assert_eq!(found("+1").first(), Some(&"👍"));
        assert_eq!(found("피자").first(), Some(&"🍕"));
        assert!(found("ㅍㅈ").contains(&"🍕"));
        assert_eq!(found("heart").len(), 8);
        assert!(found("느ㅑㅣㄷ").contains(&"😄"), "{:?}", found("느ㅑㅣㄷ"));
        assert!(found("heart_eyes").contains(&"😍"));
        assert_eq!(catalogue.by_code("tada").map(Emoji::text), Some("🎉"));
        assert!(catalogue.by_code("tad").is_none());
    }
}
