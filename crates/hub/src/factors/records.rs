//! The records that the port of the factors passes on.

use madang_shared::roles::Role;
use madang_shared::{Timestamp, User, UserId};

use crate::accounts::{NewSession, TokenHash};

/// The purpose of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeKind {
    /// A user registers a passkey.
    NewPasskey,
    /// A stranger signs in with a passkey.
    PasskeySignIn,
    /// A user has given the password, and gives a code next.
    SecondStep,
    /// A stranger is with an identity provider.
    Provider,
}

impl ChallengeKind {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewPasskey => "new_passkey",
            Self::PasskeySignIn => "passkey_sign_in",
            Self::SecondStep => "second_step",
            Self::Provider => "provider",
        }
    }
}

/// A challenge: the server's memory between two requests of one browser. Only that browser knows its token.
#[derive(Clone, Debug)]
pub struct NewChallenge {
    /// SHA-256 of the token.
    pub token: TokenHash,
    /// The purpose.
    pub kind: ChallengeKind,
    /// The user to whom it belongs; none before somebody is known.
    pub user: Option<UserId>,
    /// The content, which its purpose defines.
    pub content: String,
    /// The present time.
    pub at: Timestamp,
    /// The time from which it cannot be used any more.
    pub expires_at: Timestamp,
}

/// A challenge that can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChallenge {
    /// See [`NewChallenge::user`].
    pub user: Option<UserId>,
    /// See [`NewChallenge::content`].
    pub content: String,
}

/// The name of a challenge.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeKey {
    /// SHA-256 of the token.
    pub token: TokenHash,
    /// The purpose.
    pub kind: ChallengeKind,
}

/// The facts for the registration of a passkey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasskeyOwnerFacts {
    /// The handle of the user; none before the first passkey.
    pub user_handle: Option<Vec<u8>>,
    /// The ids of the user's passkeys.
    pub credential_ids: Vec<Vec<u8>>,
}

/// A passkey to be stored.
#[derive(Clone, Debug)]
pub struct PasskeyRecord {
    /// The user.
    pub user: UserId,
    /// The handle of the user.
    pub user_handle: Vec<u8>,
    /// The id that the authenticator has given it.
    pub credential_id: Vec<u8>,
    /// The public key.
    pub public_key: Vec<u8>,
    /// The number of its signatures.
    pub counter: u32,
    /// The name that the user has given it.
    pub name: String,
    /// The present time.
    pub at: Timestamp,
}

/// A stored passkey with its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyFacts {
    /// The user.
    pub user: User,
    /// See [`PasskeyRecord::user_handle`].
    pub user_handle: Vec<u8>,
    /// See [`PasskeyRecord::public_key`].
    pub public_key: Vec<u8>,
    /// See [`PasskeyRecord::counter`].
    pub counter: u32,
}

/// A sign-in with a passkey whose signature is right.
#[derive(Clone, Debug)]
pub struct VerifiedPasskey {
    /// See [`PasskeyRecord::credential_id`].
    pub credential_id: Vec<u8>,
    /// The counter that the check has used.
    pub counter_before: u32,
    /// The counter of the signature.
    pub counter: u32,
    /// The new session.
    pub session: NewSession,
}

/// The use of a passkey that confirms the user of a session, after its check.
#[derive(Clone, Debug)]
pub struct PasskeyUse {
    /// See [`PasskeyRecord::credential_id`].
    pub credential_id: Vec<u8>,
    /// The counter that the check has used.
    pub counter_before: u32,
    /// The counter of the signature.
    pub counter: u32,
    /// The session.
    pub session: TokenHash,
    /// The present time.
    pub at: Timestamp,
    /// The time until which the user counts as confirmed.
    pub until: Timestamp,
}

/// A person of a provider who becomes, or is no more, a way of a user to sign in.
#[derive(Clone, Debug)]
pub struct ProviderLink {
    /// The user.
    pub user: UserId,
    /// The provider's issuer.
    pub issuer: String,
    /// The provider's name for the person; empty to unlink every person of the provider.
    pub subject: String,
}

/// A passkey as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPasskey {
    /// The id in the database.
    pub id: u64,
    /// See [`PasskeyRecord::name`].
    pub name: String,
    /// The time of its registration.
    pub made_at: Timestamp,
    /// The time of the last sign-in with it.
    pub used_at: Option<Timestamp>,
}

/// The one-time passwords of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpFacts {
    /// The secret.
    pub secret: Vec<u8>,
    /// Whether the user has confirmed it by a code.
    pub is_confirmed: bool,
    /// The step of the last code.
    pub last_step: Option<u64>,
    /// Whether there were too many wrong codes a moment ago.
    pub is_blocked: bool,
}

/// The factors of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFactors {
    /// The passkeys, the oldest first.
    pub passkeys: Vec<ListedPasskey>,
    /// Whether a password needs a code.
    pub has_totp: bool,
    /// The recovery codes that were not used yet.
    pub recovery_codes: u64,
    /// The issuers of the providers with which the user signs in.
    pub issuers: Vec<String>,
}

/// The proof of the second step of a sign-in, after its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProof {
    /// A one-time password of this step.
    Step(u64),
    /// The hash of a recovery code.
    Recovery([u8; 32]),
}

/// A person whom a provider has signed in.
#[derive(Clone, Debug)]
pub struct ProviderSignIn {
    /// The provider's issuer.
    pub issuer: String,
    /// The provider's name for the person.
    pub subject: String,
    /// The provider's name for its session.
    pub provider_session: Option<String>,
    /// The names for a new user, in the order of preference; see [`super::user_names`].
    pub names: Vec<String>,
    /// The role by the person's groups; none if they say nothing.
    pub role: Option<Role>,
    /// Whether a person without an account gets one.
    pub may_join: bool,
    /// The new session.
    pub session: NewSession,
}

/// A provider's request to end sessions that began before a time.
#[derive(Clone, Debug)]
pub struct ProviderSessionEnd {
    /// The provider's issuer.
    pub issuer: String,
    /// The person.
    pub subject: Option<String>,
    /// The provider's name for its session.
    pub provider_session: Option<String>,
    /// Later sessions continue.
    pub up_to: Timestamp,
}
