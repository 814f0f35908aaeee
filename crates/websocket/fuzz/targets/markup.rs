//! The text of a message, parsed into nodes: no panic, at most the allowed nodes, and the app reads what the server
//! writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madang_shared::compact;
use madang_shared::markup::{Block, MAX_NODES};

fuzz_target!(|text: &str| {
    let blocks = madang_markup::parse(text);
    assert!(blocks.len() <= MAX_NODES);
    let written = compact::to_text(&blocks);
    assert_eq!(compact::from_text::<Vec<Block>>(&written).as_ref(), Ok(&blocks));
    assert_eq!(serde_json::from_str::<Vec<Block>>(&written).ok(), Some(blocks));
});
