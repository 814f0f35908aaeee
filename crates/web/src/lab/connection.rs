//! The connection loop of the lab's sockets: heartbeat, answers, and messages that the server sends by itself.

use madang_shared::CloseCode;
use madang_websocket::{InboundMessage, Opcode, Prepared};
use tokio_util::sync::CancellationToken;

use super::heartbeat::{Heartbeat, HeartbeatEvent};
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
/// does not read from a client that does not read.
pub(super) async fn run<D: Demo>(
    mut transport: Transport,
    mut demo: D,
    stopping: CancellationToken,
) {
    let slot = transport.slot().clone();
    let disconnect = tokio::select! {
        disconnect = serve(&mut transport, &mut demo) => disconnect,
        () = slot.evicted() => return,
        () = stopping.cancelled() => Disconnect::Close(CloseCode::GoingAway),
    };
    // Before the close frame, whose answer may take long: other clients are notified now.
    drop(demo);
    tracing::debug!(demo = D::NAME, %disconnect, "a lab connection ended");
    transport.close(disconnect).await;
}

async fn serve(transport: &mut Transport, demo: &mut impl Demo) -> Disconnect {
    let mut heartbeat = Heartbeat::start();
    let mut outgoing = demo.greeting();
    loop {
        let sent = match outgoing.take() {
            Some(Outgoing::Own(opcode, payload)) => transport.send(opcode, payload).await,
            Some(Outgoing::Shared(message)) => transport.send_prepared(&message).await,
            None => Ok(()),
        };
        if let Err(disconnect) = sent {
            return disconnect;
        }
        match next_outgoing(transport, demo, &mut heartbeat).await {
            Ok(next) => outgoing = next,
            Err(disconnect) => return disconnect,
        }
    }
}

async fn next_outgoing(
    transport: &mut Transport,
    demo: &mut impl Demo,
    heartbeat: &mut Heartbeat,
) -> Result<Option<Outgoing>, Disconnect> {
    tokio::select! {
        received = transport.receive() => {
            heartbeat.on_message();
            demo.on_message(received?)
        }
        outgoing = demo.next() => outgoing.map(Some),
        event = heartbeat.next_event() => match event {
            HeartbeatEvent::Ping => transport.ping().await.map(|()| None),
            HeartbeatEvent::TimedOut => Err(Disconnect::Close(CloseCode::NoPong)),
        },
    }
}
