//! How the process ends, and its exit codes.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::process::{Server, madang, output};

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server() {
    let data = tempfile::tempdir().unwrap();
    let http = reqwest::Client::new();
    let session = |server: &Server| format!("{}/api/session", server.url);
    let server = Server::start(data.path(), &[]);
    let body = serde_json::json!({ "name": "민수", "bearer": true });
    let answer = http.post(session(&server)).json(&body).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let token = answer["token"].as_str().unwrap();
    server.signal("KILL");
    assert_eq!(server.wait().code(), None, "killed");

    let server = Server::start(data.path(), &[]);
    let me = http.get(session(&server)).bearer_auth(token).send().await.unwrap();
    let me: serde_json::Value = me.json().await.unwrap();
    assert_eq!(me["user"], answer["user"]);
}

#[test]
fn a_graceful_stop_exits_with_0() {
    for signal in ["TERM", "INT"] {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path(), &[]);
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{signal}");
    }
}

#[test]
fn a_forced_stop_exits_with_3() {
    let data = tempfile::tempdir().unwrap();
    // A request that is never complete delays the drain until the shutdown timeout.
    let server = Server::start(data.path(), &["--shutdown-timeout", "1"]);
    let _request = unfinished_request(&server);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(3));

    // A second signal does not wait for it.
    let server = Server::start(data.path(), &["--shutdown-timeout", "600"]);
    let mut request = unfinished_request(&server);
    server.signal("TERM");
    // The listener closes when the first signal was handled, so the next signal is the second one.
    while TcpStream::connect(server.url.trim_start_matches("http://")).is_ok() {
        std::thread::yield_now();
    }
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(3));
    let mut rest = Vec::new();
    // A reset is as good as an end here.
    request.read_to_end(&mut rest).ok();
    let answers = rest.windows(8).filter(|window| window == b"HTTP/1.1").count();
    assert_eq!(answers, 0, "the request was aborted, not answered");
}

/// A request without its body, which the server has begun to handle: it requests the body only
/// then.
fn unfinished_request(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let head = [
        "POST /api/session HTTP/1.1",
        "host: x",
        "content-type: application/json",
        "content-length: 50",
        "expect: 100-continue",
        "\r\n",
    ];
    stream.write_all(head.join("\r\n").as_bytes()).unwrap();
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn half_a_request_does_not_prevent_a_graceful_stop() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let _request = unfinished_request(&server);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let _first = Server::start(data.path(), &[]);
    let second = ["serve", "--listen", "127.0.0.1:0", "--data"];
    let (code, text) = output(madang().args(second).arg(data.path()));
    assert_eq!(code, Some(1));
    assert!(text.contains("another server uses the data folder"), "{text}");
    // The lock file is gone, and the database is still locked.
    std::fs::remove_file(data.path().join("madang.lock")).unwrap();
    let (code, text) = output(madang().args(second).arg(data.path()));
    assert_eq!(code, Some(1));
    assert!(text.contains("in use by another Madang server"), "{text}");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_does_not_disturb_requests() {
    let data = tempfile::tempdir().unwrap();
    let (log_reader, log) = std::io::pipe().unwrap();
    drop(log_reader);
    let server = Server::start_logging(data.path(), &[], log.into());
    let client = reqwest::Client::new();
    let body = serde_json::json!({ "name": "Mina", "bearer": true });
    let answer =
        client.post(format!("{}/api/session", server.url)).json(&body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}
