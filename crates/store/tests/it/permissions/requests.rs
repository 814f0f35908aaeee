//! The requests of a walk.

use madang_hub::administration::{AuditFilter, PeopleFilter};
use madang_hub::policy::rights::Need;
use madang_hub::ports::{DirectoryRequest, PeopleRequest};
use madang_hub::profiles::CheckedProfileChange;
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::shared_state::SharedStateRead;
use madang_shared::chat::ChatCommand;
use madang_shared::counter::CounterCommand;
use madang_shared::later::LaterCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::notices::{LastNotices, NoticeBox, NoticeKind, NoticesCommand};
use madang_shared::orders::OrdersCommand;
use madang_shared::posts::PostsCommand;
use madang_shared::profile::ProfileChange;
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{Command, CommandId, Query, Seq, Timestamp, Topic, User};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Answer;
use super::acts::administer;
use super::app_requests::AppRequest;
use super::room_requests::RoomRequest;
use crate::contract::mail_addresses::requested;
use crate::support::{NOW, TestStore, write};

/// A number that no other command of this process has.
pub(super) fn number() -> u128 {
    static NUMBER: AtomicU64 = AtomicU64::new(1_000_000);
    u128::from(NUMBER.fetch_add(1, Ordering::Relaxed))
}

pub(super) async fn command(
    test_store: &TestStore,
    user: &User,
    command: impl Into<Command>,
) -> Answer {
    let command = command.into();
    assert!(!request_of(&command).is_empty(), "{command:?}");
    let write = write(user, number(), command);
    Answer::of(test_store.store.commit(vec![write]).await.remove(0))
}

pub(super) async fn query(test_store: &TestStore, user: &User, query: impl Into<Query>) -> Answer {
    Answer::of(test_store.store.query(user.id, query.into()).await)
}

pub(super) async fn open(test_store: &TestStore, user: &User, topic: Topic) -> Answer {
    Answer::of(test_store.store.open(user.id, SharedStateRead::uncached(topic), None).await)
}

/// The name of the request that has the command. A new command does not compile until the walk makes it.
fn request_of(command: &Command) -> &'static str {
    match command {
        Command::Rooms(RoomsCommand::Create { .. }) => Request::CreateRoom.name(),
        Command::Rooms(RoomsCommand::Describe { .. }) => RoomRequest::Describe.name(),
        Command::Rooms(RoomsCommand::OpenDirect { .. }) => Request::OpenDirect.name(),
        Command::Rooms(RoomsCommand::Change { change, .. }) => match change {
            RoomChange::Name(_) => RoomRequest::Rename.name(),
            RoomChange::Posting(_) | RoomChange::History(_) => RoomRequest::Posting.name(),
            RoomChange::Archived(_) => RoomRequest::Archive.name(),
            RoomChange::Default(_) => RoomRequest::MakeDefault.name(),
        },
        Command::Rooms(RoomsCommand::Invite { .. }) => RoomRequest::Invite.name(),
        Command::Rooms(RoomsCommand::Remove { .. }) => RoomRequest::Remove.name(),
        Command::Rooms(RoomsCommand::Silence { .. }) => RoomRequest::Silence.name(),
        Command::Chat(ChatCommand::Edit { .. }) => RoomRequest::EditOwnMessage.name(),
        Command::Chat(ChatCommand::React { .. }) => RoomRequest::React.name(),
        Command::Chat(ChatCommand::Pin { .. }) => RoomRequest::Pin.name(),
        Command::Chat(ChatCommand::Delete { .. }) => RoomRequest::DeleteOwnMessage.name(),
        Command::Rooms(RoomsCommand::Delete { .. }) => RoomRequest::Delete.name(),
        Command::Membership(MembershipCommand::Join { .. }) => RoomRequest::Join.name(),
        Command::Membership(MembershipCommand::Leave { .. }) => RoomRequest::Leave.name(),
        Command::Membership(MembershipCommand::Read { .. }) => RoomRequest::Read.name(),
        Command::Membership(MembershipCommand::MarkUnread { .. }) => RoomRequest::MarkUnread.name(),
        Command::Membership(MembershipCommand::Mute { .. }) => RoomRequest::Mute.name(),
        Command::Chat(ChatCommand::Post { .. }) => RoomRequest::Post.name(),
        Command::Later(LaterCommand::Save { .. }) => RoomRequest::Save.name(),
        Command::Later(LaterCommand::Remind { .. }) => RoomRequest::Remind.name(),
        Command::Later(LaterCommand::Unsave { .. }) => Request::Unsave.name(),
        Command::Later(LaterCommand::Schedule { .. }) => RoomRequest::Schedule.name(),
        Command::Later(LaterCommand::Reschedule { .. } | LaterCommand::Unschedule { .. }) => {
            Request::Unschedule.name()
        }
        Command::Counter(CounterCommand::Add { .. }) => AppRequest::AddToCounter.name(),
        Command::Posts(PostsCommand::Create { .. }) => AppRequest::CreatePost.name(),
        Command::Posts(PostsCommand::Edit { .. }) => AppRequest::EditOwnPost.name(),
        Command::Posts(PostsCommand::Delete { .. }) => AppRequest::DeleteOwnPost.name(),
        Command::Posts(PostsCommand::Greet { .. }) => AppRequest::Greet.name(),
        Command::Orders(OrdersCommand::Place { .. }) => AppRequest::PlaceOrder.name(),
        Command::Orders(OrdersCommand::Accept { .. }) => AppRequest::AcceptOrder.name(),
        Command::Orders(OrdersCommand::Advance { .. }) => AppRequest::AdvanceOrder.name(),
        Command::Orders(OrdersCommand::Take { .. }) => AppRequest::TakeOrder.name(),
        Command::Orders(OrdersCommand::Cancel { .. }) => AppRequest::CancelOwnOrder.name(),
        Command::Orders(OrdersCommand::Reopen(_)) => AppRequest::ReopenOwnOrder.name(),
        Command::Notices(NoticesCommand::Read { .. }) => Request::ReadNotice.name(),
        Command::Notices(NoticesCommand::ReadAll(_)) => Request::ReadAllNotices.name(),
        Command::Notices(NoticesCommand::Mute { .. }) => Request::MuteNotices.name(),
        Command::Notices(NoticesCommand::Demo { .. }) => AppRequest::Demonstration.name(),
    }
}

/// A request that is not about a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    CreateRoom,
    ListRooms,
    OpenDirect,
    ListPeople,
    OwnGrants,
    OwnProfile,
    ChangeProfile,
    OwnMail,
    ChangeMail,
    ReadPerson,
    OwnMemberships,
    OthersMemberships,
    OwnInbox,
    OthersInbox,
    OwnLater,
    OthersLater,
    Unsave,
    Unschedule,
    FollowNotices,
    ReadNotice,
    ReadAllNotices,
    MuteNotices,
    FollowAdministration,
    ReadAudit,
    ListAccounts,
    ListInvitations,
    ListRoomSizes,
    ListRoleGrants,
    FollowHealth,
    SeeDatabaseSize,
    SeeStorage,
    ListOthersSessions,
    EndOthersSessions,
    Invite,
    ChangeSettings,
    GrantOther,
    DemoteOther,
    DeactivateOther,
    EraseOther,
    ReadErasures,
    ReactivateOther,
    RaiseOther,
    SilenceOther,
    BanOther,
    BanAddress,
    ListAddressBans,
}

impl Request {
    pub(super) const ALL: &[Self] = &[
        Self::CreateRoom,
        Self::ListRooms,
        Self::OpenDirect,
        Self::ListPeople,
        Self::OwnGrants,
        Self::OwnProfile,
        Self::ChangeProfile,
        Self::OwnMail,
        Self::ChangeMail,
        Self::ReadPerson,
        Self::OwnMemberships,
        Self::OthersMemberships,
        Self::OwnInbox,
        Self::OthersInbox,
        Self::OwnLater,
        Self::OthersLater,
        Self::Unsave,
        Self::Unschedule,
        Self::FollowNotices,
        Self::ReadNotice,
        Self::ReadAllNotices,
        Self::MuteNotices,
        Self::FollowAdministration,
        Self::ReadAudit,
        Self::ListAccounts,
        Self::ListInvitations,
        Self::ListRoomSizes,
        Self::ListRoleGrants,
        Self::FollowHealth,
        Self::SeeDatabaseSize,
        Self::SeeStorage,
        Self::ListOthersSessions,
        Self::EndOthersSessions,
        Self::Invite,
        Self::ChangeSettings,
        Self::GrantOther,
        Self::DemoteOther,
        Self::DeactivateOther,
        Self::EraseOther,
        Self::ReadErasures,
        Self::ReactivateOther,
        Self::RaiseOther,
        Self::SilenceOther,
        Self::BanOther,
        Self::BanAddress,
        Self::ListAddressBans,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CreateRoom => "create a room",
            Self::ListRooms => "list the public rooms",
            Self::OpenDirect => "open a direct conversation with a stranger",
            Self::ListPeople => "list the people whom one may know",
            Self::OwnGrants => "list one's own rights in the apps",
            Self::OwnProfile => "read one's own profile",
            Self::ChangeProfile => "change one's profile",
            Self::OwnMail => "read one's own mail address",
            Self::ChangeMail => "change one's mail address",
            Self::ReadPerson => "see the card of a stranger",
            Self::OwnMemberships => "follow one's own memberships",
            Self::OthersMemberships => "follow another user's memberships",
            Self::OwnInbox => "follow one's own inbox",
            Self::OthersInbox => "follow another user's inbox",
            Self::OwnLater => "follow what one keeps for later",
            Self::OthersLater => "follow what another user keeps for later",
            Self::Unsave => "remove a saved message, or its reminder",
            Self::Unschedule => "change the time of a message that waits, or remove it",
            Self::FollowNotices => "follow the notices to all",
            Self::ReadNotice => "mark a notice as read",
            Self::ReadAllNotices => "mark all notices as read",
            Self::MuteNotices => "mute notices",
            Self::FollowAdministration => "follow the administration",
            Self::ReadAudit => "read the audit log",
            Self::ListAccounts => "list the people with their sessions",
            Self::ListInvitations => "list the invitations",
            Self::ListRoleGrants => "list the rights of each role in the apps",
            Self::ListRoomSizes => "list the rooms with their sizes",
            Self::FollowHealth => "follow the server's state",
            Self::SeeDatabaseSize => "see the size of the database",
            Self::SeeStorage => "see who uses the storage",
            Self::ListOthersSessions => "list a member's sessions",
            Self::EndOthersSessions => "end a member's sessions",
            Self::Invite => "invite a member",
            Self::GrantOther => "give a member a right in an app",
            Self::ChangeSettings => "change the settings of the workspace",
            Self::DemoteOther => "make a member a guest",
            Self::DeactivateOther => "deactivate a member",
            Self::EraseOther => "erase a member",
            Self::ReadErasures => "read the receipts of erasures",
            Self::ReactivateOther => "activate a member again",
            Self::RaiseOther => "make a member an administrator",
            Self::SilenceOther => "silence a member in the workspace",
            Self::BanOther => "ban a member",
            Self::BanAddress => "ban a network",
            Self::ListAddressBans => "list the banned networks",
        }
    }

    /// Makes the request as `user`; what belongs to another user belongs to `other`.
    pub(super) async fn make(self, test_store: &TestStore, other: &User, user: &User) -> Answer {
        let of_user = |command: Command| super::requests::command(test_store, user, command);
        let follow = |topic| open(test_store, user, topic);
        let store = &test_store.store;
        match self {
            Self::CreateRoom => {
                let name = format!("Room of {}", user.name);
                of_user(RoomsCommand::public(name).into()).await
            }
            Self::ListRooms => {
                let request = DirectoryRequest::default();
                Answer::of(test_store.store.directory(user.id, request).await)
            }
            // The other user is in no room of a guest.
            Self::OpenDirect => {
                of_user(RoomsCommand::OpenDirect { users: vec![other.id] }.into()).await
            }
            Self::ListPeople => {
                Answer::of(test_store.store.people(user.id, PeopleRequest::default()).await)
            }
            Self::OwnGrants => Answer::of(store.own_grants(user.id).await),
            Self::OwnProfile => Answer::of(store.own_profile(user.id).await),
            Self::ChangeProfile => {
                let change =
                    ProfileChange { name: Some("Name".into()), ..ProfileChange::default() };
                let change = CheckedProfileChange::new(user.id, change, Timestamp(1));
                Answer::of(store.change_profile(change.expect("valid")).await)
            }
            Self::OwnMail => Answer::of(store.mail_addresses(user.id).await),
            Self::ChangeMail => {
                let address = format!("{}@example.com", user.id);
                let new = requested(user, &address, &address);
                Answer::of(store.request_mail_address(new).await)
            }
            Self::ReadPerson => Answer::of(store.person(user.id, other.id).await),
            Self::ReadErasures => Answer::of(store.erasures(Some(user.id)).await),
            Self::OwnMemberships => follow(Topic::Memberships(user.id)).await,
            Self::OthersMemberships => follow(Topic::Memberships(other.id)).await,
            Self::OwnInbox => follow(Topic::Inbox(user.id)).await,
            Self::OthersInbox => follow(Topic::Inbox(other.id)).await,
            Self::OwnLater => follow(Topic::Later(user.id)).await,
            Self::OthersLater => follow(Topic::Later(other.id)).await,
            Self::Unsave => {
                let (room, message) = (FIRST_ROOM, Seq(1));
                of_user(LaterCommand::Unsave { room, message }.into()).await
            }
            Self::Unschedule => {
                let id = CommandId::new(NOW, 0);
                of_user(LaterCommand::Unschedule { id }.into()).await
            }
            Self::FollowNotices => follow(Topic::Notices).await,
            Self::ReadNotice => {
                of_user(NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) }.into()).await
            }
            Self::ReadAllNotices => {
                of_user(NoticesCommand::ReadAll(LastNotices::default()).into()).await
            }
            Self::MuteNotices => {
                let kind = NoticeKind::Mention;
                of_user(NoticesCommand::Mute { kind, muted: true }.into()).await
            }
            Self::FollowAdministration => follow(Topic::Administration).await,
            Self::ReadAudit => Answer::of(store.audit(Some(user.id), AuditFilter::default()).await),
            Self::ListAccounts => {
                Answer::of(store.accounts(Some(user.id), PeopleFilter::default()).await)
            }
            Self::ListAddressBans => {
                Answer::of(store.check_need(user.id, Need::ADMINISTRATION).await)
            }
            Self::ListInvitations => Answer::of(store.invitations(user.id, None).await),
            Self::ListRoleGrants => Answer::of(store.role_grants(user.id).await),
            Self::ListRoomSizes => Answer::of(store.room_sizes(user.id, None).await),
            Self::FollowHealth => Answer::of(store.check_access(user.id, Topic::Health).await),
            Self::SeeDatabaseSize => Answer::of(store.database_size(user.id).await),
            Self::SeeStorage => Answer::of(store.storage(user.id).await),
            Self::ListOthersSessions => Answer::of(store.sessions_of(user.id, other.id).await),
            Self::Invite
            | Self::EndOthersSessions
            | Self::ChangeSettings
            | Self::GrantOther
            | Self::DemoteOther
            | Self::DeactivateOther
            | Self::EraseOther
            | Self::ReactivateOther
            | Self::RaiseOther
            | Self::SilenceOther
            | Self::BanOther
            | Self::BanAddress => administer(test_store, other, user, self).await,
        }
    }
}
