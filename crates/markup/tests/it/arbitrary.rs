//! Arbitrary texts: the nodes keep to their limits, and show no character that the author did not type.

use std::collections::BTreeSet;

use madang_markup::parse;
use madang_shared::markup::{Block, MAX_DEPTH, MAX_NODES, Span};
use proptest::prelude::*;

/// The words that the nodes of a text show, and the size of the nodes.
#[derive(Default)]
struct Shown {
    text: String,
    nodes: usize,
    depth: usize,
}

impl Shown {
    fn blocks(&mut self, blocks: &[Block], depth: usize) {
        self.depth = self.depth.max(depth);
        for block in blocks {
            self.nodes += 1;
            match block {
                Block::Text(spans) | Block::Heading { spans, .. } => self.spans(spans, depth),
                Block::Quote(blocks) => self.blocks(blocks, depth + 1),
                Block::Code { language, text } => self.text.extend([language.as_str(), text]),
                Block::List { items, .. } => {
                    for item in items {
                        self.blocks(&item.blocks, depth + 1);
                    }
                }
                Block::Table { columns, rows } => {
                    assert!(rows.iter().all(|row| row.len() == columns.len()), "{rows:?}");
                    for cell in rows.iter().flatten() {
                        self.spans(cell, depth + 1);
                    }
                }
                Block::Rule => {}
            }
        }
    }

    fn spans(&mut self, spans: &[Span], depth: usize) {
        self.depth = self.depth.max(depth);
        for span in spans {
            self.nodes += 1;
            match span {
                Span::Text(text) | Span::Code(text) => {
                    assert!(!text.is_empty(), "an empty node");
                    self.text.push_str(text);
                }
                Span::Bold(inner)
                | Span::Italic(inner)
                | Span::Strike(inner)
                | Span::Spoiler(inner) => self.spans(inner, depth + 1),
                Span::Link { to, label, .. } => {
                    let is_allowed = ["http://", "https://", "mailto:"].iter().any(|scheme| {
                        to.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
                    });
                    assert!(is_allowed, "{to}");
                    if label.is_empty() {
                        self.text.push_str(to);
                    } else {
                        self.spans(label, depth + 1);
                    }
                }
            }
        }
    }
}

fn check(text: &str) {
    let mut shown = Shown::default();
    shown.blocks(&parse(text), 0);
    assert!(shown.depth <= MAX_DEPTH, "{} deep: {text:?}", shown.depth);
    assert!(shown.nodes <= MAX_NODES, "{} nodes: {text:?}", shown.nodes);
    let mut typed: BTreeSet<char> = text.chars().collect();
    // Lines of code within a line are joined by spaces, tabs of lists become spaces, and `<a@b.kr>` is a link to mail.
    typed.extend([' ', '\n']);
    let foreign = shown.text.chars().find(|c| !typed.contains(c));
    assert_eq!(foreign, None, "{text:?} shows {:?}", shown.text);
}

/// Texts of the signs that formats are made of.
fn signs() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "*",
        "**",
        "_",
        "~~",
        "~",
        "`",
        "```",
        "||",
        "|",
        "> ",
        "- ",
        "1. ",
        "2024. ",
        "# ",
        "[",
        "](",
        ")",
        "!",
        "https://a.kr/",
        "mailto:",
        "<",
        ">",
        "&amp;",
        "$",
        "\\",
        "\n",
        "\n\n",
        "    ",
        "\t",
        "---",
        "|---|",
        "[ ] ",
        "가",
        "는",
        "a",
        "1",
        "(",
        "👍",
        "\u{202E}",
        "é",
        "> > > > > > > > > > ",
        "- - - - - - - - - ",
        "*a ~~b ",
        "<!--",
        "-->",
        "<div>",
        "]:",
        ".",
        "@",
        "\u{2E44}",
        "\u{F8F1}",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_texts_keep_to_the_limits(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn texts_of_signs_keep_to_the_limits(text in signs()) {
        check(&text);
    }
}

#[test]
fn a_text_with_too_many_nodes_is_shown_as_it_was_typed() {
    assert!(!parse(&"*a* ".repeat(MAX_NODES / 4)).is_empty());
    assert!(parse(&"*a* ".repeat(MAX_NODES)).is_empty());
    assert!(parse(&"[ ".repeat(MAX_NODES * 10)).is_empty());
}
