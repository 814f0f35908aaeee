//! Verifies people: OpenID Connect, passkeys, one-time passwords and recovery codes.
//!
//! The package knows no HTTP server and no store: times and stored values are parameters. `ring` makes and verifies every
//! signature, as it does for TLS.

mod encoding;
pub mod oidc;
pub mod passkeys;
pub mod qr;
pub mod recovery_codes;
mod signed_token;
pub mod totp;

use thiserror::Error;

/// The system provides no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the system provides no random bytes")]
pub struct NoRandomness;

/// Random bytes.
pub(crate) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], NoRandomness> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}
