//! Users to be made, service accounts, the limits of sessions, and the port of accounts.

mod mail;
mod port;

use madang_shared::administration::WorkspaceSettings;
use madang_shared::{Timestamp, User};

use crate::policy::access::CredentialAccess;

pub use mail::{
    MailAddress, MailAddressStore, MailRecipient, MailRecipientRequest, MailVerification,
    NewMailVerification, OwnMailAddresses,
};
pub use port::{
    AccountRecord, Accounts, Credentials, CredentialsRequest, DeviceCodeRecord, FRESH_SESSION_MS,
    LinkMaker, LinkOutcome, LinkRecord, LinkUse, MAX_ATTEMPTS, MAX_KNOWN_DEVICES, MAX_SESSIONS,
    NewLink, NewPassword, NewSession, RequestOrigin, SecretHash, SessionRecord, SignInProof,
    StartedSession, WaitingDeviceRecord, WaitingDeviceRequest,
};

/// SHA-256 of a session token. The token itself is never stored.
pub type TokenHash = [u8; 32];

/// The user of a request, and the access that the request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: User,
    /// The access.
    pub access: CredentialAccess,
}

/// A user with full access.
impl From<User> for Identity {
    fn from(user: User) -> Self {
        Self { user, access: CredentialAccess::Full }
    }
}

/// A day in milliseconds.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The age at which a sign-in session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Since its last use, in milliseconds.
    pub idle_ms: u64,
    /// Since the sign-up, in milliseconds.
    pub max_ms: u64,
}

impl SessionLimits {
    /// The limits after the settings that were changed while a server ran.
    #[must_use]
    pub fn with_settings(self, settings: &WorkspaceSettings) -> Self {
        let ms = |days: Option<u64>, configured| days.map_or(configured, |days| days * DAY_MS);
        Self {
            idle_ms: ms(settings.session_idle_days, self.idle_ms),
            max_ms: ms(settings.session_max_days, self.max_ms),
        }
    }

    /// Whether a session has ended. Times in the future count as now.
    pub fn have_passed(self, made_at: Timestamp, used_at: Timestamp, now: Timestamp) -> bool {
        now.since(used_at) > self.idle_ms || now.since(made_at) > self.max_ms
    }
}

/// A user that belongs to a part of the server.
#[derive(Clone, Copy, Debug)]
pub struct ServiceAccount {
    /// The permanent identity of the part.
    pub key: &'static str,
    /// The preferred name of its user.
    pub name: &'static str,
    /// The present time.
    pub at: Timestamp,
}

impl ServiceAccount {
    /// The possible names of the user, in the order of preference.
    pub fn names(self) -> impl Iterator<Item = String> {
        let numbered = (2..=MAX_SERVICE_NAMES).map(move |number| format!("{} {number}", self.name));
        std::iter::once(self.name.to_owned()).chain(numbered)
    }
}

/// The maximum number of names of a [`ServiceAccount`].
const MAX_SERVICE_NAMES: u32 = 20;

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The chosen name, validated by [`madang_shared::validate::user_name`].
    pub name: String,
    /// The key under which the name is unique; see [`crate::policy::name_key`].
    pub name_key: String,
    /// The token hash of the first session.
    pub token: TokenHash,
    /// The present time.
    pub at: Timestamp,
}
