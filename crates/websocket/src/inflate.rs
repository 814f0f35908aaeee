//! Inflates inbound messages (RFC 7692 section 7.2.2), in pieces of any size.

use std::cell::RefCell;
use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::ProtocolError;

/// The end of a flushed block, which a sender omits (section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];
/// A final, empty block. If the data before it are complete, the stream ends exactly here; an
/// incomplete block would swallow it silently.
const END: [u8; 5] = [0x01, 0x00, 0x00, 0xFF, 0xFF];
/// The largest window of any client, and therefore enough for all.
const WINDOW_BITS: u8 = 15;
/// Spare inflaters per thread.
const MAX_SPARES: usize = 4;

thread_local! {
    static SPARES: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
}

/// Inflates one message, with about 40 KiB of state from the spares of its thread. As no context is
/// carried over, a connection holds no inflater between messages.
pub(crate) struct Inflater(Option<Decompress>);

impl fmt::Debug for Inflater {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Inflater")
    }
}

impl Inflater {
    pub(crate) fn take() -> Self {
        let spare = SPARES.with_borrow_mut(Vec::pop);
        Self(Some(spare.unwrap_or_else(|| Decompress::new_with_window_bits(false, WINDOW_BITS))))
    }

    /// Inflates into `out`. `grow` enlarges `out`, or refuses to.
    pub(crate) fn push(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        grow: &mut impl FnMut(&mut Vec<u8>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        while !input.is_empty() {
            if step(self.0.as_mut(), &mut input, out, grow)? == Status::StreamEnd
                && let Some(inflate) = &mut self.0
            {
                // A final block may come before the end of the message (section 7.2.3.4); a new
                // stream begins after it.
                inflate.reset(false);
            }
        }
        Ok(())
    }

    /// Completes the message.
    pub(crate) fn finish(
        &mut self,
        out: &mut Vec<u8>,
        grow: &mut impl FnMut(&mut Vec<u8>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        self.push(&TAIL, out, grow)?;
        let mut end: &[u8] = &END;
        while !end.is_empty() {
            let status = step(self.0.as_mut(), &mut end, out, grow)?;
            if (status == Status::StreamEnd) != end.is_empty() {
                return Err(ProtocolError::NotDeflate);
            }
        }
        Ok(())
    }
}

/// Inflates until the input is used up and all its output is written, or the stream ends.
fn step(
    inflate: Option<&mut Decompress>,
    input: &mut &[u8],
    out: &mut Vec<u8>,
    grow: &mut impl FnMut(&mut Vec<u8>) -> Result<(), ProtocolError>,
) -> Result<Status, ProtocolError> {
    let Some(inflate) = inflate else { return Err(ProtocolError::NotDeflate) };
    loop {
        if out.len() == out.capacity() {
            grow(out)?;
        }
        let (consumed_before, length_before) = (inflate.total_in(), out.len());
        let status = inflate
            .decompress_vec(input, out, FlushDecompress::None)
            .map_err(|_| ProtocolError::NotDeflate)?;
        let consumed = usize::try_from(inflate.total_in() - consumed_before).unwrap_or(usize::MAX);
        *input = input.get(consumed..).unwrap_or_default();
        let is_full = out.len() == out.capacity();
        if status == Status::StreamEnd || (input.is_empty() && !is_full) {
            return Ok(status);
        }
        if consumed == 0 && out.len() == length_before {
            return Err(ProtocolError::NotDeflate);
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        let Some(mut inflate) = self.0.take() else { return };
        // Fails while the thread ends and its spares are gone; the inflater is dropped then.
        SPARES
            .try_with(|spares| {
                let mut spares = spares.borrow_mut();
                if spares.len() < MAX_SPARES {
                    inflate.reset(false);
                    spares.push(inflate);
                }
            })
            .ok();
    }
}
