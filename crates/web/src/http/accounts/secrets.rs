//! Random secrets that people and their browsers get: tokens of links, tickets of devices, and codes to type. The store
//! has their hashes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use madang_hub::accounts::SecretHash;
use madang_shared::ErrorCode;
use madang_shared::account::Secret;
use sha2::{Digest, Sha256};

use crate::http::problem::Problem;

/// The random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// The bytes of a public id.
const PUBLIC_ID_BYTES: usize = 12;
/// The characters of a code: digits and capitals without those that look alike.
const CODE_CHARACTERS: &[u8] = b"346789ACDEFGHJKLMNPQRTUVWXY";
/// The characters of a code.
const CODE_LENGTH: usize = 8;
/// The random bytes below this number give each character equally often.
const FAIR_BYTES: usize = 256 - 256 % CODE_CHARACTERS.len();

/// A new token of 256 random bits.
///
/// # Errors
/// `internal` if the system provides no random bytes.
pub fn random_token() -> Result<Secret, Problem> {
    Ok(Secret(BASE64_URL_SAFE_NO_PAD.encode(random_bytes()?)))
}

/// The hash of a token that a client sends; none for a text of another form.
pub fn token_hash(token: &str) -> Option<SecretHash> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    (bytes.len() == TOKEN_BYTES).then(|| Sha256::digest(token.as_bytes()).into())
}

/// A new code.
///
/// # Errors
/// `internal` if the system provides no random bytes.
pub fn random_code() -> Result<String, Problem> {
    let mut code = String::with_capacity(CODE_LENGTH);
    loop {
        for byte in random_bytes()?.map(usize::from) {
            if code.len() == CODE_LENGTH {
                return Ok(code);
            }
            if byte < FAIR_BYTES
                && let Some(character) = CODE_CHARACTERS.get(byte % CODE_CHARACTERS.len())
            {
                code.push(char::from(*character));
            }
        }
    }
}

/// The code with a space in its middle.
pub fn in_groups(code: &str) -> String {
    let (first, second) = code.split_at_checked(CODE_LENGTH / 2).unwrap_or((code, ""));
    format!("{first} {second}")
}

/// The hash of a code as somebody has typed it; none for a text of another form.
pub fn code_hash(typed: &str) -> Option<SecretHash> {
    let code: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    let code = code.to_ascii_uppercase();
    let has_our_form =
        code.len() == CODE_LENGTH && code.bytes().all(|it| CODE_CHARACTERS.contains(&it));
    has_our_form.then(|| Sha256::digest(code.as_bytes()).into())
}

/// The name of something that has a secret hash: shows the user which one is meant, and gives nothing away.
pub fn public_id(hash: &SecretHash) -> String {
    let named = Sha256::new_with_prefix(b"madang public id").chain_update(hash).finalize();
    let named: [u8; 32] = named.into();
    let (id, _) = named.split_at(PUBLIC_ID_BYTES);
    BASE64_URL_SAFE_NO_PAD.encode(id)
}

fn random_bytes() -> Result<[u8; TOKEN_BYTES], Problem> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system provides no random bytes");
        let message = "The server could not make a secret. Nothing was changed; try again later.";
        Problem::new(ErrorCode::Internal, message)
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = random_code().unwrap();
        assert_eq!(code.len(), CODE_LENGTH);
        let hash = code_hash(&code);
        assert!(hash.is_some());
        for typed in
            [in_groups(&code), code.to_lowercase(), format!(" {}-{} ", &code[..4], &code[4..])]
        {
            assert_eq!(code_hash(&typed), hash, "{typed}");
        }
        for wrong in ["", "0OI1SB25", "346789A", "346789ACD", "３４６７８９ＡＣ"] {
            assert_eq!(code_hash(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn tokens_have_one_form() {
        let Secret(token) = random_token().unwrap();
        assert!(token_hash(&token).is_some());
        for wrong in ["", "x", &token[1..], &format!("{token}A"), "마당"] {
            assert_eq!(token_hash(wrong), None, "{wrong}");
        }
        assert_eq!(public_id(&[1; 32]).len(), 16);
        assert_ne!(public_id(&[1; 32]), public_id(&[2; 32]));
    }
}
