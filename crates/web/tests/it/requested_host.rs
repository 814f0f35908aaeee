//! The requested host: `Host`, or the authority of the target. Requests go out as raw bytes, because clients repair them.

use madang_web::{Origins, TrustedProxies};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::test_server::{TestServer, TestSettings};

/// The answer to a request with these lines, as text.
async fn send(server: &TestServer, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of the answer to a request with these lines.
async fn status(server: &TestServer, lines: &[&str]) -> u16 {
    let answer = send(server, lines).await;
    answer.get(9..12).unwrap_or_else(|| panic!("{lines:?}: {answer:?}")).parse().unwrap()
}

/// The status of a handshake with the echo.
async fn echo_status(server: &TestServer, first: &str, headers: &[&str]) -> u16 {
    let handshake = [
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    ];
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let lines = [&[first], headers, &handshake[..]].concat().join("\r\n");
    let request = format!("{lines}\r\nConnection: Upgrade\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.unwrap();
    String::from_utf8_lossy(&line[9..]).parse().unwrap()
}

/// A server that is not on loopback only, so that the requested host is its own name. Pages of port 9 make its names
/// known.
fn on_the_network_origins() -> Origins {
    let origins = ["http://chat.example:9", "http://마당.kr:9", "http://internal:9"];
    Origins::new(origins.map(str::to_owned)).unwrap().listening_on([0, 0, 0, 0].into())
}

async fn on_the_network() -> TestServer {
    let origins = on_the_network_origins();
    TestServer::with_settings(TestSettings { origins, ..TestSettings::default() }).await
}

#[tokio::test]
async fn a_host_that_is_missing_repeated_or_malformed_is_refused() {
    let server = TestServer::start().await;
    let get = "GET /healthz HTTP/1.1";
    for host in [
        "chat.example",
        "chat.example:",
        "CHAT.example:443",
        "chat.example.",
        "my_service:5001",
        "192.168.0.7:5001",
        "[::1]:5001",
        "[::1]",
        "xn--ok1b32k.kr",
    ] {
        assert_eq!(status(&server, &[get, &format!("Host: {host}")]).await, 200, "{host}");
    }
    for host in [
        "",
        " ",
        "a b",
        "a\tb",
        "user@chat.example",
        "user:password@chat.example",
        "chat.example/path",
        "chat.example?x",
        "http://chat.example",
        "chat.example:x",
        "chat.example:-1",
        "chat.example:+80",
        "chat.example:99999",
        "chat.example:80:80",
        ":80",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]:x",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[chat.example]",
        "256.1.1.1",
        "*.chat.example",
        "a,b",
        "a..b",
        ".",
        "%61.example",
        "xn--a.example",
        "마당.kr",
    ] {
        let answer = send(&server, &[get, &format!("Host: {host}")]).await;
        assert_eq!(answer.get(9..12), Some("400"), "{host:?}");
        assert!(answer.contains("`Host`"), "{host:?}: {answer}");
    }
    assert_eq!(status(&server, &[get]).await, 400);
    assert_eq!(status(&server, &["GET /healthz HTTP/1.0"]).await, 200);
    let own = format!("Host: {}", server.address);
    for twice in [[own.as_str(), own.as_str()], [&own, "Host: evil.example"], ["Host: a", "host:"]]
    {
        assert_eq!(status(&server, &[get, twice[0], twice[1]]).await, 400, "{twice:?}");
        let old = "GET /healthz HTTP/1.0";
        assert_eq!(status(&server, &[old, twice[0], twice[1]]).await, 400, "{twice:?}");
    }
    assert_eq!(status(&server, &[get, "Host: chat.\r\n example"]).await, 400, "a folded header");
}

#[tokio::test]
async fn the_authority_of_an_absolute_target_counts() {
    let server = on_the_network().await;
    let absolute = "GET http://chat.example/ws HTTP/1.1";
    for (first, host, origin, expected) in [
        (absolute, "evil.example", "http://chat.example", 101),
        (absolute, "evil.example", "http://evil.example", 403),
        (absolute, "chat.example", "http://chat.example", 101),
        ("GET http://chat.example:8080/ws HTTP/1.1", "chat.example", "http://chat.example", 403),
        ("GET /ws HTTP/1.1", "evil.example", "http://chat.example", 421),
        ("GET http://evil.example/ws HTTP/1.1", "chat.example", "http://evil.example", 421),
        // The request still needs a `Host` that is well-formed.
        (absolute, "a b", "http://chat.example", 400),
        ("GET http://user@chat.example/ws HTTP/1.1", "chat.example", "http://chat.example", 400),
    ] {
        let (host, origin) = (format!("Host: {host}"), format!("Origin: {origin}"));
        let status = echo_status(&server, first, &[&host, &origin]).await;
        assert_eq!(status, expected, "{first} {host} {origin}");
    }
    let origin = "Origin: http://chat.example";
    assert_eq!(echo_status(&server, absolute, &[origin]).await, 400, "without `Host`");
    for first in ["GET ws HTTP/1.1", "GET chat.example:80 HTTP/1.1", "CONNECT a:80 HTTP/1.1"] {
        assert_eq!(status(&server, &[first, "Host: chat.example"]).await, 400, "{first}");
    }
}

#[tokio::test]
async fn a_host_is_compared_as_name_and_port() {
    let server = on_the_network().await;
    for (host, origin, expected) in [
        ("chat.example:80", "http://chat.example", 101),
        ("chat.example:", "http://chat.example", 101),
        ("chat.example", "http://chat.example:80", 101),
        ("CHAT.example", "http://chat.EXAMPLE", 101),
        ("chat.example:443", "https://chat.example", 101),
        ("chat.example", "https://chat.example:443", 101),
        ("xn--OK1B32K.kr", "https://xn--ok1b32k.kr", 101),
        ("[0:0::1]:5001", "http://[::1]:5001", 101),
        ("chat.example:443", "http://chat.example", 403),
        ("chat.example:80", "https://chat.example", 403),
        ("chat.example.", "http://chat.example", 403),
        ("chat.example", "http://chat.example:8080", 403),
        ("chat.example", "http://user@chat.example", 403),
        ("chat.example", "http://chat.example/", 403),
        ("chat.example", "http://chat.example http://evil.example", 403),
    ] {
        let lines = [format!("Host: {host}"), format!("Origin: {origin}")];
        let status = echo_status(&server, "GET /ws HTTP/1.1", &[&lines[0], &lines[1]]).await;
        assert_eq!(status, expected, "{host} {origin}");
    }
}

#[tokio::test]
async fn several_origins_are_refused() {
    let server = TestServer::start().await;
    let (host, origin) =
        (format!("Host: {}", server.address), format!("Origin: {}", server.origin()));
    let first = "GET /ws HTTP/1.1";
    assert_eq!(echo_status(&server, first, &[&host, &origin]).await, 101);
    for other in [origin.as_str(), "Origin: https://evil.example", "origin: null"] {
        assert_eq!(echo_status(&server, first, &[&host, &origin, other]).await, 400, "{other}");
        assert_eq!(echo_status(&server, first, &[&host, other, &origin]).await, 400, "{other}");
        let read = status(&server, &["GET /http-call HTTP/1.1", &host, &origin, other]).await;
        assert_eq!(read, 400, "{other}");
    }
}

#[tokio::test]
async fn the_last_host_of_a_trusted_proxy_counts_if_it_is_well_formed() {
    let proxies = TrustedProxies::new(["127.0.0.1"]).unwrap();
    let origins = on_the_network_origins();
    let server =
        TestServer::with_settings(TestSettings { origins, proxies, ..TestSettings::default() })
            .await;
    for (forwarded, origin, expected) in [
        ("X-Forwarded-Host: evil.example, chat.example:80", "http://chat.example", 101),
        (
            "X-Forwarded-Host: evil.example\r\nX-Forwarded-Host: chat.example",
            "http://chat.example",
            101,
        ),
        ("X-Forwarded-Host: evil.example, chat.example", "http://evil.example", 403),
        ("X-Forwarded-Host: a b", "http://internal", 101),
        ("X-Forwarded-Host: user@chat.example", "http://chat.example", 403),
        ("Forwarded: host=chat.example;proto=https", "http://chat.example", 403),
        ("Forwarded: host=\"chat.example\"", "http://internal", 101),
    ] {
        let lines = [forwarded, &format!("Origin: {origin}"), "Host: internal"];
        let status = echo_status(&server, "GET /ws HTTP/1.1", &lines).await;
        assert_eq!(status, expected, "{forwarded} {origin}");
    }
}
