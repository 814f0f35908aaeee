//! A client of the protocol over a WebSocket, which sees each frame.

use futures_util::{SinkExt, StreamExt};
use madang_shared::{CommandId, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::process::Server;

/// Signs a user up, for a session token.
pub(crate) async fn sign_up(server: &Server, name: &str) -> String {
    let body = json!({ "name": name, "bearer": true });
    let request = reqwest::Client::new().post(format!("{}/api/session", server.url)).json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// A connection after its hello.
pub(crate) struct AppClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The server's time of the welcome, in milliseconds.
    welcomed_at: u64,
    commands: u128,
}

impl AppClient {
    /// Connects, and follows these topics (as JSON).
    pub(crate) async fn connect(server: &Server, token: &str, topics: &[Value]) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        let url = format!("ws://{address}/api/socket?protocol=madang.v2.json");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let mut client = Self { socket, welcomed_at: 0, commands: 0 };
        client.send(&json!({ "hello": { "client": "test", "topics": topics } })).await;
        client.welcomed_at = client.until("welcome").await["now"].as_u64().unwrap();
        client
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame of the server, after an answer to its pings.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = self.socket.next().await.expect("the connection is open").unwrap();
            let Message::Text(text) = message else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            match frame.get("ping") {
                Some(ping) => self.send(&json!({ "pong": ping })).await,
                None => return frame,
            }
        }
    }

    /// The content of the next frame of a kind. Others are skipped.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            if let Some(content) = self.next().await.get_mut(kind) {
                return content.take();
            }
        }
    }

    /// Posts a message to a room, and returns the id of the command.
    pub(crate) async fn post(&mut self, room: u64, text: &str) -> CommandId {
        self.commands += 1;
        let id = CommandId::new(Timestamp(self.welcomed_at), self.commands << 64);
        self.send_post(id, room, text).await;
        id
    }

    pub(crate) async fn send_post(&mut self, id: CommandId, room: u64, text: &str) {
        let command = json!({ "chat": { "post": { "room": room, "text": text } } });
        self.send(&json!({ "command": { "id": id, "command": command } })).await;
    }
}

/// The text of a message in the content of an event.
pub(crate) fn posted_text(event: &Value) -> Option<&str> {
    event["event"]["chat"]["posted"]["text"].as_str()
}
