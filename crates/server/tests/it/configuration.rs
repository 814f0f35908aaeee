//! Flags before environment before file before defaults; and what is wrong is refused at the start.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::process::{Server, madang, output};

fn serve(arguments: &[&str]) -> Command {
    let mut command = madang();
    command.arg("serve").args(arguments);
    command
}

#[test]
fn help_and_version_speak_to_a_stranger() {
    let (code, text) = output(madang().arg("--version"));
    assert_eq!((code, text.trim()), (Some(0), concat!("madang ", env!("CARGO_PKG_VERSION"))));
    let (code, text) = output(madang().args(["serve", "--help"]));
    assert_eq!(code, Some(0));
    for word in [
        "--listen",
        "MADANG_LISTEN",
        "127.0.0.1:5001",
        "--data",
        "--allowed-origin",
        "--synchronous",
        "--price-source",
        "--socketio",
        "--sign-ups-per-hour",
        "--tls-certificate",
        "MADANG_TLS_KEY",
        "--trusted-proxy",
        "power cut",
    ] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
}

#[test]
fn wrong_settings_are_refused_in_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, "lissten = \"127.0.0.1:1\"").unwrap();
    let file = file.to_str().unwrap();
    let missing = folder.path().join("missing.toml");
    let notices = folder.path().join("notices.toml");
    std::fs::write(&notices, "[[notices]]\nko = \"가\"\nen = \"a\"\nat = [\"9\"]").unwrap();
    let cases: [(&[&str], &str); 15] = [
        (&["--listen", "5001"], "--listen"),
        (&["--allowed-origin", "localhost:3000"], "is not an origin"),
        (&["--stop-seconds", "0"], "stop_seconds"),
        (&["--sign-ups-per-hour", "0"], "--sign-ups-per-hour"),
        (&["--synchronous", "maybe"], "full"),
        (&["--price-source", "bitstamp"], "there is no source `bitstamp`"),
        (&["--price-source", "kraken,simulated"], "must not stand in for a real one"),
        (&["--socketio", "yes"], "local"),
        (&["--socketio-event", "data=orders"], "write `room:` and a room's number, or `off`"),
        (&["--socketio-event", "date=room:1"], "there is no vocabulary `date`"),
        (
            &["--socketio-event", "data=room:99", "--data", folder.path().to_str().unwrap()],
            "there is no room 99",
        ),
        (&["--config", file], "lissten"),
        (&["--config", notices.to_str().unwrap()], "`9` is no time of the day"),
        (&["--config", missing.to_str().unwrap()], "cannot be read"),
        (&["--log", "=nonsense=", "--data", folder.path().to_str().unwrap()], "filter"),
    ];
    for (arguments, expected) in cases {
        let (code, text) = output(&mut serve(arguments));
        assert!(code.is_some_and(|code| code != 0), "{arguments:?}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn t1_4_flags_win_over_environment_over_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = path("madang.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\nallowed_origins = [\"not an origin\"]\n")
        .unwrap();
    // The file's list is wrong; it is refused only while nothing better is said.
    let (code, text) = output(&mut serve(&["--config", &file, "--data", &path("a")]));
    assert_eq!(code, Some(2), "{text}");
    let (code, text) = output(
        serve(&["--config", &file, "--data", &path("a")])
            .env("MADANG_ALLOWED_ORIGINS", "also wrong"),
    );
    assert_eq!(code, Some(2));
    assert!(text.contains("also wrong"), "{text}");
    let arguments = ["--config", &file, "--allowed-origin", "http://localhost:3000"];
    let server = Server::start(&folder.path().join("b"), &arguments);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn t3_3_the_allowed_origin_comes_from_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, "allowed_origins = [\"https://kitchen.example\"]").unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--config", file.to_str().unwrap()]);
    for (origin, status) in [
        (server.url.as_str(), "101"),
        ("https://kitchen.example", "101"),
        ("https://elsewhere.example", "403"),
        ("http://kitchen.example", "403"),
    ] {
        assert_eq!(handshake(&server, origin), status, "{origin}");
    }
}

/// The status that a page of this origin gets when it opens the socket.
fn handshake(server: &Server, origin: &str) -> String {
    let host = server.url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    write!(
        socket,
        "GET /api/socket HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\
        Sec-WebSocket-Protocol: madang.v2.json\r\n\r\n"
    )
    .unwrap();
    let mut line = [0; 12];
    socket.read_exact(&mut line).unwrap();
    String::from_utf8_lossy(&line[9..]).into_owned()
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, text) =
        output(&mut serve(&["--listen", "127.0.0.1:0", "--data", file.to_str().unwrap()]));
    assert_eq!(code, Some(1));
    assert!(text.contains("cannot make the data folder"), "{text}");

    let database = folder.path().join("data");
    std::fs::create_dir(&database).unwrap();
    std::fs::write(
        database.join("madang.sqlite"),
        "no database, but somebody's letter, long enough to be one",
    )
    .unwrap();
    let (code, text) =
        output(&mut serve(&["--listen", "127.0.0.1:0", "--data", database.to_str().unwrap()]));
    assert_eq!(code, Some(1));
    assert!(text.contains("madang.sqlite"), "{text}");
}
