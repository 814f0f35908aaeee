//! The Korean standard keyboard (KS X 5002): the letters that are typed for a syllable, the key of each letter, and the
//! syllables that an input method makes of letters.

/// Unicode's first syllable. The syllables follow in the order of the three tables below (Unicode, chapter 3.12).
const FIRST_SYLLABLE: u32 = 0xAC00;
const INITIALS: [char; 19] = [
    'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ',
    'ㅌ', 'ㅍ', 'ㅎ',
];
const VOWELS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ",
    "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];
const FINALS: [&str; 28] = [
    "", "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ",
    "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ",
    "ㅎ",
];
/// Single characters for two typed letters: an input method shows them while a syllable is incomplete.
const PAIRS: [(char, &str); 18] = [
    ('ㄳ', "ㄱㅅ"),
    ('ㄵ', "ㄴㅈ"),
    ('ㄶ', "ㄴㅎ"),
    ('ㄺ', "ㄹㄱ"),
    ('ㄻ', "ㄹㅁ"),
    ('ㄼ', "ㄹㅂ"),
    ('ㄽ', "ㄹㅅ"),
    ('ㄾ', "ㄹㅌ"),
    ('ㄿ', "ㄹㅍ"),
    ('ㅀ', "ㄹㅎ"),
    ('ㅄ', "ㅂㅅ"),
    ('ㅘ', "ㅗㅏ"),
    ('ㅙ', "ㅗㅐ"),
    ('ㅚ', "ㅗㅣ"),
    ('ㅝ', "ㅜㅓ"),
    ('ㅞ', "ㅜㅔ"),
    ('ㅟ', "ㅜㅣ"),
    ('ㅢ', "ㅡㅣ"),
];
/// The Latin letter and the Korean one of each key. A capital is the key with Shift.
const KEYS: [(char, char); 33] = [
    ('q', 'ㅂ'),
    ('Q', 'ㅃ'),
    ('w', 'ㅈ'),
    ('W', 'ㅉ'),
    ('e', 'ㄷ'),
    ('E', 'ㄸ'),
    ('r', 'ㄱ'),
    ('R', 'ㄲ'),
    ('t', 'ㅅ'),
    ('T', 'ㅆ'),
    ('y', 'ㅛ'),
    ('u', 'ㅕ'),
    ('i', 'ㅑ'),
    ('o', 'ㅐ'),
    ('O', 'ㅒ'),
    ('p', 'ㅔ'),
    ('P', 'ㅖ'),
    ('a', 'ㅁ'),
    ('s', 'ㄴ'),
    ('d', 'ㅇ'),
    ('f', 'ㄹ'),
    ('g', 'ㅎ'),
    ('h', 'ㅗ'),
    ('j', 'ㅓ'),
    ('k', 'ㅏ'),
    ('l', 'ㅣ'),
    ('z', 'ㅋ'),
    ('x', 'ㅌ'),
    ('c', 'ㅊ'),
    ('v', 'ㅍ'),
    ('b', 'ㅠ'),
    ('n', 'ㅜ'),
    ('m', 'ㅡ'),
];

/// A syllable's initial consonant, and the letters of its vowel and its final consonant.
fn syllable(c: char) -> Option<(char, &'static str, &'static str)> {
    let index = usize::try_from(u32::from(c).checked_sub(FIRST_SYLLABLE)?).ok()?;
    let (rest, last) = (index / FINALS.len(), index % FINALS.len());
    let initial = INITIALS.get(rest / VOWELS.len())?;
    Some((*initial, VOWELS.get(rest % VOWELS.len())?, FINALS.get(last)?))
}

/// Adds the letters that are typed for a character; another character than a Korean one is its own letter.
pub(super) fn push_letters(letters: &mut Vec<char>, c: char) {
    if let Some((initial, vowel, last)) = syllable(c) {
        letters.push(initial);
        letters.extend(vowel.chars());
        letters.extend(last.chars());
    } else if let Some((_, pair)) = PAIRS.iter().find(|(single, _)| *single == c) {
        letters.extend(pair.chars());
    } else {
        letters.push(c);
    }
}

/// The initial consonant of a syllable; none for another character.
pub(super) fn initial(c: char) -> Option<char> {
    syllable(c).map(|(initial, ..)| initial)
}

pub(super) fn is_consonant(letter: char) -> bool {
    INITIALS.contains(&letter)
}

/// The letter of the same key while the keyboard is set to the other language.
pub(super) fn other_language(letter: char) -> Option<char> {
    let of_key = |(latin, korean): &(char, char)| {
        if *latin == letter { Some(*korean) } else { (*korean == letter).then_some(*latin) }
    };
    // Shift changes few Korean letters. With the others, it does nothing.
    KEYS.iter().find_map(of_key).or_else(|| {
        let small = letter.to_ascii_lowercase();
        (small != letter)
            .then(|| KEYS.iter().find_map(|(latin, korean)| (*latin == small).then_some(*korean)))?
    })
}

/// The text that an input method makes of typed letters.
pub(super) fn compose(letters: &[char]) -> String {
    let mut text = String::new();
    let mut rest = letters;
    while let Some((first, others)) = rest.split_first() {
        let (c, after) = first_syllable(*first, others).unwrap_or((*first, others));
        text.push(c);
        rest = after;
    }
    text
}

/// The syllable that begins with this letter, and the letters after it.
fn first_syllable(first: char, others: &[char]) -> Option<(char, &[char])> {
    let initial = INITIALS.iter().position(|initial| *initial == first)?;
    let (vowel, after) = longest(&VOWELS, others)?;
    // A consonant before a vowel begins the next syllable.
    let can_end = |rest: &[char]| !rest.first().is_some_and(|next| is_vowel(*next));
    let (last, after) = (1..=2)
        .rev()
        .filter_map(|length| after.split_at_checked(length))
        .find_map(|(letters, rest)| {
            Some((position(&FINALS, letters)?, rest)).filter(|_| can_end(rest))
        })
        .unwrap_or((0, after));
    let index = (initial * VOWELS.len() + vowel) * FINALS.len() + last;
    let c = char::from_u32(FIRST_SYLLABLE + u32::try_from(index).ok()?)?;
    Some((c, after))
}

fn is_vowel(letter: char) -> bool {
    position(&VOWELS, &[letter]).is_some()
}

/// The longest entry with which the letters begin: its index, and the letters after it.
fn longest<'a>(table: &[&str], letters: &'a [char]) -> Option<(usize, &'a [char])> {
    let mut parts = (1..=2).rev().filter_map(|length| letters.split_at_checked(length));
    parts.find_map(|(begin, rest)| Some((position(table, begin)?, rest)))
}

fn position(table: &[&str], letters: &[char]) -> Option<usize> {
    table.iter().position(|entry| entry.chars().eq(letters.iter().copied()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<char> {
        let mut letters = Vec::new();
        text.chars().for_each(|c| push_letters(&mut letters, c));
        letters
    }

    #[test]
    fn a_syllable_is_typed_letter_by_letter() {
        for (text, typed) in [
            ("회의", "ㅎㅗㅣㅇㅡㅣ"),
            ("닭", "ㄷㅏㄹㄱ"),
            ("까치 A1", "ㄲㅏㅊㅣ A1"),
            ("ㄳ", "ㄱㅅ"),
        ] {
            assert_eq!(letters(text).into_iter().collect::<String>(), typed);
        }
    }

    #[test]
    fn keys_of_the_other_language_make_the_meant_word() {
        for (typed, meant) in [
            ("ghldml", "회의"),
            ("dkssudgktpdy", "안녕하세요"),
            ("ekfrrhk", "닭과"),
            ("ekfrk", "달가"),
            ("EKdzhd", "땅콩"),
        ] {
            let swapped: Vec<char> = typed.chars().filter_map(other_language).collect();
            assert_eq!(compose(&swapped), meant);
        }
        let swapped: String =
            letters("ㅡㄷㄷ샤ㅜㅎ").into_iter().filter_map(other_language).collect();
        assert_eq!(swapped, "meeting");
    }

    #[test]
    fn lone_letters_stay() {
        assert_eq!(compose(&letters("ㅎㅇ ㅏ!")), "ㅎㅇ ㅏ!");
        assert_eq!(compose(&[]), "");
    }

    proptest! {
        #[test]
        fn the_letters_of_syllables_make_the_same_syllables(text in "[가-힣]{0,12}") {
            prop_assert_eq!(compose(&letters(&text)), text);
        }
    }
}
