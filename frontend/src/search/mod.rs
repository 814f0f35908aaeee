//! Finds a text by what a user typed: a part of it, initial consonants, some of its letters in order, or its keys while
//! the keyboard was set to the other language.

mod keyboard;

use self::keyboard::{compose, initial, is_consonant, other_language, push_letters};
use crate::text::lower_case;

/// Fewer letters match too many texts when others may stand between them.
const MIN_SCATTERED: usize = 3;

/// How a text matches, the best way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    Whole,
    Beginning,
    Word,
    Part,
    Initials,
    OtherKeyboard,
    Scattered,
}

/// A letter of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letter {
    typed: char,
    /// Whether a character begins here; a syllable has several letters.
    begins: bool,
    begins_word: bool,
}

/// A text, prepared for many searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Searchable {
    letters: Vec<Letter>,
    /// One for each character.
    initials: Vec<char>,
}

impl Searchable {
    pub(crate) fn new(text: &str) -> Self {
        let mut prepared = Self { letters: Vec::new(), initials: Vec::new() };
        let mut begins_word = true;
        let mut typed = Vec::new();
        for c in lower_case(text).chars() {
            typed.clear();
            push_letters(&mut typed, c);
            for (index, letter) in typed.iter().enumerate() {
                let begins = index == 0;
                let begins_word = begins && begins_word && c.is_alphanumeric();
                prepared.letters.push(Letter { typed: *letter, begins, begins_word });
            }
            prepared.initials.push(initial(c).unwrap_or(c));
            begins_word = !c.is_alphanumeric();
        }
        prepared
    }

    /// Finds letters that stand together; the first match at the beginning of a word, or else the first one.
    fn find(&self, wanted: &[char]) -> Option<Match> {
        let stands_at = |at: &usize| {
            let here = self.letters.get(*at..).unwrap_or_default();
            here.len() >= wanted.len()
                && here.first().is_some_and(|first| first.begins)
                && here.iter().zip(wanted).all(|(here, wanted)| here.typed == *wanted)
        };
        let mut places = (0..self.letters.len()).filter(stands_at);
        let first = places.next()?;
        if first == 0 {
            let whole = self.letters.len() == wanted.len();
            return Some(if whole { Match::Whole } else { Match::Beginning });
        }
        let begins_word = |at: usize| self.letters.get(at).is_some_and(|it| it.begins_word);
        let at_word = begins_word(first) || places.any(begins_word);
        Some(if at_word { Match::Word } else { Match::Part })
    }

    fn has_initials(&self, wanted: &[char]) -> bool {
        self.initials.windows(wanted.len()).any(|here| here == wanted)
    }

    /// Whether the letters have this order, the first one at the beginning of a word.
    fn has_scattered(&self, wanted: &[char]) -> bool {
        let Some((first, others)) = wanted.split_first() else { return false };
        let begins = |it: &Letter| it.begins_word && it.typed == *first;
        let Some(start) = self.letters.iter().position(begins) else { return false };
        let mut rest = self.letters.iter().skip(start + 1);
        others.iter().all(|wanted| rest.any(|it| it.typed == *wanted))
    }
}

/// One word of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    typed: Vec<char>,
    /// The text that the same keys type in the other language.
    swapped: Option<Vec<char>>,
}

impl Word {
    fn new(word: &str) -> Self {
        let (mut typed, mut as_written) = (Vec::new(), Vec::new());
        lower_case(word).chars().for_each(|c| push_letters(&mut typed, c));
        // Shift matters on the Korean keyboard.
        word.chars().for_each(|c| push_letters(&mut as_written, c));
        let swapped: Option<Vec<char>> = as_written.into_iter().map(other_language).collect();
        Self { typed, swapped: swapped.map(|it| it.iter().map(char::to_ascii_lowercase).collect()) }
    }

    fn matches(&self, text: &Searchable) -> Option<Match> {
        let are_consonants = |letters: &[char]| letters.iter().all(|it| is_consonant(*it));
        let by_initials = |letters: &[char]| are_consonants(letters) && text.has_initials(letters);
        let by_other_keyboard = |letters: &Vec<char>| {
            matches!(text.find(letters), Some(Match::Whole | Match::Beginning | Match::Word))
                || (letters.len() > 1 && by_initials(letters))
        };
        if let Some(found) = text.find(&self.typed) {
            Some(found)
        } else if by_initials(&self.typed) {
            Some(Match::Initials)
        } else if self.swapped.as_ref().is_some_and(by_other_keyboard) {
            Some(Match::OtherKeyboard)
        } else {
            let scattered = self.typed.len() >= MIN_SCATTERED && text.has_scattered(&self.typed);
            scattered.then_some(Match::Scattered)
        }
    }
}

/// The text that a user typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    parts: Vec<Word>,
}

impl Search {
    pub(crate) fn new(typed: &str) -> Self {
        Self { parts: typed.split_whitespace().map(Word::new).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How the text matches: as its worst word does. None if a word is not found.
    pub(crate) fn matches(&self, text: &Searchable) -> Option<Match> {
        let found: Option<Vec<Match>> = self.parts.iter().map(|word| word.matches(text)).collect();
        let worst = found?.into_iter().max()?;
        // Two words of a text of two words are not the whole of it.
        Some(if self.parts.len() > 1 { worst.max(Match::Beginning) } else { worst })
    }

    /// The text that the same keys type in the other language, composed; none if a key has no other letter.
    pub(crate) fn in_other_language(&self) -> Option<String> {
        let words: Option<Vec<String>> =
            self.parts.iter().map(|word| word.swapped.as_deref().map(compose)).collect();
        words.map(|words| words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(typed: &str, text: &str) -> Option<Match> {
        Search::new(typed).matches(&Searchable::new(text))
    }

    #[test]
    fn parts_of_a_text_are_found_and_the_beginning_is_best() {
        assert_eq!(found("회의", "회의"), Some(Match::Whole));
        assert_eq!(found("DES", "Design team"), Some(Match::Beginning));
        assert_eq!(found("team", "Design team"), Some(Match::Word));
        assert_eq!(found("sign", "Design team"), Some(Match::Part));
        assert_eq!(found("sign", "Design sign"), Some(Match::Word));
        assert_eq!(found("team des", "Design team"), Some(Match::Word));
        assert_eq!(found("dsgn", "Design team"), Some(Match::Scattered));
        assert_eq!(found("team sales", "Design team"), None);
        assert_eq!(found("zzz", "Design team"), None);
        assert_eq!(found("  ", "Design team"), None);
    }

    #[test]
    fn a_word_is_found_while_its_last_syllable_is_composed() {
        // The states of an input method on the way to 회의록.
        for typed in ["ㅎ", "호", "회", "횡", "회으", "회의", "회읠", "회의로", "회의록"]
        {
            assert!(found(typed, "주간 회의록").is_some(), "{typed}");
        }
        assert_eq!(found("희의", "주간 회의록"), None);
        // A syllable is found from its first letter only.
        assert_eq!(found("ㅣ", "회의"), None);
    }

    #[test]
    fn initial_consonants_find_a_word() {
        assert_eq!(found("ㅎㅇ", "회의"), Some(Match::Initials));
        assert_eq!(found("ㅈㄱ ㅎㅇ", "주간 회의록"), Some(Match::Initials));
        // An input method makes one character of these two.
        assert_eq!(found("ㄳ", "감사"), Some(Match::Initials));
        assert_eq!(found("ㅎㅁ", "회의"), None);
    }

    #[test]
    fn keys_of_the_other_language_find_a_word() {
        assert_eq!(found("ghldml", "주간 회의록"), Some(Match::OtherKeyboard));
        assert_eq!(found("gd", "회의"), Some(Match::OtherKeyboard));
        assert_eq!(found("ㅡㄷㄷ샤ㅜㅎ", "Meeting"), Some(Match::OtherKeyboard));
        assert_eq!(found("Rhc", "꽃집"), Some(Match::OtherKeyboard));
        // The literal match is better.
        assert!(found("gh", "gh") < found("gh", "호두"));
        assert_eq!(Search::new("ghldml tlf").in_other_language().as_deref(), Some("회의 실"));
        assert_eq!(Search::new("room 1").in_other_language(), None);
    }

    proptest! {
        #[test]
        fn no_search_fails_and_every_beginning_is_found(text in ".{0,20}", typed in ".{0,8}") {
            let prepared = Searchable::new(&text);
            Search::new(&typed).matches(&prepared);
            let beginning: String = text.chars().take(3).collect();
            let search = Search::new(&beginning);
            prop_assert!(search.is_empty() || search.matches(&prepared).is_some());
        }
    }
}
