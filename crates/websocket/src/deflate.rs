//! Compresses outbound messages (RFC 7692 section 7.2.1): each by itself, so that a compressed
//! frame is valid for every socket with the same window.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use crate::frame::{self, Opcode};

/// Messages of these sizes are compressed. Smaller ones gain little: see the figures of the crate.
/// Larger ones would block a thread for too long (the largest of these takes about 10 ms).
pub const COMPRESSIBLE_BYTES: RangeInclusive<usize> = 256..=1024 * 1024;

/// The level of compression: see the figures of the crate.
const LEVEL: u32 = 3;

/// The bytes at the end of a flush, which a message omits (section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The window size that we compress with, as an exponent of two from 9 to 15 (section 7.1.2.1; zlib
/// has no deflater for 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(u8);

impl Window {
    /// The largest, which is the default.
    pub const LARGEST: Self = Self(15);
    /// The number of window sizes.
    pub const COUNT: usize = 7;

    /// The window with this exponent, if we support it.
    pub fn new(bits: u8) -> Option<Self> {
        matches!(bits, 9..=15).then_some(Self(bits))
    }

    /// The exponent of two.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Its index among all window sizes, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0) - 9
    }
}

thread_local! {
    /// Spare deflaters of a thread, one for each window size in use; the largest has about 270 KB.
    static SPARES: RefCell<[Option<Compress>; Window::COUNT]> =
        const { RefCell::new([const { None }; Window::COUNT]) };
}

/// The frame of a compressed message; none if the message is better sent uncompressed.
pub(crate) fn frame(opcode: Opcode, payload: &[u8], window: Window) -> Option<Bytes> {
    Some(frame::whole(opcode, true, &shortened(payload, window)?))
}

/// A payload compressed into whole blocks, which other blocks may precede and follow; none if compression does
/// not shorten it.
pub(crate) fn blocks(payload: &[u8], window: Window) -> Option<Bytes> {
    let mut blocks = shortened(payload, window)?;
    blocks.extend_from_slice(&TAIL);
    Some(blocks.into())
}

/// The compressed payload without [`TAIL`]; none if that is not shorter.
fn shortened(payload: &[u8], window: Window) -> Option<Vec<u8>> {
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
    (compressed.len() < payload.len()).then_some(compressed)
}

/// None if the output does not fit. The deflater must not be reused then: zlib-rs 0.6.8 resets the
/// length of its pending output but not its position, and panics at a later message. (The Autobahn
/// suite found this, with random bytes.)
fn compress(deflate: &mut Compress, payload: &[u8]) -> Option<Vec<u8>> {
    // More than the worst growth: five bytes per block of some kilobytes, and the tail.
    let mut out = Vec::with_capacity(payload.len() + payload.len() / 8 + 128);
    deflate.compress_vec(payload, &mut out, FlushCompress::Sync).ok()?;
    let is_all = deflate.total_in() == payload.len() as u64 && out.len() < out.capacity();
    let without_tail = out.strip_suffix(&TAIL).filter(|_| is_all)?.len();
    out.truncate(without_tail);
    Some(out)
}
