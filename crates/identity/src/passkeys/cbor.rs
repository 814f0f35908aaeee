//! The part of CBOR (RFC 8949) that authenticators write: definite lengths, no floats but skipped, no tags.

/// The depth of nested values. Attestations nest certificates in lists in maps.
const MAX_DEPTH: u8 = 8;

/// A value. Values that no rule reads are skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cbor<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Map(Vec<(Cbor<'a>, Cbor<'a>)>),
    Skipped,
}

impl<'a> Cbor<'a> {
    /// The first value, and the bytes after it; none if the bytes are no such value.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read(bytes, MAX_DEPTH)
    }

    /// The bytes under a text key of a map.
    pub(super) fn bytes_of(&self, key: &str) -> Option<&'a [u8]> {
        self.find(&Cbor::Text(key)).and_then(Cbor::as_bytes)
    }

    /// The bytes under a number of a map.
    pub(super) fn bytes_at(&self, key: i64) -> Option<&'a [u8]> {
        self.find(&Cbor::Integer(key)).and_then(Cbor::as_bytes)
    }

    /// The number under a number of a map.
    pub(super) fn integer_at(&self, key: i64) -> Option<i64> {
        match self.find(&Cbor::Integer(key)) {
            Some(Cbor::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Cbor::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn find(&self, key: &Cbor<'_>) -> Option<&Cbor<'a>> {
        let Cbor::Map(entries) = self else { return None };
        entries.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }
}

fn read(bytes: &[u8], depth: u8) -> Option<(Cbor<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (first, rest) = bytes.split_first()?;
    let (argument, rest) = argument(first & 0x1f, rest)?;
    let length = usize::try_from(argument).ok();
    Some(match first >> 5 {
        0 => (Cbor::Integer(i64::try_from(argument).ok()?), rest),
        1 => (Cbor::Integer(-1 - i64::try_from(argument).ok()?), rest),
        2 => {
            let (bytes, rest) = rest.split_at_checked(length?)?;
            (Cbor::Bytes(bytes), rest)
        }
        3 => {
            let (text, rest) = rest.split_at_checked(length?)?;
            (Cbor::Text(std::str::from_utf8(text).ok()?), rest)
        }
        4 => {
            let mut rest = rest;
            for _ in 0..length? {
                (_, rest) = read(rest, depth)?;
            }
            (Cbor::Skipped, rest)
        }
        5 => {
            let (mut entries, mut rest) = (Vec::new(), rest);
            for _ in 0..length? {
                let (key, after_key) = read(rest, depth)?;
                let (value, after_value) = read(after_key, depth)?;
                entries.push((key, value));
                rest = after_value;
            }
            (Cbor::Map(entries), rest)
        }
        // Simple values and floats, whose bytes are the argument.
        7 => (Cbor::Skipped, rest),
        _ => return None,
    })
}

/// The number that follows the major type, in one to nine bytes.
fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let length = match short {
        0..=23 => return Some((u64::from(short), rest)),
        24..=27 => 1 << (short - 24),
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_rfc_are_read() {
        let cases: [(&[u8], Cbor<'_>); 7] = [
            (&[0x17], Cbor::Integer(23)),
            (&[0x18, 0x64], Cbor::Integer(100)),
            (&[0x39, 0x01, 0x00], Cbor::Integer(-257)),
            (&[0x42, 1, 2], Cbor::Bytes(&[1, 2])),
            (&[0x61, b'a'], Cbor::Text("a")),
            (&[0xf5], Cbor::Skipped),
            (&[0xa1, 0x03, 0x26], Cbor::Map(vec![(Cbor::Integer(3), Cbor::Integer(-7))])),
        ];
        for (bytes, value) in cases {
            assert_eq!(Cbor::read(bytes), Some((value, &[][..])), "{bytes:?}");
        }
        assert_eq!(Cbor::read(&[0x82, 1, 2, 9]), Some((Cbor::Skipped, &[9][..])));
    }

    #[test]
    fn broken_and_deep_values_are_refused() {
        let deep = [0x81; 64];
        let cases: [&[u8]; 9] = [
            &[],
            &[0x18],
            &[0x42, 1],
            &[0x61, 0xff],
            &[0x5f, 0x41, 1, 0xff],
            &[0xa1, 1],
            &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0xc0, 0x00],
            &deep,
        ];
        for bytes in cases {
            assert_eq!(Cbor::read(bytes), None, "{bytes:?}");
        }
    }
}
