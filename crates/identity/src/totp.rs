//! One-time passwords by time (RFC 6238): SHA-1, six digits, steps of 30 seconds, as every authenticator app computes them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;

use crate::encoding::base32;
use crate::{NoRandomness, random};

/// The bytes of a secret: the length of a SHA-1 hash (RFC 4226 section 4).
pub const SECRET_BYTES: usize = 20;
/// The length of a step, in seconds.
pub const STEP_SECONDS: u64 = 30;
/// The digits of a code.
const DIGITS: usize = 6;
/// The number of different codes.
const CODES: u32 = 1_000_000;

/// The secret that a person's authenticator app and the server share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// Makes a random secret.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn random() -> Result<Self, NoRandomness> {
        Ok(Self(random()?))
    }

    /// A stored secret; none if the bytes have another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The secret as people type it, in base32.
    pub fn to_text(&self) -> String {
        base32(&self.0)
    }

    /// The address that a QR code contains, in the form that authenticator apps read.
    pub fn address(&self, issuer: &str, account: &str) -> String {
        // A colon separates issuer and account.
        let [issuer, account] = [issuer, account]
            .map(|text| utf8_percent_encode(&text.replace(':', " "), NON_ALPHANUMERIC).to_string());
        let secret = self.to_text();
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}\
             &period={STEP_SECONDS}"
        )
    }

    /// The step of a valid code: the present step, the one before or the one after. A step up to `last_step` is used up,
    /// so that nobody repeats a code.
    pub fn check(&self, code: &str, now_seconds: u64, last_step: Option<u64>) -> Option<u64> {
        let code = parse(code)?;
        let present = now_seconds / STEP_SECONDS;
        let steps = present.saturating_sub(1)..=present.saturating_add(1);
        let mut found = None;
        // Every step is computed, so that the time does not tell which one is valid.
        for step in steps {
            let is_new = last_step.is_none_or(|last| step > last);
            if self.code(step) == code && is_new {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step.
    fn code(&self, step: u64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let hash = hmac::sign(&key, &step.to_be_bytes());
        let hash = hash.as_ref();
        // RFC 4226 section 5.3: the last four bits say where the code begins.
        let offset = usize::from(hash.last().copied().unwrap_or_default() & 0xf);
        let bytes = hash.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
        (u32::from_be_bytes(bytes.unwrap_or_default()) & 0x7fff_ffff) % CODES
    }

    /// The code of a time, as an authenticator app shows it.
    pub fn code_at(&self, seconds: u64) -> String {
        format!("{:06}", self.code(seconds / STEP_SECONDS))
    }
}

/// Hides the secret.
impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret")
    }
}

/// A code as people type it: six digits, with spaces between them or not.
fn parse(code: &str) -> Option<u32> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let is_code = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_code { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const SECRET: TotpSecret = TotpSecret(*b"12345678901234567890");

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The appendix has eight digits; six are their end.
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (time, code) in vectors {
            assert_eq!(SECRET.code_at(time), code);
            assert_eq!(SECRET.check(code, time, None), Some(time / 30));
        }
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_once() {
        let now = 1_111_111_109;
        let step = now / 30;
        for (at, expected) in
            [(now - 60, None), (now - 30, Some(step)), (now + 30, Some(step)), (now + 60, None)]
        {
            assert_eq!(SECRET.check("081804", at, None), expected, "{at}");
        }
        assert_eq!(SECRET.check("081804", now, Some(step)), None, "replayed");
        assert_eq!(SECRET.check("081804", now, Some(step + 1)), None, "older than the last one");
        assert_eq!(SECRET.check("081804", now, Some(step - 1)), Some(step));
    }

    #[test]
    fn only_six_digits_are_a_code() {
        assert_eq!(SECRET.check(" 081 804 ", 1_111_111_109, None), Some(37_037_036));
        for code in ["", "81804", "0081804", "+81804", "08180a", "०८१८०४", "081804\0"] {
            assert_eq!(SECRET.check(code, 1_111_111_109, None), None, "{code:?}");
        }
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let address = SECRET.address("우리 팀: A&B", "Mina Kim");
        let url = url::Url::parse(&address).unwrap();
        assert_eq!(url.host_str(), Some("totp"), "{address}");
        assert!(url.path().ends_with("%20%20A%26B:Mina%20Kim"), "{address}");
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs[0], ("secret".into(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into()));
        assert_eq!(pairs[1], ("issuer".into(), "우리 팀  A&B".into()));
        assert!(!address.contains('+'), "{address}");
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{SECRET:?}"), "TotpSecret");
    }
}
