//! Cuts a message into the words for VADER.

/// A word, or an emoticon.
#[derive(Debug)]
pub(super) struct Token {
    /// Where it begins in the message, in bytes, including punctuation.
    pub(super) at: usize,
    /// The text for VADER.
    pub(super) text: String,
    /// The text in the message, without punctuation.
    pub(super) shown: String,
    /// Whether it belongs to a question that can be answered with yes or no: "is it good?" does not
    /// say that it is.
    pub(super) in_question: bool,
}

/// First words of such questions.
const QUESTION_WORDS: &[&str] = &[
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
                mark_question(tokens.get_mut(sentence..).unwrap_or_default());
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

fn mark_question(sentence: &mut [Token]) {
    let first = sentence.first().map(|token| token.text.to_lowercase());
    if first.is_some_and(|first| QUESTION_WORDS.contains(&first.as_str())) {
        for token in sentence {
            token.in_question = true;
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
        let text = without_stretched_letters(&part.replace(['’', '‘'], "'"));
        tokens.push(Token { at, text, shown: shown.to_owned(), in_question: false });
    }
}

/// Exclamation and question marks are handled elsewhere. Of non-ASCII characters, only letters and
/// the typographic apostrophe belong to words.
fn separates(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_whitespace() || c.is_ascii_control() || matches!(c, '!' | '?' | ',')
    } else {
        !matches!(c, '’' | '‘') && (!c.is_alphabetic() || ('\u{1100}'..='\u{d7ff}').contains(&c))
    }
}

/// "sooo" becomes "so", "goooood" becomes "good": a stretched letter becomes two letters if VADER
/// knows that word, otherwise one.
fn without_stretched_letters(word: &str) -> String {
    let is_stretched =
        |three: &[u8]| matches!(three, [a, b, c] if a == b && b == c && a.is_ascii_alphabetic());
    if !word.as_bytes().windows(3).any(is_stretched) {
        return word.to_owned();
    }
    let mut runs: Vec<(char, usize)> = Vec::new();
    for c in word.chars() {
        match runs.last_mut() {
            Some((last, length)) if *last == c => *length += 1,
            _ => runs.push((c, 1)),
        }
    }
    let stretched = |(c, length): (char, usize)| length > 2 && c.is_ascii_alphabetic();
    let with = |count| -> String {
        let spelled = runs.iter().map(|run| (run.0, if stretched(*run) { count } else { run.1 }));
        spelled.flat_map(|(c, count)| std::iter::repeat_n(c, count)).collect()
    };
    let twice = with(2);
    if super::vader::valence(&twice) == 0 { with(1) } else { twice }
}
