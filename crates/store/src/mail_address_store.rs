//! The port of the mail addresses of accounts, over the connections of an engine.

use futures_util::future::BoxFuture;
use madang_hub::accounts::{
    MailAddressStore, MailRecipient, MailRecipientRequest, MailVerification, NewMailVerification,
    OwnMailAddresses, SecretHash,
};
use madang_hub::ports::StoreError;
use madang_shared::{Timestamp, UserId};

use crate::connections::{Connections, ReadLane};
use crate::rules::accounts::mail_addresses;
use crate::store::EngineStore;

impl<C: Connections> MailAddressStore for EngineStore<C> {
    fn mail_addresses(
        &self,
        user: UserId,
    ) -> BoxFuture<'static, Result<OwnMailAddresses, StoreError>> {
        self.read(user, move |it| mail_addresses::of_user(it, user))
    }

    fn request_mail_address(
        &self,
        new: NewMailVerification,
    ) -> BoxFuture<'static, Result<String, StoreError>> {
        self.write(new, mail_addresses::request)
    }

    fn mail_verification(
        &self,
        token: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<MailVerification>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |it| mail_addresses::find(it, token, now))
    }

    fn verify_mail_address(
        &self,
        token: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<UserId, StoreError>> {
        self.write((token, now), mail_addresses::verify)
    }

    fn remove_mail_address(&self, user: UserId) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(user, mail_addresses::remove)
    }

    fn mail_recipient(
        &self,
        request: MailRecipientRequest,
    ) -> BoxFuture<'static, Result<Option<MailRecipient>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |it| mail_addresses::recipient(it, &request))
    }
}
