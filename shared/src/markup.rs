//! Formatted text. The server parses the text of a message into these nodes (`crates/markup`); a client draws them, and
//! never HTML. The text stays the source.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::encoded::EncodedValue;

/// Nodes inside each other, at most: quotes, lists, tables and formats together. A deeper one is shown without its own
/// format.
pub const MAX_DEPTH: usize = 8;
/// Nodes of one text, at most. A text with more is shown as it was typed.
pub const MAX_NODES: usize = 1_000;

/// The formats of a text, as a message carries them: a list of blocks.
// The browser app keeps them encoded and reads them where it draws them: the reading of their types would make its first
// view 5 KB larger. A block of a newer server then costs a message its formats, and nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Markup(Nodes);

#[cfg(not(target_arch = "wasm32"))]
type Nodes = Vec<Block>;
#[cfg(target_arch = "wasm32")]
type Nodes = EncodedBlocks;

impl Markup {
    /// Whether the text has no format.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The blocks; none if a newer server wrote them.
    pub fn blocks(&self) -> Cow<'_, [Block]> {
        #[cfg(not(target_arch = "wasm32"))]
        let blocks = Cow::Borrowed(self.0.as_slice());
        #[cfg(target_arch = "wasm32")]
        let blocks = Cow::Owned(self.0.decode());
        blocks
    }
}

impl From<Vec<Block>> for Markup {
    fn from(blocks: Vec<Block>) -> Self {
        #[cfg(target_arch = "wasm32")]
        let blocks = EncodedBlocks::of(&blocks);
        Self(blocks)
    }
}

/// Blocks as text; only for the codec of the app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncodedBlocks(EncodedValue);

impl EncodedBlocks {
    /// Encodes blocks.
    pub fn of(blocks: &[Block]) -> Self {
        Self(if blocks.is_empty() { EncodedValue::default() } else { EncodedValue::of(blocks) })
    }

    /// Whether there is no block.
    pub fn is_empty(&self) -> bool {
        self.0.as_text().is_empty()
    }

    /// The blocks; none if this version cannot read them.
    pub fn decode(&self) -> Vec<Block> {
        self.0.read().unwrap_or_default()
    }
}

/// A part of a text with lines of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph. Its lines end with `\n`.
    Text(Vec<Span>),
    /// A heading.
    Heading {
        /// 1 to 3; 1 is the largest.
        level: u8,
        /// The words.
        spans: Vec<Span>,
    },
    /// A quote.
    Quote(Vec<Block>),
    /// A block of code.
    Code {
        /// The language, as the author named it; empty if the author named none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        language: String,
        /// The code, without a line break at its end.
        text: String,
    },
    /// A list.
    List {
        /// The number of the first item; absent in a list without numbers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<u64>,
        /// The items.
        items: Vec<ListItem>,
    },
    /// A table.
    Table {
        /// The alignment of each column.
        columns: Vec<Alignment>,
        /// The rows, each with a cell for each column; the first row has the titles.
        rows: Vec<Vec<Vec<Span>>>,
    },
    /// A line between two parts.
    Rule,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListItem {
    /// Whether the task is done; absent for an item that is no task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<bool>,
    /// The content.
    pub blocks: Vec<Block>,
}

/// The alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// At the start of a line.
    Start,
    /// In the middle.
    Center,
    /// At the end of a line.
    End,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Words without a format. A client may find mentions in them.
    Text(String),
    /// Bold.
    Bold(Vec<Span>),
    /// Italic.
    Italic(Vec<Span>),
    /// Struck through.
    Strike(Vec<Span>),
    /// Hidden until the reader asks for it.
    Spoiler(Vec<Span>),
    /// Code within a line.
    Code(String),
    /// A link.
    Link {
        /// The address, with the scheme `http`, `https` or `mailto`.
        to: String,
        /// The label; empty if it is the address itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        label: Vec<Span>,
        /// The real host, for the reader, because the label looks like another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
    },
}
