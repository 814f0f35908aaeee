//! The targets of links. A target is an address of the web or of mail. The real host is named where the label could be
//! taken for the address of another host.

use madang_shared::markup::Span;
use url::Url;

/// A link; none if it does not lead to the web or to mail. An empty label stands for the address itself.
pub(crate) fn link(to: &str, label: Vec<Span>) -> Option<Span> {
    let url = Url::parse(to).ok()?;
    let host = real_host(&url)?;
    let words = text_of(&label);
    let host = if words.is_empty() || words == to {
        (has_other_letters(to) || has_user(&url)).then_some(host)
    } else {
        let claims_other = words
            .split_whitespace()
            .any(|word| claimed_host(word).is_some_and(|claimed| !is_same(&claimed, &host)));
        claims_other.then_some(host)
    };
    let label = if words == to { Vec::new() } else { label };
    Some(Span::Link { to: to.to_owned(), label, host })
}

/// Whether a link may lead to this address.
pub(crate) fn is_allowed(to: &str) -> bool {
    Url::parse(to).is_ok_and(|url| real_host(&url).is_some())
}

/// The host as browsers connect to it, in ASCII; for mail, the address.
fn real_host(url: &Url) -> Option<String> {
    match url.scheme() {
        "http" | "https" => url.host_str().map(str::to_owned),
        "mailto" => Some(url.path().to_owned()).filter(|address| !address.is_empty()),
        _ => None,
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Whether the host has letters that look like others: all outside ASCII but the syllables of Korean.
fn has_other_letters(to: &str) -> bool {
    let host = to.split_once("://").map_or(to, |(_, rest)| rest);
    let host = host.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    host.chars().any(|c| !c.is_ascii() && !matches!(c, '가'..='힣'))
}

/// The host that a word looks like, in ASCII.
fn claimed_host(word: &str) -> Option<String> {
    // Dots of other scripts, which browsers read as dots.
    let word = word.replace(['。', '．', '｡', '․'], ".");
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '[');
    let (has_scheme, rest) = word.split_once("://").map_or((false, word), |(_, rest)| (true, rest));
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let top = host.rsplit_once('.').map(|(_, top)| top.split(':').next().unwrap_or_default());
    let is_name =
        top.is_some_and(|top| top.chars().count() > 1 && top.chars().all(char::is_alphabetic));
    if !has_scheme && !is_name {
        return None;
    }
    if host.contains('@') && !has_scheme {
        return Some(host.to_lowercase());
    }
    let url = Url::parse(&format!("https://{host}")).ok()?;
    url.host_str().map(str::to_owned)
}

fn is_same(claimed: &str, host: &str) -> bool {
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    bare(claimed) == bare(host)
}

/// The words of spans, without their formats.
pub(crate) fn text_of(spans: &[Span]) -> String {
    let mut text = String::new();
    for span in spans {
        match span {
            Span::Text(words) | Span::Code(words) => text.push_str(words),
            Span::Bold(inner)
            | Span::Italic(inner)
            | Span::Strike(inner)
            | Span::Spoiler(inner) => {
                text.push_str(&text_of(inner));
            }
            Span::Link { to, label, .. } if label.is_empty() => text.push_str(to),
            Span::Link { label, .. } => text.push_str(&text_of(label)),
        }
    }
    text
}
