//! The port of the administration over an engine.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::accounts::SessionRecord;
use madang_hub::administration::{
    ActRequest, Administration, AuditFilter, AuditedEffect, DatabaseSize, InvitedUser,
    PeopleFilter, RecordedAct,
};
use madang_hub::erasure::ErasureRecord;
use madang_hub::policy::rights::Need;
use madang_hub::ports::{StoreError, TokenHash};
use madang_shared::administration::{
    AccountsPage, AuditPage, InvitationsPage, OfferedInvitation, RoomSizesPage, WorkspaceSettings,
};
use madang_shared::grants::{Grants, OwnGrants, RoleGrants};
use madang_shared::health::StorageReport;
use madang_shared::roles::{Access, Role};
use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::connections::{Connections, ReadLane};
use crate::rules::{administration, erasure_list, grants, rights};
use crate::store::EngineStore;

/// The reader of a request of the command line.
const COMMAND_LINE: UserId = madang_hub::policy::rights::SERVER;

impl<C: Connections> Administration for EngineStore<C> {
    fn administer(
        &self,
        request: ActRequest,
    ) -> BoxFuture<'static, Result<RecordedAct, StoreError>> {
        let connections = Arc::clone(&self.connections);
        let write = self.write(request, administration::administer);
        async move {
            let recorded = write.await?;
            if let Some(record) = &recorded.erasure {
                connections.list_erasure(record)?;
            }
            Ok(recorded)
        }
        .boxed()
    }

    fn erasures(
        &self,
        reader: Option<UserId>,
    ) -> BoxFuture<'static, Result<Vec<ErasureRecord>, StoreError>> {
        self.read(reader.unwrap_or(COMMAND_LINE), move |transaction| {
            administration::require_administrator(transaction, reader)?;
            erasure_list::records(transaction)
        })
    }

    fn apply_erasures(
        &self,
        list: Vec<ErasureRecord>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<UserId>, StoreError>> {
        let connections = Arc::clone(&self.connections);
        let write = self.write((list.clone(), now), erasure_list::apply_list);
        async move {
            let erased = write.await?;
            list.iter().try_for_each(|record| connections.list_erasure(record))?;
            Ok(erased)
        }
        .boxed()
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

    fn sessions_of(
        &self,
        reader: UserId,
        person: UserId,
    ) -> BoxFuture<'static, Result<Vec<SessionRecord>, StoreError>> {
        self.read(reader, move |transaction| {
            administration::sessions_of(transaction, reader, person)
        })
    }

    fn database_size(
        &self,
        reader: UserId,
    ) -> BoxFuture<'static, Result<DatabaseSize, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::ADMINISTRATION)?;
            administration::database_size(transaction)
        })
    }

    fn storage(&self, reader: UserId) -> BoxFuture<'static, Result<StorageReport, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::ADMINISTRATION)?;
            administration::storage_report(transaction, reader)
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

    fn configure_access(&self, access: Access) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write(access, grants::configure_access)
    }

    fn own_grants(&self, user: UserId) -> BoxFuture<'static, Result<OwnGrants, StoreError>> {
        self.read(user, move |transaction| {
            rights::require(transaction, user, Need::Account)?;
            grants::own(transaction, user)
        })
    }

    fn newcomer_grants(&self) -> BoxFuture<'static, Result<Grants, StoreError>> {
        self.server_read(ReadLane::SignIns, |transaction| {
            Ok(grants::of_roles(transaction)?.of(Role::Member))
        })
    }

    fn role_grants(&self, reader: UserId) -> BoxFuture<'static, Result<RoleGrants, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::ADMINISTRATION)?;
            grants::of_roles(transaction)
        })
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
