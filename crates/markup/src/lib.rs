//! Parses the text of a message into formatted nodes ([`madang_shared::markup`]): Markdown as people type it in chats.
//!
//! - `source` edits the text before it is parsed, so that what people type every day keeps its meaning: dates such as
//!   `2024. 3. 5.`, faces such as `>_<`, addresses with underscores, bold words with a Korean particle behind them;
//! - `builder` turns the events of `pulldown-cmark` into nodes, within [`MAX_DEPTH`](madang_shared::markup::MAX_DEPTH) and
//!   [`MAX_NODES`];
//! - `spans` finds spoilers and bare links in finished lines;
//! - `target` checks the targets of links, and names the real host where a label looks like another one.
//!
//! The time is linear in the length of the text. Nothing here performs I/O, and no text makes it fail.

mod builder;
mod classes;
mod measure;
mod source;
mod spans;
mod target;

use madang_shared::markup::{Block, MAX_NODES, Span};
use pulldown_cmark::{Options, Parser};

use builder::Builder;
use measure::Size;
use source::Source;

pub use classes::is_one_of;

/// The formatted nodes of a text; empty for a text without any format, which a client shows as it was typed. So is a text
/// with more than [`MAX_NODES`] nodes.
pub fn parse(text: &str) -> Vec<Block> {
    if !may_be_formatted(text) {
        return Vec::new();
    }
    let source = Source::of(text);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        // Formulas are shown as they were typed; otherwise their signs would be formats.
        | Options::ENABLE_MATH;
    let events = Parser::new_ext(source.text(), options).into_offset_iter();
    let blocks = Builder::new(&source, events).build().unwrap_or_default();
    let has_format = blocks.iter().any(is_formatted) && Size::of(&blocks).nodes <= MAX_NODES;
    if has_format { blocks } else { Vec::new() }
}

/// Whether a text has a sign that can be a format. Most messages have none.
fn may_be_formatted(text: &str) -> bool {
    text.bytes().any(|byte| b"*_~`#>|[".contains(&byte))
        || text.contains("://")
        || text.lines().any(|line| {
            line.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+')
        })
}

/// The bytes of nodes on the wire, roughly: their words, and the marks of each node.
pub fn encoded_bytes(blocks: &[Block]) -> usize {
    Size::of(blocks).encoded_bytes()
}

fn is_formatted(block: &Block) -> bool {
    let Block::Text(spans) = block else { return true };
    spans.iter().any(|span| !matches!(span, Span::Text(_)))
}
