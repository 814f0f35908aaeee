//! A private room does not exist for a third person: each request about it is answered as that about a room that was never
//! made, over a socket and over HTTP.

use madang_shared::delivery;
use madang_shared::details::members_path;
use madang_shared::rooms::{DIRECTORY_PATH, room_path};
use madang_shared::{RoomId, Seq, ServerFrame};

use crate::test_server::{TestConnection, TestServer};

/// Sends a request, and returns the answer as text. The number of the room becomes `ROOM`.
async fn ask(peer: &mut TestConnection, request: &str, room: u64) -> String {
    peer.send_text(&request.replace("ROOM", &room.to_string())).await;
    loop {
        match peer.receive_frame().await {
            ServerFrame::Ping { .. } => {}
            frame => {
                let text = madang_shared::codec::encode_server(&frame);
                return text.replace(&format!(":{room}\""), ":ROOM\"");
            }
        }
    }
}

#[tokio::test]
async fn a_third_person_learns_nothing_of_a_private_room() {
    let server = TestServer::start().await;
    let mut mina = server.connect_as(&server.sign_up("Mina").await).await;
    mina.send_text(r#"{"command":{"id":"01977000-0000-7000-8000-000000000001","command":{"rooms":{"create":{"name":"Board","kind":"private"}}}}}"#).await;
    assert!(matches!(mina.receive_frame().await, ServerFrame::Ack { at: Some(_), .. }));
    let token = server.sign_up("Theo").await;
    let mut theo = server.connect_as(&token).await;
    let (secret, nowhere) = (2, 999);
    let command = |number: u32, command: &str| {
        format!(
            r#"{{"command":{{"id":"01977000-0000-7000-8000-{number:012}","command":{command}}}}}"#
        )
    };
    let mut requests: Vec<String> = ["room", "details", "presence"]
        .map(|topic| format!(r#"{{"subscribe":{{"topic":"{topic}:ROOM"}}}}"#))
        .into();
    requests.push(
        r#"{"query":{"id":1,"query":{"chat":{"before":{"room":ROOM,"before":9,"limit":9}}}}}"#
            .to_owned(),
    );
    requests.push(
        r#"{"query":{"id":2,"query":{"read_count":{"watch":{"room":ROOM,"message":1}}}}}"#
            .to_owned(),
    );
    for (number, about) in (10..).zip([
        r#"{"membership":{"join":{"room":ROOM}}}"#,
        r#"{"membership":{"leave":{"room":ROOM}}}"#,
        r#"{"membership":{"read":{"room":ROOM,"up_to":1}}}"#,
        r#"{"membership":{"mute":{"room":ROOM,"muted":true}}}"#,
        r#"{"chat":{"post":{"room":ROOM,"text":"hi"}}}"#,
        r#"{"rooms":{"describe":{"room":ROOM,"description":"x"}}}"#,
        r#"{"rooms":{"change":{"room":ROOM,"change":{"name":"x"}}}}"#,
        r#"{"rooms":{"change":{"room":ROOM,"change":{"archived":true}}}}"#,
        r#"{"rooms":{"change":{"room":ROOM,"change":{"default":true}}}}"#,
        r#"{"rooms":{"invite":{"room":ROOM,"user":2,"role":"manager"}}}"#,
        r#"{"rooms":{"remove":{"room":ROOM,"user":1}}}"#,
        r#"{"rooms":{"delete":{"room":ROOM}}}"#,
    ]) {
        requests.push(command(number, about));
    }
    for request in requests {
        let about_secret = ask(&mut theo, &request, secret).await;
        assert_eq!(about_secret, ask(&mut theo, &request, nowhere).await, "{request}");
        assert!(about_secret.contains("not_found"), "{request}: {about_secret}");
    }
    let get = async |path: String| {
        let answer = server.http.get(server.url(&path)).bearer_auth(&token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let paths: [fn(u64) -> String; 4] = [
        |room| room_path(RoomId(room)),
        |room| members_path(RoomId(room), None),
        |room| format!("{DIRECTORY_PATH}?after={room}"),
        |room| delivery::path(RoomId(room), Seq(1)),
    ];
    for path in paths {
        let (about_secret, about_nowhere) = (get(path(secret)).await, get(path(nowhere)).await);
        assert_eq!(about_secret, about_nowhere);
        assert_eq!(about_secret.0, 404, "{}", path(secret));
    }
    assert!(!get(DIRECTORY_PATH.to_owned()).await.1.contains("Board"));
}
