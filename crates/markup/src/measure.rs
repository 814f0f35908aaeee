//! The size of nodes.

use madang_shared::markup::{Block, ListItem, Span};

/// Bytes of the marks around one node on the wire, on average.
const MARK_BYTES: usize = 16;

/// The size of nodes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Size {
    /// Blocks, items, cells and spans.
    pub(crate) nodes: usize,
    /// Bytes of words and addresses.
    words: usize,
}

impl Size {
    pub(crate) fn of(blocks: &[Block]) -> Self {
        let mut size = Self::default();
        size.add_blocks(blocks);
        size
    }

    /// The bytes on the wire, roughly.
    pub(crate) fn encoded_bytes(self) -> usize {
        self.words + self.nodes * MARK_BYTES
    }

    fn add_blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.add_block(block);
        }
    }

    fn add_block(&mut self, block: &Block) {
        self.nodes += 1;
        match block {
            Block::Text(spans) | Block::Heading { spans, .. } => self.add_spans(spans),
            Block::Quote(blocks) => self.add_blocks(blocks),
            Block::Code { language, text } => self.words += language.len() + text.len(),
            Block::List { items, .. } => {
                self.nodes += items.len();
                for ListItem { blocks, .. } in items {
                    self.add_blocks(blocks);
                }
            }
            Block::Table { rows, .. } => {
                self.nodes += rows.iter().map(Vec::len).sum::<usize>();
                for cell in rows.iter().flatten() {
                    self.add_spans(cell);
                }
            }
            Block::Rule => {}
        }
    }

    fn add_spans(&mut self, spans: &[Span]) {
        for span in spans {
            self.nodes += 1;
            match span {
                Span::Text(words) | Span::Code(words) => self.words += words.len(),
                Span::Bold(inner)
                | Span::Italic(inner)
                | Span::Strike(inner)
                | Span::Spoiler(inner) => self.add_spans(inner),
                Span::Link { to, label, .. } => {
                    self.words += to.len();
                    self.add_spans(label);
                }
            }
        }
    }
}
