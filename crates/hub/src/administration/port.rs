//! The port between the administration and the store.

use futures_util::future::BoxFuture;
use madang_shared::administration::{
    AccountsPage, AuditPage, InvitationsPage, OfferedInvitation, RoomSizesPage, WorkspaceSettings,
};
use madang_shared::roles::{Access, Role};
use madang_shared::{RoomId, Timestamp, User, UserId};

use super::act::ActRequest;
use crate::accounts::{NewUser, TokenHash};
use crate::budgets::network::Network;
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
    /// Entries before this one only.
    pub before: Option<u64>,
}

/// The request for a page of the people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// The key of a text that the name contains; see [`crate::policy::name_key`]. An empty key finds everybody.
    pub search_key: String,
    /// The page begins after this user.
    pub after: Option<UserId>,
}

/// An executed act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedAct {
    /// The number of its entry in the audit log; none if it found nothing to change.
    pub entry: Option<u64>,
}

/// The effect of an entry of the audit log on a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditedEffect {
    /// The rights of a user may have changed.
    Rights(UserId),
    /// The account is deactivated.
    Deactivated(UserId),
    /// The settings of the workspace have changed.
    Settings,
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

    /// Makes a user the first owner.
    ///
    /// # Errors
    /// `forbidden` if there is an owner.
    fn become_owner(
        &self,
        user: UserId,
        network: Option<Network>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<RecordedAct, StoreError>>;

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
