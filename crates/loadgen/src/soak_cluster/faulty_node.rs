//! A faulty node: a server between a client and a real node that violates the promises of the protocol once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use madang_loadgen::TestUser;
use madang_loadgen::client_socket::request;
use madang_shared::chat::ChatCommand;
use madang_shared::frames::LogPosition;
use madang_shared::limits::SUBPROTOCOL;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, RoomId, Seq, ServerFrame, Topic, codec,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::{accept_hdr_async, connect_async};
use tungstenite::Message;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use uuid::Uuid;

/// The frame of a kind that a defect concerns: the third.
const CONCERNED: u32 = 3;

/// A violation of the promises of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// None: the proof that the way through the faulty node does not cause the findings.
    None,
    LosesEvent,
    RepeatsEvent,
    SwapsEvents,
    /// Acknowledges a command, and does not store it.
    LosesCommand,
    /// Stores a command again, under another id.
    RepeatsCommand,
    SwapsCommands,
    RepeatsAcknowledgement,
    SwapsAcknowledgements,
}

/// The kind of frame that a defect concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    Event,
    Command,
    Acknowledgement,
}

/// The change of the stream of one kind of frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Lose,
    Repeat,
    Swap,
}

impl Defect {
    fn parts(self) -> Option<(FrameKind, Change)> {
        Some(match self {
            Self::None => return None,
            Self::LosesEvent => (FrameKind::Event, Change::Lose),
            Self::RepeatsEvent => (FrameKind::Event, Change::Repeat),
            Self::SwapsEvents => (FrameKind::Event, Change::Swap),
            Self::LosesCommand => (FrameKind::Command, Change::Lose),
            Self::RepeatsCommand => (FrameKind::Command, Change::Repeat),
            Self::SwapsCommands => (FrameKind::Command, Change::Swap),
            Self::RepeatsAcknowledgement => (FrameKind::Acknowledgement, Change::Repeat),
            Self::SwapsAcknowledgements => (FrameKind::Acknowledgement, Change::Swap),
        })
    }
}

/// A running faulty node for one user. Dropping it ends its connections.
pub(super) struct FaultyNode {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl FaultyNode {
    /// Starts a faulty node before the user's server.
    pub(super) async fn start(user: TestUser, room: RoomId, defect: Defect) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(DefectState::new(room, defect)));
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (user, state) = (user.clone(), state.clone());
                connections.spawn(async move {
                    // The client sees a broken connection, and connects again.
                    forward(client, &user, &state).await.ok();
                });
            }
        });
        Ok(Self { address, accepting })
    }
}

impl Drop for FaultyNode {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn forward(client: TcpStream, user: &TestUser, state: &Mutex<DefectState>) -> Result<()> {
    let mut client = accept_hdr_async(client, agree_on_protocol).await?;
    let request = request(user).map_err(anyhow::Error::msg)?;
    let (mut node, _) = connect_async(request).await?;
    loop {
        let frames = tokio::select! {
            message = client.next() => {
                let Message::Text(text) = message.context("the client left")?? else { continue };
                state.lock().unwrap_or_else(PoisonError::into_inner).on_client_frame(text.as_str())
            }
            message = node.next() => {
                let Message::Text(text) = message.context("the node left")?? else { continue };
                state.lock().unwrap_or_else(PoisonError::into_inner).on_node_frame(text.as_str())
            }
        };
        for text in frames.to_node {
            node.send(Message::text(text)).await?;
        }
        for text in frames.to_client {
            client.send(Message::text(text)).await?;
        }
    }
}

#[expect(
    clippy::result_large_err,
    clippy::unnecessary_wraps,
    reason = "the signature is that of `tungstenite::handshake::server::Callback`"
)]
fn agree_on_protocol(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    Ok(response)
}

/// Frames to send.
#[derive(Debug, Default)]
struct ForwardedFrames {
    to_node: Vec<String>,
    to_client: Vec<String>,
}

/// How a frame is forwarded.
enum Forwarding {
    Once,
    Twice,
    Never,
    /// After the next frame of its kind.
    Later,
    /// Before the frame that was held back.
    Before(String),
}

/// The frames so far, and the frame that is held back.
struct DefectState {
    topic: Topic,
    defect: Defect,
    count: u32,
    held: Option<String>,
    /// The last event that the client has.
    last_event: Seq,
}

impl DefectState {
    fn new(room: RoomId, defect: Defect) -> Self {
        Self { topic: Topic::Room(room), defect, count: 0, held: None, last_event: Seq(0) }
    }

    fn on_node_frame(&mut self, text: &str) -> ForwardedFrames {
        let kind = match codec::decode_server(text) {
            Ok(ServerFrame::Event { topic, seq, .. }) if topic == self.topic => {
                self.last_event = seq;
                Some(FrameKind::Event)
            }
            Ok(ServerFrame::Ack { at: Some(at), .. }) if at.topic == self.topic => {
                Some(FrameKind::Acknowledgement)
            }
            _ => None,
        };
        let to_client = match self.forwarding(kind, text) {
            Forwarding::Once => vec![text.to_owned()],
            Forwarding::Twice => vec![text.to_owned(); 2],
            Forwarding::Before(held) => vec![text.to_owned(), held],
            Forwarding::Never | Forwarding::Later => Vec::new(),
        };
        ForwardedFrames { to_client, ..ForwardedFrames::default() }
    }

    fn on_client_frame(&mut self, text: &str) -> ForwardedFrames {
        let post = match codec::decode_client(text) {
            Ok(ClientFrame::Command(frame)) => Some(frame)
                .filter(|frame| matches!(frame.command, Command::Chat(ChatCommand::Post { .. }))),
            _ => None,
        };
        let forwarding = self.forwarding(post.as_ref().map(|_| FrameKind::Command), text);
        let mut frames = ForwardedFrames::default();
        match (forwarding, post) {
            (Forwarding::Twice, Some(CommandFrame { command, .. })) => {
                let again = CommandFrame { id: CommandId(Uuid::from_u128(7)), command };
                let again = codec::encode_client(&ClientFrame::Command(again));
                frames.to_node = vec![text.to_owned(), again];
            }
            (Forwarding::Never, Some(CommandFrame { id, .. })) => {
                let at = Some(LogPosition { topic: self.topic, seq: self.last_event });
                frames.to_client = vec![codec::encode_server(&ServerFrame::Ack { id, at })];
            }
            (Forwarding::Before(held), _) => frames.to_node = vec![text.to_owned(), held],
            (Forwarding::Later | Forwarding::Never, _) => {}
            (Forwarding::Once | Forwarding::Twice, _) => frames.to_node = vec![text.to_owned()],
        }
        frames
    }

    /// How often, and when, a frame is forwarded.
    fn forwarding(&mut self, kind: Option<FrameKind>, text: &str) -> Forwarding {
        let Some((_, change)) = self.defect.parts().filter(|(of, _)| Some(*of) == kind) else {
            return Forwarding::Once;
        };
        if let Some(held) = self.held.take() {
            return Forwarding::Before(held);
        }
        self.count += 1;
        if self.count != CONCERNED {
            return Forwarding::Once;
        }
        match change {
            Change::Lose => Forwarding::Never,
            Change::Repeat => Forwarding::Twice,
            Change::Swap => {
                self.held = Some(text.to_owned());
                Forwarding::Later
            }
        }
    }
}
