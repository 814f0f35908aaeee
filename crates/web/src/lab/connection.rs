//! The connection loop of the lab's sockets: heartbeat, answers, and messages that the server sends by itself.

use madang_hub::budgets::account::Account;
use madang_hub::budgets::network::Network;
use madang_shared::CloseCode;
use madang_websocket::{InboundMessage, Opcode, Prepared};
use tokio::time::Instant;

use super::heartbeat::{Heartbeat, HeartbeatEvent};
use crate::state::AppState;
use crate::ws::pacing::{pause_for, until};
use crate::ws::transport::{Disconnect, Transport};

/// A message to the client.
pub(super) enum Outgoing {
    /// For this connection alone.
    Own(Opcode, Vec<u8>),
    /// Encoded once for many connections.
    Shared(Prepared),
}

/// The part of a connection that is different in each demonstration.
pub(super) trait Demo: Send {
    /// The name in the log.
    const NAME: &'static str;

    /// The first message to the client, if there is one.
    fn greeting(&mut self) -> Option<Outgoing> {
        None
    }

    /// Answers a message of the client.
    ///
    /// # Errors
    /// The reason why the connection ends.
    fn on_message(&mut self, message: InboundMessage) -> Result<Option<Outgoing>, Disconnect>;

    /// Waits for the next message that is not an answer. Must be cancel-safe.
    ///
    /// # Errors
    /// The reason why the connection ends.
    fn next(&mut self) -> impl Future<Output = Result<Outgoing, Disconnect>> + Send {
        std::future::pending()
    }
}

/// Serves a connection until it ends or the server stops. Each message is sent before the next one is read: the loop
/// does not read from a client that does not read, nor from one whose network is in debt for its bytes.
pub(super) async fn run<D: Demo>(
    state: AppState,
    network: Option<Network>,
    mut transport: Transport,
    mut demo: D,
) {
    let now = state.clock.now();
    let account = network.map(|network| state.hub.budgets().stranger(network, now));
    let stopping = state.stopping.clone();
    let slot = transport.slot().clone();
    let disconnect = tokio::select! {
        disconnect = serve(&state, account, &mut transport, &mut demo) => disconnect,
        () = slot.evicted() => return,
        () = stopping.cancelled() => Disconnect::Close(CloseCode::GoingAway),
        () = state.bans.until_banned(network, state.clock.as_ref()) => {
            Disconnect::Close(CloseCode::Banned)
        }
    };
    // Before the close frame, whose answer may take long: other clients are notified now.
    drop(demo);
    tracing::debug!(demo = D::NAME, %disconnect, "a lab connection ended");
    transport.close(disconnect).await;
}

async fn serve(
    state: &AppState,
    account: Option<Account>,
    transport: &mut Transport,
    demo: &mut impl Demo,
) -> Disconnect {
    let mut heartbeat = Heartbeat::start();
    let mut outgoing = demo.greeting();
    let mut paused_until = None;
    loop {
        let sent = match outgoing.take() {
            Some(Outgoing::Own(opcode, payload)) => transport.send(opcode, payload).await,
            Some(Outgoing::Shared(message)) => transport.send_prepared(&message).await,
            None => Ok(()),
        };
        if let Err(disconnect) = sent {
            return disconnect;
        }
        let input = tokio::select! {
            received = transport.receive(), if paused_until.is_none() => received.map(Input::Received),
            outgoing = demo.next() => outgoing.map(Input::Outgoing),
            event = heartbeat.next_event() => match event {
                HeartbeatEvent::Ping => transport.ping().await.map(|()| Input::Nothing),
                HeartbeatEvent::TimedOut => Err(Disconnect::Close(CloseCode::NoPong)),
            },
            () = until(paused_until), if paused_until.is_some() => {
                paused_until = None;
                Ok(Input::Nothing)
            }
        };
        outgoing = match input {
            Ok(Input::Received(message)) => {
                heartbeat.on_message();
                let account = account.as_ref();
                paused_until = account.and_then(|account| pay_for(account, &message, state));
                match demo.on_message(message) {
                    Ok(answer) => answer,
                    Err(disconnect) => return disconnect,
                }
            }
            Ok(Input::Outgoing(message)) => Some(message),
            Ok(Input::Nothing) => None,
            Err(disconnect) => return disconnect,
        };
    }
}

/// The inputs of the loop.
enum Input {
    Received(InboundMessage),
    Outgoing(Outgoing),
    Nothing,
}

/// Charges a message of the client. Returns the time at which the client may send the next one, if its network is in
/// debt.
fn pay_for(account: &Account, message: &InboundMessage, state: &AppState) -> Option<Instant> {
    let bytes = match message {
        InboundMessage::Text(text) => text.len(),
        InboundMessage::Binary(bytes) => bytes.len(),
        InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => 0,
    };
    pause_for(account, bytes, 1, state.clock.now())
}
