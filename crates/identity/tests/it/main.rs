//! The package against an authenticator and a provider that also lie.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot continue fails at once"
)]

mod authenticator;
mod oidc;
mod passkeys;
mod provider;
