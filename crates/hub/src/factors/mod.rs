//! The factors of a sign-in beside passwords: passkeys, one-time passwords with recovery codes, and identity providers. The
//! port [`FactorStore`] keeps them. None of it goes through the log.

mod names;
mod records;

use futures_util::future::BoxFuture;
use madang_shared::{Timestamp, UserId};

use crate::accounts::{NewSession, StartedSession, TokenHash};
use crate::store_error::StoreError;

pub use names::user_names;
pub use records::{
    ChallengeKey, ChallengeKind, CodeProof, ListedPasskey, NewChallenge, OpenChallenge,
    PasskeyFacts, PasskeyOwnerFacts, PasskeyRecord, PasskeyUse, ProviderLink, ProviderSessionEnd,
    ProviderSignIn, TotpFacts, UserFactors, VerifiedPasskey,
};

/// The passkeys that a user may have.
pub const MAX_PASSKEYS: u64 = 20;
/// The challenges that are kept at a time. When there are more, the oldest ones go.
pub const MAX_CHALLENGES: u64 = 10_000;
/// The number of times that an answer to one challenge may be tried.
pub const MAX_ATTEMPTS: u64 = 5;
/// The wrong one-time passwords of a user in [`CODE_WINDOW_MS`]; further ones are refused until it has passed.
pub const MAX_WRONG_CODES: u64 = 10;
/// See [`MAX_WRONG_CODES`]; 15 minutes.
pub const CODE_WINDOW_MS: u64 = 15 * 60 * 1_000;
/// Keeps the factors of users.
///
/// # Guarantees
/// - A challenge, a recovery code and a step of one-time passwords take effect once, also if two requests come at the same
///   time, on any node.
/// - A deactivated user gets no session.
pub trait FactorStore: Send + Sync + 'static {
    /// Keeps a challenge, and removes those that have expired.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn add_challenge(&self, new: NewChallenge) -> BoxFuture<'static, Result<(), StoreError>>;

    /// A challenge for one more attempt. It can be used again, at most [`MAX_ATTEMPTS`] times.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn try_challenge(
        &self,
        key: ChallengeKey,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<OpenChallenge>, StoreError>>;

    /// A challenge for the only time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn take_challenge(
        &self,
        key: ChallengeKey,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<OpenChallenge>, StoreError>>;

    /// The factors of a user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn factors(&self, user: UserId) -> BoxFuture<'static, Result<UserFactors, StoreError>>;

    /// The facts for the registration of a passkey.
    ///
    /// # Errors
    /// Refused as `forbidden` for a deactivated user, and above [`MAX_PASSKEYS`].
    fn passkey_owner(
        &self,
        user: UserId,
    ) -> BoxFuture<'static, Result<PasskeyOwnerFacts, StoreError>>;

    /// Stores a passkey. Returns its id in the database.
    ///
    /// # Errors
    /// Refused as [`Self::passkey_owner`], and as `invalid` if the passkey is registered already.
    fn add_passkey(&self, new: PasskeyRecord) -> BoxFuture<'static, Result<u64, StoreError>>;

    /// Removes a passkey of a user.
    ///
    /// # Errors
    /// Refused as `not_found` if the user has no such passkey.
    fn remove_passkey(&self, user: UserId, id: u64) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Gives a passkey of a user another name.
    ///
    /// # Errors
    /// Refused as `not_found` if the user has no such passkey.
    fn rename_passkey(
        &self,
        user: UserId,
        id: u64,
        name: String,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Records the use of a passkey, and that the user of a session has confirmed it.
    ///
    /// # Errors
    /// Refused as `unauthenticated` if the passkey was removed or used meanwhile, or belongs to another user.
    fn confirm_with_passkey(&self, used: PasskeyUse) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Lets a user sign in with a person of a provider.
    ///
    /// # Errors
    /// Refused as `name_taken` if the person belongs to another user, and as `forbidden` for a deactivated user.
    fn link_provider(&self, link: ProviderLink) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Ends a user's sign-in with a provider.
    ///
    /// # Errors
    /// Refused as `not_found` if it is not linked, and as `forbidden` if it is the last way to sign in.
    fn unlink_provider(&self, link: ProviderLink) -> BoxFuture<'static, Result<(), StoreError>>;

    /// The passkey with an id of its authenticator.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn passkey(
        &self,
        credential_id: Vec<u8>,
    ) -> BoxFuture<'static, Result<Option<PasskeyFacts>, StoreError>>;

    /// Starts a session with a passkey.
    ///
    /// # Errors
    /// Refused as `forbidden` for a deactivated user; as `unauthenticated` if the passkey was removed or used meanwhile.
    fn sign_in_with_passkey(
        &self,
        verified: VerifiedPasskey,
    ) -> BoxFuture<'static, Result<StartedSession, StoreError>>;

    /// The one-time passwords of a user; none without any.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn totp(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<TotpFacts>, StoreError>>;

    /// Stores a secret that the user has to confirm. It replaces an earlier one that was not confirmed.
    ///
    /// # Errors
    /// Refused as `invalid` if one-time passwords are on.
    fn begin_totp(
        &self,
        user: UserId,
        secret: Vec<u8>,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Switches one-time passwords on, with these recovery codes.
    ///
    /// # Errors
    /// Refused as `invalid` if they are on, or if there is another secret than the one that was confirmed.
    fn confirm_totp(
        &self,
        user: UserId,
        confirmed: (Vec<u8>, u64),
        recovery_codes: Vec<[u8; 32]>,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Uses a proof up for an act of a signed-in user; false if it was used before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn use_code(
        &self,
        user: UserId,
        proof: CodeProof,
    ) -> BoxFuture<'static, Result<bool, StoreError>>;

    /// Records a wrong code.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn record_wrong_code(
        &self,
        user: UserId,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Replaces the recovery codes of a user.
    ///
    /// # Errors
    /// Refused as `invalid` if one-time passwords are off.
    fn replace_recovery_codes(
        &self,
        user: UserId,
        codes: Vec<[u8; 32]>,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Switches one-time passwords off, and removes the recovery codes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn remove_totp(&self, user: UserId) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Ends the second step of a sign-in: uses the challenge and the proof up, and starts a session. None if either was used
    /// before.
    ///
    /// # Errors
    /// Refused as `forbidden` for a deactivated user.
    fn finish_second_step(
        &self,
        challenge: ChallengeKey,
        proof: CodeProof,
        session: NewSession,
    ) -> BoxFuture<'static, Result<Option<StartedSession>, StoreError>>;

    /// Starts a session for a person whom a provider has signed in, and makes the user at the first time. The person's groups
    /// set the role. The last owner stays an owner.
    ///
    /// # Errors
    /// Refused as `forbidden` for a deactivated user, and for a person without an account who may not join; as `name_taken`
    /// if all names are taken.
    fn sign_in_with_provider(
        &self,
        sign_in: ProviderSignIn,
    ) -> BoxFuture<'static, Result<StartedSession, StoreError>>;

    /// Ends the sessions that a provider has begun. Returns them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn end_provider_sessions(
        &self,
        end: ProviderSessionEnd,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>>;
}
