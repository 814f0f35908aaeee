//! Plain HTTP beside HTTPS: it says where HTTPS is, and nothing else.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use crate::certified::{Files, Pair};
use crate::process::Server;

/// A server for `chat.example`, its subdomains and loopback, and where it redirects from.
fn start(folder: &Path, more: &[&str]) -> (Server, String) {
    let pair = Pair::of(&["chat.example", "*.chat.example", "localhost", "127.0.0.1", "::1"]);
    let files = Files::write(folder, &pair);
    let path = folder.join("log");
    let arguments = [&files.arguments()[..], &["--redirect-from", "127.0.0.1:0"], more].concat();
    let log = File::create(&path).unwrap();
    let server = Server::start_logging(&folder.join("data"), &arguments, log.into());
    let log = std::fs::read_to_string(path).unwrap();
    let from = log.lines().find(|line| line.contains("sent on to HTTPS")).expect(&log);
    let from = from.split("from=").nth(1).unwrap().split(' ').next().unwrap();
    (server, from.to_owned())
}

/// The status, and where it leads to if it does.
fn ask(address: &str, request: &str) -> (u16, Option<String>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.get(9..12).unwrap_or_else(|| panic!("{request:?}: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "", "nothing is served");
    assert!(!head.contains("strict-transport-security"), "{head}");
    assert!(!head.contains("set-cookie"), "{head}");
    let location = head.lines().find_map(|line| line.strip_prefix("location: "));
    (status.parse().unwrap(), location.map(str::to_owned))
}

#[test]
fn t2_9_plain_http_is_sent_on_to_https_at_our_own_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let (server, from) = start(folder.path(), &["--redirect-port", "443"]);
    let check = |first: &str, hosts: &[&str], expected: Result<&str, u16>| {
        let hosts: Vec<String> = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        let hosts = hosts.concat();
        let (status, location) = ask(&from, &format!("{first} HTTP/1.1\r\n{hosts}\r\n"));
        match expected {
            Ok(expected) => {
                assert_eq!((status, location.as_deref()), (308, Some(expected)), "{first} {hosts}");
            }
            Err(expected) => assert_eq!((status, location), (expected, None), "{first} {hosts}"),
        }
    };
    check("GET /rooms/1?a=b%20c", &["chat.example"], Ok("https://chat.example/rooms/1?a=b%20c"));
    check("GET /", &["CHAT.example:80"], Ok("https://chat.example/"));
    check("GET /", &["a.chat.example"], Ok("https://a.chat.example/"));
    check("GET /", &["127.0.0.1:8080"], Ok("https://127.0.0.1/"));
    check("GET /", &["[::1]:8080"], Ok("https://[::1]/"));
    check("POST /api/session", &["localhost"], Ok("https://localhost/api/session"));
    check("GET //evil.example/x", &["localhost"], Ok("https://localhost//evil.example/x"));
    check("GET http://chat.example/x", &["evil.example"], Ok("https://chat.example/x"));
    for stranger in [
        "evil.example",
        "chat.example.evil.example",
        "notchat.example",
        "10.0.0.1",
        "a.b.chat.example",
    ] {
        check("GET /", &[stranger], Err(421));
    }
    check("GET http://evil.example/x", &["chat.example"], Err(421));
    for wrong in
        ["", "chat.example@evil.example", "chat.example/evil", "a b", "chat.example:x", "[::1", "é"]
    {
        check("GET /", &[wrong], Err(400));
    }
    check("GET /", &[], Err(400));
    check("GET /", &["chat.example", "evil.example"], Err(400));
    check("OPTIONS *", &["chat.example"], Err(400));
    for path in ["/healthz", "/api/session", "/http-call", "/ws"] {
        check(&format!("GET {path}"), &["localhost"], Ok(&format!("https://localhost{path}")));
    }
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn the_redirect_leads_to_where_the_server_listens_unless_said_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let (server, from) = start(folder.path(), &[]);
    let port = server.url.rsplit(':').next().unwrap();
    let (_, location) = ask(&from, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(location, Some(format!("https://localhost:{port}/x")));
}

#[test]
fn half_a_request_to_be_redirected_does_not_hold_up_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let (server, from) = start(folder.path(), &[]);
    let mut half = TcpStream::connect(&from).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let (status, _) = ask(&from, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(status, 308, "nor anybody else");
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    drop(half);
}
