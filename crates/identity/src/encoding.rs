//! Base64url as JSON Web Tokens and WebAuthn write it, and base32 as one-time passwords write it (RFC 4648).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The alphabet of RFC 4648 section 6.
const BASE32: [char; 32] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S',
    'T', 'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
];
const BITS_OF_BYTE: u32 = 8;
const BITS_OF_DIGIT: u32 = 5;

/// Bytes as base64url without padding.
pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a base64url text without padding; none for any other text.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// Bytes as base32 without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut waiting, mut bits) = (0u32, 0);
    let digit = |value: u32| BASE32.get((value & 31) as usize).copied().unwrap_or_default();
    for byte in bytes {
        waiting = ((waiting & 0xff) << BITS_OF_BYTE) | u32::from(*byte);
        bits += BITS_OF_BYTE;
        while bits >= BITS_OF_DIGIT {
            bits -= BITS_OF_DIGIT;
            text.push(digit(waiting >> bits));
        }
    }
    if bits > 0 {
        text.push(digit(waiting << (BITS_OF_DIGIT - bits)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
