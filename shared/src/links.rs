//! The ends of bare links. Only `http` and `https` become links. Brackets, the ends of sentences, invisible characters and
//! Korean particles are not part of an address. The server and the app share the rules; each brings its own tables of
//! characters, because those of Rust would add tens of kilobytes to the app.

/// A class of characters that the rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharClass {
    /// Characters outside ASCII that end an address wherever they stand: white space, invisible characters, controls of
    /// direction, brackets and quotes of all scripts, and punctuation that ends a sentence or a part of one.
    AddressEnds,
    /// Punctuation and signs. They end an address in the blocks of East Asian and full-width punctuation.
    Signs,
    /// Punctuation. Outside ASCII it belongs to an address, but not at its end.
    Punctuation,
    /// Letters and digits.
    Letters,
}

impl CharClass {
    /// The class as a regular expression, in the syntax that Rust and JavaScript share.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::AddressEnds => {
                r"[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Terminal_Punctuation}\u{2800}]"
            }
            Self::Signs => r"[\p{P}\p{S}]",
            Self::Punctuation => r"\p{P}",
            Self::Letters => r"[\p{L}\p{N}]",
        }
    }
}

/// Whether a character is in a class.
pub type IsOneOf = fn(char, CharClass) -> bool;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPiece<'a> {
    /// Text without a link.
    Text(&'a str),
    /// An address.
    Link(&'a str),
}

/// The pieces of a text, in order; together they are the text. The time is linear.
pub fn pieces(text: &str, is_one_of: IsOneOf) -> Vec<LinkPiece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = next_start(rest, from) {
        let (before, tail) = rest.split_at(start);
        let host = host_start(tail);
        // Before its length, because a text of many such schemes would be read to its end for each of them.
        let length = if has_host(tail, host, is_one_of) { length(tail, is_one_of) } else { 0 };
        let (link, after) = tail.split_at(length);
        if length > host {
            if !before.is_empty() {
                pieces.push(LinkPiece::Text(before));
            }
            pieces.push(LinkPiece::Link(link));
            rest = after;
            from = 0;
        } else {
            from = start + 1;
        }
    }
    if !rest.is_empty() {
        pieces.push(LinkPiece::Text(rest));
    }
    pieces
}

/// The start of the next address: a scheme that does not continue a word.
fn next_start(text: &str, from: usize) -> Option<usize> {
    let found = text.get(from..)?.char_indices().find(|(index, _)| {
        let at = from + index;
        let starts = |scheme: &str| {
            text.get(at..at + scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        };
        let inside_a_word = text
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_some_and(|c| c.is_ascii_alphanumeric());
        !inside_a_word && (starts("http://") || starts("https://"))
    });
    found.map(|(index, _)| from + index)
}

/// The length of the address at the start of the text, in bytes.
fn length(text: &str, is_one_of: IsOneOf) -> usize {
    let mut link = text.get(..end(text, is_one_of)).unwrap_or_default();
    // Closing brackets without an opening one.
    let extra = |open, close| count(link, close).saturating_sub(count(link, open));
    let (mut round, mut square, mut curly) = (extra('(', ')'), extra('[', ']'), extra('{', '}'));
    loop {
        let Some(last) = link.chars().next_back() else {
            return 0;
        };
        let shorter = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
        let outside = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => true,
            ')' => take_one(&mut round),
            ']' => take_one(&mut square),
            '}' => take_one(&mut curly),
            _ if last.is_ascii() => false,
            _ => is_joiner(last) || is_one_of(last, CharClass::Punctuation),
        };
        if outside {
            link = shorter;
            continue;
        }
        let without = without_particle(link);
        if without.len() == link.len() {
            return link.len();
        }
        link = without;
    }
}

/// Whether one is left; it is taken.
fn take_one(left: &mut usize) -> bool {
    let found = *left > 0;
    *left = left.saturating_sub(1);
    found
}

/// The place of the first character that cannot belong to an address.
fn end(text: &str, is_one_of: IsOneOf) -> usize {
    let mut previous = ' ';
    let mut rest = text.char_indices();
    while let Some((index, c)) = rest.next() {
        let next = rest.clone().next().map(|(_, next)| next);
        let is_part = if is_joiner(c) {
            // Within words and emoji outside ASCII.
            (is_foreign(previous, is_one_of) || is_variation_selector(previous))
                && next.is_some_and(|next| is_foreign(next, is_one_of))
        } else if is_variation_selector(c) {
            is_foreign(previous, is_one_of)
        } else {
            !ends_address(c, is_one_of)
        };
        if !is_part {
            return index;
        }
        previous = c;
    }
    text.len()
}

fn ends_address(c: char, is_one_of: IsOneOf) -> bool {
    if c.is_ascii() {
        return c.is_ascii_whitespace()
            || c.is_ascii_control()
            || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\' | '^');
    }
    let is_east_asian = matches!(
        c,
        '\u{3000}'..='\u{303F}' | '\u{FE10}'..='\u{FE1F}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FFEF}'
    );
    is_one_of(c, CharClass::AddressEnds) || is_east_asian && is_one_of(c, CharClass::Signs)
}

/// Whether this is a character outside ASCII that belongs to addresses.
fn is_foreign(c: char, is_one_of: IsOneOf) -> bool {
    !c.is_ascii() && !ends_address(c, is_one_of)
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether this is a Korean particle, or two of them, as in `에서도`.
fn is_particle(tail: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "에서는",
        "으로는",
        "이라고",
        "입니다",
        "이에요",
        "에서",
        "에는",
        "으로",
        "까지",
        "부터",
        "라고",
        "처럼",
        "보다",
        "하고",
        "이랑",
        "에도",
        "예요",
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "에",
        "의",
        "로",
        "와",
        "과",
        "도",
        "만",
        "랑",
        "요",
    ];
    let parts = |index| tail.get(..index).zip(tail.get(index..));
    let mut two = tail.char_indices().filter_map(|(index, _)| parts(index));
    PARTICLES.contains(&tail)
        || two.any(|(one, other)| PARTICLES.contains(&one) && PARTICLES.contains(&other))
}

/// The address without a Korean particle at its end, as in `https://example.com/a에서`. A Korean word that is
/// part of the address (`/위키`) has no Latin letter, digit or slash right before the particle.
fn without_particle(link: &str) -> &str {
    let word = link.trim_end_matches(|c| matches!(c, '가'..='힣'));
    let tail = link.get(word.len()..).unwrap_or_default();
    // A format may end there too, as in `**https://example.com**에서`.
    let host_or_path = word
        .chars()
        .next_back()
        .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | ')' | '*' | '~'));
    if host_or_path && is_particle(tail) { word } else { link }
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|c| *c == wanted).count()
}

/// The place of the host behind a scheme.
fn host_start(tail: &str) -> usize {
    if tail.as_bytes().get(4) == Some(&b':') { "http://".len() } else { "https://".len() }
}

fn has_host(tail: &str, host: usize, is_one_of: IsOneOf) -> bool {
    tail.get(host..).and_then(|rest| rest.chars().next()).is_some_and(|c| {
        c.is_ascii_alphanumeric() || c == '[' || !c.is_ascii() && is_one_of(c, CharClass::Letters)
    })
}
