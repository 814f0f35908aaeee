//! Inbound messages: complete ones, and those under assembly.

use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::inflate::Inflater;
use crate::memory_budget::BudgetShare;

/// A message, or control frame, from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboundMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping. [`Socket`](crate::Socket) has answered it already.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A close frame. Nothing follows.
    Close(Option<CloseFrame>),
}

/// A message whose last frame has not arrived.
#[derive(Debug)]
pub(crate) struct PartialMessage {
    is_text: bool,
    /// Present if the message is compressed.
    inflater: Option<Inflater>,
    bytes: Vec<u8>,
    /// Length of the prefix that is known to be UTF-8.
    checked: usize,
    /// Bytes of payload that arrived, before inflating.
    arrived: u64,
    /// Upper bound for `arrived`.
    expected: u64,
}

impl PartialMessage {
    pub(crate) fn new(is_text: bool, is_compressed: bool) -> Self {
        let inflater = is_compressed.then(Inflater::take);
        Self { is_text, inflater, bytes: Vec::new(), checked: 0, arrived: 0, expected: 0 }
    }

    /// Announces a frame of `length` bytes, and checks the limit.
    pub(crate) fn expect(
        &mut self,
        length: u64,
        is_last: bool,
        max_bytes: usize,
    ) -> Result<(), ProtocolError> {
        let mut most = max_bytes as u64;
        if self.inflater.is_some() {
            // Deflate grows incompressible data a little: five bytes per block, and blocks may be
            // small. A peer whose data grow by more than this wastes our memory.
            most = most.saturating_add(most / 8 + 1024);
        }
        let all = self.arrived.checked_add(length).filter(|all| *all <= most);
        let all = all.ok_or(ProtocolError::TooBig)?;
        self.expected = if is_last { all } else { most };
        Ok(())
    }

    /// Adds a part of the payload, unmasked. `is_all` marks the last part of the message.
    pub(crate) fn push(
        &mut self,
        part: &[u8],
        is_all: bool,
        max_bytes: usize,
        budget: &mut BudgetShare,
    ) -> Result<(), ProtocolError> {
        self.arrived += part.len() as u64;
        let outcome = self.append(part, is_all, max_bytes, budget);
        // Data before an error are checked first, so that any cut of the bytes gives the same
        // error.
        if self.is_text && (!is_all || outcome.is_err()) {
            self.check_utf8()?;
        }
        outcome
    }

    fn append(
        &mut self,
        part: &[u8],
        is_all: bool,
        max_bytes: usize,
        budget: &mut BudgetShare,
    ) -> Result<(), ProtocolError> {
        let Some(inflater) = &mut self.inflater else {
            let most = usize::try_from(self.expected).unwrap_or(max_bytes);
            reserve(&mut self.bytes, part.len(), most, budget)?;
            self.bytes.extend_from_slice(part);
            return Ok(());
        };
        // One byte above the limit, to detect that there is more.
        let most = max_bytes.saturating_add(1);
        let guess = (part.len() * 2).max(256);
        let mut grow = |bytes: &mut Vec<u8>| {
            let more = most.saturating_sub(bytes.len()).clamp(1, guess);
            reserve(bytes, more, most, budget)
        };
        inflater.push(part, &mut self.bytes, &mut grow)?;
        if is_all && self.arrived > 0 {
            inflater.finish(&mut self.bytes, &mut grow)?;
        }
        if self.bytes.len() > max_bytes { Err(ProtocolError::TooBig) } else { Ok(()) }
    }

    /// Checks the new bytes for UTF-8. An invalid byte is an error; an incomplete character at the
    /// end is not.
    fn check_utf8(&mut self) -> Result<(), ProtocolError> {
        let new = self.bytes.get(self.checked..).unwrap_or_default();
        match std::str::from_utf8(new) {
            Ok(new) => self.checked += new.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(ProtocolError::NotUtf8),
        }
        Ok(())
    }

    /// The complete message.
    pub(crate) fn finish(self) -> Result<InboundMessage, ProtocolError> {
        if !self.is_text {
            return Ok(InboundMessage::Binary(self.bytes));
        }
        // A message in pieces is validated twice. Safe code has no other way to a `String`, and
        // validation runs at gigabytes per second.
        String::from_utf8(self.bytes).map(InboundMessage::Text).map_err(|_| ProtocolError::NotUtf8)
    }
}

/// Reserves `more` bytes, within the limits of the message and of the budget.
fn reserve(
    bytes: &mut Vec<u8>,
    more: usize,
    max_bytes: usize,
    budget: &mut BudgetShare,
) -> Result<(), ProtocolError> {
    let needed = bytes.len().saturating_add(more);
    if needed > max_bytes {
        return Err(ProtocolError::TooBig);
    }
    if needed > bytes.capacity() {
        // Doubles, up to the limit. A frame head that announces many bytes reserves nothing by
        // itself.
        let capacity = needed.max(bytes.capacity().saturating_mul(2)).min(max_bytes);
        budget.hold(capacity)?;
        bytes.reserve_exact(capacity - bytes.len());
    }
    Ok(())
}
