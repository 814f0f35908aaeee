//! Connections that take a descriptor, or memory, and do nothing with it: nobody else is locked out.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::certificates::{Files, Pair};
use crate::process::{Server, output, with_open_files};

/// The limit for an honest client. Below the server's own limits for idle connections, so that a server that only waits
/// for those fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// Open files of the server under attack; 16 of them are for connections.
const OPEN_FILES: u32 = 208;
/// More connections than the server under attack can have.
const FLOOD: usize = 400;

fn address(server: &Server) -> String {
    server.url.split_once("://").unwrap().1.to_owned()
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The status of an honest request, on a connection of its own.
fn honest_status(address: &str) -> String {
    let mut stream = connect(address);
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut line = [0; 12];
    stream.read_exact(&mut line).expect("an honest client gets in");
    String::from_utf8_lossy(&line).into_owned()
}

/// Opens many connections that send `bytes` and then do nothing.
fn flood(address: &str, bytes: &[u8]) -> Vec<TcpStream> {
    let flood = (0..FLOOD).map(|_| {
        let mut stream = connect(address);
        // An evicted connection may be closed already.
        stream.write_all(bytes).ok();
        stream
    });
    flood.collect()
}

#[test]
fn silent_connections_and_unfinished_heads_lock_nobody_out() {
    for bytes in [
        &b""[..],
        b"G",
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a",
        b"GET /healthz HTTP/1.1\r\n\r\n",
    ] {
        let data = tempfile::tempdir().unwrap();
        let server = Server::with_open_files(OPEN_FILES, data.path(), &[]);
        let address = address(&server);
        let flood = flood(&address, bytes);
        for _ in 0..3 {
            assert_eq!(honest_status(&address), "HTTP/1.1 200", "{bytes:?}");
        }
        server.signal("TERM");
        assert_eq!(server.wait().code(), Some(0));
        drop(flood);
    }
}

#[tokio::test]
async fn silent_connections_over_tls_lock_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::of(&["localhost"]);
    let files = Files::write(folder.path(), &pair);
    let data = folder.path().join("data");
    let server = Server::with_open_files(OPEN_FILES, &data, &files.arguments());
    let address = address(&server);
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    // Half of them before the handshake, half after it.
    let mut silent = Vec::new();
    for _ in 0..FLOOD / 2 {
        let handshake = tokio::time::timeout(PATIENCE, pair.connect(port));
        let stream = handshake.await.expect("a handshake in time").unwrap();
        silent.push((stream, connect(&address)));
    }
    let honest = async {
        let mut stream = pair.connect(port).await.unwrap();
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        let mut line = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut line).await.unwrap();
        assert_eq!(&line, b"HTTP/1.1 200");
    };
    tokio::time::timeout(PATIENCE, honest).await.expect("an honest client gets in");
    drop(silent);
}

/// Signs up. Returns the token.
async fn sign_up(server: &Server, name: &str) -> String {
    let body = json!({ "name": name, "bearer": true });
    let url = format!("{}/api/session", server.url);
    let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// Writes posts that make a page of 200 KB, and returns a request for it.
async fn request_for_a_large_page(server: &Server) -> String {
    let token = sign_up(server, "author").await;
    let http = reqwest::Client::new();
    for _ in 0..50 {
        let url = format!("{}/posts", server.url);
        let post = http.post(url).bearer_auth(&token).json(&json!({ "text": "가".repeat(1_300) }));
        assert_eq!(post.send().await.unwrap().status().as_u16(), 201);
    }
    format!("GET /posts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// The state of the server's end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerEnd {
    /// The server has it open, or has not accepted it yet.
    Open,
    /// The server has closed it. The system keeps it, to send what is left.
    Closed,
    /// Nothing is left of it.
    Gone,
}

fn server_end(client: &TcpStream) -> ServerEnd {
    // After a reset, the client has no peer.
    let Ok(server) = client.peer_addr().map(|address| address.port()) else {
        return ServerEnd::Gone;
    };
    let port = client.local_addr().unwrap().port();
    let ends = (format!(":{server:04X}"), format!(":{port:04X}"));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let mut entries = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let entry = entries.find(|entry| entry[1].ends_with(&ends.0) && entry[2].ends_with(&ends.1));
    match entry.map(|entry| entry[9]) {
        None => ServerEnd::Gone,
        Some("0") => ServerEnd::Closed,
        Some(_) => ServerEnd::Open,
    }
}

/// Whether the server has its end of a connection open.
fn holds(client: &TcpStream) -> bool {
    server_end(client) == ServerEnd::Open
}

#[tokio::test]
async fn answers_that_are_not_read_lock_nobody_out() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::with_open_files(OPEN_FILES, data.path(), &[]);
    let request = request_for_a_large_page(&server).await;
    let address = address(&server);
    let unread = flood(&address, request.repeat(40).as_bytes());
    for _ in 0..3 {
        assert_eq!(honest_status(&address), "HTTP/1.1 200");
    }
    drop(unread);
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_disconnected() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let request = request_for_a_large_page(&server).await;
    let mut unread = connect(&address(&server));
    // More than the system buffers.
    unread.write_all(request.repeat(60).as_bytes()).unwrap();
    let began = Instant::now();
    while !holds(&unread) {
        assert!(began.elapsed() < PATIENCE, "the connection is not accepted");
        tokio::task::yield_now().await;
    }
    while holds(&unread) {
        // Longer than the limit for a write, and shorter than the idle time of a connection.
        assert!(began.elapsed() < Duration::from_secs(28), "the connection stays");
        tokio::task::yield_now().await;
    }
    assert!(began.elapsed() > Duration::from_secs(5), "a moment without reading is allowed");
}

#[test]
fn nothing_is_left_of_an_evicted_connection_whose_answers_are_not_read() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::with_open_files(OPEN_FILES, data.path(), &[]);
    let address = address(&server);
    // The answers are more than the system buffers for a client that does not read.
    let requests = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3_000);
    let mut unread: Vec<TcpStream> = (0..8).map(|_| connect(&address)).collect();
    for stream in &mut unread {
        stream.write_all(requests.as_bytes()).unwrap();
        stream.peek(&mut [0]).unwrap();
    }
    let began = Instant::now();
    let mut evicting = Vec::new();
    while unread.iter().any(|stream| server_end(stream) != ServerEnd::Gone) {
        let ends: Vec<ServerEnd> = unread.iter().map(server_end).collect();
        assert!(began.elapsed() < PATIENCE, "{ends:?}");
        if evicting.len() == FLOOD {
            evicting.clear();
        }
        evicting.extend(TcpStream::connect(&address));
        std::thread::yield_now();
    }
}

#[test]
fn the_memory_of_many_connections_is_given_back() {
    const KEPT_MIB: usize = 8;
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let address = address(&server);
    assert_eq!(honest_status(&address), "HTTP/1.1 200");
    let before = memory(&server, "VmRSS");
    let mut request = format!(
        "POST /api/session HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
        Content-Length: 16000\r\n\r\n{{\"name\":\""
    );
    request.extend(std::iter::repeat_n('a', 15_000));
    let growth = || memory(&server, "VmRSS").saturating_sub(before) / 1024;
    let until = |condition: &dyn Fn() -> bool, problem: &str| {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < PATIENCE, "{problem}: {} MiB more than before", growth());
            std::thread::yield_now();
        }
    };
    let unfinished = flood(&address, request.as_bytes());
    until(&|| growth() > KEPT_MIB + 4, "the requests cost less memory than expected");
    drop(unfinished);
    until(&|| growth() < KEPT_MIB, "the memory is not given back");
}

/// The figure of a process in KiB.
fn memory(server: &Server, figure: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim_start_matches(':').trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn an_unfinished_head_is_refused_at_16_kib_and_many_cost_little_memory() {
    const CONNECTIONS: usize = 300;
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let address = address(&server);
    let before = memory(&server, "VmRSS");
    let mut head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ".to_vec();
    head.resize(390_000, b'a');
    let mut streams: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(&address)).collect();
    for stream in &mut streams {
        // The server does not read to the end.
        stream.write_all(&head).ok();
    }
    let mut refused = 0;
    for stream in &mut streams {
        let mut answer = [0; 12];
        match stream.read_exact(&mut answer) {
            Ok(()) => {
                assert_eq!(&answer, b"HTTP/1.1 431");
                refused += 1;
            }
            // The system discards an answer if its receiver still sends.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("neither an answer nor an end: {error}"),
        }
    }
    let growth = memory(&server, "VmHWM") - before;
    assert!(growth < CONNECTIONS * 40, "{growth} KiB for {CONNECTIONS} heads; {refused} answered");

    // The limit is exact enough for honest heads, and the answer arrives if the client waits.
    for (bytes, status) in [(15_000, &b"HTTP/1.1 200"[..]), (17_000, b"HTTP/1.1 431")] {
        let mut stream = connect(&address);
        let cookie = "a".repeat(bytes);
        let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, status, "{bytes}");
    }
}

#[tokio::test]
async fn websockets_of_signed_in_users_are_never_evicted() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--max-connections", "40"]);
    let address = address(&server);
    let mut users = Vec::new();
    for number in 0..10 {
        let token = sign_up(&server, &format!("user {number}")).await;
        let url = format!("ws://{address}/api/socket?protocol=madang.v2.json");
        let mut request = url.into_client_request().unwrap();
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        socket.send(Message::text(r#"{"hello":{"client":"test"}}"#)).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Message::Text(_)))), "a welcome");
        users.push(socket);
    }
    let strangers = flood(&address, b"");
    assert_eq!(honest_status(&address), "HTTP/1.1 200");
    for socket in &mut users {
        socket.send(Message::Ping(vec![7].into())).await.unwrap();
        let pong = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        assert!(matches!(pong, Some(Ok(Message::Pong(_)))), "{pong:?}");
    }
    let open = strangers.iter().filter(|stream| is_open(stream)).count();
    assert!(open <= 30, "{open} strangers have a connection beside 10 users");
}

#[test]
fn the_connection_of_a_sign_up_is_not_evicted() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--max-connections", "16"]);
    let address = address(&server);
    let mut user = connect(&address);
    let body = r#"{"name":"anna","bearer":true}"#;
    write!(
        user,
        "POST /api/session HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
        Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = [0; 4_096];
    let bytes = user.read(&mut answer).unwrap();
    assert!(answer[..bytes].starts_with(b"HTTP/1.1 201"));
    let strangers = flood(&address, b"");
    assert_eq!(honest_status(&address), "HTTP/1.1 200");
    assert!(is_open(&user), "the next request of the user needs no new connection");
    drop(strangers);
}

fn is_open(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn clients_that_reconnect_all_at_once_wait_in_the_backlog() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let address = address(&server).parse().unwrap();
    // A server that accepts nothing for a moment.
    server.signal("STOP");
    let waiting = (0..900).find(|_| TcpStream::connect_timeout(&address, PATIENCE).is_err());
    server.signal("CONT");
    assert_eq!(waiting, None, "the backlog is full");
}

#[test]
fn the_number_of_connections_follows_the_limit_of_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let start = |limit, more: &[&str]| {
        let mut command = with_open_files(limit);
        command.arg(env!("CARGO_BIN_EXE_madang")).args(["serve", "--data"]).arg(folder.path());
        output(command.args(more))
    };
    let (code, text) = start(100, &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("the system allows 100 open files"), "{text}");
    let (code, text) = start(300, &["--max-connections", "200"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("`max_connections` is 200, but the system allows 300"), "{text}");
    for few in ["0", "1", "7"] {
        let (code, text) = start(300, &["--max-connections", few]);
        assert_eq!(code, Some(1), "{text}");
        let expected = format!("`max_connections` is {few}; it must be at least 8");
        assert!(text.contains(&expected) && !text.contains("open files"), "{text}");
    }
    let log = log_of_start(folder.path(), &["--max-connections", "50"]);
    assert!(log.contains("connections=50"), "{log}");
}

fn log_of_start(folder: &Path, arguments: &[&str]) -> String {
    let path = folder.join("log");
    let log = File::create(&path).unwrap();
    let server = Server::start_logging(&folder.join("data"), arguments, log.into());
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    std::fs::read_to_string(path).unwrap()
}
