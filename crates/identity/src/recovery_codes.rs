//! Recovery codes: each signs in once in place of a one-time password.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::{NoRandomness, random};

/// The codes that a person gets at once.
pub const RECOVERY_CODES: usize = 10;
/// The random bytes of a code: 80 bits, so that a fast hash protects a stored code.
const CODE_BYTES: usize = 10;
/// The characters of a code: digits and letters that nobody confuses (Crockford's base32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// A hyphen stands after this many characters.
const GROUP_CHARS: usize = 4;
/// The longest text that is a code, with separators.
const MAX_TEXT_CHARS: usize = 64;

/// SHA-256 of a code. The code itself is never stored.
pub type RecoveryCodeHash = [u8; 32];

/// Makes the codes of a person.
///
/// # Errors
/// [`NoRandomness`].
pub fn random_codes() -> Result<Vec<String>, NoRandomness> {
    (0..RECOVERY_CODES).map(|_| random::<CODE_BYTES>().map(|bytes| text(u128_of(bytes)))).collect()
}

fn u128_of(bytes: [u8; CODE_BYTES]) -> u128 {
    bytes.into_iter().fold(0, |number, byte| (number << 8) | u128::from(byte))
}

fn text(mut number: u128) -> String {
    let mut text = String::new();
    for position in 0..CODE_BYTES * 8 / 5 {
        if position > 0 && position % GROUP_CHARS == 0 {
            text.push('-');
        }
        let character = ALPHABET.get((number & 31) as usize).copied().unwrap_or_default();
        text.push(char::from(character));
        number >>= 5;
    }
    text
}

/// The hash of a code as a person types it: in any case, with or without separators, with letters for the digits that they
/// look like. None for a text that is no code.
pub fn hash(code: &str) -> Option<RecoveryCodeHash> {
    if code.chars().count() > MAX_TEXT_CHARS {
        return None;
    }
    let mut plain = String::new();
    for c in code.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        };
        ALPHABET.iter().any(|known| char::from(*known) == c).then_some(())?;
        plain.write_char(c).ok()?;
    }
    (plain.len() == CODE_BYTES * 8 / 5).then(|| Sha256::digest(plain.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_differ_and_are_read_as_people_type_them() {
        let codes = random_codes().unwrap();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), RECOVERY_CODES);
        for code in &codes {
            assert_eq!(code.len(), 19, "{code}");
            let typed = [
                code.to_uppercase(),
                code.replace('-', ""),
                code.replace('-', " "),
                code.replace('1', "l").replace('0', "O"),
            ];
            for typed in typed {
                assert_eq!(hash(&typed), hash(code), "{typed}");
            }
        }
        assert_ne!(hash(&codes[0]), hash(&codes[1]));
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "0123-4567-89ab-cde", "0123-4567-89ab-cdef-g", "0123-4567-89ab-cdeu", "가"]
        {
            assert_eq!(hash(text), None, "{text}");
        }
        assert_eq!(hash(&"-".repeat(1_000)), None);
    }
}
