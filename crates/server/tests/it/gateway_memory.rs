//! The memory that clients of the Socket.IO gateway cost when they do not read.

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::process::Server;

/// Clients that never read.
const CLIENTS: usize = 80;
/// Messages of the longest text, each of which is four events of 12 KB for every client.
const MESSAGES: usize = 130;
/// Limit for the server's memory at any time, in MiB. The same run needed 491 MiB before the gateway
/// counted bytes, and needs 69.
const MAX_PEAK_MIB: usize = 150;

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[tokio::test]
async fn clients_that_do_not_read_cost_a_bounded_amount_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    // Clients of long polling that never poll: nothing of theirs waits in the system's buffers instead.
    let polling = format!("{}/socket.io/?EIO=3&transport=polling", server.url);
    let http = reqwest::Client::new();
    for _ in 0..CLIENTS {
        assert!(http.get(&polling).send().await.unwrap().status().is_success());
    }
    let address = server.url.strip_prefix("http").unwrap();
    let url = format!("ws{address}/socket.io/?EIO=4&transport=websocket");
    let (mut writer, _) = connect_async(url).await.unwrap();
    writer.send(Message::text("40")).await.unwrap();
    // The connection is announced to itself once it gets the room's messages.
    until(&mut writer, "42[\"connected\"").await;
    let text = "가".repeat(3_990);
    for number in 0..MESSAGES {
        let event = json!(["message", format!("{number} {text}")]);
        writer.send(Message::text(format!("42{event}"))).await.unwrap();
        until(&mut writer, &format!("42[\"message\",\"{number} ")).await;
    }
    let peak = server.peak_memory_kib() / 1024;
    println!("{CLIENTS} clients that do not read, {MESSAGES} messages: {peak} MiB at most");
    assert!(peak < MAX_PEAK_MIB, "{peak} MiB");
}

/// Receives until a text begins so. Answers pings.
async fn until(client: &mut Client, start: &str) -> String {
    loop {
        let message = client.next().await.expect("an open connection").unwrap();
        let Ok(text) = message.to_text() else { continue };
        if text == "2" {
            client.send(Message::text("3")).await.unwrap();
        } else if text.starts_with(start) {
            return text.to_owned();
        }
    }
}
