//! Signed tokens (JSON Web Signature, RFC 7515) and the public keys that verify them (RFC 7517).
//!
//! Only signatures with public keys count. `none` and the algorithms with a shared secret are refused for every token and every
//! key.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::encoding::from_base64url;

/// Limit for a token, in bytes.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// Limit for the keys of a provider.
const MAX_KEYS: usize = 100;
/// The first byte of an uncompressed point of an elliptic curve (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// The reason why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum TokenError {
    #[error("it is not a signed token")]
    Malformed,
    #[error("its algorithm is not a signature with a public key")]
    Algorithm,
    #[error("no published key has its key id and algorithm")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
}

/// The header of a token.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TokenHeader {
    alg: String,
    kid: Option<String>,
    /// The type of the token, such as `JWT`.
    pub(crate) typ: Option<String>,
    /// Extensions that a reader must understand. There are none.
    crit: Option<Value>,
}

/// The published keys of a provider.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct KeySet {
    keys: Vec<Value>,
}

/// A published key.
#[derive(Clone, Debug, Deserialize)]
struct PublishedKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A token whose signature is right.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedToken {
    pub(crate) header: TokenHeader,
    pub(crate) claims: Map<String, Value>,
}

impl KeySet {
    /// The claims of a token that one of these keys has signed.
    pub(crate) fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let header: TokenHeader = parse(header)?;
        let signature = from_base64url(signature).ok_or(TokenError::Malformed)?;
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        if !is_public_key_algorithm(&header.alg) {
            return Err(TokenError::Algorithm);
        }
        let mut outcome = Err(TokenError::UnknownKey);
        for key in self.candidates(&header) {
            match key.verify(&header.alg, signed.as_bytes(), &signature) {
                Ok(()) => {
                    let claims = parse(claims)?;
                    return Ok(VerifiedToken { header, claims });
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// The keys that may have signed a token with this header.
    fn candidates(&self, header: &TokenHeader) -> Vec<PublishedKey> {
        // A provider may publish keys of kinds that we do not know, beside those that we do.
        let keys = self.keys.iter().take(MAX_KEYS);
        let keys = keys.filter_map(|key| PublishedKey::deserialize(key).ok());
        let may_have_signed = |key: &PublishedKey| {
            let is_named = header.kid.is_none() || key.kid == header.kid;
            let may_sign = key.r#use.as_deref().is_none_or(|usage| usage == "sig");
            let has_algorithm = key.alg.as_ref().is_none_or(|alg| *alg == header.alg);
            is_named && may_sign && has_algorithm && key.has_kind_of(&header.alg)
        };
        keys.filter(may_have_signed).collect()
    }
}

impl PublishedKey {
    fn has_kind_of(&self, algorithm: &str) -> bool {
        match self.kty.as_str() {
            "RSA" => rsa_parameters(algorithm).is_some(),
            "EC" | "OKP" => {
                curve(algorithm).is_some_and(|curve| self.crv.as_deref() == Some(curve))
            }
            _ => false,
        }
    }

    fn verify(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        let part = |part: &Option<String>| {
            part.as_deref().and_then(from_base64url).ok_or(TokenError::UnknownKey)
        };
        if let Some(parameters) = rsa_parameters(algorithm) {
            let (n, e) = (part(&self.n)?, part(&self.e)?);
            let key = RsaPublicKeyComponents { n, e };
            return key.verify(parameters, signed, signature).map_err(|_| TokenError::Signature);
        }
        let (verification, key): (&dyn VerificationAlgorithm, _) = match algorithm {
            "EdDSA" => (&ED25519, part(&self.x)?),
            "ES384" => (&ECDSA_P384_SHA384_FIXED, point(&part(&self.x)?, &part(&self.y)?)),
            _ => (&ECDSA_P256_SHA256_FIXED, point(&part(&self.x)?, &part(&self.y)?)),
        };
        let key = UnparsedPublicKey::new(verification, key);
        key.verify(signed, signature).map_err(|_| TokenError::Signature)
    }
}

/// A point of an elliptic curve without compression.
pub(crate) fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[UNCOMPRESSED], x, y].concat()
}

fn is_public_key_algorithm(algorithm: &str) -> bool {
    rsa_parameters(algorithm).is_some() || curve(algorithm).is_some()
}

fn rsa_parameters(algorithm: &str) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

fn curve(algorithm: &str) -> Option<&'static str> {
    Some(match algorithm {
        "ES256" => "P-256",
        "ES384" => "P-384",
        "EdDSA" => "Ed25519",
        _ => return None,
    })
}

fn parse<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, TokenError> {
    let bytes = from_base64url(part).ok_or(TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // Made with OpenSSL; the private key was thrown away. The claims are {"iss":"joe"}.
    const MODULUS: &str = concat!(
        "xb3O83wzdDJ_keW62CRQL_guOTGIAiHDc6WJJC0AJoW81HB3gxvSSLEgs7_TQh1ZfHWmiAoF8cIgCipGuikoovFoUhcdol6Fz2cP",
        "WICLMcZKaYIXgTCUIIQW8G71bYYAV0vFH2QPZg09R-BzOT1DWmTxxR1KBwzr_UKjGGHKWvCt3Rfir5t-RbWP5PmVLVdqQb3cZaF4",
        "BQqrU9o4qDMZQg1223UIg8ok8xPADL0341lcm4th2VQD2U2GDZlQt4OlehICQh-NphTmRUHuMXwq-NMuVy0VlkFWUyD8tbRAYJ_P",
        "lGXSQvdWU2EsnJ5GSHU-NzMT15Pg1p_kbRQPe77H2Q",
    );
    const RS256: &str = concat!(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ.PREIbAD_TDp1qw6DB0gg_yiWjK_xeWMCIZIrgOVCPLg1jj0iRngzBwNdJexe",
        "57TtpVuOzdgmUg_S_dSnekPNOj2ODrZ_uF1UV4wTsL0MY67KS6Mhw96wMhIroEBt3lRaKQKv2JGnd_Um3clp5M4Jh9Cw0HLy3oXU",
        "sC3cC0BhiVCpHhKydBgsu-T-wZqb6esa80MnrKcc4Ev5lwhHjUCixt4cRlRPXMkrXdrH-rEoxJ4QmcwJsyp0RuUih8TAXxei4HYE",
        "TtBoNYBbMZepC9hkfetyLgC70JNVx9cl7h-Pgb0W8bd5u1zBt2QSR2F2aJjnHMMMc4Py7a4U8fX_rT0VgA",
    );
    const PS256: &str = concat!(
        "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ.vfWcDLVDS3sgVjwVNyAlIdHZVhS2QY1ZR8ih72tk-FjarI42HS7PKaQEtUPq",
        "o1rzX0mG3kZHQvFn1zAeakEn79Vt3CyG3hczAsDq6ecK_S13GxtqNW_AcqHNkNk_LTboEKjz7r8QYgZ9Yc0NdPPY0TKYvJUQw7hc",
        "fxMv5hiBt0NEwjFE6xqk56N-AYaWM-pYnhvcYnGGLzEM8jzmeGGuX0k1oQDrm4mKd4iISB6CbVScB9_pPiEnT7Z0q3Cu_2zwSnG9",
        "ZQcvdZVW-Wa9X6DlEohbvUO82jihTMUynuA4RNPtGhG0TtU0ksRWuOgTlL0vIjo9bksdgL2X2Xycxkpruw",
    );

    fn keys(key: Value) -> KeySet {
        KeySet { keys: vec![key] }
    }

    #[test]
    fn a_signature_of_rsa_is_verified() {
        for token in [RS256, PS256] {
            let keys = keys(json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB" }));
            let verified = keys.verify(token).unwrap();
            assert_eq!(verified.claims["iss"], "joe");
            // Another claim, another signature.
            let (before, signature) = token.rsplit_once('.').unwrap();
            let (header, _) = before.split_once('.').unwrap();
            let forged = format!("{header}.eyJpc3MiOiJqaW0ifQ.{signature}");
            assert_eq!(keys.verify(&forged).unwrap_err(), TokenError::Signature);
        }
    }

    #[test]
    fn a_key_counts_for_its_own_algorithm_use_and_kind_only() {
        for key in [
            json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB", "alg": "PS256" }),
            json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB", "use": "enc" }),
            json!({ "kty": "EC", "crv": "P-256", "n": MODULUS, "e": "AQAB" }),
            json!({ "kty": "RSA", "n": MODULUS }),
            json!({ "kty": "oct", "k": MODULUS }),
            json!("RSA"),
        ] {
            assert_eq!(keys(key).verify(RS256).unwrap_err(), TokenError::UnknownKey);
        }
        // A key of 504 bits is too short.
        let short = MODULUS.get(..84).unwrap();
        let short = keys(json!({ "kty": "RSA", "n": short, "e": "AQAB" }));
        assert_eq!(short.verify(RS256).unwrap_err(), TokenError::Signature);
    }

    #[test]
    fn an_extension_that_must_be_understood_is_refused() {
        let header = crate::encoding::base64url(r#"{"alg":"RS256","crit":["b64"]}"#);
        let (_, rest) = RS256.split_once('.').unwrap();
        let keys = keys(json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB" }));
        assert_eq!(keys.verify(&format!("{header}.{rest}")).unwrap_err(), TokenError::Malformed);
    }
}
