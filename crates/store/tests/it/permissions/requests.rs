//! The requests of a walk.

use madang_hub::administration::{AuditFilter, PeopleFilter};
use madang_hub::ports::{DirectoryRequest, PeopleRequest};
use madang_hub::shared_state::SharedStateRead;
use madang_shared::chat::ChatCommand;
use madang_shared::counter::CounterCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::notices::{NoticeBox, NoticeKind, NoticesCommand};
use madang_shared::orders::{Destination, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::posts::{PostsCommand, PostsQuery};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{Command, MenuItemId, OrderId, PostId, Query, Seq, Topic, User};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Answer;
use super::acts::administer;
use super::room_requests::RoomRequest;
use crate::support::{TestStore, write};

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
        Command::Rooms(RoomsCommand::Delete { .. }) => RoomRequest::Delete.name(),
        Command::Membership(MembershipCommand::Join { .. }) => RoomRequest::Join.name(),
        Command::Membership(MembershipCommand::Leave { .. }) => RoomRequest::Leave.name(),
        Command::Membership(MembershipCommand::Read { .. }) => RoomRequest::Read.name(),
        Command::Membership(MembershipCommand::Mute { .. }) => RoomRequest::Mute.name(),
        Command::Chat(ChatCommand::Post { .. }) => RoomRequest::Post.name(),
        Command::Counter(CounterCommand::Add { .. }) => Request::AddToCounter.name(),
        Command::Posts(PostsCommand::Create { .. }) => Request::CreatePost.name(),
        Command::Posts(PostsCommand::Edit { .. }) => Request::EditOwnPost.name(),
        Command::Posts(PostsCommand::Delete { .. }) => Request::DeleteOwnPost.name(),
        Command::Posts(PostsCommand::Greet { .. }) => Request::Greet.name(),
        Command::Orders(OrdersCommand::Place { .. }) => Request::PlaceOrder.name(),
        Command::Orders(OrdersCommand::Accept { .. }) => Request::AcceptOrder.name(),
        Command::Orders(OrdersCommand::Advance { .. }) => Request::AdvanceOrder.name(),
        Command::Orders(OrdersCommand::Take { .. }) => Request::TakeOrder.name(),
        Command::Orders(OrdersCommand::Cancel { .. }) => Request::CancelOrder.name(),
        Command::Orders(OrdersCommand::Reopen(_)) => Request::ReopenOrder.name(),
        Command::Notices(NoticesCommand::Read { .. }) => Request::ReadNotice.name(),
        Command::Notices(NoticesCommand::ReadAll { .. }) => Request::ReadAllNotices.name(),
        Command::Notices(NoticesCommand::Mute { .. }) => Request::MuteNotices.name(),
        Command::Notices(NoticesCommand::Demo { .. }) => Request::Demonstration.name(),
    }
}

/// A request that is not about a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    CreateRoom,
    ListRooms,
    OpenDirect,
    ListPeople,
    OwnMemberships,
    OthersMemberships,
    OwnInbox,
    OthersInbox,
    FollowNotices,
    ReadNotice,
    ReadAllNotices,
    MuteNotices,
    Demonstration,
    AddToCounter,
    FollowCounter,
    CreatePost,
    EditOwnPost,
    EditOthersPost,
    DeleteOwnPost,
    DeleteOthersPost,
    Greet,
    ReadPost,
    ReadPosts,
    FollowPosts,
    PlaceOrder,
    AcceptOrder,
    AdvanceOrder,
    TakeOrder,
    CancelOrder,
    ReopenOrder,
    FollowOrders,
    FollowAdministration,
    ReadAudit,
    ListAccounts,
    ListInvitations,
    ListRoomSizes,
    Invite,
    ChangeSettings,
    DemoteOther,
    DeactivateOther,
    ReactivateOther,
    RaiseOther,
}

impl Request {
    pub(super) const ALL: &[Self] = &[
        Self::CreateRoom,
        Self::ListRooms,
        Self::OpenDirect,
        Self::ListPeople,
        Self::OwnMemberships,
        Self::OthersMemberships,
        Self::OwnInbox,
        Self::OthersInbox,
        Self::FollowNotices,
        Self::ReadNotice,
        Self::ReadAllNotices,
        Self::MuteNotices,
        Self::Demonstration,
        Self::AddToCounter,
        Self::FollowCounter,
        Self::CreatePost,
        Self::EditOwnPost,
        Self::EditOthersPost,
        Self::DeleteOwnPost,
        Self::DeleteOthersPost,
        Self::Greet,
        Self::ReadPost,
        Self::ReadPosts,
        Self::FollowPosts,
        Self::PlaceOrder,
        Self::AcceptOrder,
        Self::AdvanceOrder,
        Self::TakeOrder,
        Self::CancelOrder,
        Self::ReopenOrder,
        Self::FollowOrders,
        Self::FollowAdministration,
        Self::ReadAudit,
        Self::ListAccounts,
        Self::ListInvitations,
        Self::ListRoomSizes,
        Self::Invite,
        Self::ChangeSettings,
        Self::DemoteOther,
        Self::DeactivateOther,
        Self::ReactivateOther,
        Self::RaiseOther,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CreateRoom => "create a room",
            Self::ListRooms => "list the public rooms",
            Self::OpenDirect => "open a direct conversation with a stranger",
            Self::ListPeople => "list the people whom one may know",
            Self::OwnMemberships => "follow one's own memberships",
            Self::OthersMemberships => "follow another user's memberships",
            Self::OwnInbox => "follow one's own inbox",
            Self::OthersInbox => "follow another user's inbox",
            Self::FollowNotices => "follow the notices to all",
            Self::ReadNotice => "mark a notice as read",
            Self::ReadAllNotices => "mark all notices as read",
            Self::MuteNotices => "mute notices",
            Self::Demonstration => "switch the demonstration of notices",
            Self::AddToCounter => "add to the counter",
            Self::FollowCounter => "follow the counter",
            Self::CreatePost => "create a post",
            Self::EditOwnPost => "edit an own post",
            Self::EditOthersPost => "edit another user's post",
            Self::DeleteOwnPost => "delete an own post",
            Self::DeleteOthersPost => "delete another user's post",
            Self::Greet => "greet the readers of the feed",
            Self::ReadPost => "read a post",
            Self::ReadPosts => "read older posts",
            Self::FollowPosts => "follow the posts",
            Self::PlaceOrder => "place an order",
            Self::AcceptOrder => "accept an order",
            Self::AdvanceOrder => "advance an order",
            Self::TakeOrder => "take an order for delivery",
            Self::CancelOrder => "cancel an order",
            Self::ReopenOrder => "reopen an order",
            Self::FollowOrders => "follow the orders",
            Self::FollowAdministration => "follow the administration",
            Self::ReadAudit => "read the audit log",
            Self::ListAccounts => "list the people with their sessions",
            Self::ListInvitations => "list the invitations",
            Self::ListRoomSizes => "list the rooms with their sizes",
            Self::Invite => "invite a member",
            Self::ChangeSettings => "change the settings of the workspace",
            Self::DemoteOther => "make a member a guest",
            Self::DeactivateOther => "deactivate a member",
            Self::ReactivateOther => "activate a member again",
            Self::RaiseOther => "make a member an administrator",
        }
    }

    /// Makes the request as `user`; what belongs to another user belongs to `other`.
    pub(super) async fn make(self, test_store: &TestStore, other: &User, user: &User) -> Answer {
        let of_user = |command: Command| super::requests::command(test_store, user, command);
        let follow = |topic| open(test_store, user, topic);
        let (store, order) = (&test_store.store, OrderId(1));
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
            Self::OwnMemberships => follow(Topic::Memberships(user.id)).await,
            Self::OthersMemberships => follow(Topic::Memberships(other.id)).await,
            Self::OwnInbox => follow(Topic::Inbox(user.id)).await,
            Self::OthersInbox => follow(Topic::Inbox(other.id)).await,
            Self::FollowNotices => follow(Topic::Notices).await,
            Self::ReadNotice => {
                of_user(NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) }.into()).await
            }
            Self::ReadAllNotices => {
                of_user(NoticesCommand::ReadAll { everybody: Seq(0), own: Seq(0) }.into()).await
            }
            Self::MuteNotices => {
                let kind = NoticeKind::Mention;
                of_user(NoticesCommand::Mute { kind, muted: true }.into()).await
            }
            Self::Demonstration => of_user(NoticesCommand::Demo { on: false }.into()).await,
            Self::AddToCounter => of_user(CounterCommand::Add { amount: 1 }.into()).await,
            Self::FollowCounter => follow(Topic::Counter).await,
            Self::CreatePost => of_user(PostsCommand::Create { text: "mine".into() }.into()).await,
            Self::EditOwnPost => edit(test_store, user, user).await,
            Self::EditOthersPost => edit(test_store, other, user).await,
            Self::DeleteOwnPost => delete(test_store, user, user).await,
            Self::DeleteOthersPost => delete(test_store, other, user).await,
            Self::Greet => of_user(PostsCommand::Greet { others_only: false }.into()).await,
            Self::ReadPost => {
                let post = last_post(test_store, other).await;
                Answer::of(test_store.store.post(user.id, post).await)
            }
            Self::ReadPosts => {
                let before = PostsQuery::Before { before: PostId(9), limit: 1 };
                query(test_store, user, before).await
            }
            Self::FollowPosts => follow(Topic::Posts).await,
            Self::PlaceOrder => of_user(place()).await,
            Self::AcceptOrder => {
                command(test_store, other, place()).await;
                of_user(OrdersCommand::Accept { order, minutes: 10 }.into()).await
            }
            Self::AdvanceOrder => {
                of_user(OrdersCommand::Advance { order, to: OrderStatus::Cooking }.into()).await
            }
            Self::TakeOrder => of_user(OrdersCommand::Take { order }.into()).await,
            Self::CancelOrder => {
                of_user(OrdersCommand::Cancel { order, reason: String::new() }.into()).await
            }
            Self::ReopenOrder => of_user(OrdersCommand::Reopen(order).into()).await,
            Self::FollowOrders => follow(Topic::Orders).await,
            Self::FollowAdministration => follow(Topic::Administration).await,
            Self::ReadAudit => Answer::of(store.audit(Some(user.id), AuditFilter::default()).await),
            Self::ListAccounts => {
                Answer::of(store.accounts(Some(user.id), PeopleFilter::default()).await)
            }
            Self::ListInvitations => Answer::of(store.invitations(user.id, None).await),
            Self::ListRoomSizes => Answer::of(store.room_sizes(user.id, None).await),
            Self::Invite
            | Self::ChangeSettings
            | Self::DemoteOther
            | Self::DeactivateOther
            | Self::ReactivateOther
            | Self::RaiseOther => administer(test_store, other, user, self).await,
        }
    }
}

fn place() -> Command {
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
    let destination = Destination::Table(1);
    OrdersCommand::Place { lines, note: String::new(), destination }.into()
}

/// The last post of a user; a new one if the user may write it.
async fn last_post(test_store: &TestStore, author: &User) -> PostId {
    command(test_store, author, PostsCommand::Create { text: "text".into() }).await;
    let posts = test_store
        .store
        .query(author.id, PostsQuery::Before { before: PostId(1_000_000), limit: 1 }.into());
    match posts.await {
        Ok(madang_shared::Answer::Posts(madang_shared::posts::PostsAnswer::Before(page))) => {
            page.posts[0].id
        }
        _ => PostId(1),
    }
}

async fn edit(test_store: &TestStore, author: &User, user: &User) -> Answer {
    let post = last_post(test_store, author).await;
    command(test_store, user, PostsCommand::Edit { post, text: "other".into() }).await
}

async fn delete(test_store: &TestStore, author: &User, user: &User) -> Answer {
    let post = last_post(test_store, author).await;
    command(test_store, user, PostsCommand::Delete { post }).await
}
