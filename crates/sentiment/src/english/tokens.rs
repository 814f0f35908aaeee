//! A message cut into the words that VADER is given.

/// A word, or an emoticon.
#[derive(Debug)]
pub(super) struct Token {
    /// Where it begins in the message, in bytes, with the punctuation around it.
    pub(super) at: usize,
    /// As VADER is given it.
    pub(super) text: String,
    /// As it stands in the message, without the punctuation around it.
    pub(super) shown: String,
    /// Whether it stands in a question that can be answered with yes or no: "is it good?" does not
    /// say that it is.
    pub(super) asked: bool,
}

/// What such a question begins with.
const ASKS: &[&str] = &[
    "is", "are", "am", "was", "were", "do", "does", "did", "can", "could", "will", "would",
    "should", "has", "have", "had", "any", "anyone",
];

/// The Latin words and emoticons of a text, in order.
pub(super) fn tokens(text: &str, is_emoji: impl Fn(char) -> bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut sentence = 0;
    for (at, c) in text.char_indices() {
        if separates(c) || is_emoji(c) {
            push(&mut tokens, text, start.take(), at);
            if c == '?' {
                ask(tokens.get_mut(sentence..).unwrap_or_default());
            }
            let ended = matches!(c, '?' | '!' | '\n');
            if ended || text.get(..at).is_some_and(|before| before.ends_with('.')) {
                sentence = tokens.len();
            }
        } else {
            start.get_or_insert(at);
        }
    }
    push(&mut tokens, text, start, text.len());
    tokens
}

fn ask(sentence: &mut [Token]) {
    let first = sentence.first().map(|token| token.text.to_lowercase());
    if first.is_some_and(|first| ASKS.contains(&first.as_str())) {
        for token in sentence {
            token.asked = true;
        }
    }
}

fn push(tokens: &mut Vec<Token>, text: &str, start: Option<usize>, end: usize) {
    let Some(at) = start else { return };
    let whole = text.get(at..end).unwrap_or_default();
    // "fine...thanks" is two words; "e.g." and "v1.2" are one.
    let mut next = at;
    for part in whole.split("..") {
        let at = next;
        next += part.len() + 2;
        let part = part.trim_matches(['.', '"', '*']);
        if part.is_empty() {
            continue;
        }
        let bare = part.trim_matches(|c: char| c.is_ascii_punctuation());
        let shown = if bare.chars().count() > 2 { bare } else { part };
        let text = unstretched(&part.replace(['’', '‘'], "'"));
        tokens.push(Token { at, text, shown: shown.to_owned(), asked: false });
    }
}

/// Exclamation and question marks are read elsewhere; of what is not ASCII, only letters and the
/// typographic apostrophe belong to a word.
fn separates(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_whitespace() || c.is_ascii_control() || matches!(c, '!' | '?' | ',')
    } else {
        !matches!(c, '’' | '‘') && (!c.is_alphabetic() || ('\u{1100}'..='\u{d7ff}').contains(&c))
    }
}

/// "sooo" is "so", "goooood" is "good": a letter held down becomes two of it if VADER knows that word,
/// and one if not.
fn unstretched(word: &str) -> String {
    let is_held =
        |three: &[u8]| matches!(three, [a, b, c] if a == b && b == c && a.is_ascii_alphabetic());
    if !word.as_bytes().windows(3).any(is_held) {
        return word.to_owned();
    }
    let mut runs: Vec<(char, usize)> = Vec::new();
    for c in word.chars() {
        match runs.last_mut() {
            Some((last, length)) if *last == c => *length += 1,
            _ => runs.push((c, 1)),
        }
    }
    let held = |(c, length): (char, usize)| length > 2 && c.is_ascii_alphabetic();
    let with = |count| -> String {
        let spelled = runs.iter().map(|run| (run.0, if held(*run) { count } else { run.1 }));
        spelled.flat_map(|(c, count)| std::iter::repeat_n(c, count)).collect()
    };
    let twice = with(2);
    if super::valence(&twice) == 0 { with(1) } else { twice }
}
