//! Reading what is compressed (RFC 7692 section 7.2.2), in whatever pieces it comes.

use std::cell::RefCell;
use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::ProtocolError;

/// The end of a flushed block, which a sender leaves out (section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];
/// A last block, with nothing in it. If what came before is whole, the stream ends here and nowhere
/// else; half a block would swallow it without a word.
const END: [u8; 5] = [0x01, 0x00, 0x00, 0xFF, 0xFF];
/// The largest window that a client can have, and so enough for all.
const WINDOW_BITS: u8 = 15;
/// Inflaters that one thread keeps for the next message.
const SPARE: usize = 4;

thread_local! {
    static SPARES: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
}

/// Inflates one message: as no context is taken over, none is held between messages. About 40 KiB,
/// from its thread's spares and back to them.
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

    /// Inflates onto `out`, which `grow` makes larger, or refuses to.
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
                // A last block may come before the end of the message (section 7.2.3.4); what follows
                // it begins anew.
                inflate.reset(false);
            }
        }
        Ok(())
    }

    /// The message ends here.
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

/// Takes input until it is used up and has given all that it gives, or a stream ends.
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
        let (before, had) = (inflate.total_in(), out.len());
        let status = inflate
            .decompress_vec(input, out, FlushDecompress::None)
            .map_err(|_| ProtocolError::NotDeflate)?;
        let taken = usize::try_from(inflate.total_in() - before).unwrap_or(usize::MAX);
        *input = input.get(taken..).unwrap_or_default();
        let is_full = out.len() == out.capacity();
        if status == Status::StreamEnd || (input.is_empty() && !is_full) {
            return Ok(status);
        }
        if taken == 0 && out.len() == had {
            return Err(ProtocolError::NotDeflate);
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        let Some(mut inflate) = self.0.take() else { return };
        // While its thread ends, there is nowhere to keep it.
        let _kept = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < SPARE {
                inflate.reset(false);
                spares.push(inflate);
            }
        });
    }
}
