//! Finds the links in a message and draws them. Only `http` and `https` become links; punctuation and Korean
//! particles right behind an address are not part of it.

use leptos::prelude::*;

use crate::i18n::Lang;

/// A piece of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// Draws a text with its links. Each opens in a new window, and tells screen readers so.
pub(crate) fn draw(text: &str, lang: Lang) -> Vec<AnyView> {
    let draw = |piece| {
        match piece {
        Piece::Text(text) => text.to_owned().into_any(),
        Piece::Link(link) => view! {
            <a href=link.to_owned() target="_blank" rel="noopener noreferrer nofollow">
                {link.to_owned()}<span class="visually-hidden">{format!(" ({})", lang.texts().new_window)}</span>
            </a>
        }
        .into_any(),
    }
    };
    pieces(text).into_iter().map(draw).collect()
}

/// The pieces of a message, in order; together they are the message.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = next_start(rest, from) {
        let (before, tail) = rest.split_at(start);
        let (link, after) = tail.split_at(length(tail));
        if has_host(link) {
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            pieces.push(Piece::Link(link));
            rest = after;
            from = 0;
        } else {
            from = start + 1;
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
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
fn length(text: &str) -> usize {
    let end = text.find(ends_address).unwrap_or(text.len());
    let mut link = text.get(..end).unwrap_or_default();
    loop {
        let Some(last) = link.chars().next_back() else {
            return 0;
        };
        let shorter = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
        let outside = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' | '。' | '、' => {
                true
            }
            ')' => count(link, ')') > count(link, '('),
            ']' => count(link, ']') > count(link, '['),
            '}' => count(link, '}') > count(link, '{'),
            _ => false,
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

fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '<' | '>'
                | '"'
                | '`'
                | '|'
                | '\\'
                | '^'
                | '“'
                | '”'
                | '‘'
                | '’'
                | '「'
                | '」'
                | '『'
                | '』'
                | '（'
                | '）'
                | '《'
                | '》'
        )
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
    let host_or_path =
        word.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == '/' || c == ')');
    if host_or_path && is_particle(tail) { word } else { link }
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|c| *c == wanted).count()
}

fn has_host(link: &str) -> bool {
    let host = link.split_once("://").map_or("", |(_, rest)| rest);
    host.chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric() || c == '[' || is_foreign_letter(c))
}

/// Whether this is a letter outside ASCII, approximately: the exact table would add 2 KB to the app.
fn is_foreign_letter(c: char) -> bool {
    let is_sign =
        matches!(c, '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' | '\u{fe00}'..='\u{fe6f}');
    c >= '\u{c0}' && !is_sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, links: &[&str]) {
        let found = pieces(text);
        let joined: String = found
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Link(text) => *text,
            })
            .collect();
        assert_eq!(joined, text);
        let found: Vec<&str> = found
            .iter()
            .filter_map(|piece| match piece {
                Piece::Link(link) => Some(*link),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(found, links, "{text}");
    }

    #[test]
    fn addresses_are_found_in_a_sentence() {
        check("see https://example.com/a?b=c#d now", &["https://example.com/a?b=c#d"]);
        check("HTTP://EXAMPLE.COM", &["HTTP://EXAMPLE.COM"]);
        check("http://a.kr http://b.kr", &["http://a.kr", "http://b.kr"]);
        check("http://[::1]:5001/x", &["http://[::1]:5001/x"]);
    }

    #[test]
    fn nothing_else_is_a_link() {
        check("javascript:alert(1) data:text/html,x ftp://a.kr www.a.kr", &[]);
        check("https:// http://. xhttps://a.kr https", &[]);
        check("", &[]);
    }

    #[test]
    fn punctuation_behind_an_address_stays_outside() {
        check("(https://a.kr/b).", &["https://a.kr/b"]);
        check("https://ko.wikipedia.org/wiki/A_(B)", &["https://ko.wikipedia.org/wiki/A_(B)"]);
        check("https://a.kr/b?!… ok", &["https://a.kr/b"]);
        check("<https://a.kr> “https://b.kr”", &["https://a.kr", "https://b.kr"]);
    }

    #[test]
    fn korean_particles_behind_an_address_stay_outside() {
        check("https://a.kr/b에서 봐요", &["https://a.kr/b"]);
        check("https://a.kr를 열면", &["https://a.kr"]);
        check("https://a.kr/b에서도.", &["https://a.kr/b"]);
        check("(https://a.kr)로 와요", &["https://a.kr"]);
    }

    #[test]
    fn korean_words_inside_an_address_belong_to_it() {
        check("https://ko.wikipedia.org/wiki/마당", &["https://ko.wikipedia.org/wiki/마당"]);
        check("https://한국.kr/길", &["https://한국.kr/길"]);
    }

    #[test]
    fn schemes_without_hosts_are_text_however_many() {
        check(&"http:// ".repeat(500), &[]);
    }
}
