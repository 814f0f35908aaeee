//! Text messages that differ at their ends alone. The text between the ends is compressed once for all of them.
//!
//! A compressed message is a sequence of deflate blocks (RFC 7692 section 7.2.3.5). The blocks of the middle refer to
//! no byte before them, so they may follow any block. The ends are blocks without compression (RFC 1951 section
//! 3.2.4), which cost five bytes each.

use bytes::{BufMut, Bytes, BytesMut};

use crate::deflate::{self, Window};
use crate::frame::{self, Opcode};

/// The text between the ends of a message.
#[derive(Clone, Copy, Debug)]
pub enum Middle<'a> {
    /// A text. The message is not compressed.
    Plain(&'a Bytes),
    /// A text compressed by [`compress_middle`], for a socket with the same window.
    Compressed(&'a Bytes),
}

/// Compresses the middle of messages; none if compression does not shorten it.
pub fn compress_middle(text: &[u8], window: Window) -> Option<Bytes> {
    deflate::blocks(text, window)
}

/// The frame of a text message, in three pieces to be written one after the other. The second piece shares the bytes
/// of `middle`.
pub fn text_around(start: &str, middle: Middle<'_>, end: &str) -> [Bytes; 3] {
    match middle {
        Middle::Plain(middle) => {
            let length = start.len() + middle.len() + end.len();
            let first = piece(start.len(), |piece| {
                frame::put_head(piece, Opcode::Text, false, length);
                piece.put_slice(start.as_bytes());
            });
            [first, middle.clone(), Bytes::copy_from_slice(end.as_bytes())]
        }
        Middle::Compressed(middle) => {
            let last = piece(stored_length(end), |piece| {
                put_stored(piece, end);
                // An empty block, whose length a message omits (section 7.2.1).
                piece.put_u8(0);
            });
            let length = stored_length(start) + middle.len() + last.len();
            let first = piece(stored_length(start), |piece| {
                frame::put_head(piece, Opcode::Text, true, length);
                put_stored(piece, start);
            });
            [first, middle.clone(), last]
        }
    }
}

fn piece(length: usize, put: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut piece = BytesMut::with_capacity(frame::MAX_HEAD_BYTES + length);
    put(&mut piece);
    piece.freeze()
}

/// Bytes before the text of a block without compression.
const STORED_HEAD_BYTES: usize = 5;

fn stored_length(text: &str) -> usize {
    text.len() + text.len().div_ceil(usize::from(u16::MAX)) * STORED_HEAD_BYTES
}

/// Appends a text as blocks without compression.
fn put_stored(to: &mut BytesMut, text: &str) {
    for part in text.as_bytes().chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        to.put_u8(0);
        to.put_u16_le(length);
        to.put_u16_le(!length);
        to.put_slice(part);
    }
}
