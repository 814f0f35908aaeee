//! The fingerprint by which the store tells a repeated command from another one under the same id.

use madang_shared::{Command, codec};
use sha2::{Digest, Sha256};

/// A hash of a command's canonical encoding. The store keeps it with the command's id, and refuses the
/// id for another command: an acknowledgement would say that the other one is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandFingerprint(pub u64);

impl CommandFingerprint {
    /// The first 64 bits of SHA-256 over the JSON of the command.
    pub fn of(command: &Command) -> Self {
        let hash: [u8; 32] = Sha256::digest(codec::encode_part(command)).into();
        let (first, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        Self(u64::from_be_bytes(*first))
    }
}
