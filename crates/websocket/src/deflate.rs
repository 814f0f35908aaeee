//! Compressing what leaves (RFC 7692 section 7.2.1): each message by itself, so that one compressed
//! frame is right for every socket with the same window.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use crate::frame::{self, Opcode};

/// Messages of so many bytes are compressed. Below, little is won: see the figures of the crate. Above,
/// a thread would be away from everybody else for too long (about 10 ms for the longest of these).
pub const COMPRESSIBLE_BYTES: RangeInclusive<usize> = 256..=1024 * 1024;

/// See the figures of the crate.
const LEVEL: u32 = 3;

/// What a flush ends with, and a message goes without (section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The size of the window that we compress with, as the exponent of two: 9 to 15 (section 7.1.2.1; zlib
/// has no deflater for 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(u8);

impl Window {
    /// The largest, and the default.
    pub const LARGEST: Self = Self(15);
    /// So many there are.
    pub const COUNT: usize = 7;

    /// Of so many bits.
    pub fn new(bits: u8) -> Option<Self> {
        matches!(bits, 9..=15).then_some(Self(bits))
    }

    /// The exponent of two.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Its place among all of them, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0) - 9
    }
}

thread_local! {
    /// One for each window that somebody asked for, about 270 KB for the largest.
    static SPARES: RefCell<[Option<Compress>; Window::COUNT]> =
        const { RefCell::new([const { None }; Window::COUNT]) };
}

/// The whole frame of a compressed message; none if the message is better sent as it is.
pub(crate) fn frame(opcode: Opcode, payload: &[u8], window: Window) -> Option<Bytes> {
    if !COMPRESSIBLE_BYTES.contains(&payload.len()) {
        return None;
    }
    let spare = SPARES.with_borrow_mut(|spares| spares.get_mut(window.index())?.take());
    let mut deflate = spare.unwrap_or_else(|| {
        Compress::new_with_window_bits(Compression::new(LEVEL), false, window.bits())
    });
    let compressed = compress(&mut deflate, payload)?;
    deflate.reset();
    SPARES.with_borrow_mut(|spares| {
        if let Some(spare) = spares.get_mut(window.index()) {
            *spare = Some(deflate);
        }
    });
    let is_worth_it = compressed.len() < payload.len();
    is_worth_it.then(|| frame::whole(opcode, true, &compressed))
}

/// None if it did not come to its end. The deflater is of no more use then: zlib-rs 0.6.8 forgets on a
/// reset how much it still had to give, not where, and panics on some later message. (The Autobahn suite
/// found that, with random bytes that did not fit into a buffer of their own size.)
fn compress(deflate: &mut Compress, payload: &[u8]) -> Option<Vec<u8>> {
    // More than anything grows by: five bytes for each block of some kilobytes, and the tail.
    let mut out = Vec::with_capacity(payload.len() + payload.len() / 8 + 128);
    deflate.compress_vec(payload, &mut out, FlushCompress::Sync).ok()?;
    let is_all = deflate.total_in() == payload.len() as u64 && out.len() < out.capacity();
    let without_tail = out.strip_suffix(&TAIL).filter(|_| is_all)?.len();
    out.truncate(without_tail);
    Some(out)
}
