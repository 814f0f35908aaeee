//! The factors of sign-ins over an engine.

use futures_util::future::BoxFuture;
use madang_hub::accounts::{NewSession, StartedSession};
use madang_hub::factors::{
    ChallengeKey, CodeProof, FactorStore, NewChallenge, OpenChallenge, PasskeyFacts,
    PasskeyOwnerFacts, PasskeyRecord, PasskeyUse, ProviderLink, ProviderSessionEnd, ProviderSignIn,
    TotpFacts, UserFactors, VerifiedPasskey,
};
use madang_hub::ports::{StoreError, TokenHash};
use madang_shared::{Timestamp, UserId};

use crate::connections::{Connections, ReadLane};
use crate::rules::factors::{self, challenges, codes, passkeys, providers};
use crate::store::EngineStore;

impl<C: Connections> FactorStore for EngineStore<C> {
    fn add_challenge(&self, new: NewChallenge) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(new, challenges::add)
    }

    fn try_challenge(
        &self,
        key: ChallengeKey,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<OpenChallenge>, StoreError>> {
        self.write((key, now), challenges::attempt)
    }

    fn take_challenge(
        &self,
        key: ChallengeKey,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<OpenChallenge>, StoreError>> {
        self.write((key, now), challenges::take)
    }

    fn factors(&self, user: UserId) -> BoxFuture<'static, Result<UserFactors, StoreError>> {
        self.read(user, move |transaction| factors::of_user(transaction, user))
    }

    fn passkey_owner(
        &self,
        user: UserId,
    ) -> BoxFuture<'static, Result<PasskeyOwnerFacts, StoreError>> {
        self.read(user, move |transaction| passkeys::owner(transaction, user))
    }

    fn add_passkey(&self, new: PasskeyRecord) -> BoxFuture<'static, Result<u64, StoreError>> {
        self.write(new, passkeys::add)
    }

    fn remove_passkey(&self, user: UserId, id: u64) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, id), passkeys::remove)
    }

    fn rename_passkey(
        &self,
        user: UserId,
        id: u64,
        name: String,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, id, name), passkeys::rename)
    }

    fn confirm_with_passkey(&self, used: PasskeyUse) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(used, passkeys::confirm)
    }

    fn link_provider(&self, link: ProviderLink) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(link, providers::link)
    }

    fn unlink_provider(&self, link: ProviderLink) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(link, providers::unlink)
    }

    fn passkey(
        &self,
        credential_id: Vec<u8>,
    ) -> BoxFuture<'static, Result<Option<PasskeyFacts>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| {
            passkeys::find(transaction, &credential_id)
        })
    }

    fn sign_in_with_passkey(
        &self,
        verified: VerifiedPasskey,
    ) -> BoxFuture<'static, Result<StartedSession, StoreError>> {
        self.write(verified, passkeys::sign_in)
    }

    fn totp(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<TotpFacts>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| codes::totp(transaction, user, now))
    }

    fn begin_totp(
        &self,
        user: UserId,
        secret: Vec<u8>,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, secret), codes::begin)
    }

    fn confirm_totp(
        &self,
        user: UserId,
        confirmed: (Vec<u8>, u64),
        recovery_codes: Vec<[u8; 32]>,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, confirmed, recovery_codes), codes::confirm)
    }

    fn use_code(
        &self,
        user: UserId,
        proof: CodeProof,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.write((user, proof), codes::use_up)
    }

    fn record_wrong_code(
        &self,
        user: UserId,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, at), codes::record_wrong)
    }

    fn replace_recovery_codes(
        &self,
        user: UserId,
        codes: Vec<[u8; 32]>,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, codes), codes::replace_recovery_codes)
    }

    fn remove_totp(&self, user: UserId) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(user, codes::remove)
    }

    fn finish_second_step(
        &self,
        challenge: ChallengeKey,
        proof: CodeProof,
        session: NewSession,
    ) -> BoxFuture<'static, Result<Option<StartedSession>, StoreError>> {
        self.write((challenge, proof, session), codes::finish_second_step)
    }

    fn sign_in_with_provider(
        &self,
        sign_in: ProviderSignIn,
    ) -> BoxFuture<'static, Result<StartedSession, StoreError>> {
        self.write(sign_in, providers::sign_in)
    }

    fn end_provider_sessions(
        &self,
        end: ProviderSessionEnd,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>> {
        self.write(end, providers::end_sessions)
    }
}
