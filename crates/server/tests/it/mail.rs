//! The log says at the start whether the mail server answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::thread;

use crate::process::Server;

/// A mail server for one connection, which signs nobody in.
fn mail_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 test\r\n").unwrap();
        for line in BufReader::new(stream.try_clone().unwrap()).lines() {
            let is_greeting = line.unwrap().starts_with("EHLO");
            let answer: &[u8] = if is_greeting { b"250 test\r\n" } else { b"221 ok\r\n" };
            stream.write_all(answer).ok();
        }
    });
    address
}

/// Starts a server with this mail server, and returns the line of its log about it.
fn logged(server: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        ["--mail-server", server],
        ["--mail-from", "hub@example.com"],
        ["--public-origin", "http://localhost:5001"],
    ];
    let (log, errors) = std::io::pipe().unwrap();
    let _server =
        Server::start_logging(folder.path(), arguments.as_flattened(), Stdio::from(errors));
    let mut lines = BufReader::new(log).lines().map(|line| line.unwrap());
    lines.find(|line| line.contains("the mail server")).unwrap()
}

#[test]
fn the_log_says_whether_the_mail_server_answers() {
    let answered = logged(&format!("smtp://{}", mail_server()));
    assert!(answered.contains("the mail server answers"), "{answered}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = logged(&format!("smtp://{closed}"));
    assert!(refused.contains("the mail server does not take mails from here"), "{refused}");
    assert!(refused.contains("ERROR") && refused.contains("refused"), "{refused}");
}
