//! A person with a socket and HTTP, who makes denied requests.

use madang_shared::{ServerFrame, UserId, codec};
use serde_json::{Value, json};

use super::requests::Request;
use crate::test_server::{TestConnection, TestServer};

/// A person of the walk.
pub(super) struct Peer {
    pub(super) id: UserId,
    pub(super) token: String,
    /// None for a deactivated person, who cannot connect.
    socket: Option<TestConnection>,
    requests: u64,
}

/// The refusal of a request: its code, and all of the answer as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) answer: String,
}

impl Peer {
    pub(super) fn new(id: UserId, token: String) -> Self {
        Self { id, token, socket: None, requests: 0 }
    }

    pub(super) async fn connect(&mut self, server: &TestServer) {
        self.socket = Some(server.connect_as(&self.token).await);
    }

    /// Makes a request that the server refuses, with a number that another request may repeat.
    pub(super) async fn ask(
        &mut self,
        server: &TestServer,
        request: &Request,
        number: u64,
    ) -> Refusal {
        let frame = match request {
            Request::Http(method, path, body) => {
                let url = server.url(path);
                let mut asked = server.http.request(method.clone(), url).bearer_auth(&self.token);
                if !body.is_null() {
                    asked = asked.json(body);
                }
                let answer = asked.send().await.unwrap();
                let (status, kind) = (answer.status(), answer.headers()["content-type"].clone());
                let text = answer.text().await.unwrap();
                let body: Value = serde_json::from_str(&text).unwrap_or_default();
                let code = body["code"].as_str().unwrap_or("none").to_owned();
                return Refusal { code, answer: format!("{status} {kind:?} {text}") };
            }
            Request::Topic(topic) => json!({ "subscribe": { "topic": topic } }),
            Request::Query(query) => json!({ "query": { "id": number, "query": query } }),
            Request::Command(command) => {
                let id = format!("01977000-0000-7000-8000-{number:012x}");
                json!({ "command": { "id": id, "command": command } })
            }
        };
        let socket = self.socket.as_mut().expect("a connected person");
        socket.send_text(&frame.to_string()).await;
        loop {
            match socket.receive_frame().await {
                ServerFrame::Workspace(_) | ServerFrame::Event { .. } => {}
                ServerFrame::Error { about, failure } => {
                    let code = serde_json::to_value(failure.code).unwrap();
                    let code = code.as_str().unwrap().to_owned();
                    let answer = codec::encode_server(&ServerFrame::Error { about, failure });
                    return Refusal { code, answer };
                }
                other => return Refusal { code: "none".to_owned(), answer: format!("{other:?}") },
            }
        }
    }

    /// A number that no earlier request of this person has.
    pub(super) fn number(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }
}
