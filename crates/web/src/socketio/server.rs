//! The Socket.IO engine of `socketioxide`: its settings, its start with the first client, its stop.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use madang_shared::Failure;
use madang_shared::limits::{HELLO_TIMEOUT_MS, PING_INTERVAL_MS};
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;
use socketioxide::{ParserConfig, SocketIo};
use tokio::time::timeout;

use super::client::GatewayClient;
use super::gateway::Gateway;
use super::limits::{MAX_ENGINE_BYTES, MAX_PACKET_BYTES, MAX_WAITING_PACKETS, RECEIPT_TIMEOUT};
use super::{client_task, follower, other_nodes, token};
use crate::state::AppState;

/// The path of Socket.IO, a part of its protocol.
pub(super) const SOCKETIO_PATH: &str = "/socket.io";

/// The engine as a service. Its inner service answers 404 to requests that are not Socket.IO's.
pub(super) type Engine = SocketIoService<Router>;

/// The engine's read buffer for each client, in bytes; the library's limits require this minimum.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Limit for the binary attachments of one packet. No vocabulary has any; the engine accepts a few, so that the event
/// can be refused instead of the connection.
const MAX_BINARIES: usize = 4;
/// Limit for a client's answer to a ping: Socket.IO's default.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Limit for an upgrade from polling to a WebSocket.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// Limit for the commands in flight when the server stops.
const FINISH_TIMEOUT: Duration = Duration::from_secs(3);
/// Limit for the engine's closing of all connections.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The gateway with its engine.
pub(super) struct Server {
    pub(super) gateway: Arc<Gateway>,
    /// Taken by the start.
    not_started: Mutex<Option<SocketIo>>,
}

impl Server {
    /// Makes the gateway and its engine; [`Server::start`] starts them.
    pub(super) fn new(state: &AppState) -> (Arc<Self>, Engine) {
        let gateway = Arc::new(Gateway::new(state));
        let (engine, io) = engine();
        // The handlers are registered before the client is told that it is connected, because it may send events
        // from then on.
        let for_new = Arc::clone(&gateway);
        let register = async move |socket: SocketRef, TryData(auth): TryData<Value>| {
            let token = token::identify(
                &for_new.state,
                for_new.guests_may_come(),
                &socket,
                auth.ok().as_ref(),
            )
            .await;
            let token = token.map_err(ConnectRefused)?;
            GatewayClient::register(&socket, token);
            Ok::<_, ConnectRefused>(())
        };
        let for_clients = Arc::clone(&gateway);
        let on_connect = async move |socket: SocketRef, TryData(auth): TryData<Value>| {
            client_task::spawn(&for_clients, socket, auth.ok());
        };
        io.ns("/", on_connect.with(register));
        (Arc::new(Self { gateway, not_started: Mutex::new(Some(io)) }), engine)
    }

    /// Starts the follower, with the first client. Later calls do nothing.
    pub(super) fn start(&self) {
        if let Some(io) = self.not_started.lock().take() {
            let tasks = &self.gateway.state.tasks;
            tasks.spawn(follower::run(Arc::clone(&self.gateway)));
            tasks.spawn(other_nodes::run(Arc::clone(&self.gateway)));
            tasks.spawn(stop_with_server(Arc::clone(&self.gateway), io));
        }
    }
}

/// The refusal of a client. It gets the sentence as the message of its `connect_error`.
struct ConnectRefused(Failure);

impl fmt::Display for ConnectRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

fn engine() -> (Engine, SocketIo) {
    let parser = ParserConfig::common()
        .max_incoming_binaries(MAX_BINARIES)
        .max_incoming_binary_buf_size(MAX_PACKET_BYTES);
    SocketIo::builder()
        .req_path(SOCKETIO_PATH)
        .with_parser(parser)
        .max_buffer_size(MAX_WAITING_PACKETS)
        .max_payload(MAX_ENGINE_BYTES as u64)
        .ws_max_message_size(MAX_ENGINE_BYTES)
        .ws_max_frame_size(MAX_ENGINE_BYTES)
        .ws_read_buffer_size(READ_BUFFER_BYTES)
        .connect_timeout(Duration::from_millis(HELLO_TIMEOUT_MS))
        .ping_interval(Duration::from_millis(PING_INTERVAL_MS))
        .ping_timeout(PING_TIMEOUT)
        .upgrade_timeout(UPGRADE_TIMEOUT)
        .ack_timeout(RECEIPT_TIMEOUT)
        .build_with_inner_svc(Router::new())
}

/// Waits for the server's stop. Then it waits for the commands in flight, closes all clients, and finally ends the
/// connections of clients that did not answer.
async fn stop_with_server(gateway: Arc<Gateway>, io: SocketIo) {
    gateway.state.stopping.cancelled().await;
    gateway.client_tasks.close();
    if timeout(FINISH_TIMEOUT, gateway.client_tasks.wait()).await.is_err() {
        let tasks = gateway.client_tasks.len();
        tracing::warn!(tasks, "Socket.IO: commands are still in flight; they are not waited for");
    }
    if timeout(CLOSE_TIMEOUT, io.close()).await.is_err() {
        tracing::debug!("Socket.IO: some clients did not answer the close; they are disconnected");
    }
    gateway.closed.cancel();
}
