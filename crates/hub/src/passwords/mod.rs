//! Passwords: their normal form, the rules for new ones, and their hashes (Argon2id, RFC 9106).

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use madang_shared::account::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS};
use madang_shared::{ErrorCode, Failure};
use sha2::{Digest, Sha256};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The random bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// The memory of one hash, in KiB. With [`PASSES`] it is the first choice of OWASP's Password Storage Cheat Sheet.
const MEMORY_KIB: u32 = 19 * 1024;
/// The passes over the memory.
const PASSES: u32 = 2;
/// The threads of one hash.
const LANES: u32 = 1;

/// The most common passwords of at least [`MIN_PASSWORD_CHARS`] characters: the first [`ENTRY_BYTES`] bytes of the
/// SHA-256 of each, sorted. `docs/decisions/110-passwords.md` names the source.
const COMMON: &[u8] = include_bytes!("common.bin");
const ENTRY_BYTES: usize = 6;

/// A password in its normal form, so that two keyboards that encode a letter differently enter the same one.
#[derive(Clone, PartialEq, Eq)]
pub struct NormalPassword(String);

impl std::fmt::Debug for NormalPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NormalPassword(…)")
    }
}

/// The library could not hash a password: the memory is exhausted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(String);

impl NormalPassword {
    /// The normal form of a text: every space is U+0020, and letters are composed (RFC 8265, section 4.2).
    ///
    /// # Errors
    /// `too_long`, with a sentence for the user.
    pub fn of(text: &str) -> Result<Self, Failure> {
        let normal: String = text.nfc().map(|c| if is_space(c) { ' ' } else { c }).collect();
        // By the normal form: the number of code points depends on the keyboard.
        if normal.chars().count() > MAX_PASSWORD_CHARS {
            let message = format!("A password has at most {MAX_PASSWORD_CHARS} characters.");
            return Err(Failure::new(ErrorCode::TooLong, message));
        }
        Ok(Self(normal))
    }

    /// Checks that the password may become the password of an account.
    ///
    /// # Errors
    /// `invalid`, with a sentence for the user.
    pub fn check_new(&self) -> Result<(), Failure> {
        let invalid = |message: String| Err(Failure::new(ErrorCode::Invalid, message));
        if self.0.chars().count() < MIN_PASSWORD_CHARS {
            return invalid(format!(
                "A password has at least {MIN_PASSWORD_CHARS} characters; a few words are easy to remember."
            ));
        }
        if self.0.chars().any(char::is_control) {
            return invalid("A password cannot contain control characters.".to_owned());
        }
        if self.is_common() {
            return invalid(
                "This password is one of the most common ones, which are tried first; choose another one."
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn is_common(&self) -> bool {
        let hash: [u8; 32] = Sha256::digest(self.0.to_lowercase()).into();
        let (wanted, _) = hash.split_at(ENTRY_BYTES);
        let (entries, _) = COMMON.as_chunks::<ENTRY_BYTES>();
        entries.binary_search_by(|entry| entry.as_slice().cmp(wanted)).is_ok()
    }

    /// Hashes the password. The result names the algorithm and its parameters (PHC string format). Takes tens of
    /// milliseconds of a processor.
    ///
    /// # Errors
    /// [`HashError`].
    pub fn hash(&self, salt: [u8; SALT_BYTES]) -> Result<String, HashError> {
        let hash = current()?.hash_password_with_salt(self.0.as_bytes(), &salt).map_err(error)?;
        Ok(hash.to_string())
    }

    /// Whether the hash is that of this password. Takes as long as [`Self::hash`].
    pub fn matches(&self, hash: &str) -> bool {
        // The parameters are those of the hash.
        let verified = |hash: PasswordHash| {
            Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok()
        };
        PasswordHash::new(hash).is_ok_and(verified)
    }
}

/// Whether the hash was made with other parameters than those of today.
pub fn is_outdated(hash: &str) -> bool {
    let parameters = PasswordHash::new(hash).ok().and_then(|hash| {
        let params = Params::try_from(&hash).ok()?;
        let is_current = hash.algorithm == argon2::ARGON2ID_IDENT;
        is_current.then_some((params.m_cost(), params.t_cost(), params.p_cost()))
    });
    parameters != Some((MEMORY_KIB, PASSES, LANES))
}

/// A hash that no password matches, for names that belong to no account with a password: to check it takes as long as
/// to check another one.
pub fn hash_of_nobody() -> &'static str {
    static HASH: LazyLock<String> = LazyLock::new(|| {
        let nobody = NormalPassword("no password has a control character: \0".to_owned());
        // Without the memory for one hash, no sign-in succeeds.
        nobody.hash([0; SALT_BYTES]).unwrap_or_default()
    });
    &HASH
}

fn current() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(error)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn error(error: impl std::fmt::Display) -> HashError {
    HashError(error.to_string())
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> NormalPassword {
        NormalPassword::of(text).unwrap()
    }

    fn refusal(text: &str) -> Option<ErrorCode> {
        let checked = NormalPassword::of(text).and_then(|password| password.check_new());
        checked.err().map(|failure| failure.code)
    }

    #[test]
    fn one_password_typed_on_two_systems_is_the_same() {
        let hash = password("마당에 피는 꽃들").hash([1; SALT_BYTES]).unwrap();
        let decomposed: String = "마당에 피는 꽃들".nfd().collect();
        assert_ne!(decomposed, "마당에 피는 꽃들");
        for same in [decomposed.as_str(), "마당에\u{3000}피는\u{a0}꽃들"] {
            assert!(password(same).matches(&hash), "{same:?}");
        }
        for other in
            ["마당에 피는 꽃", "마당에 피는 꽃들 ", "마당에피는꽃들", "", "마당에 피는 꽃들\0"]
        {
            assert!(!password(other).matches(&hash), "{other:?}");
        }
        assert!(!password("\0").matches("no hash") && !password("").matches(""));
    }

    #[test]
    fn a_short_a_common_and_an_endless_password_are_refused() {
        for good in ["correct horse", "열 글자가 넘는 말", "aaaaaaaaab", "🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸"]
        {
            assert_eq!(refusal(good), None, "{good}");
        }
        for bad in [
            "",
            "123456789",
            "qwertyuiop",
            "1234567890",
            "Password123",
            "long enough\0",
            "tab\tand more",
        ] {
            assert_eq!(refusal(bad), Some(ErrorCode::Invalid), "{bad:?}");
        }
        // Ten code points on a Mac, five letters for people.
        let five: String = "가나다라마".nfd().collect();
        assert_eq!((five.chars().count(), refusal(&five)), (10, Some(ErrorCode::Invalid)));
        assert_eq!(refusal(&"x".repeat(MAX_PASSWORD_CHARS)), None);
        assert_eq!(refusal(&"x".repeat(MAX_PASSWORD_CHARS + 1)), Some(ErrorCode::TooLong));
    }

    #[test]
    fn the_common_passwords_are_sorted() {
        let (entries, rest) = COMMON.as_chunks::<ENTRY_BYTES>();
        assert!(entries.len() > 1_000 && rest.is_empty() && entries.is_sorted());
    }

    #[test]
    fn a_hash_names_its_parameters_and_hides_its_password() {
        let hash = password("correct horse").hash([7; SALT_BYTES]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!is_outdated(&hash) && !is_outdated(hash_of_nobody()));
        assert_ne!(password("correct horse").hash([8; SALT_BYTES]).unwrap(), hash);
        let weaker = Params::new(1_024, 1, 1, None).unwrap();
        let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, weaker);
        let weaker = weaker.hash_password_with_salt(b"correct horse", &[7; SALT_BYTES]).unwrap();
        let weaker = weaker.to_string();
        assert!(password("correct horse").matches(&weaker) && is_outdated(&weaker));
        assert!(!format!("{:?}", password("correct horse")).contains("horse"));
    }
}
