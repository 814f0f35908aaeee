//! Finished lines: text is joined, spoilers and bare links are found.

use std::mem;

use madang_shared::links::{LinkPiece, pieces};
use madang_shared::markup::Span;

use crate::classes::is_one_of;
use crate::target;

const SPOILER: &str = "||";

/// Finishes the spans between two marks. `plain` spans are in a label of a link, which has no links of its own.
pub(crate) fn finish(spans: Vec<Span>, depth_is_left: bool, plain: bool) -> Vec<Span> {
    let mut spans = join(spans);
    if depth_is_left {
        spans = spoilers(spans);
    }
    if !plain {
        spans = spans.into_iter().flat_map(links).collect();
    }
    if let Some(Span::Text(last)) = spans.last_mut() {
        // The end of a block of HTML.
        last.truncate(last.trim_end_matches('\n').len());
    }
    spans.retain(|span| !matches!(span, Span::Text(text) if text.is_empty()));
    spans
}

/// Joins texts that follow each other.
fn join(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match (joined.last_mut(), span) {
            (Some(Span::Text(last)), Span::Text(text)) => last.push_str(&text),
            (_, Span::Text(text)) if text.is_empty() => {}
            (_, span) => joined.push(span),
        }
    }
    joined
}

/// Hides what is between two marks. A mark opens before a word and closes behind one, so that `a || b || c` stays.
fn spoilers(spans: Vec<Span>) -> Vec<Span> {
    let has_mark = |span: &Span| matches!(span, Span::Text(text) if text.contains(SPOILER));
    if !spans.iter().any(has_mark) {
        return spans;
    }
    let mut shown = Vec::new();
    // The spans behind a mark that is not closed yet.
    let mut hidden: Option<Vec<Span>> = None;
    for span in spans {
        let Span::Text(text) = span else {
            hidden.as_mut().unwrap_or(&mut shown).push(span);
            continue;
        };
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once(SPOILER) {
            if before.is_empty() && hidden.as_ref().is_some_and(Vec::is_empty) {
                // There is nothing to hide.
                hidden = None;
                push_text(&mut shown, SPOILER);
                push_text(&mut shown, SPOILER);
                rest = behind;
                continue;
            }
            let closes = hidden.is_some() && !before.ends_with(char::is_whitespace);
            let opens = hidden.is_none() && !behind.starts_with(char::is_whitespace);
            let spans = hidden.as_mut().unwrap_or(&mut shown);
            push_text(spans, before);
            if closes {
                let spans = hidden.take().unwrap_or_default();
                shown.push(Span::Spoiler(spans));
            } else if opens {
                hidden = Some(Vec::new());
            } else {
                push_text(spans, SPOILER);
            }
            rest = behind;
        }
        push_text(hidden.as_mut().unwrap_or(&mut shown), rest);
    }
    if let Some(spans) = hidden {
        push_text(&mut shown, SPOILER);
        shown.extend(spans);
    }
    join(shown)
}

fn push_text(spans: &mut Vec<Span>, text: &str) {
    match spans.last_mut() {
        Some(Span::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => spans.push(Span::Text(text.to_owned())),
    }
}

/// The bare links of a text, also within a spoiler.
fn links(mut span: Span) -> Vec<Span> {
    if let Span::Spoiler(inner) = &mut span {
        *inner = mem::take(inner).into_iter().flat_map(links).collect();
    }
    let Span::Text(text) = &span else { return vec![span] };
    if !text.contains("://") {
        return vec![span];
    }
    let mut spans = Vec::new();
    for piece in pieces(text, is_one_of) {
        match piece {
            LinkPiece::Link(link) => match target::link(link, Vec::new()) {
                Some(link) => spans.push(link),
                None => push_text(&mut spans, link),
            },
            LinkPiece::Text(text) => push_text(&mut spans, text),
        }
    }
    spans
}
