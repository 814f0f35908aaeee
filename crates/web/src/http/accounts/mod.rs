//! Accounts over HTTP: signing in with a password, a one-time link or another device, recovery by mail, and the account of
//! a user.
//! Secrets are in the bodies of requests alone, never in an address.

pub mod account_api;
pub mod confirmation;
pub mod device_api;
pub mod device_words;
pub mod erasure_api;
pub mod link_api;
pub mod mail_api;
pub mod password_api;
mod password_check;
pub mod password_pool;
pub mod secrets;
pub mod sign_in_request;

use std::hash::RandomState;
use std::sync::Arc;

use madang_hub::sign_in_throttle::{SignInThrottle, ThrottledAccount};

use self::password_pool::PasswordPool;

/// The limits of sign-ins, which all requests of a node share. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SignInLimits {
    /// The waits after wrong attempts.
    pub throttle: Arc<SignInThrottle>,
    /// The threads that check passwords.
    pub passwords: PasswordPool,
    keys: RandomState,
}

impl SignInLimits {
    /// The account of a name, or of something else that is guessed; see [`madang_hub::policy::name_key`].
    pub fn account(&self, key: &str) -> ThrottledAccount {
        use std::hash::BuildHasher;
        ThrottledAccount(self.keys.hash_one(key))
    }
}
