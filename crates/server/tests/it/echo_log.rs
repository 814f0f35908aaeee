//! The log of the echo at `/ws`.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::process::Server;

#[tokio::test]
async fn a_received_text_is_logged_on_one_line_at_info() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let server =
        Server::start_logging(folder.path(), &[], Stdio::from(File::create(&path).unwrap()));
    let url = format!("ws{}/ws", server.url.strip_prefix("http").unwrap());
    let (mut client, _) = connect_async(url).await.unwrap();
    let long = "가".repeat(500);
    for text in ["안녕 \"hello\"", "a\r\nforged line\u{1b}[2J", &long] {
        client.send(Message::text(text)).await.unwrap();
        client.next().await.unwrap().unwrap();
    }
    let lines = timeout(Duration::from_secs(20), async {
        loop {
            let written = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = written.lines().filter(|it| it.contains("echo received")).collect();
            if lines.len() == 3 {
                return lines.into_iter().map(str::to_owned).collect::<Vec<_>>();
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    let lines = lines.await.expect("three lines");
    assert!(lines[0].contains("INFO echo received: 안녕 \"hello\""), "{}", lines[0]);
    assert!(lines[1].contains("a\\r\\nforged line\\u{1b}[2J"), "{}", lines[1]);
    assert!(lines[2].contains(&format!("{}…", "가".repeat(120))), "{}", lines[2]);
}
