//! Makes every request as every kind of user, about every kind of room, and compares the answers with
//! `docs/permissions.md`. `MADANG_BLESS=1` writes that page.

mod acts;
mod app_requests;
mod page;
mod requests;
mod room_requests;

use std::path::Path;

use futures_util::FutureExt;
use madang_hub::ports::StoreError;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::roles::{Role, RoomRole};
use madang_shared::{ErrorCode, RoomId, User};

use self::app_requests::{APP_USERS, AppRequest, AppWalk};
use self::requests::Request;
use self::room_requests::RoomRequest;
use crate::support::{TestStore, create, joined_room, leave, post};
use crate::{postgres, sqlite};

/// The relation of a user to a room: its name on the page, the role in the room, and the columns of the room that
/// differ from those of a new room.
struct Relation {
    name: &'static str,
    role: Option<RoomRole>,
    room: &'static str,
}

const fn relation(name: &'static str, role: Option<RoomRole>, room: &'static str) -> Relation {
    Relation { name, role, room }
}

const PUBLIC: &str = "kind = 'public'";
const PRIVATE: &str = "kind = 'private'";

/// A direct conversation of people whose ids no other one has.
const DIRECT: &str = "kind = 'direct', name = '', direct_key = 'of ' || id";

const RELATIONS: [Relation; 12] = [
    relation("manager", Some(RoomRole::Manager), PUBLIC),
    relation("member", Some(RoomRole::Member), PUBLIC),
    relation("reader", Some(RoomRole::Reader), PUBLIC),
    relation("not joined", None, PUBLIC),
    relation("announcements: manager", Some(RoomRole::Manager), "posting = 'managers'"),
    relation("announcements: member", Some(RoomRole::Member), "posting = 'managers'"),
    relation("archived: member", Some(RoomRole::Member), "archived_at = 1"),
    relation("archived: not joined", None, "archived_at = 1"),
    relation("private: manager", Some(RoomRole::Manager), PRIVATE),
    relation("private: member", Some(RoomRole::Member), PRIVATE),
    relation("private: not joined", None, PRIVATE),
    relation("direct: member", Some(RoomRole::Member), DIRECT),
];

/// A kind of user: its name on the page, and the columns of its row.
const USERS: [(&str, &str); 5] = [
    ("Owner", "role = 'owner'"),
    ("Administrator", "role = 'administrator'"),
    ("Member", "role = 'member'"),
    ("Guest", "role = 'guest'"),
    ("Deactivated", "role = 'member', deactivated_at = 1"),
];

/// The answer to a request, as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Allowed,
    Refused(ErrorCode),
}

impl Answer {
    /// Refusals for other reasons than rights come after the check of the rights.
    fn of<T>(result: Result<T, StoreError>) -> Self {
        match result {
            Err(StoreError::Refused(failure))
                if matches!(
                    failure.code,
                    ErrorCode::Forbidden | ErrorCode::NotMember | ErrorCode::NotFound
                ) =>
            {
                Self::Refused(failure.code)
            }
            Ok(_) | Err(StoreError::Refused(_)) => Self::Allowed,
            Err(error @ StoreError::Unavailable(_)) => panic!("{error}"),
        }
    }
}

/// The answers to all requests.
struct Walk {
    /// By request, then by [`USERS`].
    workspace: Vec<(Request, Vec<Answer>)>,
    /// By request, then by [`APP_USERS`].
    apps: Vec<(AppRequest, Vec<Answer>)>,
    /// By user, then by request, then by [`RELATIONS`]; the last answer of each is that for a room that does not exist.
    rooms: Vec<Vec<(RoomRequest, Vec<Answer>)>>,
}

/// Makes all requests. `shell` executes a script of another program.
async fn walk(mut test_store: TestStore, shell: &dyn Fn(&str)) -> Walk {
    let author = test_store.user("Author").await;
    let mut users = Vec::new();
    for (name, columns) in USERS {
        let user = test_store.user(name).await;
        test_store.commit(leave(&user, 1, FIRST_ROOM)).await;
        shell(&format!("UPDATE users SET {columns} WHERE id = {}", user.id));
        users.push(user);
    }
    let mut rooms = RoomMaker::default();
    let (mut workspace, mut in_rooms) = (Vec::new(), vec![Vec::new(); users.len()]);
    for request in RoomRequest::ALL {
        let mut places = Vec::new();
        for user in &users {
            places.push(rooms.make(&test_store, user).await);
            drop_events(&mut test_store);
        }
        // A user joins a limited number of rooms, so the memberships of the request before end.
        rooms.script.insert(0, "DELETE FROM members WHERE joined_at IS NULL;".to_owned());
        shell(&std::mem::take(&mut rooms.script).join("\n"));
        for ((user, places), of_user) in users.iter().zip(places).zip(&mut in_rooms) {
            let mut answers = Vec::new();
            for room in places.into_iter().chain([RoomId(1_000_000)]) {
                answers.push(request.make(&test_store, user, room).await);
            }
            drop_events(&mut test_store);
            of_user.push((*request, answers));
        }
    }
    for request in Request::ALL {
        let mut answers = Vec::new();
        for user in &users {
            answers.push(request.make(&test_store, &author, user).await);
        }
        workspace.push((*request, answers));
    }
    let apps = walk_apps(&mut test_store, shell, &author).await;
    Walk { workspace, apps, rooms: in_rooms }
}

/// Makes all requests in the apps.
async fn walk_apps(
    test_store: &mut TestStore,
    shell: &dyn Fn(&str),
    author: &User,
) -> Vec<(AppRequest, Vec<Answer>)> {
    let mut apps: Vec<_> = AppRequest::ALL.iter().map(|request| (*request, Vec::new())).collect();
    for (number, of) in APP_USERS.iter().enumerate() {
        let user = test_store.user(&format!("App user {number}")).await;
        AppWalk { test_store, shell, author }.prepare(of, &user);
        for (request, answers) in &mut apps {
            let walk = AppWalk { test_store, shell, author };
            answers.push(walk.make(*request, &user).await);
            drop_events(test_store);
        }
    }
    apps
}

/// The engine waits for a reader of its events.
fn drop_events(test_store: &mut TestStore) {
    while test_store.events.recv().now_or_never().flatten().is_some() {}
}

/// Makes the rooms of a walk. A request that changes them has rooms of its own.
#[derive(Default)]
struct RoomMaker {
    /// Changes the rooms and adds the members.
    script: Vec<String>,
    made: u128,
}

impl RoomMaker {
    /// A room with a message for each of [`RELATIONS`], made by a new user: a user joins a limited number of rooms.
    async fn make(&mut self, test_store: &TestStore, user: &User) -> Vec<RoomId> {
        let creator = test_store.user(&format!("Creator {}", self.made)).await;
        let creations = RELATIONS.iter().map(|_| {
            self.made += 1;
            create(&creator, self.made, &format!("Room {}", self.made))
        });
        let created = test_store.store.commit(creations.collect()).await;
        let rooms: Vec<RoomId> =
            created.into_iter().map(|it| joined_room(&it.expect("made"))).collect();
        let posts =
            rooms.iter().map(|room| post(&creator, u128::from(room.0) << 64, *room, "hello"));
        for posted in test_store.store.commit(posts.collect()).await {
            posted.expect("posted");
        }
        for (relation, room) in RELATIONS.iter().zip(&rooms) {
            let update = format!("UPDATE rooms SET {} WHERE id = {room};", relation.room);
            self.script.push(update);
            self.script.push(format!(
                "INSERT INTO messages (room_id, seq, author_id, at, command, text) \
                SELECT room_id, {}, {}, at, command, 'own' FROM messages WHERE room_id = {room} AND seq = 1; \
                INSERT INTO reports (id, room_id, seq, author_id, reporter_id, category, made_at) \
                VALUES ({}, {room}, 1, {creator}, {creator}, 'spam', 1);",
                room_requests::OWN_MESSAGE.0,
                user.id,
                room_requests::report_in(*room),
                creator = creator.id,
            ));
            if let Some(role) = relation.role {
                self.script.push(format!(
                    "INSERT INTO members (user_id, room_id, read_up_to, joined_after, role) \
                    VALUES ({}, {room}, 0, 0, '{}');",
                    user.id,
                    role.name()
                ));
            }
        }
        rooms
    }
}

/// Compares the page with the answers, or writes it.
fn compare(walk: &Walk) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    let now = page::page(walk);
    if std::env::var_os("MADANG_BLESS").is_some() {
        std::fs::write(&path, &now).expect("writable");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        now, written,
        "what users may do has changed; review it, and run with MADANG_BLESS=1"
    );
}

#[tokio::test]
async fn users_may_do_what_the_page_says_on_sqlite() {
    let database = sqlite::TestDatabase::new();
    let (_store, test_store) = database.start(&sqlite::fast_options());
    let external = database.external();
    let shell = |script: &str| external.execute_batch(script).expect("executed");
    compare(&walk(test_store, &shell).await);
}

#[tokio::test]
async fn users_may_do_what_the_page_says_on_postgresql() {
    let database = postgres::server::TestDatabase::new();
    let (_store, test_store) = postgres::start(&database);
    compare(&walk(test_store, &|script| database.shell(script)).await);
}

/// An unknown name of another program, or of a newer version, stands for the least rights.
#[test]
fn roles_have_the_names_of_the_schema() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.name()), Some(*role));
    }
    assert_eq!(Role::parse("emperor"), None);
}
