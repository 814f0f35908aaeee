//! The port of the administration over an engine.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::administration::{
    ActRequest, Administration, AuditFilter, AuditedEffect, InvitedUser, PeopleFilter, RecordedAct,
};
use madang_hub::budgets::network::Network;
use madang_hub::policy::rights::Need;
use madang_hub::ports::{StoreError, TokenHash};
use madang_shared::administration::{
    AccountsPage, AuditPage, InvitationsPage, OfferedInvitation, RoomSizesPage, WorkspaceSettings,
};
use madang_shared::roles::Role;
use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::connections::{Connections, ReadLane};
use crate::rules::{administration, rights};
use crate::store::EngineStore;

/// The reader of a request of the command line.
const COMMAND_LINE: UserId = madang_hub::policy::rights::SERVER;

impl<C: Connections> Administration for EngineStore<C> {
    fn administer(
        &self,
        request: ActRequest,
    ) -> BoxFuture<'static, Result<RecordedAct, StoreError>> {
        self.write(request, administration::administer)
    }

    fn audit(
        &self,
        reader: Option<UserId>,
        filter: AuditFilter,
    ) -> BoxFuture<'static, Result<AuditPage, StoreError>> {
        self.read(reader.unwrap_or(COMMAND_LINE), move |transaction| {
            administration::require_administrator(transaction, reader)?;
            administration::audit_page(transaction, &filter)
        })
    }

    fn accounts(
        &self,
        reader: Option<UserId>,
        filter: PeopleFilter,
    ) -> BoxFuture<'static, Result<AccountsPage, StoreError>> {
        self.read(reader.unwrap_or(COMMAND_LINE), move |transaction| {
            administration::require_administrator(transaction, reader)?;
            administration::list_accounts(transaction, &filter)
        })
    }

    fn invitations(
        &self,
        reader: UserId,
        before: Option<u64>,
    ) -> BoxFuture<'static, Result<InvitationsPage, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::ADMINISTRATION)?;
            administration::invitations(transaction, before)
        })
    }

    fn room_sizes(
        &self,
        reader: UserId,
        after: Option<RoomId>,
    ) -> BoxFuture<'static, Result<RoomSizesPage, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::ADMINISTRATION)?;
            administration::room_sizes(transaction, reader, after)
        })
    }

    fn role(&self, user: UserId) -> BoxFuture<'static, Result<Role, StoreError>> {
        self.read(user, move |transaction| {
            rights::require(transaction, user, Need::Account)?;
            rights::role(transaction, user)
        })
    }

    fn settings(&self) -> BoxFuture<'static, Result<WorkspaceSettings, StoreError>> {
        self.server_read(ReadLane::SignIns, administration::settings)
    }

    fn effects_after(
        &self,
        entry: u64,
    ) -> BoxFuture<'static, Result<(Vec<AuditedEffect>, u64), StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| {
            administration::effects_after(transaction, entry)
        })
    }

    fn has_owner(&self) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.server_read(ReadLane::SignIns, administration::has_owner)
    }

    fn offer_ownership(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((token, now), administration::offer_ownership)
    }

    fn become_owner(
        &self,
        user: UserId,
        network: Option<Network>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<RecordedAct, StoreError>> {
        self.write((user, network, now), administration::become_owner)
    }

    fn invitation(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<OfferedInvitation, StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| {
            administration::offered_invitation(transaction, &token, now)
        })
    }

    fn accept_invitation(
        &self,
        request: InvitedUser,
    ) -> BoxFuture<'static, Result<User, StoreError>> {
        if let Err(refused) = self.free_space.check() {
            return futures_util::future::ready(Err(StoreError::Refused(refused))).boxed();
        }
        self.write(request, administration::accept)
    }

    fn user_named(&self, name_key: String) -> BoxFuture<'static, Result<User, StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| {
            administration::user_named(transaction, &name_key)
        })
    }
}
