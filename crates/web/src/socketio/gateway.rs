//! What all clients share, and how it begins and ends.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use madang_shared::limits::{HELLO_TIMEOUT_MS, PING_INTERVAL_MS};
use madang_shared::{CommandId, ErrorCode, Failure, User};
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;
use socketioxide::{ParserConfig, SocketIo};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::audience::Audience;
use super::receipts::Receipts;
use super::settings::Settings;
use super::visitor::Visitor;
use super::{follower, visit};
use crate::state::AppState;

/// The engine behind the door; whatever is not its own finds nothing.
pub(super) type Engine = SocketIoService<Router>;

/// Packets that wait for one client. What the hub hands over at a time, in every vocabulary, fits; a
/// client that leaves more lying is let go, and can come back to what it missed.
pub(super) const MAX_WAITING_PACKETS: usize = 512;
/// Bytes in one packet of a client: the longest text, with room for its envelope.
pub(super) const MAX_PACKET_BYTES: usize = 32 * 1024;
/// Bytes in one request of a client that polls: some packets at once.
pub(super) const MAX_POST_BYTES: u64 = 2 * MAX_PACKET_BYTES as u64;
/// Bytes that the engine reads of a client at a time; less would not fit the library's own bounds.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Binary parts of one packet. No vocabulary has any, so that they are taken in only to be refused.
const MAX_BINARIES: usize = 4;
/// How long a client may take to answer a ping, as Socket.IO has it by default.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long an upgrade from polling may take.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client is waited for that was asked to confirm a message.
pub(super) const CONFIRM_WITHIN: Duration = Duration::from_secs(5);
/// How long commands in flight may take when the server stops.
const FINISH_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the engine may take to say goodbye to everybody.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);

/// What all clients share.
pub(super) struct Gateway {
    pub(super) state: AppState,
    pub(super) settings: Arc<Settings>,
    /// Who gets what.
    pub(super) audience: Audience,
    /// Who speaks for the clients; none before the first came.
    pub(super) user: Mutex<Option<User>>,
    /// What clients confirmed.
    pub(super) receipts: Receipts,
    /// The objects that became messages, until these come back from the log: here everybody gets them
    /// whole, with members that no message keeps.
    pub(super) originals: Mutex<HashMap<CommandId, (&'static str, Value)>>,
    /// Until the first client comes.
    asleep: Mutex<Option<SocketIo>>,
    /// One task for each client.
    pub(super) visits: TaskTracker,
    /// Cancelled when whatever is still open is torn off.
    pub(super) ended: CancellationToken,
}

impl Gateway {
    pub(super) fn start(state: &AppState) -> (Arc<Self>, Engine) {
        let gateway = Arc::new(Self {
            state: state.clone(),
            settings: Arc::clone(&state.socketio),
            audience: Audience::new(state.socketio.topics()),
            user: Mutex::default(),
            receipts: state.receipts.clone(),
            originals: Mutex::default(),
            asleep: Mutex::default(),
            visits: TaskTracker::new(),
            ended: CancellationToken::new(),
        });
        let (engine, io) = engine();
        let greeted = Arc::clone(&gateway);
        // A client's handlers are there before it hears that it is connected: it may speak at once.
        let receive = async |socket: SocketRef| {
            Visitor::receive(&socket);
            Ok::<_, Infallible>(())
        };
        let greet = async move |socket: SocketRef, TryData(auth): TryData<Value>| {
            visit::begin(&greeted, socket, auth.ok());
        };
        io.ns("/", greet.with(receive));
        *gateway.asleep.lock() = Some(io);
        (gateway, engine)
    }

    /// Names a command.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub(super) fn draw(&self) -> Result<CommandId, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| {
            tracing::error!(%error, "the system gives no randomness");
            Failure::new(ErrorCode::Internal, "The server could not name this command.")
        })?;
        Ok(CommandId::new(self.state.clock.now(), u128::from_be_bytes(random)))
    }

    /// Begins to serve, with the first client.
    pub(super) fn wake(self: &Arc<Self>) {
        if let Some(io) = self.asleep.lock().take() {
            self.state.tasks.spawn(follower::run(Arc::clone(self)));
            self.state.tasks.spawn(end(Arc::clone(self), io));
        }
    }
}

fn engine() -> (Engine, SocketIo) {
    let parser = ParserConfig::common()
        .max_incoming_binaries(MAX_BINARIES)
        .max_incoming_binary_buf_size(MAX_PACKET_BYTES);
    SocketIo::builder()
        .req_path(super::SOCKETIO_PATH)
        .with_parser(parser)
        .max_buffer_size(MAX_WAITING_PACKETS)
        .max_payload(MAX_POST_BYTES)
        .ws_max_message_size(MAX_PACKET_BYTES)
        .ws_max_frame_size(MAX_PACKET_BYTES)
        .ws_read_buffer_size(READ_BUFFER_BYTES)
        .connect_timeout(Duration::from_millis(HELLO_TIMEOUT_MS))
        .ping_interval(Duration::from_millis(PING_INTERVAL_MS))
        .ping_timeout(PING_TIMEOUT)
        .upgrade_timeout(UPGRADE_TIMEOUT)
        .ack_timeout(CONFIRM_WITHIN)
        .build_with_inner_svc(Router::new())
}

/// Waits for the server to stop, and ends everything: first the commands in flight, then the clients,
/// then whatever did not listen.
async fn end(gateway: Arc<Gateway>, io: SocketIo) {
    gateway.state.stopping.cancelled().await;
    gateway.visits.close();
    if timeout(FINISH_TIMEOUT, gateway.visits.wait()).await.is_err() {
        tracing::warn!(left = gateway.visits.len(), "Socket.IO: commands were still in flight");
    }
    if timeout(GOODBYE_TIMEOUT, io.close()).await.is_err() {
        tracing::debug!("Socket.IO: some clients did not listen to the goodbye");
    }
    gateway.ended.cancel();
}
