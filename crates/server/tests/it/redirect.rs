//! Plain HTTP beside HTTPS: it redirects, and serves nothing else.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use crate::certificates::{Files, Pair};
use crate::process::Server;

/// A server for `chat.example`, its subdomains and loopback, with the address of its redirect.
fn start(folder: &Path, more: &[&str]) -> (Server, String) {
    let pair = Pair::of(&["chat.example", "*.chat.example", "localhost", "127.0.0.1", "::1"]);
    let files = Files::write(folder, &pair);
    let path = folder.join("log");
    let arguments = [&files.arguments()[..], &["--redirect-listen", "127.0.0.1:0"], more].concat();
    let log = File::create(&path).unwrap();
    let server = Server::start_logging(&folder.join("data"), &arguments, log.into());
    let log = std::fs::read_to_string(path).unwrap();
    let address = log.lines().find(|line| line.contains("redirected to HTTPS")).expect(&log);
    let address = address.split("listen=").nth(1).unwrap().split(' ').next().unwrap();
    (server, address.to_owned())
}

/// The status, and the target of the redirect, if there is one.
fn request(address: &str, request: &str) -> (u16, Option<String>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.get(9..12).unwrap_or_else(|| panic!("{request:?}: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "", "no body");
    assert!(!head.contains("strict-transport-security"), "{head}");
    assert!(!head.contains("set-cookie"), "{head}");
    let location = head.lines().find_map(|line| line.strip_prefix("location: "));
    (status.parse().unwrap(), location.map(str::to_owned))
}

#[test]
fn t2_9_plain_http_is_redirected_to_https_for_our_own_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let (server, address) = start(folder.path(), &["--redirect-port", "443"]);
    let check = |first: &str, hosts: &[&str], expected: Result<&str, u16>| {
        let hosts: Vec<String> = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        let hosts = hosts.concat();
        let (status, location) = request(&address, &format!("{first} HTTP/1.1\r\n{hosts}\r\n"));
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
    for other in [
        "evil.example",
        "chat.example.evil.example",
        "notchat.example",
        "10.0.0.1",
        "a.b.chat.example",
    ] {
        check("GET /", &[other], Err(421));
    }
    check("GET http://evil.example/x", &["chat.example"], Err(421));
    for invalid in
        ["", "chat.example@evil.example", "chat.example/evil", "a b", "chat.example:x", "[::1", "é"]
    {
        check("GET /", &[invalid], Err(400));
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
fn the_redirect_uses_the_port_of_the_listener_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let (server, address) = start(folder.path(), &[]);
    let port = server.url.rsplit(':').next().unwrap();
    let (_, location) = request(&address, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(location, Some(format!("https://localhost:{port}/x")));
}

#[test]
fn half_a_request_to_the_redirect_does_not_delay_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let (server, address) = start(folder.path(), &[]);
    let mut half = TcpStream::connect(&address).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let (status, _) = request(&address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(status, 308, "other requests are answered");
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    drop(half);
}
