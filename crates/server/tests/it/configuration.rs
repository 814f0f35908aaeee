//! Flags win over the environment, which wins over the file and the defaults; invalid settings are
//! refused at the start.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::certificates::{Files, Pair};
use crate::process::{Server, madang, output};

fn serve(arguments: &[&str]) -> Command {
    let mut command = madang();
    command.arg("serve").args(arguments);
    command
}

#[test]
fn help_and_version_explain_the_settings() {
    let (code, text) = output(madang().arg("--version"));
    assert_eq!((code, text.trim()), (Some(0), concat!("madang ", env!("CARGO_PKG_VERSION"))));
    let (code, text) = output(madang().args(["serve", "--help"]));
    assert_eq!(code, Some(0));
    for word in [
        "--listen",
        "MADANG_LISTEN",
        "127.0.0.1:5001",
        "--name",
        "MADANG_MOODS",
        "--apps",
        "MADANG_APPS",
        "--access",
        "MADANG_ACCESS",
        "--data",
        "--public-origin",
        "MADANG_PUBLIC_ORIGINS",
        "--allowed-origin",
        "--synchronous",
        "--price-source",
        "--socketio",
        "--socketio-presence-events",
        "--sign-ups-per-hour",
        "--budget-factor",
        "--max-connections",
        "--min-free-space",
        "--bus",
        "--bus-credentials",
        "--mail-server",
        "MADANG_MAIL_PASSWORD_FILE",
        "--mail-from",
        "--session-idle-days",
        "--session-max-days",
        "--tls-certificate",
        "MADANG_TLS_KEY",
        "--trusted-proxy",
        "--shutdown-timeout",
        "--hsts-max-age",
        "--redirect-listen",
        "power cut",
    ] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    for former in ["--stop-seconds", "--hsts-seconds", "--redirect-from", "MADANG_STOP_SECONDS"] {
        assert!(!text.contains(former), "{former} is in\n{text}");
    }
}

#[test]
fn invalid_settings_are_refused_with_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, "lissten = \"127.0.0.1:1\"").unwrap();
    let file = file.to_str().unwrap();
    let missing = folder.path().join("missing.toml");
    let notices = folder.path().join("notices.toml");
    std::fs::write(&notices, "[[notices]]\nko = \"가\"\nen = \"a\"\nat = [\"9\"]").unwrap();
    let long = "가".repeat(41);
    let cases: [(&[&str], &str); 36] = [
        (
            &["--name", " "],
            "`name` is \" \": The server's name needs at least one visible character",
        ),
        (&["--name", "a\u{200b}b"], "cannot contain invisible characters"),
        (&["--name", &long], "The server's name has at most 40 characters; this one has 41"),
        (&["--moods", "maybe"], "--moods"),
        (
            &["--apps", "feed,posts"],
            "`apps`: there is no app `posts`; the apps are feed,orders,price,counter",
        ),
        (&["--access", "private"], "`access`: \"private\" is not one of open, invited and closed"),
        (&["--apps", "off", "--apps", "feed"], "`apps`: `off` stands alone"),
        (&["--session-idle-days", "0"], "`session_idle_days` is 0; it must be from 1 to 3650"),
        (&["--session-max-days", "4000"], "`session_max_days` is 4000"),
        (&["--listen", "5001"], "--listen"),
        (&["--bus", "nats://localhost:4222"], "a file that one node alone can use"),
        (&["--bus", "http://node:secret@localhost"], "the bus has the scheme `http`"),
        (&["--mail-from", "hub@example.com"], "`mail_server` is missing"),
        (&["--bus-credentials", "node.creds"], "`bus_credentials` is set without `bus`"),
        (&["--allowed-origin", "localhost:3000"], "is not an origin: write scheme://host"),
        (&["--allowed-origin", "https://chat.example/"], "is not an origin: leave out everything"),
        (
            &["--allowed-origin", "https://*.chat.example"],
            "is not an origin: there are no wildcards",
        ),
        (
            &["--allowed-origin", "https://마당 .kr"],
            "is not an origin: its host is not a valid name",
        ),
        (&["--allowed-origin", "https://chat.example:0"], "its port must be from 1 to 65535"),
        (&["--allowed-origin", "wss://chat.example"], "its scheme must be http or https"),
        (
            &["--public-origin", "chat.example"],
            "`public_origins`: \"chat.example\" is not an origin",
        ),
        (&["--public-origin", "ws://nas.local:5001"], "its scheme must be http or https"),
        (&["--shutdown-timeout", "0"], "`shutdown_timeout` is 0"),
        (&["--sign-ups-per-hour", "0"], "--sign-ups-per-hour"),
        (&["--synchronous", "maybe"], "full"),
        (&["--price-source", "bitstamp"], "there is no source `bitstamp`"),
        (&["--price-source", "kraken,simulated"], "must not replace a real one"),
        (&["--socketio", "yes"], "local"),
        (&["--socketio-presence-events", "connects"], "connected"),
        (&["--socketio-event", "data=orders"], "write `room:` and a room's number, or `off`"),
        (&["--socketio-event", "date=room:1"], "there is no vocabulary `date`"),
        (
            &["--socketio-event", "data=room:99", "--data", folder.path().to_str().unwrap()],
            "there is no room 99",
        ),
        (&["--config", file], "lissten"),
        (&["--config", notices.to_str().unwrap()], "`9` is not a time of the day"),
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
    // The list in the file is invalid; it is refused unless a flag or a variable replaces it.
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
    // With the default port, in Unicode, and behind a byte order mark, as editors write them.
    let text = "\u{feff}allowed_origins = [\"https://kitchen.example:443\", \"https://마당.kr\"]";
    std::fs::write(&file, text).unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--config", file.to_str().unwrap()]);
    for (origin, status) in [
        (server.url.as_str(), "101"),
        ("https://kitchen.example", "101"),
        ("https://xn--ok1b32k.kr", "101"),
        ("https://elsewhere.example", "403"),
        ("http://kitchen.example", "403"),
    ] {
        assert_eq!(handshake(&server, origin), status, "{origin}");
    }
}

/// The status of a handshake from a page of this origin.
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
fn a_server_on_the_network_answers_to_configured_names_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = File::create(&path).unwrap();
    let data = folder.path().join("data");
    let arguments = ["--public-origin", "http://nas.local:5001"];
    let server = Server::on_the_network(&data, &arguments, log.into());
    let status = |host: &str| {
        let port = server.url.rsplit_once(':').unwrap().1;
        let mut socket = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(socket, "GET /api/session HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut line = [0; 12];
        socket.read_exact(&mut line).unwrap();
        String::from_utf8_lossy(&line[9..]).into_owned()
    };
    for (host, expected) in [
        ("127.0.0.1:5001", "200"),
        ("192.168.0.7", "200"),
        ("localhost", "200"),
        ("nas.local:8080", "200"),
        ("evil.example:5001", "421"),
    ] {
        assert_eq!(status(host), expected, "{host}");
    }
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    let log = std::fs::read_to_string(path).unwrap();
    assert!(
        log.contains("The server answers to its addresses, to localhost, and to nas.local."),
        "{log}"
    );
    assert!(
        log.contains("The apps are off, because the server listens beyond this machine"),
        "{log}"
    );
    assert!(
        log.contains(
            "New people need an invitation, because the server listens beyond this machine"
        ),
        "{log}"
    );
    assert!(
        log.contains("price_sources=0"),
        "no exchange is requested for an app that is off: {log}"
    );
}

#[test]
fn the_error_names_a_data_folder_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, text) =
        output(&mut serve(&["--listen", "127.0.0.1:0", "--data", file.to_str().unwrap()]));
    assert_eq!(code, Some(1));
    assert!(text.contains("cannot create the data folder"), "{text}");

    let database = folder.path().join("data");
    std::fs::create_dir(&database).unwrap();
    std::fs::write(
        database.join("madang.sqlite"),
        "no database but a text that is long enough to be mistaken for one",
    )
    .unwrap();
    let (code, text) =
        output(&mut serve(&["--listen", "127.0.0.1:0", "--data", database.to_str().unwrap()]));
    assert_eq!(code, Some(1));
    assert!(text.contains("madang.sqlite"), "{text}");
}

/// The log of a server from its start to a graceful stop.
fn log_of(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let path = folder.join("log");
    let log = File::create(&path).unwrap();
    let server = Server::start_with(&folder.join("data"), arguments, variables, log.into());
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn former_names_of_flags_and_variables_work_and_the_log_names_the_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::write(folder.path(), &Pair::of(&["localhost"]));
    let names = [
        ("--stop-seconds", "MADANG_STOP_SECONDS", "5", "--shutdown-timeout"),
        ("--hsts-seconds", "MADANG_HSTS_SECONDS", "60", "--hsts-max-age"),
        ("--redirect-from", "MADANG_REDIRECT_FROM", "127.0.0.1:0", "--redirect-listen"),
    ];
    let mut flags = files.arguments().to_vec();
    flags.extend(names.iter().flat_map(|(former, _, value, _)| [*former, *value]));
    let variables = names.map(|(_, variable, value, _)| (variable, value));
    for log in
        [log_of(folder.path(), &flags, &[]), log_of(folder.path(), &files.arguments(), &variables)]
    {
        for (former, _, _, name) in names {
            assert!(log.contains(&format!("`{former}` is a former name")), "{former}: {log}");
            assert!(log.contains(&format!("use `{name}`")), "{name}: {log}");
        }
        assert!(log.contains("plain HTTP is redirected to HTTPS"), "{log}");
    }
}

#[test]
fn former_names_of_keys_work_and_the_log_names_the_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::write(folder.path(), &Pair::of(&["localhost"]));
    let file = folder.path().join("madang.toml");
    let text = format!(
        "stop_seconds = 5\nhsts_seconds = 60\n[tls]\nredirect_from = \"127.0.0.1:0\"\n\
        certificate = {:?}\nkey = {:?}\n[socketio]\nclients = \"off\"\n",
        files.certificate, files.key
    );
    std::fs::write(&file, text).unwrap();
    let log = log_of(folder.path(), &["--config", file.to_str().unwrap()], &[]);
    for name in ["shutdown_timeout", "hsts_max_age", "[tls] redirect_listen", "[socketio] exposure"]
    {
        assert!(log.contains(&format!("use `{name}`")), "{name}: {log}");
    }
    assert!(log.contains("plain HTTP is redirected to HTTPS"), "{log}");
}

#[test]
fn the_log_says_to_which_clients_socket_io_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, "[socketio]\npresence_events = \"connect\"\ndata = \"room:1\"\n")
        .unwrap();
    let cases: [(&[&str], &str); 6] = [
        (
            &["--config", file.to_str().unwrap()],
            "Socket.IO is open to programs and pages of this machine",
        ),
        (&["--allowed-origin", "http://localhost:3000"], "Socket.IO is open to programs"),
        (
            &["--allowed-origin", "https://chat.example"],
            "Socket.IO is off, because `public_origins` or `allowed_origins`",
        ),
        (
            &["--public-origin", "http://nas.local:5001"],
            "Socket.IO is off, because `public_origins` or `allowed_origins`",
        ),
        (&["--trusted-proxy", "127.0.0.1"], "Socket.IO is off, because `trusted_proxies`"),
        (
            &["--trusted-proxy", "127.0.0.1", "--socketio", "on"],
            "Socket.IO is open to every client",
        ),
    ];
    for (arguments, expected) in cases {
        let log = log_of(folder.path(), arguments, &[]);
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
}

#[test]
fn present_names_cause_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, "shutdown_timeout = 5\n[socketio]\nexposure = \"off\"\n").unwrap();
    let log = log_of(folder.path(), &["--config", file.to_str().unwrap()], &[]);
    assert!(!log.contains("former name"), "{log}");
}

#[test]
fn a_setting_under_both_of_its_names_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    let refused = |command: &mut Command, expected: &str| {
        let (code, text) = output(command);
        assert_eq!(code, Some(2), "{expected}: {text}");
        assert!(text.contains(expected), "{expected} is not in {text}");
    };
    for (name, former, value) in [
        ("--shutdown-timeout", "--stop-seconds", "5"),
        ("--hsts-max-age", "--hsts-seconds", "60"),
        ("--redirect-listen", "--redirect-from", "127.0.0.1:0"),
    ] {
        let expected = format!("`{former}` is the former name of `{name}`, and both are given");
        refused(&mut serve(&[name, value, former, value]), &expected);
    }
    let expected = "`--stop-seconds` is the former name of `--shutdown-timeout`";
    refused(serve(&["--shutdown-timeout", "5"]).env("MADANG_STOP_SECONDS", "5"), expected);
    for (text, expected) in [
        ("shutdown_timeout = 5\nstop_seconds = 5", "remove `stop_seconds`"),
        ("hsts_max_age = 5\nhsts_seconds = 5", "remove `hsts_seconds`"),
        (
            "[tls]\nredirect_listen = \"127.0.0.1:0\"\nredirect_from = \"127.0.0.1:0\"",
            "remove `[tls] redirect_from`",
        ),
        ("[socketio]\nexposure = \"off\"\nclients = \"off\"", "remove `[socketio] clients`"),
    ] {
        std::fs::write(&file, text).unwrap();
        refused(&mut serve(&["--config", file.to_str().unwrap()]), expected);
    }
}
