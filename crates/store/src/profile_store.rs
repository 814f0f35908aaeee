//! The port of profiles over an engine.

use futures_util::future::{self, BoxFuture, FutureExt};
use madang_hub::ports::StoreError;
use madang_hub::profiles::{CheckedProfileChange, Profiles};
use madang_shared::UserId;
use madang_shared::profile::{OwnProfile, Person};

use crate::connections::Connections;
use crate::rules::profiles;
use crate::store::EngineStore;

impl<C: Connections> Profiles for EngineStore<C> {
    fn own_profile(&self, user: UserId) -> BoxFuture<'static, Result<OwnProfile, StoreError>> {
        self.read(user, move |transaction| profiles::read_own(transaction, user))
    }

    fn change_profile(
        &self,
        change: CheckedProfileChange,
    ) -> BoxFuture<'static, Result<OwnProfile, StoreError>> {
        if let Err(refused) = self.free_space.check() {
            return future::ready(Err(StoreError::Refused(refused))).boxed();
        }
        self.write(change, profiles::change)
    }

    fn person(
        &self,
        reader: UserId,
        person: UserId,
    ) -> BoxFuture<'static, Result<Person, StoreError>> {
        self.read(reader, move |transaction| profiles::person(transaction, reader, person))
    }
}
