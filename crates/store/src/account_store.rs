//! The port of accounts, over the connections of an engine.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::accounts::{
    AccountRecord, Accounts, Credentials, CredentialsRequest, DeviceCodeRecord, LinkOutcome,
    LinkRecord, LinkUse, NewLink, NewPassword, NewSession, RequestOrigin, SecretHash, SignInProof,
    StartedSession, WaitingDeviceRequest,
};
use madang_hub::ports::{StoreError, TokenHash};
use madang_shared::account::SignInMethod;
use madang_shared::{Timestamp, User, UserId};

use crate::connections::{Connections, ReadLane};
use crate::rules::accounts::sessions::SessionConfirmation;
use crate::rules::accounts::{self, AttemptRecord, devices, links, sessions};
use crate::store::EngineStore;

impl<C: Connections> Accounts for EngineStore<C> {
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Option<Credentials>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |it| accounts::credentials(it, &request))
    }

    fn start_session(
        &self,
        user: UserId,
        proof: SignInProof,
        session: NewSession,
    ) -> BoxFuture<'static, Result<StartedSession, StoreError>> {
        self.write((user, proof, session), sessions::start)
    }

    fn record_refused_attempt(
        &self,
        user: UserId,
        method: SignInMethod,
        origin: RequestOrigin,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        let attempt = AttemptRecord { user, succeeded: false, method, origin, at };
        self.write(attempt, accounts::record_attempt)
    }

    fn record_origin(
        &self,
        token: TokenHash,
        origin: RequestOrigin,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        let asked = origin.clone();
        let has_other = self.server_read(ReadLane::SignIns, move |it| {
            sessions::has_other_origin(it, token, &asked)
        });
        let record = self.connections.deferred_write(sessions::record_origin);
        // A page load is frequent, and another origin is not.
        async move { if has_other.await? { record((token, origin)).await } else { Ok(()) } }.boxed()
    }

    fn set_password(
        &self,
        new: NewPassword,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>> {
        self.write(new, accounts::set_password)
    }

    fn replace_password_hash(
        &self,
        user: UserId,
        former: String,
        hash: String,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, former, hash), accounts::replace_password_hash)
    }

    fn is_secured(&self, user: UserId) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.server_read(ReadLane::SignIns, move |it| accounts::is_secured(it, user))
    }

    fn account(&self, user: UserId) -> BoxFuture<'static, Result<AccountRecord, StoreError>> {
        self.read(user, move |it| accounts::account(it, user))
    }

    fn end_sessions(
        &self,
        user: UserId,
        sessions: Vec<TokenHash>,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>> {
        self.write((user, sessions), sessions::end)
    }

    fn unsecured_users(&self) -> BoxFuture<'static, Result<Vec<User>, StoreError>> {
        self.server_read(ReadLane::Users, accounts::unsecured_users)
    }

    fn add_link(&self, link: NewLink) -> BoxFuture<'static, Result<User, StoreError>> {
        self.write(link, links::add)
    }

    fn link(
        &self,
        token: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LinkRecord>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |it| links::find(it, token, now))
    }

    fn use_link(&self, link: LinkUse) -> BoxFuture<'static, Result<LinkOutcome, StoreError>> {
        self.write(link, links::use_up)
    }

    fn confirm_session(
        &self,
        user: UserId,
        session: TokenHash,
        until: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(SessionConfirmation { user, session, until }, sessions::confirm)
    }

    fn request_device(
        &self,
        request: WaitingDeviceRequest,
    ) -> BoxFuture<'static, Result<LinkRecord, StoreError>> {
        self.write(request, devices::request)
    }

    fn device_code(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<DeviceCodeRecord>, StoreError>> {
        self.read(user, move |it| devices::code(it, user, now))
    }

    fn confirm_device(
        &self,
        user: UserId,
        ticket: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((user, ticket, now), devices::confirm)
    }

    fn withdraw_device(&self, user: UserId) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(user, devices::withdraw)
    }

    fn finish_device(
        &self,
        ticket: SecretHash,
        session: NewSession,
    ) -> BoxFuture<'static, Result<Option<StartedSession>, StoreError>> {
        let now = session.at;
        let is_confirmed =
            self.server_read(ReadLane::SignIns, move |it| devices::is_confirmed(it, ticket, now));
        let finish = self.connections.deferred_write(devices::finish);
        // A waiting device asks often, and writes once.
        async move {
            if is_confirmed.await? { finish((ticket, session)).await.map(Some) } else { Ok(None) }
        }
        .boxed()
    }
}
