//! Messages that arrive, whole and in the making.

use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::inflate::Inflater;
use crate::memory_budget::BudgetShare;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboundMessage {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// It asks for a sign of life: the payload is to be sent back.
    Ping(Vec<u8>),
    /// It gives one.
    Pong(Vec<u8>),
    /// It closes. Nothing follows.
    Close(Option<CloseFrame>),
}

/// A message of which not all frames are there.
#[derive(Debug)]
pub(crate) struct PartialMessage {
    is_text: bool,
    /// While the message is compressed and not yet whole.
    inflater: Option<Inflater>,
    bytes: Vec<u8>,
    /// So many of them are known to be UTF-8.
    checked: usize,
    /// Bytes of payload as they came, compressed or not.
    arrived: u64,
    /// So many there will be at most.
    expected: u64,
}

impl PartialMessage {
    pub(crate) fn new(is_text: bool, is_compressed: bool) -> Self {
        let inflater = is_compressed.then(Inflater::take);
        Self { is_text, inflater, bytes: Vec::new(), checked: 0, arrived: 0, expected: 0 }
    }

    /// A frame of so many bytes follows: whether it may.
    pub(crate) fn expect(
        &mut self,
        length: u64,
        is_last: bool,
        max_bytes: usize,
    ) -> Result<(), ProtocolError> {
        let mut most = max_bytes as u64;
        if self.inflater.is_some() {
            // What does not compress grows a little (five bytes per block, and blocks may be small). A
            // peer whose data grow by more is not out to say something.
            most = most.saturating_add(most / 8 + 1024);
        }
        let all = self.arrived.checked_add(length).filter(|all| *all <= most);
        let all = all.ok_or(ProtocolError::TooBig)?;
        self.expected = if is_last { all } else { most };
        Ok(())
    }

    /// Takes a part of the payload, without its mask. `is_all` if nothing of the message follows.
    pub(crate) fn push(
        &mut self,
        part: &[u8],
        is_all: bool,
        max_bytes: usize,
        budget: &mut BudgetShare,
    ) -> Result<(), ProtocolError> {
        self.arrived += part.len() as u64;
        let taken = self.take(part, is_all, max_bytes, budget);
        // What came before a fault is looked at first: the same fault is found, however bytes are cut.
        if self.is_text && (!is_all || taken.is_err()) {
            self.check()?;
        }
        taken
    }

    fn take(
        &mut self,
        part: &[u8],
        is_all: bool,
        max_bytes: usize,
        budget: &mut BudgetShare,
    ) -> Result<(), ProtocolError> {
        let Some(inflater) = &mut self.inflater else {
            let most = usize::try_from(self.expected).unwrap_or(max_bytes);
            make_room(&mut self.bytes, part.len(), most, budget)?;
            self.bytes.extend_from_slice(part);
            return Ok(());
        };
        // One byte more than may be, to see whether it comes.
        let most = max_bytes.saturating_add(1);
        let guess = (part.len() * 2).max(256);
        let mut grow = |bytes: &mut Vec<u8>| {
            let room = most.saturating_sub(bytes.len()).clamp(1, guess);
            make_room(bytes, room, most, budget)
        };
        inflater.push(part, &mut self.bytes, &mut grow)?;
        if is_all && self.arrived > 0 {
            inflater.finish(&mut self.bytes, &mut grow)?;
        }
        if self.bytes.len() > max_bytes { Err(ProtocolError::TooBig) } else { Ok(()) }
    }

    /// Whether what is new can go on to be UTF-8: the first wrong byte is an error, the end of the
    /// bytes within a character is none.
    fn check(&mut self) -> Result<(), ProtocolError> {
        let new = self.bytes.get(self.checked..).unwrap_or_default();
        match std::str::from_utf8(new) {
            Ok(new) => self.checked += new.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(ProtocolError::NotUtf8),
        }
        Ok(())
    }

    /// The message, of which everything is there.
    pub(crate) fn finish(self) -> Result<InboundMessage, ProtocolError> {
        if !self.is_text {
            return Ok(InboundMessage::Binary(self.bytes));
        }
        // What came in pieces is looked at twice. Without unsafe code there is no other way to a
        // `String`, and it runs at gigabytes a second.
        String::from_utf8(self.bytes).map(InboundMessage::Text).map_err(|_| ProtocolError::NotUtf8)
    }
}

/// Makes room for so many bytes more, if the message may have them.
fn make_room(
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
        // Doubling, and never beyond what the message may have: a head that promises much gets
        // nothing for it.
        let capacity = needed.max(bytes.capacity().saturating_mul(2)).min(max_bytes);
        budget.hold(capacity)?;
        bytes.reserve_exact(capacity - bytes.len());
    }
    Ok(())
}
