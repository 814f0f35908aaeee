//! How the process ends, and its exit codes.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

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

#[tokio::test]
async fn a_log_that_nobody_reads_stops_neither_requests_nor_the_end() {
    let data = tempfile::tempdir().unwrap();
    let (_log_reader, log) = std::io::pipe().unwrap();
    let arguments = ["--log-format", "json", "--budget-factor", "1000"];
    let server = Server::start_logging(data.path(), &arguments, log.into());
    let client = reqwest::Client::new();
    // One line each, together more than a pipe holds.
    for number in 0..700 {
        let body = serde_json::json!({ "name": format!("user {number}"), "bearer": true });
        let request = client.post(format!("{}/api/session", server.url)).json(&body);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 201);
    }
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

/// The log of a server from its start to its end.
fn log_of(data: &Path, arguments: &[&str]) -> String {
    let (mut log_reader, log) = std::io::pipe().unwrap();
    let server = Server::start_logging(data, arguments, log.into());
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    let mut text = String::new();
    log_reader.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_log_begins_with_version_and_settings_and_ends_with_the_stop() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("new/data");
    let text = log_of(&folder, &["--synchronous", "normal"]);
    let lines: Vec<&str> = text.lines().collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    for part in [env!("CARGO_PKG_VERSION"), "127.0.0.1:0", "new/data", "Normal"] {
        assert!(first.contains(part), "{first}");
    }
    assert!(last.contains("stopped gracefully"), "{last}");
    assert!(!text.contains("trusted_proxies` names") && !text.contains("chmod"), "{text}");
    let text =
        log_of(&folder, &["--trusted-proxy", "10.0.0.0/8,0.0.0.0/0", "--log-format", "json"]);
    assert!(text.contains(r#""network":"0.0.0.0/0""#) && !text.contains("10.0.0.0/8"), "{text}");
}

#[test]
fn a_new_data_folder_belongs_to_its_user_alone() {
    let data = tempfile::tempdir().unwrap();
    let mode = |folder: &Path| std::fs::metadata(folder).unwrap().permissions().mode() & 0o777;
    let folder = data.path().join("data");
    log_of(&folder, &[]);
    assert_eq!(mode(&folder), 0o700);
    // An existing folder stays as it is, and is reported.
    std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    assert!(log_of(&folder, &[]).contains("chmod 700"));
    assert_eq!(mode(&folder), 0o755);
}

#[test]
fn many_clients_that_come_at_once_wait_in_the_listener() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    server.signal("STOP");
    let address: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    // A connection beyond the queue would be tried again by the system, for longer than this.
    let connect = |_| TcpStream::connect_timeout(&address, Duration::from_secs(20));
    let waiting: Vec<TcpStream> = (0..300).map(connect).collect::<Result<_, _>>().unwrap();
    server.signal("CONT");
    drop(waiting);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}
