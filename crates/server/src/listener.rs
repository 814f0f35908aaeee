//! Listens and accepts: the backlog, the slot and the write limit of each connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use madang_web::{
    ConnectionSlot, ConnectionSlots, ResettableStream, SLOWEST_READER, WriteDeadline,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Connections that may wait until the server accepts them: all clients reconnect at once after a restart.
const LISTEN_BACKLOG: u32 = 4_096;
/// The longest wait after a failed accept, most often for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Unsent bytes that the system keeps for one connection, after which a write waits. By default they are megabytes, so
/// that some hundred clients that do not read use up the system's memory for TCP. Bytes that the network carries do not
/// count, so this limits no transfer.
#[cfg(target_os = "linux")]
const MAX_UNSENT_BYTES: u32 = 32 * 1024;

/// A connection with its limit for writes.
pub(crate) type Stream = WriteDeadline<ResettableStream>;

/// Listens on an address.
///
/// # Errors
/// If the address is in use, or is not one of this machine.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections of an earlier process that have not expired do not prevent a restart.
    socket.set_reuseaddr(true)?;
    // Each accepted connection has the options of its listener.
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(&socket).set_tcp_notsent_lowat(MAX_UNSENT_BYTES)?;
    socket.bind(address)?;
    socket.listen(LISTEN_BACKLOG)
}

/// Accepts connections until the server stops. Each takes a slot.
pub(crate) async fn accept_each(
    listener: TcpListener,
    slots: ConnectionSlots,
    stopping: CancellationToken,
    on_connection: impl Fn(Stream, SocketAddr, ConnectionSlot),
) {
    loop {
        // Without a slot, a new connection waits in the backlog.
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small frames must not wait for each other (Nagle's algorithm).
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                if let Some(slot) = slots.take(peer.ip()) {
                    // hyper reads the next request only when the previous answer is written, so it holds at most one
                    // answer of a client that reads slowly.
                    let flag = slot.reset_flag();
                    let stream = ResettableStream::new(stream, flag.clone());
                    on_connection(WriteDeadline::new(stream, SLOWEST_READER, flag), peer, slot);
                } else {
                    tracing::debug!("all connections belong to users; refused a new one");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                let freed = slots.freed();
                slots.evict();
                // After an eviction, the wait lasts until that connection has ended.
                timeout(ACCEPT_PAUSE, freed).await.ok();
            }
        }
    }
}

/// Waits for a slot, and then for a connection. Cancel-safe.
async fn accept(
    listener: &TcpListener,
    slots: &ConnectionSlots,
) -> io::Result<(TcpStream, SocketAddr)> {
    slots.vacancy().await;
    listener.accept().await
}
