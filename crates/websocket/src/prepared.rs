//! Messages that are encoded once, for any number of sockets.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::deflate::{self, Window};
use crate::frame::{self, Opcode};

/// An encoded message. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Prepared(Arc<Encodings>);

#[derive(Debug)]
struct Encodings {
    opcode: Opcode,
    plain: Bytes,
    /// Length of the frame head in `plain`, in bytes.
    head: usize,
    /// The compressed frame for each window size, made when a socket first needs it.
    compressed: OnceLock<Box<[OnceLock<Bytes>; Window::COUNT]>>,
}

impl Prepared {
    /// Encodes a text message.
    pub fn text(text: &str) -> Self {
        Self::new(Opcode::Text, text.as_bytes())
    }

    /// Encodes a binary message.
    pub fn binary(bytes: &[u8]) -> Self {
        Self::new(Opcode::Binary, bytes)
    }

    fn new(opcode: Opcode, payload: &[u8]) -> Self {
        let plain = frame::whole(opcode, false, payload);
        let head = plain.len() - payload.len();
        Self(Arc::new(Encodings { opcode, plain, head, compressed: OnceLock::new() }))
    }

    /// Whether [`Self::frame`] returns at once, because nothing is left to compress.
    pub fn is_made(&self, window: Option<Window>) -> bool {
        let encodings = &*self.0;
        let payload = encodings.plain.len() - encodings.head;
        let Some(window) = window.filter(|_| deflate::COMPRESSIBLE_BYTES.contains(&payload)) else {
            return true;
        };
        let compressed = encodings.compressed.get().and_then(|it| it.get(window.index()));
        compressed.is_some_and(|it| it.get().is_some())
    }

    /// The frame for a socket that compresses with this window, or not at all. The first caller
    /// that needs a compressed frame makes it, and concurrent callers wait for it. A message that
    /// compression would not shorten stays uncompressed.
    pub fn frame(&self, window: Option<Window>) -> &Bytes {
        let encodings = &*self.0;
        let payload = encodings.plain.get(encodings.head..).unwrap_or_default();
        let Some(window) = window.filter(|_| deflate::COMPRESSIBLE_BYTES.contains(&payload.len()))
        else {
            return &encodings.plain;
        };
        let compressed = encodings.compressed.get_or_init(Box::default).get(window.index());
        compressed.map_or(&encodings.plain, |compressed| {
            compressed.get_or_init(|| {
                let frame = deflate::frame(encodings.opcode, payload, window);
                frame.unwrap_or_else(|| encodings.plain.clone())
            })
        })
    }
}
