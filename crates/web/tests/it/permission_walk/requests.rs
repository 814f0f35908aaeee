//! The requests of the page as they travel: frames of the socket, and requests over HTTP.

use madang_shared::administration::{
    ACCOUNTS_PATH, ACTS_PATH, AUDIT_EXPORT_PATH, AUDIT_PATH, HEALTH_PATH, INVITATIONS_PATH,
    ROLE_GRANTS_PATH, ROOM_SIZES_PATH, SETTINGS_PATH,
};
use madang_shared::delivery;
use madang_shared::details::members_path;
use madang_shared::erasure::ERASURES_PATH;
use madang_shared::grants::GRANTS_PATH;
use madang_shared::health::{PERSON_SESSIONS_SUFFIX, STORAGE_PATH};
use madang_shared::mail::ACCOUNT_MAIL_PATH;
use madang_shared::moderation::{ADDRESS_BANS_PATH, REPORTS_PATH, report_path};
use madang_shared::people::{PEOPLE_PATH, person_path};
use madang_shared::profile::PROFILE_PATH;
use madang_shared::room_access::room_access_path;
use madang_shared::rooms::{DIRECTORY_PATH, room_path};
use madang_shared::{RoomId, Seq, UserId};
use reqwest::Method;
use serde_json::{Value, json};

/// A request as it travels.
pub(super) enum Request {
    /// A command, by the content of its frame.
    Command(Value),
    /// A query, by the content of its frame.
    Query(Value),
    /// A subscription of a topic.
    Topic(String),
    Http(Method, String, Value),
}

use Request::{Command, Query, Topic};

fn get(path: impl Into<String>) -> Vec<Request> {
    vec![Request::Http(Method::GET, path.into(), Value::Null)]
}

fn act(act: Value) -> Vec<Request> {
    let body = Value::from_iter([("act", act)]);
    vec![Request::Http(Method::POST, ACTS_PATH.to_owned(), body)]
}

/// An act that needs a reason.
fn act_because(act: Value) -> Vec<Request> {
    let body = Value::from_iter([("act", act), ("reason", "a reason".into())]);
    vec![Request::Http(Method::POST, ACTS_PATH.to_owned(), body)]
}

fn command(command: Value) -> Vec<Request> {
    vec![Command(command)]
}

fn topic(topic: impl Into<String>) -> Vec<Request> {
    vec![Topic(topic.into())]
}

/// The requests about a room with this name on the page. A new row of the page has to be here.
pub(super) fn of_room(name: &str, user: UserId, (room, report): (u64, u64)) -> Vec<Request> {
    let silence = || {
        let reason = "calm down";
        json!({ "room": room, "user": user, "lasts_ms": 60_000, "reason": reason })
    };
    let post = |path: String, body: Value| vec![Request::Http(Method::POST, path, body)];
    let change = |change: Value| {
        command(json!({ "rooms": { "change": { "room": room, "change": change } } }))
    };
    let id = RoomId(room);
    match name {
        "join" => command(json!({ "membership": { "join": { "room": room } } })),
        "leave" => command(json!({ "membership": { "leave": { "room": room } } })),
        "move the read mark" => {
            command(json!({ "membership": { "read": { "room": room, "up_to": 1 } } }))
        }
        "mark messages as unread" => {
            command(json!({ "membership": { "mark_unread": { "room": room, "from": 1 } } }))
        }
        "mute" => command(json!({ "membership": { "mute": { "room": room, "muted": true } } })),
        "write a message" => {
            vec![Command(json!({ "chat": { "post": { "room": room, "text": "hi" } } }))]
        }
        "describe the room" => {
            command(json!({ "rooms": { "describe": { "room": room, "description": "x" } } }))
        }
        "read older messages" => {
            vec![Query(json!({ "chat": { "before": { "room": room, "before": 9, "limit": 1 } } }))]
        }
        "follow the messages" => topic(format!("room:{room}")),
        "follow the details" => topic(format!("details:{room}")),
        "follow who is present" => topic(format!("presence:{room}")),
        "list the members" => get(members_path(id, None)),
        "count the readers of a message" => {
            vec![Query(json!({ "read_count": { "watch": { "room": room, "message": 1 } } }))]
        }
        "see the delivery of a message" => get(delivery::path(id, Seq(1))),
        "see the room and its number of members" => get(room_path(id)),
        "see who can see the room" => get(room_access_path(id, None)),
        "see who can see a message" => get(room_access_path(id, Some(Seq(1)))),
        "rename the room" => change(json!({ "name": "Renamed" })),
        "decide who may write, and the history of new members" => {
            [change(json!({ "posting": "managers" })), change(json!({ "history": "joined" }))]
                .into_iter()
                .flatten()
                .collect()
        }
        "archive the room, or bring it back" => {
            [change(json!({ "archived": true })), change(json!({ "archived": false }))]
                .into_iter()
                .flatten()
                .collect()
        }
        "make it a room of all new users" => change(json!({ "default": true })),
        "invite a user, or change a member's role" => command(
            json!({ "rooms": { "invite": { "room": room, "user": user, "role": "reader" } } }),
        ),
        "remove a member" => {
            command(json!({ "rooms": { "remove": { "room": room, "user": user } } }))
        }
        "silence a member" => command(json!({ "rooms": { "silence": silence() } })),
        "report a message" => {
            let body = json!({ "room": room, "message": 1, "category": "spam" });
            post(REPORTS_PATH.to_owned(), body)
        }
        "decide a report" => {
            post(report_path(report), json!({ "action": "dismiss", "reason": "a reason" }))
        }
        "delete the room" => command(json!({ "rooms": { "delete": { "room": room } } })),
        other => of_message(other, room),
    }
}

/// Those of them that are about one message.
fn of_message(name: &str, room: u64) -> Vec<Request> {
    match name {
        "save a message" => command(json!({ "later": { "save": { "room": room, "message": 1 } } })),
        "be reminded of a message" => {
            command(json!({ "later": { "remind": { "room": room, "message": 1, "at": 1 } } }))
        }
        "send a message at a time" => {
            command(json!({ "later": { "schedule": { "room": room, "text": "hi", "at": 1 } } }))
        }
        "react to a message" => command(
            json!({ "chat": { "react": { "room": room, "message": 1, "emoji": "👍", "is_on": true } } }),
        ),
        "pin a message" => {
            command(json!({ "chat": { "pin": { "room": room, "message": 1, "is_on": true } } }))
        }
        "read single messages" => {
            vec![Query(json!({ "chat": { "messages": { "room": room, "messages": [1] } } }))]
        }
        "see who reacted to a message" => {
            vec![Query(json!({ "chat": { "reactions": { "room": room, "message": 1 } } }))]
        }
        "change the text of an own message" | "change the text of another user's message" => {
            command(
                json!({ "chat": { "edit": { "room": room, "message": 1, "text": "another text" } } }),
            )
        }
        "read the earlier texts of an own message"
        | "read the earlier texts of another user's message" => {
            vec![Query(json!({ "chat": { "earlier": { "room": room, "message": 1 } } }))]
        }
        "delete an own message" | "delete another user's message" => command(
            json!({ "chat": { "delete": { "room": room, "message": 1, "reason": "a reason" } } }),
        ),
        other => panic!("no request for the row `{other}`; add it here"),
    }
}

/// The requests about the workspace with this name on the page, about another user. A new row of the page has to be here.
pub(super) fn of_workspace(name: &str, me: UserId, other: UserId) -> Vec<Request> {
    let role = |role: &str| act(json!({ "set_role": { "user": other, "role": role } }));
    if let Some(requests) = of_own_topics(name, me, other) {
        return requests;
    }
    match name {
        "create a room" => command(json!({ "rooms": { "create": { "name": "A new room" } } })),
        "list the public rooms" => get(DIRECTORY_PATH),
        "open a direct conversation with a stranger" => {
            command(json!({ "rooms": { "open_direct": { "users": [other] } } }))
        }
        "list the people whom one may know" => get(PEOPLE_PATH),
        "list one's own rights in the apps" => get(GRANTS_PATH),
        "read one's own profile" => get(PROFILE_PATH),
        "change one's profile" => {
            let change = json!({ "name": "Name" });
            vec![Request::Http(Method::POST, PROFILE_PATH.to_owned(), change)]
        }
        "read one's own mail address" => get(ACCOUNT_MAIL_PATH),
        "change one's mail address" => [Method::POST, Method::DELETE]
            .map(|method| {
                let address = json!({ "address": "a@example.com" });
                Request::Http(method, ACCOUNT_MAIL_PATH.to_owned(), address)
            })
            .into(),
        "see the card of a stranger" => get(person_path(other)),
        "follow the administration" => topic("administration"),
        "read the audit log" => {
            [get(AUDIT_PATH), get(AUDIT_EXPORT_PATH)].into_iter().flatten().collect()
        }
        "list the people with their sessions" => get(ACCOUNTS_PATH),
        "list the invitations" => get(INVITATIONS_PATH),
        "list the rooms with their sizes" => get(ROOM_SIZES_PATH),
        "list the rights of each role in the apps" => get(ROLE_GRANTS_PATH),
        "follow the server's state" => topic("health"),
        "see the size of the database" => get(HEALTH_PATH),
        "see who uses the storage" => get(STORAGE_PATH),
        "list a member's sessions" => {
            get(format!("{ACCOUNTS_PATH}/{other}{PERSON_SESSIONS_SUFFIX}"))
        }
        "end a member's sessions" => [
            act(json!({ "end_sessions": { "user": other } })),
            act(json!({ "end_sessions": { "user": other, "session": "x" } })),
        ]
        .into_iter()
        .flatten()
        .collect(),
        "invite a member" => act(json!({ "invite": { "role": "member", "uses": 1 } })),
        "change the settings of the workspace" => {
            [act(json!({ "change_settings": { "moods": true } })), get(SETTINGS_PATH)]
                .into_iter()
                .flatten()
                .collect()
        }
        "give a member a right in an app" => {
            act(json!({ "set_grant": { "user": other, "grant": "kitchen", "is_given": true } }))
        }
        "make a member a guest" => role("guest"),
        "make a member an administrator" => role("administrator"),
        "deactivate a member" => act(json!({ "deactivate": { "user": other } })),
        "erase a member" => act(json!({ "erase": { "user": other, "name": "Other" } })),
        "read the receipts of erasures" => get(format!("{ERASURES_PATH}/1-1")),
        "silence a member in the workspace" => {
            act_because(json!({ "silence": { "user": other, "lasts_ms": 60_000 } }))
        }
        "ban a member" => [
            act_because(json!({ "ban": { "user": other } })),
            act_because(json!({ "end_ban": { "user": other } })),
        ]
        .into_iter()
        .flatten()
        .collect(),
        "ban a network" => [
            act_because(json!({ "ban_address": { "network": "203.0.113.0/24" } })),
            act_because(json!({ "end_address_ban": { "network": "203.0.113.0/24" } })),
        ]
        .into_iter()
        .flatten()
        .collect(),
        "list the banned networks" => get(ADDRESS_BANS_PATH),
        "activate a member again" => act(json!({ "reactivate": { "user": other } })),
        other => panic!("no request for the row `{other}`; add it here"),
    }
}

/// Those of them that are about the topics of one user, and about notices.
fn of_own_topics(name: &str, me: UserId, other: UserId) -> Option<Vec<Request>> {
    let requests = match name {
        "follow one's own memberships" => topic(format!("memberships:{me}")),
        "follow another user's memberships" => topic(format!("memberships:{other}")),
        "follow one's own inbox" => topic(format!("inbox:{me}")),
        "follow another user's inbox" => topic(format!("inbox:{other}")),
        "follow what one keeps for later" => topic(format!("later:{me}")),
        "follow what another user keeps for later" => topic(format!("later:{other}")),
        "remove a saved message, or its reminder" => [
            command(json!({ "later": { "unsave": { "room": 1, "message": 1 } } })),
            command(json!({ "later": { "remind": { "room": 1, "message": 1 } } })),
        ]
        .into_iter()
        .flatten()
        .collect(),
        "change the time of a message that waits, or remove it" => {
            let id = "019747b3-7ce8-7000-8000-000000000007";
            [
                command(json!({ "later": { "reschedule": { "id": id, "at": 1 } } })),
                command(json!({ "later": { "unschedule": { "id": id } } })),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        "follow the notices to all" => topic("notices"),
        "mark a notice as read" => {
            command(json!({ "notices": { "read": { "of": "own", "notice": 1 } } }))
        }
        "mark all notices as read" => {
            command(json!({ "notices": { "read_all": { "everybody": 0, "own": 0 } } }))
        }
        "mute notices" => {
            command(json!({ "notices": { "mute": { "kind": "mention", "muted": true } } }))
        }
        _ => return None,
    };
    Some(requests)
}

/// The things of another user in the apps.
pub(super) struct OthersThings {
    pub(super) user: UserId,
    /// Of another customer: pending, ready at a table, and with another rider.
    pub(super) pending: u64,
    pub(super) at_table: u64,
    pub(super) delivering: u64,
    pub(super) post: u64,
}

/// The requests in an app with this name on the page. Own things do not matter for a user who may not do the same for
/// others either. A new row of the page has to be here.
pub(super) fn of_app(name: &str, me: UserId, others: &OthersThings) -> Vec<Request> {
    let order = |of: Value| command(json!({ "orders": of }));
    let cancel = |order: u64| json!({ "cancel": { "order": order, "reason": "" } });
    let advance = |order: u64, to: &str| json!({ "advance": { "order": order, "to": to } });
    let post = |of: Value| command(json!({ "posts": of }));
    let post_path = format!("/posts/{}", others.post);
    let http =
        |method: Method, path: &str, body: Value| Request::Http(method, path.to_owned(), body);
    let text = || json!({ "text": "other" });
    match name {
        "place an order" => order(json!({ "place": {
            "lines": [{ "item": 1, "quantity": 1, "price_won": 7000 }], "note": "",
            "destination": { "table": 1 },
        } })),
        "cancel an own order" | "cancel another customer's order" => order(cancel(others.pending)),
        "reopen an own order" | "reopen another customer's order" => {
            order(json!({ "reopen": others.pending }))
        }
        "accept an order" => [
            order(json!({ "accept": { "order": others.pending, "minutes": 10 } })),
            order(advance(others.pending, "accepted")),
        ]
        .into_iter()
        .flatten()
        .collect(),
        "cook an order" => order(advance(others.pending, "cooking")),
        "take an order for delivery" => order(json!({ "take": { "order": others.pending } })),
        "deliver an order that one has taken" | "deliver an order that another rider has taken" => {
            order(advance(others.delivering, "delivered"))
        }
        "serve an order at a table" => order(advance(others.at_table, "delivered")),
        "follow all orders" => topic("orders"),
        "follow the menu" => topic("menu"),
        "follow the notices of new orders" => topic("order_notices"),
        "follow the notices of new posts" => topic("post_notices"),
        "follow one's own orders" => topic(format!("own_orders:{me}")),
        "follow the orders of another customer" => topic(format!("own_orders:{}", others.user)),
        "follow the posts" => topic("posts"),
        "read a post" => get(post_path),
        "read older posts" => {
            let mut requests = get("/posts");
            requests.push(Query(json!({ "posts": { "before": { "before": 9, "limit": 1 } } })));
            requests
        }
        "create a post" => {
            let mut requests = post(json!({ "create": text() }));
            requests.push(http(Method::POST, "/posts", text()));
            requests
        }
        "edit an own post" | "edit another user's post" => {
            let mut requests = post(json!({ "edit": { "post": others.post, "text": "other" } }));
            requests.push(http(Method::PUT, &post_path, text()));
            requests.push(http(Method::PATCH, &post_path, text()));
            requests
        }
        "delete an own post" | "delete another user's post" => {
            let mut requests = post(json!({ "delete": { "post": others.post } }));
            requests.push(http(Method::DELETE, &post_path, Value::Null));
            requests
        }
        "greet the readers of the feed" => post(json!({ "greet": { "others_only": false } })),
        "follow the counter" => topic("counter"),
        "add to the counter" => command(json!({ "counter": { "add": { "amount": 1 } } })),
        "switch the demonstration of notices" => {
            command(json!({ "notices": { "demo": { "on": true } } }))
        }
        other => panic!("no request for the row `{other}`; add it here"),
    }
}
