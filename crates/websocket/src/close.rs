//! Close frames (RFC 6455 sections 5.5.1 and 7.4).

use bytes::Bytes;

use crate::error::ProtocolError;
use crate::frame::{MAX_CONTROL_BYTES, Opcode, control};

/// Bytes of a close frame's reason: those of a control frame, less the code.
const MAX_REASON_BYTES: usize = MAX_CONTROL_BYTES - 2;

/// The reason for a close, if the peer sent one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// A code that may be on the wire.
    pub code: u16,
    /// A text, often empty.
    pub reason: String,
}

impl CloseFrame {
    /// Reads the payload of a close frame.
    pub(crate) fn read(payload: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            let is_empty = payload.is_empty();
            return is_empty
                .then_some(None)
                .ok_or(ProtocolError::Protocol("a close frame with half a code"));
        };
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(ProtocolError::Protocol("a close code that must not be sent"));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::NotUtf8)?;
        Ok(Some(Self { code, reason: reason.to_owned() }))
    }
}

/// Whether a code is allowed in a close frame: the codes of section 7.4.1, those that IANA has
/// registered since (1012 to 1014), and the ranges for libraries (3000 to 3999) and programs (4000
/// to 4999). 1004 has no meaning; 1005, 1006 and 1015 are never on the wire.
pub fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// A close frame. A reason that is too long is cut.
pub fn close_frame(code: u16, reason: &str) -> Bytes {
    let end = reason.floor_char_boundary(MAX_REASON_BYTES);
    let reason = reason.get(..end).unwrap_or_default();
    control(Opcode::Close, &[code.to_be_bytes().as_slice(), reason.as_bytes()].concat())
}

/// The answer to a received close frame: its code, without a reason, so that it is always valid.
pub fn close_answer(received: Option<&CloseFrame>) -> Bytes {
    received.map_or_else(|| control(Opcode::Close, &[]), |received| close_frame(received.code, ""))
}
