//! A minimal Socket.IO client, over a WebSocket.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::test_server::{TEST_TIMEOUT, TestConnection, TestServer};

/// The address of a WebSocket in Engine.IO 4 (Socket.IO protocol 5).
pub(crate) const ENGINE_IO_4: &str = "/socket.io/?EIO=4&transport=websocket";
/// The address of a WebSocket in Engine.IO 3 (Socket.IO protocol 4).
pub(crate) const ENGINE_IO_3: &str = "/socket.io/?EIO=3&transport=websocket";

/// A session of long polling, in the default namespace.
pub(crate) struct PollingClient {
    url: String,
    /// Separates the packets of one payload; none in Engine.IO 3, which sends the length of each.
    separator: Option<char>,
    http: reqwest::Client,
    packets: VecDeque<String>,
}

impl PollingClient {
    /// Connects in version 3 or 4 of Engine.IO.
    pub(crate) async fn connect(server: &TestServer, version: u8) -> Self {
        let url = server.url(&format!("/socket.io/?EIO={version}&transport=polling"));
        let http = server.http.clone();
        let separator = (version == 4).then_some('\u{1e}');
        let mut client = Self { url, separator, http, packets: VecDeque::new() };
        let opened = client.next_packet().await;
        let opened: Value = serde_json::from_str(opened.strip_prefix('0').unwrap()).unwrap();
        client.url = format!("{}&sid={}", client.url, opened["sid"].as_str().unwrap());
        if version == 4 {
            assert_eq!(client.post("40").await, 200);
        }
        while !client.next_packet().await.starts_with("40") {}
        client
    }

    /// Sends one packet. Returns the status.
    pub(crate) async fn post(&self, packet: &str) -> u16 {
        let length = packet.encode_utf16().count();
        let body =
            if self.separator.is_some() { packet.to_owned() } else { format!("{length}:{packet}") };
        self.post_body(body.into()).await.0
    }

    /// Sends a body. Returns the status and the answer.
    pub(crate) async fn post_body(&self, body: Vec<u8>) -> (u16, String) {
        let request = self.http.post(&self.url).header("content-type", "text/plain;charset=UTF-8");
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Receives the one argument of the next event of this name.
    pub(crate) async fn receive(&mut self, name: &str) -> Value {
        loop {
            let packet = self.next_packet().await;
            let Some(event) = packet.find('[').filter(|_| packet.starts_with("42")) else {
                continue;
            };
            let mut event: Vec<Value> = serde_json::from_str(&packet[event..]).unwrap();
            if event.remove(0) == name {
                return event.remove(0);
            }
        }
    }

    async fn next_packet(&mut self) -> String {
        loop {
            if let Some(packet) = self.packets.pop_front() {
                return packet;
            }
            let answer = timeout(TEST_TIMEOUT, self.http.get(&self.url).send()).await;
            let answer = answer.expect("an answer").unwrap();
            assert_eq!(answer.status(), 200);
            let payload = answer.text().await.unwrap();
            if let Some(separator) = self.separator {
                self.packets.extend(payload.split(separator).map(str::to_owned));
                continue;
            }
            // The server's answers in Engine.IO 3 are ASCII.
            let mut rest = payload.as_str();
            while let Some((length, after)) = rest.split_once(':') {
                let (packet, after) = after.split_at(length.parse().unwrap());
                self.packets.push_back(packet.to_owned());
                rest = after;
            }
        }
    }
}

pub(crate) struct SocketIoClient {
    pub(crate) peer: TestConnection,
    pub(crate) id: String,
}

impl SocketIoClient {
    /// Connects to the default namespace, and waits for the announcement of the connection.
    pub(crate) async fn connect(server: &TestServer) -> Self {
        Self::connect_with(server, &Value::Null).await
    }

    pub(crate) async fn connect_with(server: &TestServer, auth: &Value) -> Self {
        let peer = server.connect(server.request_to(ENGINE_IO_4, &[])).await.unwrap();
        let mut client = Self { peer, id: String::new() };
        assert!(client.receive_text().await.unwrap().starts_with("0{"));
        let auth = if auth.is_null() { String::new() } else { auth.to_string() };
        client.send_packet(&format!("40{auth}")).await;
        let connected = client.receive_text().await.unwrap();
        let connected: Value = serde_json::from_str(connected.strip_prefix("40").unwrap()).unwrap();
        client.id = connected["sid"].as_str().unwrap().to_owned();
        if auth.is_empty() {
            let announcement =
                json!({ "data": format!("id: {} is connected", client.id), "id": client.id });
            client.receive_until("connected", &announcement).await;
        }
        client
    }

    pub(crate) async fn send_packet(&mut self, text: &str) {
        // After a close by the server this fails; the test reads the close.
        self.peer.stream.send(Message::text(text)).await.ok();
    }

    pub(crate) async fn emit(&mut self, event: &Value) {
        self.send_packet(&format!("42{event}")).await;
    }

    /// Receives until the server closes. Returns the close code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        self.peer.close_code().await
    }

    /// Receives the next text; none when the server closes. Answers pings.
    pub(crate) async fn receive_text(&mut self) -> Option<String> {
        loop {
            let next = timeout(TEST_TIMEOUT, self.peer.stream.next()).await.expect("an answer");
            match next {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => {
                    self.send_packet("3").await;
                }
                Some(Ok(Message::Text(text))) => return Some(text.as_str().to_owned()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Receives the next event of this name: its arguments and the id of its acknowledgement.
    async fn receive_event(&mut self, name: &str) -> (Vec<Value>, String) {
        loop {
            let text = self.receive_text().await.expect("an open connection");
            let Some(rest) = text.strip_prefix("42") else {
                continue;
            };
            let (number, event) = rest.split_at(rest.find('[').unwrap());
            let mut event: Vec<Value> = serde_json::from_str(event).unwrap();
            if event.remove(0) == name {
                return (event, number.to_owned());
            }
        }
    }

    /// Receives the one argument of the next event of this name.
    pub(crate) async fn receive(&mut self, name: &str) -> Value {
        let (mut values, _) = self.receive_event(name).await;
        assert_eq!(values.len(), 1, "{values:?}");
        values.remove(0)
    }

    /// The names of the next events, up to the first of this name.
    pub(crate) async fn names_until(&mut self, last: &str) -> Vec<String> {
        let mut names = Vec::new();
        while names.last().is_none_or(|name| name != last) {
            let text = self.receive_text().await.expect("an open connection");
            let event = text.strip_prefix("42").and_then(|event| event.split('"').nth(1));
            names.extend(event.map(str::to_owned));
        }
        names
    }

    pub(crate) async fn receive_until(&mut self, name: &str, value: &Value) {
        while self.receive(name).await != *value {}
    }

    /// Receives the argument and the position of the next event of this name.
    pub(crate) async fn receive_with_position(&mut self, name: &str) -> (Value, Value) {
        let (mut values, _) = self.receive_event(name).await;
        assert_eq!(values.len(), 2, "{values:?}");
        (values.remove(0), values.remove(0))
    }

    /// Receives the next event of this name that has a position in this topic.
    pub(crate) async fn receive_position(&mut self, name: &str, topic: &str) -> Value {
        loop {
            let position = self.receive(name).await;
            if position["topic"] == topic {
                return position;
            }
        }
    }

    /// Confirms the next event of this name.
    pub(crate) async fn confirm(&mut self, name: &str) -> Value {
        let (mut values, number) = self.receive_event(name).await;
        assert!(!number.is_empty(), "the event requests no acknowledgement");
        self.send_packet(&format!("43{number}[]")).await;
        values.remove(0)
    }

    /// Receives the acknowledgement of the packet with this id; skips the events before it.
    pub(crate) async fn receive_ack(&mut self, number: u32) -> Value {
        let start = format!("43{number}");
        loop {
            let text = self.receive_text().await.expect("an open connection");
            if let Some(values) = text.strip_prefix(&start) {
                return serde_json::from_str(values).unwrap();
            }
        }
    }
}
