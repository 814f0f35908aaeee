//! Messages that are made into frames once, for any number of sockets.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::deflate::{self, Window};
use crate::frame::{self, Opcode};

/// A message as sockets write it. A clone shares the bytes.
#[derive(Clone, Debug)]
pub struct Prepared(Arc<Encodings>);

#[derive(Debug)]
struct Encodings {
    opcode: Opcode,
    plain: Bytes,
    /// Bytes of the head of `plain`.
    head: usize,
    /// The compressed form for each size of window, made when a socket first asks for it.
    compressed: OnceLock<Box<[OnceLock<Bytes>; Window::COUNT]>>,
}

impl Prepared {
    /// Of a text.
    pub fn text(text: &str) -> Self {
        Self::new(Opcode::Text, text.as_bytes())
    }

    /// Of bytes.
    pub fn binary(bytes: &[u8]) -> Self {
        Self::new(Opcode::Binary, bytes)
    }

    fn new(opcode: Opcode, payload: &[u8]) -> Self {
        let plain = frame::whole(opcode, false, payload);
        let head = plain.len() - payload.len();
        Self(Arc::new(Encodings { opcode, plain, head, compressed: OnceLock::new() }))
    }

    /// The bytes for a socket, which compresses with this window or not at all. Whoever asks first for
    /// a compressed form makes it; others wait for that meanwhile. What compression does not make
    /// smaller stays as it is.
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
