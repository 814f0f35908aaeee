//! T2.9: the binary with certificate and key from files.

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use crate::certificates::{Files, Pair};
use crate::process::{Server, madang, output};

/// Longer than any test takes; a test that waits this long hangs.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(folder: &Path, files: &Files, more: &[&str]) -> Server {
    let log = File::create(folder.join("log")).unwrap();
    let arguments = [&files.arguments()[..], more].concat();
    Server::start_logging(&folder.join("data"), &arguments, log.into())
}

fn port(server: &Server) -> u16 {
    let address = server.url.strip_prefix("https://127.0.0.1:").expect("it says https");
    address.parse().unwrap()
}

/// The response to a request over a new connection, head and body.
async fn ask(pair: &Pair, port: u16, request: &str) -> String {
    let mut stream = pair.connect(port).await.unwrap();
    let request = format!("{request}Host: localhost:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Without the close_notify of TLS this would be an error.
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Waits for a condition.
async fn until(what: &str, mut met: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !met().await {
        assert!(began.elapsed() < PATIENCE, "timed out: {what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_pem_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::of(&["localhost"]);
    let files = Files::write(folder.path(), &pair);
    let other = Pair::of(&["other.example"]).certificate;
    // A chain of two files, each with a mark, as editors write them.
    let chain = format!("\u{feff}{}\u{feff}{other}", pair.certificate);
    std::fs::write(&files.certificate, chain).unwrap();
    std::fs::write(&files.key, format!("\u{feff}{}", pair.key)).unwrap();
    let server = start(folder.path(), &files, &[]);
    let stream = pair.connect(port(&server)).await.unwrap();
    let sent = stream.get_ref().1.peer_certificates().map(<[_]>::len);
    assert_eq!(sent, Some(2), "the whole chain is sent");
    assert!(ask(&pair, port(&server), "GET /healthz HTTP/1.1\r\n").await.contains("200 OK"));
}

#[test]
fn the_error_names_invalid_files_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let good = Pair::of(&["localhost"]);
    let expired = Pair::with(&["localhost"], |it| it.not_after = rcgen::date_time_ymd(2020, 1, 2));
    let early = Pair::with(&["localhost"], |it| it.not_before = rcgen::date_time_ymd(2999, 1, 2));
    let section =
        |name: &str, body: &str| format!("-----BEGIN {name}-----\n{body}\n-----END {name}-----\n");
    let half: String = good.certificate.lines().take(3).collect::<Vec<_>>().join("\n");
    let sealed = section("ENCRYPTED PRIVATE KEY", "AAAA");
    let owned = String::from;
    let cases = [
        (owned("certificate"), good.key.clone(), "chain.pem: there is no certificate in it"),
        (String::new(), good.key.clone(), "chain.pem: there is no certificate in it"),
        (good.key.clone(), good.key.clone(), "chain.pem: there is no certificate in it"),
        (half, good.key.clone(), "chain.pem: this is damaged PEM: a section has no end"),
        (section("CERTIFICATE", "é!"), good.key.clone(), "chain.pem: this is damaged PEM"),
        (
            section("CERTIFICATE", "AAAA"),
            good.key.clone(),
            "chain.pem: it contains no X.509 certificate",
        ),
        (good.certificate.clone(), owned("key"), "key.pem: there is no private key in it"),
        (
            good.certificate.clone(),
            good.certificate.clone(),
            "key.pem: there is no private key in it",
        ),
        (good.certificate.clone(), sealed, "key.pem: the private key in it is encrypted"),
        (
            good.certificate.clone(),
            section("PRIVATE KEY", "AAAA"),
            "key.pem: the key cannot be used",
        ),
        (
            good.certificate.clone(),
            Pair::of(&["localhost"]).key,
            "key.pem is not the key of the certificate in",
        ),
        (expired.certificate, expired.key, "chain.pem: the certificate has expired"),
        (early.certificate, early.key, "chain.pem: the certificate is not valid before"),
    ];
    for (certificate, key, expected) in cases {
        let files = Files::write(folder.path(), &Pair { certificate, key: key.clone() });
        refused(&files.arguments(), expected);
        let (_, text) = output(madang().arg("serve").args(files.arguments()));
        let secret = key.lines().nth(1).filter(|line| line.len() > 20);
        assert!(secret.is_none_or(|line| !text.contains(line)), "the key must not appear: {text}");
    }
    let files = Files::write(folder.path(), &good);
    std::fs::remove_file(&files.key).unwrap();
    refused(&files.arguments(), "key.pem cannot be read: No such file");
    std::fs::create_dir(&files.key).unwrap();
    refused(&files.arguments(), "key.pem cannot be read: Is a directory");
    refused(&files.arguments()[..2], "set `tls_key` too");
    refused(&files.arguments()[2..], "set `tls_certificate` too");
}

fn refused(arguments: &[&str], expected: &str) {
    let (code, text) = output(madang().arg("serve").args(arguments));
    assert_eq!(code, Some(2), "{expected}: {text}");
    assert!(text.contains(expected), "{expected} is not in {text}");
    assert_eq!(text.lines().count(), 1, "one sentence: {text}");
}

#[test]
fn settings_without_effect_are_refused() {
    for (arguments, expected) in [
        (&["--redirect-listen", "127.0.0.1:0"][..], "`redirect_listen` needs HTTPS"),
        (&["--redirect-port", "443"], "`redirect_port` has no effect without `redirect_listen`"),
        (&["--hsts-max-age", "60"], "`hsts_max_age` needs HTTPS"),
        (&["--trusted-proxy", "localhost"], "\"localhost\" is neither an address nor a network"),
    ] {
        refused(arguments, expected);
    }
}

/// Runs the client of OpenSSL, with the request on its standard input.
fn openssl(server: &Server, files: &Files, arguments: &[&str]) -> (bool, String) {
    let mut child = Command::new("openssl")
        .args(["s_client", "-connect", &format!("127.0.0.1:{}", port(server)), "-ign_eof"])
        .args(["-servername", "localhost", "-verify_return_error", "-CAfile"])
        .arg(&files.certificate)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("these tests need the program `openssl`: scripts/setup.sh e2e installs it");
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    // Without a connection the input stays unread.
    child.stdin.take().unwrap().write_all(request.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    (output.status.success(), format!("{out}{err}"))
}

#[test]
fn t2_9_openssl_verifies_the_certificate_and_negotiates_tls_1_2_and_1_3_only() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::write(folder.path(), &Pair::of(&["localhost"]));
    let server = start(folder.path(), &files, &[]);
    for version in ["-tls1_2", "-tls1_3"] {
        let (clean, text) = openssl(&server, &files, &[version, "-alpn", "h2,http/1.1"]);
        assert!(clean, "{text}");
        let name = version.replace("-tls1_", "New, TLSv1.");
        for part in
            [name.as_str(), "Verify return code: 0 (ok)", "ALPN protocol: http/1.1", "HTTP/1.1 200"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    let (clean, text) = openssl(&server, &files, &["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"]);
    assert!(!clean && text.contains("Cipher is (NONE)") && text.contains("SSL alert"), "{text}");
    let (clean, text) = openssl(&server, &files, &["-alpn", "h2"]);
    assert!(!clean && text.contains("alert no application protocol"), "{text}");
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn t2_9_a_replaced_certificate_is_used_while_an_open_socket_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = [Pair::of(&["localhost"]), Pair::of(&["localhost"])];
    let files = Files::write(folder.path(), &old);
    let server = start(folder.path(), &files, &[]);
    let port = port(&server);
    let stream = old.connect(port).await.unwrap();
    let address = format!("wss://localhost:{port}/ws?plain");
    let (mut socket, _) = tokio_tungstenite::client_async(address, stream).await.unwrap();
    let mut lives = async |text: &str| {
        socket.send(Message::text(text)).await.unwrap();
        let Some(Ok(Message::Text(answer))) = socket.next().await else {
            panic!("the socket broke")
        };
        assert_eq!(answer.as_str(), text);
    };
    lives("before").await;

    Files::write(folder.path(), &new);
    until("new connections get the new certificate", async || new.connect(port).await.is_ok())
        .await;
    assert!(old.connect(port).await.is_err(), "the old one is gone");
    lives("after").await;

    // While certificate and key do not match, the old pair stays in use.
    std::fs::write(&files.certificate, &old.certificate).unwrap();
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
    until("the log names what is wrong", async || log().contains("is not the key of")).await;
    assert!(log().contains("ERROR") && log().contains("the old one stays"), "{}", log());
    assert!(new.connect(port).await.is_ok() && old.connect(port).await.is_err());
    lives("still").await;

    std::fs::write(&files.key, &old.key).unwrap();
    until("the matching key is used", async || old.connect(port).await.is_ok()).await;
    lives("to the end").await;
    assert_eq!(log().matches("is not the key of").count(), 1, "logged once: {}", log());
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn silent_clients_do_not_block_other_handshakes() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::of(&["localhost"]);
    let files = Files::write(folder.path(), &pair);
    let server = start(folder.path(), &files, &[]);
    let address = format!("127.0.0.1:{}", port(&server));
    // Some send nothing, some begin a handshake, and some send plain HTTP.
    let mut silent: Vec<TcpStream> =
        (0..300).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for (number, stream) in silent.iter_mut().enumerate() {
        match number % 3 {
            0 => {}
            1 => stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap(),
            _ => stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap(),
        }
    }
    let answer = ask(&pair, port(&server), "GET /healthz HTTP/1.1\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // They do not delay a stop either.
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    drop(silent);
}

#[tokio::test]
async fn t2_9_a_session_over_https_has_a_secure_cookie_and_the_configured_hsts() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::of(&["localhost"]);
    let files = Files::write(folder.path(), &pair);
    let file = folder.path().join("madang.toml");
    let toml = format!(
        "hsts_max_age = 3600\n[tls]\ncertificate = {:?}\nkey = {:?}\n",
        files.certificate, files.key
    );
    std::fs::write(&file, toml).unwrap();
    let server = Server::start(&folder.path().join("data"), &["--config", file.to_str().unwrap()]);
    let body = r#"{"name":"Mina"}"#;
    let request = format!(
        "POST /api/session HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-forwarded-proto: http\r\n",
        body.len()
    );
    let mut stream = pair.connect(port(&server)).await.unwrap();
    let head = format!("{request}host: localhost\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(answer.contains("set-cookie: __Host-madang_session="), "{answer}");
    assert!(answer.contains("; Secure\r\n"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=3600\r\n"), "{answer}");
}

#[tokio::test]
async fn the_headers_of_a_configured_proxy_are_trusted_and_its_client_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, cookie_prefix, client) in [
        (&["--trusted-proxy", "127.0.0.1", "--access", "open"][..], "__Host-", "203.0.113.7"),
        (&[], "madang", "127.0.0.1"),
    ] {
        let log = File::create(folder.path().join("log")).unwrap();
        let server = Server::start_logging(&folder.path().join("data"), arguments, log.into());
        let body = serde_json::json!({ "name": format!("client of {client}") });
        let answer = reqwest::Client::new()
            .post(format!("{}/api/session", server.url))
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-for", "198.51.100.1, 203.0.113.7")
            .json(&body)
            .send()
            .await
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with(cookie_prefix), "{cookie}");
        // The end of the process writes the last lines.
        server.signal("TERM");
        assert_eq!(server.wait().code(), Some(0));
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains(&format!("client={client}")), "{log}");
    }
}
