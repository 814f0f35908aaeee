//! The port of accounts: passwords, sign-in sessions and one-time links. Secrets arrive hashed, and no change of an
//! account is an event of a topic.

use futures_util::future::BoxFuture;
use madang_shared::account::{LinkKind, SignInAttempt, SignInMethod};
use madang_shared::{Timestamp, User, UserId};

use super::TokenHash;
use super::mail::MailAddressStore;
use crate::store_error::StoreError;

/// SHA-256 of a secret of 256 random bits, or of a code that lives for minutes.
pub type SecretHash = [u8; 32];

/// The most sessions of one user. A further sign-in ends the one that was not used for the longest time.
pub const MAX_SESSIONS: usize = 50;
/// The most stored attempts of one user to sign in, for the right and for the wrong ones.
pub const MAX_ATTEMPTS: usize = 50;
/// The most devices that an account knows.
pub const MAX_KNOWN_DEVICES: usize = 20;
/// A session younger than this many milliseconds may change the password without the current one.
pub const FRESH_SESSION_MS: u64 = 5 * 60_000;

/// The origin of a request, as the user is told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// See [`SignInSession::device`](madang_shared::account::SignInSession::device).
    pub device: String,
    /// See [`SignInSession::network`](madang_shared::account::SignInSession::network).
    pub network: String,
    /// The hash of the secret in the device's cookie.
    pub device_secret: Option<SecretHash>,
}

/// The request for the credentials of a name.
#[derive(Clone, Debug)]
pub struct CredentialsRequest {
    /// The key of the name; see [`crate::policy::name_key`].
    pub name_key: String,
    /// The origin of the attempt.
    pub origin: RequestOrigin,
}

/// The credentials of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// The hash of the password.
    pub password: Option<String>,
    /// Whether somebody has signed in as this user from the network before.
    pub knows_network: bool,
    /// Whether the device has signed in as this user before.
    pub knows_device: bool,
}

/// A session to be started.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The hash of its token.
    pub token: TokenHash,
    /// The present time.
    pub at: Timestamp,
    /// The origin of the request.
    pub origin: RequestOrigin,
}

/// The proof of a user who signs in, which the store checks again in the transaction that starts the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInProof {
    /// The password with this hash was entered.
    Password(String),
    /// The caller has checked a proof of another kind.
    Checked(SignInMethod),
}

/// A session that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedSession {
    /// Its user.
    pub user: User,
    /// The sessions that have ended for it.
    pub ended: Vec<TokenHash>,
}

/// A new password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The user.
    pub user: UserId,
    /// The hash of the new password.
    pub hash: String,
    /// The session of the request. All others end if there was a password before.
    pub session: TokenHash,
    /// The hash of the current password, if it was entered.
    pub entered: Option<String>,
    /// The present time.
    pub at: Timestamp,
}

/// The account of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRecord {
    /// The hash of the password.
    pub password: Option<String>,
    /// Whether there is a way back to the account beside its sessions.
    pub is_secured: bool,
    /// Whether the account has a passkey.
    pub has_passkeys: bool,
    /// Whether a password needs a code.
    pub has_totp: bool,
    /// The sessions, the one with the latest use first.
    pub sessions: Vec<SessionRecord>,
    /// The last attempts to sign in, the newest first; at most [`MAX_ATTEMPTS`].
    pub attempts: Vec<SignInAttempt>,
}

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The hash of its token.
    pub token: TokenHash,
    /// See [`RequestOrigin::device`].
    pub device: String,
    /// See [`RequestOrigin::network`].
    pub network: String,
    /// The time of the sign-in.
    pub made_at: Timestamp,
    /// The time of the last use.
    pub used_at: Timestamp,
    /// The time until which its user counts as confirmed.
    pub confirmed_until: Option<Timestamp>,
}

impl SessionRecord {
    /// Whether the session began, or its user confirmed it, a moment ago. Times in the future are the mistake of a clock.
    pub fn is_confirmed(&self, now: Timestamp) -> bool {
        let is_fresh = self.made_at <= now && now.since(self.made_at) < FRESH_SESSION_MS;
        let is_confirmed = |until: Timestamp| now < until && until.since(now) <= FRESH_SESSION_MS;
        is_fresh || self.confirmed_until.is_some_and(is_confirmed)
    }
}

/// The maker of a one-time link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkMaker {
    /// A user: an administrator, or the user of a second device.
    User(UserId),
    /// `madang admin` on the server's machine.
    CommandLine,
    /// The server, for somebody who has asked for a mail to the verified address of the account.
    Mail,
}

/// A one-time link to be made. It replaces the user's earlier one of the same kind.
#[derive(Clone, Copy, Debug)]
pub struct NewLink {
    /// The hash of its token.
    pub token: SecretHash,
    /// The kind.
    pub kind: LinkKind,
    /// The user whom it lets in.
    pub user: UserId,
    /// Its maker.
    pub by: LinkMaker,
    /// The hash of the code that can be typed instead.
    pub code: Option<SecretHash>,
    /// Whether its use also removes the one-time passwords and the passkeys of the user.
    pub removes_factors: bool,
    /// The present time.
    pub at: Timestamp,
    /// The time from which it cannot be used any more.
    pub expires_at: Timestamp,
}

/// A one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRecord {
    /// The kind.
    pub kind: LinkKind,
    /// The user whom it lets in.
    pub user: User,
    /// The time from which it cannot be used any more.
    pub expires_at: Timestamp,
}

/// The use of a recovery or claim link.
#[derive(Clone, Debug)]
pub struct LinkUse {
    /// The hash of the token of the link.
    pub link: SecretHash,
    /// The hash of the new password, if the account gets one.
    pub password: Option<String>,
    /// The session.
    pub session: NewSession,
}

/// The outcome of the use of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    /// The session has begun.
    Started(StartedSession),
    /// The link is used up and the password is set, but no session has begun: the account needs a code too.
    NeedsCode {
        /// The user.
        user: UserId,
        /// The sessions that have ended.
        ended: Vec<TokenHash>,
    },
}

/// A device that asks to be let in with a link or a code.
#[derive(Clone, Debug)]
pub struct WaitingDeviceRequest {
    /// The hash of the token or of the code.
    pub secret: SecretHash,
    /// The hash of the ticket by which the device is known from now on.
    pub ticket: SecretHash,
    /// The origin of the request.
    pub origin: RequestOrigin,
    /// The present time.
    pub at: Timestamp,
}

/// A user's code for a second device, which can still be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceCodeRecord {
    /// The device that waits with it.
    pub waiting: Option<WaitingDeviceRecord>,
}

/// The device that waits with a user's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingDeviceRecord {
    /// The hash of its ticket.
    pub ticket: SecretHash,
    /// See [`RequestOrigin::device`].
    pub device: String,
    /// See [`RequestOrigin::network`].
    pub network: String,
    /// Whether the user has let it in.
    pub is_confirmed: bool,
}

/// Passwords, sign-in sessions and one-time links.
///
/// # Errors
/// Every method: [`StoreError::Unavailable`]. Refusals are named where they occur.
pub trait Accounts: MailAddressStore + Send + Sync + 'static {
    /// The credentials of the user with this name; `None` if there is none.
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Option<Credentials>, StoreError>>;

    /// Starts a session of a user, and remembers its network and its device.
    ///
    /// # Errors
    /// Refused as `unauthenticated` if the password has changed meanwhile, and as `forbidden` for a deactivated account.
    fn start_session(
        &self,
        user: UserId,
        proof: SignInProof,
        session: NewSession,
    ) -> BoxFuture<'static, Result<StartedSession, StoreError>>;

    /// Records a wrong attempt to sign in.
    fn record_refused_attempt(
        &self,
        user: UserId,
        method: SignInMethod,
        origin: RequestOrigin,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Records the origin of a session's last use.
    fn record_origin(
        &self,
        token: TokenHash,
        origin: RequestOrigin,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Sets or changes a password, and withdraws the user's one-time links. Returns the sessions that have ended.
    ///
    /// # Errors
    /// Refused as `forbidden` if the current password is needed and was not entered, and as `unauthenticated` if the
    /// session has ended.
    fn set_password(
        &self,
        new: NewPassword,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>>;

    /// Replaces the hash of an unchanged password by one with other parameters.
    fn replace_password_hash(
        &self,
        user: UserId,
        former: String,
        hash: String,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Whether there is a way back to a user's account beside its sessions.
    fn is_secured(&self, user: UserId) -> BoxFuture<'static, Result<bool, StoreError>>;

    /// The account of a user.
    fn account(&self, user: UserId) -> BoxFuture<'static, Result<AccountRecord, StoreError>>;

    /// Ends sessions of a user. Returns those that existed.
    fn end_sessions(
        &self,
        user: UserId,
        sessions: Vec<TokenHash>,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>>;

    /// The users without a way back to their account beside their sessions, by id.
    fn unsecured_users(&self) -> BoxFuture<'static, Result<Vec<User>, StoreError>>;

    /// Makes a one-time link.
    ///
    /// # Errors
    /// Refused as `forbidden` if the maker may not make it, and as `not_found` if the user does not exist or cannot sign
    /// in.
    fn add_link(&self, link: NewLink) -> BoxFuture<'static, Result<User, StoreError>>;

    /// The link with this token, if it can still be used.
    fn link(
        &self,
        token: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LinkRecord>, StoreError>>;

    /// Uses a recovery or claim link up: sets the password, and starts a session. A user with one-time passwords needs a
    /// code first, unless the link removes them.
    ///
    /// # Errors
    /// Refused as `not_found` if the link cannot be used any more, and as `invalid` without a password if the account needs
    /// a code: the link then stays as it is.
    fn use_link(&self, link: LinkUse) -> BoxFuture<'static, Result<LinkOutcome, StoreError>>;

    /// Records that the user of a session has confirmed it, until a time.
    fn confirm_session(
        &self,
        user: UserId,
        session: TokenHash,
        until: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Lets a device wait with a code or a link, which no other device can then use.
    ///
    /// # Errors
    /// Refused as `not_found` if the code or link cannot be used any more.
    fn request_device(
        &self,
        request: WaitingDeviceRequest,
    ) -> BoxFuture<'static, Result<LinkRecord, StoreError>>;

    /// The user's code for a second device; `None` if it cannot be used any more.
    fn device_code(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<DeviceCodeRecord>, StoreError>>;

    /// Lets the device with this ticket in.
    ///
    /// # Errors
    /// Refused as `not_found` if it does not wait any more.
    fn confirm_device(
        &self,
        user: UserId,
        ticket: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Withdraws the user's code for a second device.
    fn withdraw_device(&self, user: UserId) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Starts the session of a device that was let in; `None` while it waits.
    ///
    /// # Errors
    /// Refused as `not_found` if it does not wait any more.
    fn finish_device(
        &self,
        ticket: SecretHash,
        session: NewSession,
    ) -> BoxFuture<'static, Result<Option<StartedSession>, StoreError>>;
}
