//! The requests of a walk in the apps, and the users who make them.

use madang_shared::counter::CounterCommand;
use madang_shared::grants::Grant;
use madang_shared::notices::NoticesCommand;
use madang_shared::orders::{
    Destination, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OwnOrdersEvent,
};
use madang_shared::posts::{PostsAnswer, PostsCommand, PostsQuery};
use madang_shared::{Event, MenuItemId, OrderId, PostId, Topic, User, UserId, codec};

use super::Answer;
use super::requests::{command, number, open, query};
use crate::support::{TestStore, write};

/// A user of the apps: the name on the page, the columns of its row, and the access of the server. The grants are those of
/// the role, or one grant alone.
pub(super) struct AppUser {
    pub(super) name: &'static str,
    pub(super) columns: &'static str,
    pub(super) access: &'static str,
    pub(super) only: Option<Grant>,
}

const fn of_role(name: &'static str, columns: &'static str, access: &'static str) -> AppUser {
    AppUser { name, columns, access, only: None }
}

const fn only(name: &'static str, grant: Grant) -> AppUser {
    AppUser { name, columns: "role = 'member'", access: "invited", only: Some(grant) }
}

pub(super) const APP_USERS: &[AppUser] = &[
    of_role("open: guest", "role = 'guest'", "open"),
    of_role("open: member", "role = 'member'", "open"),
    of_role("Owner", "role = 'owner'", "invited"),
    of_role("Administrator", "role = 'administrator'", "closed"),
    of_role("Member", "role = 'member'", "invited"),
    of_role("Guest", "role = 'guest'", "invited"),
    only("`customer`", Grant::Customer),
    only("`kitchen`", Grant::Kitchen),
    only("`rider`", Grant::Rider),
    only("`read_feed`", Grant::ReadFeed),
    only("`write_feed`", Grant::WriteFeed),
    only("`count`", Grant::Count),
    only("`demonstrate`", Grant::Demonstrate),
    of_role("Deactivated", "role = 'member', deactivated_at = 1", "open"),
];

/// Defines the requests: a variant, and the name on the page.
macro_rules! app_requests {
    ($($request:ident = $name:literal,)+) => {
        /// A request in an app.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum AppRequest {
            $($request,)+
        }

        impl AppRequest {
            pub(super) const ALL: &[Self] = &[$(Self::$request,)+];

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$request => $name,)+
                }
            }
        }
    };
}

app_requests! {
    PlaceOrder = "place an order",
    CancelOwnOrder = "cancel an own order",
    CancelOthersOrder = "cancel another customer's order",
    ReopenOwnOrder = "reopen an own order",
    ReopenOthersOrder = "reopen another customer's order",
    AcceptOrder = "accept an order",
    AdvanceOrder = "cook an order",
    TakeOrder = "take an order for delivery",
    DeliverTakenOrder = "deliver an order that one has taken",
    DeliverOthersOrder = "deliver an order that another rider has taken",
    ServeOrder = "serve an order at a table",
    FollowOrders = "follow all orders",
    FollowOrderNotices = "follow the notices of new orders",
    FollowMenu = "follow the menu",
    FollowOwnOrders = "follow one's own orders",
    FollowOthersOrders = "follow the orders of another customer",
    FollowPosts = "follow the posts",
    FollowPostNotices = "follow the notices of new posts",
    ReadPost = "read a post",
    ReadPosts = "read older posts",
    CreatePost = "create a post",
    EditOwnPost = "edit an own post",
    EditOthersPost = "edit another user's post",
    DeleteOwnPost = "delete an own post",
    DeleteOthersPost = "delete another user's post",
    Greet = "greet the readers of the feed",
    FollowCounter = "follow the counter",
    AddToCounter = "add to the counter",
    Demonstration = "switch the demonstration of notices",
}

/// The store, the shell of another program, and a user who has all grants.
pub(super) struct AppWalk<'w> {
    pub(super) test_store: &'w TestStore,
    pub(super) shell: &'w dyn Fn(&str),
    pub(super) author: &'w User,
}

impl AppWalk<'_> {
    /// Sets the grants of a user, and the access that decides the others.
    pub(super) fn prepare(&self, of: &AppUser, user: &User) {
        let mut script = format!(
            "UPDATE configured_access SET access = '{}'; UPDATE users SET {} WHERE id = {};",
            of.access, of.columns, user.id
        );
        let all = Grant::ALL.iter().map(|grant| (self.author.id, *grant, 1));
        let own = Grant::ALL.iter().filter(|_| of.only.is_some());
        let own = own.map(|grant| (user.id, *grant, i32::from(of.only == Some(*grant))));
        for (user, grant, is_given) in all.chain(own) {
            script.extend([format!(
                "INSERT INTO user_grants (user_id, app_grant, is_given) VALUES ({user}, '{}', {is_given}) \
                ON CONFLICT DO NOTHING;",
                grant.name()
            )]);
        }
        (self.shell)(&script);
    }

    /// An order of a customer in a status, without any other order.
    async fn order(&self, customer: UserId, status: &str, rider: Option<UserId>) -> OrderId {
        (self.shell)("DELETE FROM orders;");
        let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
        let destination = match rider {
            None => Destination::Table(1),
            Some(_) => {
                Destination::Delivery { address: "A street".into(), phone: "010 1234".into() }
            }
        };
        let place = OrdersCommand::Place { lines, note: String::new(), destination };
        let placed = self.test_store.store.commit(vec![write(self.author, number(), place)]).await;
        let event = placed[0].as_ref().expect("placed").event.clone().expect("an event");
        let Ok(Event::OwnOrders(OwnOrdersEvent(OrdersEvent::Changed { order, .. }))) =
            codec::decode_event(&event)
        else {
            panic!("{event}")
        };
        let steps = ["accepted", "cooking", "ready", "delivering"];
        let mut script =
            format!("UPDATE orders SET customer_id = {customer} WHERE id = {};", order.id);
        let last = steps.iter().position(|step| *step == status).map_or(0, |at| at + 1);
        for step in &steps[..last] {
            let rider = rider.filter(|_| *step == "delivering");
            let rider = rider.map(|rider| format!(", rider_id = {rider}")).unwrap_or_default();
            let step =
                format!("UPDATE orders SET status = '{step}'{rider} WHERE id = {};", order.id);
            script.extend([step]);
        }
        if status == "cancelled" {
            let cancel = format!("UPDATE orders SET status = 'cancelled' WHERE id = {};", order.id);
            script.extend([cancel]);
        }
        (self.shell)(&script);
        order.id
    }

    /// Makes the request; what belongs to another user belongs to the author.
    pub(super) async fn make(&self, request: AppRequest, user: &User) -> Answer {
        let (test_store, other) = (self.test_store, self.author.id);
        let order = async |of: OrdersCommand| command(test_store, user, of).await;
        let post = async |of: PostsCommand| command(test_store, user, of).await;
        let follow = |topic| open(test_store, user, topic);
        let (cancel, reopen) =
            (|order| OrdersCommand::Cancel { order, reason: String::new() }, OrdersCommand::Reopen);
        let to = |order, to| OrdersCommand::Advance { order, to };
        match request {
            AppRequest::PlaceOrder => {
                let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
                let destination = Destination::Table(1);
                order(OrdersCommand::Place { lines, note: String::new(), destination }).await
            }
            AppRequest::CancelOwnOrder => {
                order(cancel(self.order(user.id, "pending", None).await)).await
            }
            AppRequest::CancelOthersOrder => {
                order(cancel(self.order(other, "pending", None).await)).await
            }
            AppRequest::ReopenOwnOrder => {
                order(reopen(self.order(user.id, "cancelled", None).await)).await
            }
            AppRequest::ReopenOthersOrder => {
                order(reopen(self.order(other, "cancelled", None).await)).await
            }
            AppRequest::AcceptOrder => {
                let id = self.order(other, "pending", None).await;
                order(OrdersCommand::Accept { order: id, minutes: 10 }).await
            }
            AppRequest::AdvanceOrder => {
                let id = self.order(other, "accepted", None).await;
                order(to(id, OrderStatus::Cooking)).await
            }
            AppRequest::TakeOrder => {
                let id = self.order(other, "ready", Some(other)).await;
                order(OrdersCommand::Take { order: id }).await
            }
            AppRequest::DeliverTakenOrder => {
                let id = self.order(other, "delivering", Some(user.id)).await;
                order(to(id, OrderStatus::Delivered)).await
            }
            AppRequest::DeliverOthersOrder => {
                let id = self.order(other, "delivering", Some(other)).await;
                order(to(id, OrderStatus::Delivered)).await
            }
            AppRequest::ServeOrder => {
                let id = self.order(other, "ready", None).await;
                order(to(id, OrderStatus::Delivered)).await
            }
            AppRequest::FollowOrders => follow(Topic::Orders).await,
            AppRequest::FollowOrderNotices => follow(Topic::OrderNotices).await,
            AppRequest::FollowMenu => follow(Topic::Menu).await,
            AppRequest::FollowOwnOrders => follow(Topic::OwnOrders(user.id)).await,
            AppRequest::FollowOthersOrders => follow(Topic::OwnOrders(other)).await,
            AppRequest::FollowPosts => follow(Topic::Posts).await,
            AppRequest::FollowPostNotices => follow(Topic::PostNotices).await,
            AppRequest::ReadPost => {
                let post = self.post(other).await;
                Answer::of(test_store.store.post(user.id, post).await)
            }
            AppRequest::ReadPosts => {
                let before = PostsQuery::Before { before: PostId(9), limit: 1 };
                query(test_store, user, before).await
            }
            AppRequest::CreatePost => post(PostsCommand::Create { text: "mine".into() }).await,
            AppRequest::EditOwnPost => {
                let id = self.post(user.id).await;
                post(PostsCommand::Edit { post: id, text: "other".into() }).await
            }
            AppRequest::EditOthersPost => {
                let id = self.post(other).await;
                post(PostsCommand::Edit { post: id, text: "other".into() }).await
            }
            AppRequest::DeleteOwnPost => {
                post(PostsCommand::Delete { post: self.post(user.id).await }).await
            }
            AppRequest::DeleteOthersPost => {
                post(PostsCommand::Delete { post: self.post(other).await }).await
            }
            AppRequest::Greet => post(PostsCommand::Greet { others_only: false }).await,
            AppRequest::FollowCounter => follow(Topic::Counter).await,
            AppRequest::AddToCounter => {
                command(test_store, user, CounterCommand::Add { amount: 1 }).await
            }
            AppRequest::Demonstration => {
                command(test_store, user, NoticesCommand::Demo { on: false }).await
            }
        }
    }

    /// A new post of a user.
    async fn post(&self, of: UserId) -> PostId {
        command(self.test_store, self.author, PostsCommand::Create { text: "text".into() }).await;
        let newest = PostsQuery::Before { before: PostId(1_000_000), limit: 1 };
        let page = self.test_store.store.query(self.author.id, newest.into()).await;
        let Ok(madang_shared::Answer::Posts(PostsAnswer::Before(page))) = page else {
            panic!("{page:?}")
        };
        let post = page.posts[0].id;
        (self.shell)(&format!("UPDATE posts SET author_id = {of} WHERE id = {post};"));
        post
    }
}
