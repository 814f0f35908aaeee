//! The port between the administration and the store.

use futures_util::future::BoxFuture;
use madang_shared::administration::{
    AccountsPage, AuditPage, InvitationsPage, OfferedInvitation, RoomSizesPage, WorkspaceSettings,
};
use madang_shared::grants::{Grants, OwnGrants, RoleGrants};
use madang_shared::health::{AccountState, StorageReport};
use madang_shared::roles::{Access, Role};
use madang_shared::{RoomId, Timestamp, User, UserId};

use super::act::ActRequest;
use crate::accounts::{NewUser, SessionRecord, TokenHash};
use crate::budgets::network::Network;
use crate::erasure::ErasureRecord;
use crate::store_error::StoreError;

/// The request for a page of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Acts of this user only.
    pub actor: Option<UserId>,
    /// Acts that concern this user only.
    pub user: Option<UserId>,
    /// Acts of this kind only; see [`madang_shared::administration::AuditAct`].
    pub act: Option<String>,
    /// Acts whose actor, or the user whom they concern, has this text in its name: the key of the text; an empty key finds
    /// all acts.
    pub person_key: String,
    /// Acts from this time on only.
    pub from: Option<Timestamp>,
    /// Acts before this time only.
    pub until: Option<Timestamp>,
    /// Entries before this one only.
    pub before: Option<u64>,
}

/// The request for a page of the people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// The key of a text that the name contains; see [`crate::policy::name_key`]. An empty key finds everybody.
    pub search_key: String,
    /// People with this role only.
    pub role: Option<Role>,
    /// People whose accounts are in this state only.
    pub state: Option<AccountState>,
    /// The page begins after this user.
    pub after: Option<UserId>,
}

/// An executed act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedAct {
    /// The number of its entry in the audit log; none if it found nothing to change.
    pub entry: Option<u64>,
    /// The record of an erasure, with its receipt.
    pub erasure: Option<ErasureRecord>,
}

/// The effect of an entry of the audit log on a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditedEffect {
    /// The rights of a user may have changed.
    Rights(UserId),
    /// The account is deactivated.
    Deactivated(UserId),
    /// Sign-in sessions of the user have ended.
    SessionsEnded(UserId),
    /// The account is erased.
    Erased(UserId),
    /// The account is banned.
    Banned(UserId),
    /// The bans of networks have changed.
    AddressBans,
    /// The settings of the workspace have changed.
    Settings,
}

/// The size of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseSize {
    /// The bytes of the whole database.
    pub bytes: u64,
    /// The events in the log.
    pub events: u64,
}

/// A person with an invitation.
#[derive(Clone, Debug)]
pub enum Invitee {
    /// A new user.
    New(NewUser),
    /// A user who has an account.
    User(UserId),
}

/// The request of a person with an invitation.
#[derive(Clone, Debug)]
pub struct InvitedUser {
    /// The person.
    pub invitee: Invitee,
    /// The token hash of the invitation.
    pub invitation: TokenHash,
    /// The people who may make an account. A closed workspace accepts invitations for one person only.
    pub access: Access,
    /// The present time.
    pub at: Timestamp,
    /// The network from which the request came.
    pub network: Option<Network>,
}

/// The accounts, invitations and settings of a workspace, and the audit log.
///
/// # Guarantees
/// An act and its entry in the audit log are stored together or not at all, and each entry has an event in
/// [`Topic::Administration`](madang_shared::Topic::Administration) with the same number.
pub trait Administration: Send + Sync + 'static {
    /// Executes an act, if the actor has the right.
    ///
    /// # Errors
    /// `forbidden`; `not_found` for a user, room or invitation that does not exist.
    fn administer(
        &self,
        request: ActRequest,
    ) -> BoxFuture<'static, Result<RecordedAct, StoreError>>;

    /// The list of erased accounts. `reader` is none for the command line.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn erasures(
        &self,
        reader: Option<UserId>,
    ) -> BoxFuture<'static, Result<Vec<ErasureRecord>, StoreError>>;

    /// Applies a list of erased accounts to a restored copy of the database. Returns the users that were erased again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn apply_erasures(
        &self,
        list: Vec<ErasureRecord>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<UserId>, StoreError>>;

    /// A page of the audit log. `reader` is none for the command line.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn audit(
        &self,
        reader: Option<UserId>,
        filter: AuditFilter,
    ) -> BoxFuture<'static, Result<AuditPage, StoreError>>;

    /// A page of the people. `reader` is none for the command line.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn accounts(
        &self,
        reader: Option<UserId>,
        filter: PeopleFilter,
    ) -> BoxFuture<'static, Result<AccountsPage, StoreError>>;

    /// A page of the invitations before one of them.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn invitations(
        &self,
        reader: UserId,
        before: Option<u64>,
    ) -> BoxFuture<'static, Result<InvitationsPage, StoreError>>;

    /// A page of the rooms after one of them.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn room_sizes(
        &self,
        reader: UserId,
        after: Option<RoomId>,
    ) -> BoxFuture<'static, Result<RoomSizesPage, StoreError>>;

    /// The sign-in sessions of a person, the one with the latest use first.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator, and for one who decides nothing about the person; `not_found`.
    fn sessions_of(
        &self,
        reader: UserId,
        person: UserId,
    ) -> BoxFuture<'static, Result<Vec<SessionRecord>, StoreError>>;

    /// The size of the database.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn database_size(&self, reader: UserId)
    -> BoxFuture<'static, Result<DatabaseSize, StoreError>>;

    /// The rooms and people that use the storage. It reads all texts.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn storage(&self, reader: UserId) -> BoxFuture<'static, Result<StorageReport, StoreError>>;

    /// The role of a user in the workspace.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for a deactivated account.
    fn role(&self, user: UserId) -> BoxFuture<'static, Result<Role, StoreError>>;

    /// The settings that were changed while a server ran.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn settings(&self) -> BoxFuture<'static, Result<WorkspaceSettings, StoreError>>;

    /// The effects of the entries after one of them, in order, and the number of the last entry that was read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn effects_after(
        &self,
        entry: u64,
    ) -> BoxFuture<'static, Result<(Vec<AuditedEffect>, u64), StoreError>>;

    /// Stores the access of the configuration. The default grants follow from it, while no setting decides about the access.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn configure_access(&self, access: Access) -> BoxFuture<'static, Result<(), StoreError>>;

    /// The grants of a user in the apps, and the administrators who give them.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for a deactivated account.
    fn own_grants(&self, user: UserId) -> BoxFuture<'static, Result<OwnGrants, StoreError>>;

    /// The grants of a new member, for clients without an account.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn newcomer_grants(&self) -> BoxFuture<'static, Result<Grants, StoreError>>;

    /// The grants of each role.
    ///
    /// # Errors
    /// `forbidden` for a user below administrator.
    fn role_grants(&self, reader: UserId) -> BoxFuture<'static, Result<RoleGrants, StoreError>>;

    /// Whether the workspace has an owner.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn has_owner(&self) -> BoxFuture<'static, Result<bool, StoreError>>;

    /// Stores an invitation by which one person becomes the first owner, unless it is stored. It is useless once there is
    /// an owner.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn offer_ownership(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// The invitation with a token.
    ///
    /// # Errors
    /// `not_found` if it is not valid.
    fn invitation(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<OfferedInvitation, StoreError>>;

    /// Accepts an invitation: makes a user, or adds the role and the rooms to an existing one. A new user that repeats
    /// the request under the same name, before its session was used, gets a new session.
    ///
    /// # Errors
    /// `not_found` if the invitation is not valid; `name_taken`.
    fn accept_invitation(
        &self,
        request: InvitedUser,
    ) -> BoxFuture<'static, Result<User, StoreError>>;

    /// The user with this name key, for the command line.
    ///
    /// # Errors
    /// `not_found`.
    fn user_named(&self, name_key: String) -> BoxFuture<'static, Result<User, StoreError>>;
}
