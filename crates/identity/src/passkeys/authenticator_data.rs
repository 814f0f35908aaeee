//! The data that an authenticator signs (Web Authentication, section 6.1).

use ring::digest::{SHA256, digest};

use super::cbor::Cbor;
use super::{MAX_CREDENTIAL_ID_BYTES, PasskeyError};

const HASH_BYTES: usize = 32;
const AAGUID_BYTES: usize = 16;

/// The bits of the flags.
mod flag {
    pub(super) const USER_PRESENT: u8 = 1;
    pub(super) const USER_VERIFIED: u8 = 1 << 2;
    pub(super) const CREDENTIAL: u8 = 1 << 6;
}

/// The data of an authenticator, whose relying party and flags are right.
pub(super) struct AuthenticatorData<'a> {
    /// The number of signatures of the passkey; 0 if the authenticator does not count.
    pub(super) counter: u32,
    /// The new passkey: its id and its public key.
    pub(super) credential: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8], relying_party: &str) -> Result<Self, PasskeyError> {
        let malformed = || PasskeyError::Malformed;
        let (hash, rest) = bytes.split_at_checked(HASH_BYTES).ok_or_else(malformed)?;
        let (flags, rest) = rest.split_first().ok_or_else(malformed)?;
        let (counter, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        if hash != digest(&SHA256, relying_party.as_bytes()).as_ref() {
            return Err(PasskeyError::RelyingParty);
        }
        let has = |flag| flags & flag != 0;
        if !has(flag::USER_PRESENT) || !has(flag::USER_VERIFIED) {
            return Err(PasskeyError::NotVerified);
        }
        let credential = if has(flag::CREDENTIAL) {
            Some(credential(rest).ok_or_else(malformed)?)
        } else {
            None
        };
        Ok(Self { counter: u32::from_be_bytes(*counter), credential })
    }
}

/// The id and the public key. Extensions may follow.
fn credential(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_model, rest) = bytes.split_at_checked(AAGUID_BYTES)?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !(1..=MAX_CREDENTIAL_ID_BYTES).contains(&length) {
        return None;
    }
    let (id, key) = rest.split_at_checked(length)?;
    let (_, after) = Cbor::read(key)?;
    let key = key.get(..key.len() - after.len())?;
    Some((id, key))
}
