//! Compressed messages, read once however many subscribers get them: RFC 7692, section 7.2.2.

use std::collections::HashMap;

use flate2::{Decompress, FlushDecompress};

use super::frame::MAX_PAYLOAD;

/// What a sender leaves out at the end of every message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Messages that are remembered; far more than are under way at a time.
const REMEMBERED: usize = 512;

/// Inflates without a context from earlier messages, which the handshake has ruled out. So equal
/// bytes mean an equal message, and inflating the first of them will do for a thousand subscribers.
#[derive(Debug)]
pub struct Inflater {
    engine: Decompress,
    known: HashMap<Vec<u8>, Vec<u8>>,
    inflated: u64,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { engine: Decompress::new(false), known: HashMap::new(), inflated: 0 }
    }
}

impl Inflater {
    /// The message; none if the bytes are no compressed message, or one of more than
    /// [`MAX_PAYLOAD`] bytes.
    pub fn plain(&mut self, payload: &[u8]) -> Option<&[u8]> {
        if !self.known.contains_key(payload) {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            let plain = self.inflate(payload)?;
            self.known.insert(payload.to_vec(), plain);
        }
        self.known.get(payload).map(Vec::as_slice)
    }

    /// Messages that had to be inflated; one for each subscriber if the server compresses anew for each.
    pub fn inflated(&self) -> u64 {
        self.inflated
    }

    fn inflate(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        self.inflated += 1;
        self.engine.reset(false);
        let mut plain = Vec::with_capacity((payload.len() * 4).max(1024));
        let input = [payload, &TAIL].concat();
        loop {
            let taken = usize::try_from(self.engine.total_in()).ok()?;
            let rest = input.get(taken..)?;
            self.engine.decompress_vec(rest, &mut plain, FlushDecompress::Sync).ok()?;
            if plain.len() < plain.capacity() {
                return Some(plain);
            }
            if plain.len() > MAX_PAYLOAD {
                return None;
            }
            plain.reserve(plain.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    fn compressed(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 64);
        let mut engine = Compress::new(Compression::fast(), false);
        engine.compress_vec(text, &mut out, FlushCompress::Sync).unwrap();
        assert!(out.ends_with(&TAIL));
        out.truncate(out.len() - TAIL.len());
        out
    }

    #[test]
    fn equal_bytes_are_inflated_once() {
        let mut inflater = Inflater::default();
        let long = "마당 ".repeat(10_000);
        for text in ["", "hello hello hello", &long, "hello hello hello", &long] {
            assert_eq!(inflater.plain(&compressed(text.as_bytes())), Some(text.as_bytes()));
        }
        assert_eq!(inflater.inflated(), 3);
        assert_eq!(inflater.plain(b"no deflate at all"), None);
    }
}
