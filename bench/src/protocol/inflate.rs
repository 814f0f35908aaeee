//! Decompression of messages, once for all subscribers: RFC 7692, section 7.2.2.

use std::collections::HashMap;

use flate2::{Decompress, FlushDecompress};

use super::frame::MAX_PAYLOAD;

/// The bytes that a sender removes from the end of every message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Cached messages: far more than are in flight at a time.
const CACHED_MESSAGES: usize = 512;

/// Inflates messages without a context from earlier ones, as the handshake demands. Equal bytes therefore
/// mean equal messages, and a cache saves inflating a message again for every subscriber.
#[derive(Debug)]
pub struct MessageInflater {
    engine: Decompress,
    cache: HashMap<Vec<u8>, Vec<u8>>,
    inflated: u64,
}

impl Default for MessageInflater {
    fn default() -> Self {
        Self { engine: Decompress::new(false), cache: HashMap::new(), inflated: 0 }
    }
}

impl MessageInflater {
    /// The inflated message. `None` if the payload is not valid deflate data or inflates to more than
    /// [`MAX_PAYLOAD`] bytes.
    pub fn inflate(&mut self, payload: &[u8]) -> Option<&[u8]> {
        if !self.cache.contains_key(payload) {
            if self.cache.len() >= CACHED_MESSAGES {
                self.cache.clear();
            }
            let plain = self.inflate_uncached(payload)?;
            self.cache.insert(payload.to_vec(), plain);
        }
        self.cache.get(payload).map(Vec::as_slice)
    }

    /// Number of messages that were not in the cache. A server that compresses separately for each subscriber
    /// raises it to the number of deliveries.
    pub fn inflated(&self) -> u64 {
        self.inflated
    }

    fn inflate_uncached(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        self.inflated += 1;
        self.engine.reset(false);
        let mut plain = Vec::with_capacity((payload.len() * 4).max(1024));
        let input = [payload, &TAIL].concat();
        loop {
            let consumed = usize::try_from(self.engine.total_in()).ok()?;
            let rest = input.get(consumed..)?;
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
    fn equal_payloads_are_inflated_once() {
        let mut inflater = MessageInflater::default();
        let long = "마당 ".repeat(10_000);
        for text in ["", "hello hello hello", &long, "hello hello hello", &long] {
            assert_eq!(inflater.inflate(&compressed(text.as_bytes())), Some(text.as_bytes()));
        }
        assert_eq!(inflater.inflated(), 3);
        assert_eq!(inflater.inflate(b"no deflate at all"), None);
    }
}
