//! The bus over NATS: core publish and subscribe. NATS stores nothing; a message that is lost while NATS is away is
//! replaced by a poll of the log, or by the next state.

use std::error::Error as _;
use std::fmt::Write;
use std::io;
use std::time::Duration;

use async_nats::{ConnectErrorKind, ConnectOptions, Event};
use bytes::Bytes;
use futures_util::StreamExt;
use madang_hub::bus::Bus;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc};

use crate::options::{NatsOptions, SignIn};

/// The messages that wait while NATS does not take any. Further ones are dropped.
const WAITING_MESSAGES: usize = 1024;
/// The messages that are buffered for a listener.
const BUFFERED_MESSAGES: usize = 4096;
/// Time limit for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The interval between pings. A connection without an answer to two of them is made again: after three intervals, before
/// the other nodes take this one for dead (`NODE_EXPIRY_MS`).
const PING_INTERVAL: Duration = Duration::from_secs(2);
/// The longest wait between two attempts to connect.
const MAX_RECONNECT_WAIT: Duration = Duration::from_secs(4);

/// A connection to NATS. It is made again whenever it is lost, and ends when the value is dropped.
#[derive(Debug)]
pub struct NatsBus {
    outgoing: mpsc::Sender<Bytes>,
    incoming: broadcast::Sender<Bytes>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// The connection to NATS failed. The text holds no secret.
#[derive(Debug, Error)]
pub enum NatsBusError {
    /// NATS cannot be reached, or refuses the connection.
    #[error("cannot connect to NATS at {address}: {reason}")]
    Refused {
        /// The address, without user and password.
        address: String,
        /// The reason.
        reason: String,
    },
    /// The credentials file cannot be used.
    #[error("cannot use the credentials file {path} for NATS: {error}")]
    Credentials {
        /// The file.
        path: String,
        /// The reason.
        error: io::Error,
    },
}

impl NatsBus {
    /// Connects to NATS. The first attempt must succeed, so that a wrong address or password is found at the start.
    ///
    /// # Errors
    /// [`NatsBusError`].
    pub async fn connect(options: &NatsOptions) -> Result<Self, NatsBusError> {
        let address = options.address.clone();
        let refused = |reason| NatsBusError::Refused { address: address.clone(), reason };
        let connect = connect_options(options).await?;
        let client =
            connect.connect(&*options.address).await.map_err(|error| refused(explain(&error)))?;
        let mut subscriber = client
            .subscribe(options.subject.clone())
            .await
            .map_err(|error| refused(error.to_string()))?;
        // The subscription has reached the server: the first message of another node is not missed.
        client.flush().await.map_err(|error| refused(error.to_string()))?;

        let (outgoing, mut messages) = mpsc::channel::<Bytes>(WAITING_MESSAGES);
        let incoming = broadcast::Sender::new(BUFFERED_MESSAGES);
        let subject = options.subject.clone();
        let sending = tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                if let Err(error) = client.publish(subject.clone(), message).await {
                    tracing::debug!(%error, "NATS did not take a message; a poll replaces it");
                }
            }
        });
        let sender = incoming.clone();
        let receiving = tokio::spawn(async move {
            while let Some(message) = subscriber.next().await {
                // An error means that there is no listener, which is allowed.
                sender.send(message.payload).ok();
            }
        });
        Ok(Self { outgoing, incoming, tasks: vec![sending, receiving] })
    }
}

impl Bus for NatsBus {
    fn send(&self, message: Bytes) {
        // A full queue means that NATS is away: the message is lost, as on any bus.
        self.outgoing.try_send(message).ok();
    }

    fn listen(&self) -> broadcast::Receiver<Bytes> {
        self.incoming.subscribe()
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn connect_options(options: &NatsOptions) -> Result<ConnectOptions, NatsBusError> {
    let mut connect = ConnectOptions::new()
        .name("madang")
        .connection_timeout(CONNECT_TIMEOUT)
        .ping_interval(PING_INTERVAL)
        .require_tls(options.requires_tls)
        .reconnect_delay_callback(|attempt| {
            let doubled = Duration::from_millis(100 << attempt.min(6));
            doubled.min(MAX_RECONNECT_WAIT)
        })
        .event_callback(|event| async move { log(&event) });
    if let Some(file) = &options.root_certificates {
        connect = connect.add_root_certificates(file.clone());
    }
    match &options.sign_in {
        SignIn::Anonymous => Ok(connect),
        SignIn::Password { user, password } => {
            Ok(connect.user_and_password(user.clone(), password.clone()))
        }
        SignIn::CredentialsFile(path) => connect
            .credentials_file(path)
            .await
            .map_err(|error| NatsBusError::Credentials { path: path.display().to_string(), error }),
    }
}

fn explain(error: &async_nats::ConnectError) -> String {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            "it refuses the user and password, or the credentials".to_owned()
        }
        _ => {
            let mut text = error.to_string();
            if let Some(source) = error.source()
                && !text.contains(&source.to_string())
            {
                // Writing to a text cannot fail.
                write!(text, ": {source}").ok();
            }
            text
        }
    }
}

fn log(event: &Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!(
            "the connection to NATS is lost; until it is back, events of other nodes arrive by polling"
        ),
        Event::SlowConsumer(_) => {
            tracing::warn!(
                "NATS delivers faster than this node reads; polls replace lost messages"
            );
        }
        Event::ServerError(error) => tracing::warn!(%error, "NATS reports an error"),
        Event::ClientError(error) => tracing::warn!(%error, "the connection to NATS failed"),
        Event::LameDuckMode | Event::Draining | Event::Closed => {
            tracing::info!(%event, "the state of the connection to NATS has changed");
        }
    }
}
