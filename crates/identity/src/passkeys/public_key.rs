//! The public keys of passkeys (COSE, RFC 9053), and their signatures.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::PasskeyError;
use super::cbor::Cbor;
use crate::signed_token::point;

/// The algorithms that a new passkey may have, in the order of preference: `ES256`, `EdDSA`, `RS256`.
pub(super) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// The labels of a key's map.
mod label {
    pub(super) const KEY_TYPE: i64 = 1;
    pub(super) const ALGORITHM: i64 = 3;
    pub(super) const CURVE: i64 = -1;
    pub(super) const X: i64 = -2;
    pub(super) const Y: i64 = -3;
    pub(super) const N: i64 = -1;
    pub(super) const E: i64 = -2;
}

/// The bytes of a coordinate of P-256 and of a key of Ed25519.
const COORDINATE_BYTES: usize = 32;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CoseKey {
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
    Rs256 { n: Vec<u8>, e: Vec<u8> },
}

impl CoseKey {
    /// The key in its stored form, which is that of the authenticator.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PasskeyError> {
        match Cbor::read(bytes) {
            Some((map, [])) => Self::of_map(&map),
            _ => Err(PasskeyError::PublicKey),
        }
    }

    fn of_map(map: &Cbor<'_>) -> Result<Self, PasskeyError> {
        let number = |label| map.integer_at(label);
        let bytes = |label| map.bytes_at(label).ok_or(PasskeyError::PublicKey);
        let coordinate = |label| {
            bytes(label)?.try_into().map_err(|_| PasskeyError::PublicKey)
                as Result<[u8; COORDINATE_BYTES], _>
        };
        let kind = (number(label::KEY_TYPE), number(label::ALGORITHM), number(label::CURVE));
        match kind {
            (Some(2), Some(ES256), Some(1)) => {
                Ok(Self::Es256(point(&coordinate(label::X)?, &coordinate(label::Y)?)))
            }
            (Some(1), Some(EDDSA), Some(6)) => Ok(Self::EdDsa(coordinate(label::X)?.to_vec())),
            (Some(3), Some(RS256), None) => {
                Ok(Self::Rs256 { n: bytes(label::N)?.to_vec(), e: bytes(label::E)?.to_vec() })
            }
            _ => Err(PasskeyError::PublicKey),
        }
    }

    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), PasskeyError> {
        let verified = match self {
            Self::Es256(key) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(signed, signature)
            }
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(signed, signature),
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
        };
        verified.map_err(|_| PasskeyError::Signature)
    }
}
