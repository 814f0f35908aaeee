//! A user without a browser: it signs up for a bearer token and speaks Madang's protocol.

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use madang_shared::chat::ChatCommand;
use madang_shared::frames::{CommandFrame, ErrorContext};
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use madang_shared::membership::{MembershipCommand, MembershipEvent};
use madang_shared::posts::PostsCommand;
use madang_shared::rooms::RoomsCommand;
use madang_shared::session::{SessionInfo, SignUp};
use madang_shared::{
    ClientFrame, Command, CommandId, Event, Hello, RoomId, Seq, ServerFrame, Subscription,
    Timestamp, Topic, codec,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::test_server::TestServer;

/// The number of unacknowledged commands at a time. The server's queue holds a few dozen.
const MAX_IN_FLIGHT: usize = 16;

/// A connected client.
pub(crate) struct TestClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    commands: u64,
}

impl TestClient {
    /// Signs a user up without connecting.
    pub(crate) async fn sign_up(server: &TestServer, name: &str) -> Result<SessionInfo> {
        let body = SignUp { name: name.to_owned(), bearer: true, needs_cookie: false };
        let answer =
            reqwest::Client::new().post(server.url("/api/session")).json(&body).send().await?;
        ensure!(answer.status().is_success(), "{name} cannot sign up: {}", answer.text().await?);
        Ok(answer.json().await?)
    }

    /// Signs a user up and connects.
    pub(crate) async fn connect(server: &TestServer, name: &str) -> Result<Self> {
        let SessionInfo { token, user, .. } = Self::sign_up(server, name).await?;
        let mut request =
            format!("ws://{}{SOCKET_PATH}", server.address()).into_client_request()?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        let mut client = Self { socket, commands: 0 };
        // The topic of memberships carries the ids of new rooms.
        let topics = vec![Subscription { topic: Topic::Memberships(user.id), from: None }];
        let hello = Hello { token, client: "e2e".to_owned(), topics };
        client.send_frame(&ClientFrame::Hello(hello)).await?;
        match client.receive_frame().await? {
            ServerFrame::Welcome(_) => Ok(client),
            other => bail!("expected a welcome, got {other:?}"),
        }
    }

    /// Subscribes to a topic from its present state on.
    pub(crate) async fn subscribe(&mut self, topic: Topic) -> Result<()> {
        self.send_frame(&ClientFrame::Subscribe(Subscription { topic, from: None })).await?;
        while !matches!(self.receive_frame().await?, ServerFrame::Snapshot(state) if state.topic == topic)
        {
        }
        Ok(())
    }

    /// The next event of the subscribed topics.
    pub(crate) async fn next_event(&mut self) -> Result<Event> {
        loop {
            match self.receive_frame().await? {
                ServerFrame::Event { event, .. } => return Ok(event),
                ServerFrame::Ping { nonce } => {
                    self.send_frame(&ClientFrame::Pong { nonce }).await?;
                }
                _ => {}
            }
        }
    }

    /// Posts a message and waits for its acknowledgement.
    pub(crate) async fn send(&mut self, room: RoomId, text: impl Into<String>) -> Result<()> {
        self.send_all(room, [text.into()]).await
    }

    /// Posts messages in order and waits for all acknowledgements.
    pub(crate) async fn send_all(
        &mut self,
        room: RoomId,
        texts: impl IntoIterator<Item = String>,
    ) -> Result<()> {
        self.send_commands(texts.into_iter().map(|text| ChatCommand::post(room, text).into())).await
    }

    /// Answers a message and waits for the acknowledgement.
    pub(crate) async fn reply(&mut self, room: RoomId, original: u64, text: &str) -> Result<()> {
        let (text, reply_to) = (text.to_owned(), Some(Seq(original)));
        self.send_commands([ChatCommand::Post { room, text, reply_to }.into()]).await
    }

    /// Writes a post and waits for its acknowledgement.
    pub(crate) async fn post(&mut self, text: impl Into<String>) -> Result<()> {
        self.send_commands([PostsCommand::Create { text: text.into() }.into()]).await
    }

    /// Creates a room, which joins it.
    pub(crate) async fn create_room(&mut self, name: &str) -> Result<RoomId> {
        self.send_command(RoomsCommand::public(name).into()).await?;
        let (mut created, mut acknowledged) = (None, false);
        loop {
            match self.receive_frame().await? {
                ServerFrame::Event {
                    event: Event::Membership(MembershipEvent::Joined(membership)),
                    ..
                } => created = Some(membership.room),
                ServerFrame::Ack { .. } => acknowledged = true,
                ServerFrame::Error { failure, .. } => {
                    bail!("room {name} cannot be created: {failure:?}")
                }
                _ => {}
            }
            if let (Some(room), true) = (created, acknowledged) {
                return Ok(room);
            }
        }
    }

    /// Leaves a room.
    pub(crate) async fn leave(&mut self, room: RoomId) -> Result<()> {
        self.send_commands([MembershipCommand::Leave { room }.into()]).await
    }

    /// Sends commands and waits until all are acknowledged.
    async fn send_commands(&mut self, commands: impl IntoIterator<Item = Command>) -> Result<()> {
        let mut in_flight = 0;
        for command in commands {
            if in_flight == MAX_IN_FLIGHT {
                self.await_ack().await?;
                in_flight -= 1;
            }
            self.send_command(command).await?;
            in_flight += 1;
        }
        for _ in 0..in_flight {
            self.await_ack().await?;
        }
        Ok(())
    }

    async fn send_command(&mut self, command: Command) -> Result<()> {
        self.commands += 1;
        let id = CommandId::new(Timestamp(self.commands), u128::from(self.commands));
        self.send_frame(&ClientFrame::Command(CommandFrame { id, command })).await
    }

    async fn await_ack(&mut self) -> Result<()> {
        loop {
            match self.receive_frame().await? {
                ServerFrame::Ack { .. } => return Ok(()),
                ServerFrame::Ping { nonce } => {
                    self.send_frame(&ClientFrame::Pong { nonce }).await?;
                }
                ServerFrame::Error { about: ErrorContext::Command(_), failure } => {
                    bail!("{failure:?}")
                }
                _ => {}
            }
        }
    }

    async fn send_frame(&mut self, frame: &ClientFrame) -> Result<()> {
        Ok(self.socket.send(Message::text(codec::encode_client(frame))).await?)
    }

    async fn receive_frame(&mut self) -> Result<ServerFrame> {
        loop {
            let message =
                self.socket.next().await.context("the server closed the connection")??;
            if let Message::Text(text) = message {
                return Ok(codec::decode_server(&text)?);
            }
        }
    }
}
