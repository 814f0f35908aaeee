//! The text of a message without its formats, where there is space for one line.

use madang_shared::Message;
use madang_shared::markup::{Block, Span};

/// Shown for a spoiler.
const COVERED: &str = "▒▒▒";

/// The words of a message, without the signs of formats. Spoilers stay covered.
pub(crate) fn plain_text(message: &Message) -> String {
    if message.markup.is_empty() {
        return message.text.clone();
    }
    let mut words = String::new();
    add_blocks(&message.markup.blocks(), &mut words);
    words
}

fn add_blocks(blocks: &[Block], words: &mut String) {
    for block in blocks {
        match block {
            Block::Text(spans) | Block::Heading { spans, .. } => add_spans(spans, words),
            Block::Quote(blocks) => add_blocks(blocks, words),
            Block::Code { text, .. } => words.push_str(text),
            Block::List { items, .. } => {
                for item in items {
                    words.push_str(" · ");
                    add_blocks(&item.blocks, words);
                }
            }
            Block::Table { rows, .. } => {
                for cell in rows.iter().flatten() {
                    add_spans(cell, words);
                    words.push(' ');
                }
            }
            Block::Rule => {}
        }
        words.push('\n');
    }
}

fn add_spans(spans: &[Span], words: &mut String) {
    for span in spans {
        match span {
            Span::Text(text) | Span::Code(text) => words.push_str(text),
            Span::Bold(spans) | Span::Italic(spans) | Span::Strike(spans) => {
                add_spans(spans, words);
            }
            Span::Spoiler(_) => words.push_str(COVERED),
            Span::Link { to, label, .. } if label.is_empty() => words.push_str(to),
            Span::Link { label, .. } => add_spans(label, words),
        }
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::markup::Markup;
    use madang_shared::{CommandId, Seq, Timestamp, User, UserId};

    use super::*;

    fn message(blocks: Vec<Block>) -> Message {
        let author = User { id: UserId(1), name: "민수".to_owned() };
        let command = CommandId::new(Timestamp(0), 0);
        let markup = Markup::from(blocks);
        let text = "the source".to_owned();
        Message { markup, ..Message::new(Seq(1), author, Timestamp(0), text, command) }
    }

    #[test]
    fn a_text_without_formats_is_the_source() {
        assert_eq!(plain_text(&message(Vec::new())), "the source");
    }

    #[test]
    fn formats_leave_their_words_and_spoilers_stay_covered() {
        let text = |words: &str| Span::Text(words.to_owned());
        let spoiler = Span::Spoiler(vec![text("the murderer")]);
        let bold = Span::Bold(vec![text("굵게")]);
        let words = plain_text(&message(vec![Block::Text(vec![bold, text(" "), spoiler])]));
        assert_eq!(words.trim(), "굵게 ▒▒▒");
    }
}
