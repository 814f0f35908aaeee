//! RFC 6455 section 4.2: the opening handshake.

use crate::server::{Server, request};

#[tokio::test]
async fn section_1_3_the_response_contains_the_accept_key() {
    let server = Server::start().await;
    let (head, _stream) = server.ask(&request("")).await;
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    let lines: Vec<String> = head.lines().map(str::to_ascii_lowercase).collect();
    for line in [
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
    ] {
        assert!(lines.iter().any(|it| it == line), "{line} in {head}");
    }
    for name in ["sec-websocket-protocol", "sec-websocket-extensions"] {
        assert!(!lines.iter().any(|it| it.starts_with(name)), "{head}");
    }
}

#[tokio::test]
async fn section_4_2_1_an_invalid_handshake_is_refused_with_a_reason() {
    let server = Server::start().await;
    let good = request("");
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    for (request, status, line) in [
        (replaced("GET", "POST"), 405, "allow: GET"),
        (replaced("HTTP/1.1", "HTTP/1.0"), 400, ""),
        (replaced("Upgrade: WebSocket\r\n", ""), 400, ""),
        (replaced("Upgrade: WebSocket", "Upgrade: h2c"), 400, ""),
        (replaced("keep-alive, Upgrade", "keep-alive"), 400, ""),
        (replaced("keep-alive, Upgrade", "keep-alive, Upgraded"), 400, ""),
        (replaced("Host: here\r\n", ""), 400, ""),
        (replaced("Version: 13", "Version: 8"), 426, "sec-websocket-version: 13"),
        (replaced("Version: 13", "Version: 13, 8"), 426, "sec-websocket-version: 13"),
        (replaced("Version: 13", "Version: 013"), 426, "sec-websocket-version: 13"),
        (replaced("Sec-WebSocket-Version: 13\r\n", ""), 426, "sec-websocket-version: 13"),
        (request("Sec-WebSocket-Version: 13\r\n"), 426, "sec-websocket-version: 13"),
        (replaced("Key: dGhl", "Key: dGh"), 400, ""),
        (replaced("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: c2hvcnQ="), 400, ""),
        (replaced("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25jZQ"), 400, ""),
        (replaced("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: "), 400, ""),
        (replaced("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400, ""),
        (request("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, ""),
    ] {
        let (head, _) = server.ask(&request).await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} "))
                || head.starts_with(&format!("HTTP/1.0 {status} ")),
            "{request}{head}"
        );
        assert!(line.is_empty() || head.contains(&format!("{line}\r\n")), "{request}{head}");
    }
}

#[tokio::test]
async fn section_4_2_2_only_an_offered_subprotocol_is_accepted() {
    let server = Server::start().await;
    for (lines, expected) in [
        ("Sec-WebSocket-Protocol: theirs, ours\r\n", true),
        ("Sec-WebSocket-Protocol: theirs\r\nSec-WebSocket-Protocol: ours\r\n", true),
        ("Sec-WebSocket-Protocol: theirs\r\n", false),
    ] {
        let (head, _) = server.ask(&request(lines)).await;
        assert_eq!(head.contains("sec-websocket-protocol: ours\r\n"), expected, "{lines}{head}");
    }
}

#[tokio::test]
async fn rfc_7692_section_7_1_compression_is_answered_if_it_is_offered() {
    let server = Server::start().await;
    let lines = "Sec-WebSocket-Extensions: x\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"10\"\r\n";
    let (head, _) = server.ask(&request(lines)).await;
    let answer = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; \
        client_no_context_takeover; server_max_window_bits=10\r\n";
    assert!(head.contains(answer), "{head}");
}
