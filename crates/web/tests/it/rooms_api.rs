//! The directory of rooms and the members of a room over HTTP.

use madang_shared::RoomId;
use madang_shared::details::{MembersPage, members_path};
use madang_shared::people::{PEOPLE_PATH, PeoplePage};
use madang_shared::rooms::{
    DIRECTORY_PATH, DirectoryPage, ListedRoom, MAX_DESCRIPTION_CHARS, room_path,
};
use serde_json::Value;

use crate::test_server::TestServer;

#[tokio::test]
async fn the_directory_and_the_members_are_read_in_pages() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    server.sign_up("Theo").await;
    let get = async |path: String| {
        let request = server.http.get(server.url(&path)).bearer_auth(&token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        answer
    };
    let page: DirectoryPage = get(DIRECTORY_PATH.to_owned()).await.json().await.unwrap();
    assert_eq!((page.rooms.len(), page.rooms[0].members, page.more), (1, 2, false));
    let found = async |search: &str| {
        let path = format!("{DIRECTORY_PATH}?search={search}");
        get(path).await.json::<DirectoryPage>().await.unwrap().rooms.len()
    };
    assert_eq!(found("MADANG").await, 1);
    assert_eq!(found("%EB%A7%88%EB%8B%B9").await, 1);
    assert_eq!(found("elsewhere").await, 0);

    let room: ListedRoom = get(room_path(RoomId(1))).await.json().await.unwrap();
    assert_eq!(room, page.rooms[0]);
    let people: PeoplePage = get(format!("{PEOPLE_PATH}?search=the")).await.json().await.unwrap();
    let names: Vec<&str> = people.people.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((names, people.more), (vec!["Theo"], false), "without the reader");

    let first: MembersPage = get(members_path(RoomId(1), None)).await.json().await.unwrap();
    let names: Vec<&str> = first.members.iter().map(|it| it.user.name.as_str()).collect();
    assert_eq!(names, ["Mina", "Theo"]);
    let after = Some(first.members[0].user.id);
    let rest: MembersPage = get(members_path(RoomId(1), after)).await.json().await.unwrap();
    assert_eq!(rest.members, first.members[1..]);
}

#[tokio::test]
async fn requests_without_a_right_or_with_faults_are_refused() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    let long = format!("{DIRECTORY_PATH}?search={}", "x".repeat(MAX_DESCRIPTION_CHARS + 1));
    for (path, token, expected) in [
        (DIRECTORY_PATH.to_owned(), "", (401, "unauthenticated")),
        (members_path(RoomId(1), None), "", (401, "unauthenticated")),
        (members_path(RoomId(9), None), token.as_str(), (404, "not_found")),
        ("/api/rooms/x/members".to_owned(), token.as_str(), (404, "not_found")),
        ("/api/rooms/1/members?after=x".to_owned(), token.as_str(), (400, "malformed")),
        (format!("{DIRECTORY_PATH}?after=x"), token.as_str(), (400, "malformed")),
        (format!("{DIRECTORY_PATH}?after=99"), token.as_str(), (404, "not_found")),
        (format!("{DIRECTORY_PATH}?search=a&search=b"), token.as_str(), (400, "malformed")),
        (long, token.as_str(), (422, "too_long")),
        (room_path(RoomId(1)), "", (401, "unauthenticated")),
        (room_path(RoomId(9)), token.as_str(), (404, "not_found")),
        ("/api/rooms/x".to_owned(), token.as_str(), (404, "not_found")),
        (PEOPLE_PATH.to_owned(), "", (401, "unauthenticated")),
        (format!("{PEOPLE_PATH}?after=99"), token.as_str(), (404, "not_found")),
        (format!("{PEOPLE_PATH}?after=x"), token.as_str(), (400, "malformed")),
        (format!("{PEOPLE_PATH}?search={}", "x".repeat(99)), token.as_str(), (422, "too_long")),
    ] {
        let answer = server.http.get(server.url(&path)).bearer_auth(token).send().await.unwrap();
        let status = answer.status().as_u16();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((status, problem["code"].as_str().unwrap()), expected, "{path}");
    }
}
