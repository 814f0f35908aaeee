//! The connections of a proxy.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Link, LinkDirection, LinkMode, LinkState};

/// The largest part that is forwarded at once.
const PART_BYTES: usize = 16 * 1024;

/// The end of a connection.
enum RelayEnd {
    /// Both sides have closed it.
    Closed,
    /// It is broken, and both sides learn it.
    Reset,
}

/// Accepts connections until the task is aborted, which ends the connections too.
pub(super) async fn accept(link: Arc<Link>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An error belongs to the connection that was to be accepted.
                if let Ok((client, _)) = accepted {
                    let begun = *link.state.borrow();
                    link.open.fetch_add(1, Ordering::Relaxed);
                    connections.spawn(serve(link.clone(), client, begun));
                    link.accepted.send_modify(|count| *count += 1);
                }
            }
            // The tasks have no results; they are collected so that the set stays small.
            Some(_) = connections.join_next() => {
                link.open.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

async fn serve(link: Arc<Link>, mut client: TcpStream, begun: LinkState) {
    match begun.mode {
        LinkMode::Cut => return reset(&client),
        LinkMode::Partition => {
            tokio::select! {
                () = cut_since(&link, begun) => {}
                () = drain(&mut client) => {}
            }
            return reset(&client);
        }
        LinkMode::Pass | LinkMode::Delay { .. } | LinkMode::HalfOpen(_) => {}
    }
    tokio::time::sleep(link.delay()).await;
    let Ok(mut target) = link.connect().await else { return reset(&client) };
    // Small parts must not wait for each other (Nagle's algorithm). A socket that is closed already refuses the option.
    client.set_nodelay(true).and_then(|()| target.set_nodelay(true)).ok();
    let end = {
        let (from_client, to_client) = client.split();
        let (from_target, to_target) = target.split();
        let to_target = Pipe { link: &link, begun, direction: LinkDirection::ToTarget }
            .run(from_client, to_target);
        let to_client = Pipe { link: &link, begun, direction: LinkDirection::ToClient }
            .run(from_target, to_client);
        tokio::select! {
            () = cut_since(&link, begun) => RelayEnd::Reset,
            end = both(to_target, to_client) => end,
        }
    };
    if matches!(end, RelayEnd::Reset) {
        reset(&client);
        reset(&target);
    }
}

/// Waits until both directions are closed, or one is broken.
async fn both(
    first: impl Future<Output = RelayEnd>,
    second: impl Future<Output = RelayEnd>,
) -> RelayEnd {
    let ended = |end| if matches!(end, RelayEnd::Closed) { Ok(()) } else { Err(()) };
    let joined = tokio::try_join!(async { ended(first.await) }, async { ended(second.await) });
    if joined.is_ok() { RelayEnd::Closed } else { RelayEnd::Reset }
}

/// Makes the close of a socket a reset, which the peer sees as a broken connection.
fn reset(stream: &TcpStream) {
    // A socket that is closed already refuses the option.
    stream.set_zero_linger().ok();
}

/// Waits until the link was cut after a state.
async fn cut_since(link: &Link, begun: LinkState) {
    wait_for(link, |state| state.cuts != begun.cuts).await;
}

async fn wait_for(link: &Link, condition: impl FnMut(&LinkState) -> bool) {
    let mut states = link.state.subscribe();
    // The sender is in the link, so the wait ends with the condition only.
    states.wait_for(condition).await.ok();
}

/// Reads until the peer closes the connection.
async fn drain(stream: &mut TcpStream) {
    let mut part = vec![0; PART_BYTES];
    while !matches!(stream.read(&mut part).await, Ok(0) | Err(_)) {}
}

/// One direction of a connection.
struct Pipe<'l> {
    link: &'l Link,
    begun: LinkState,
    direction: LinkDirection,
}

impl Pipe<'_> {
    async fn run(self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> RelayEnd {
        let mut part = vec![0; PART_BYTES];
        loop {
            let read = tokio::select! {
                biased;
                () = self.lost() => return self.lose(from, part).await,
                read = from.read(&mut part) => read,
            };
            let forwarded = match read {
                Ok(0) => {
                    let is_closed = to.shutdown().await.is_ok();
                    return if is_closed { RelayEnd::Closed } else { RelayEnd::Reset };
                }
                Ok(bytes) => {
                    tokio::time::sleep(self.link.delay()).await;
                    let bytes = part.get(..bytes).unwrap_or_default();
                    tokio::select! {
                        biased;
                        () = self.lost() => Ok(()),
                        written = to.write_all(bytes) => written,
                    }
                }
                Err(error) => Err(error),
            };
            if forwarded.is_err() {
                // The news of a closed socket travels against this direction, and may vanish there.
                if self.is_lost(self.opposite()) {
                    return self.lose(from, part).await;
                }
                return RelayEnd::Reset;
            }
        }
    }

    fn opposite(&self) -> LinkDirection {
        match self.direction {
            LinkDirection::ToTarget => LinkDirection::ToClient,
            LinkDirection::ToClient => LinkDirection::ToTarget,
        }
    }

    fn is_lost(&self, direction: LinkDirection) -> bool {
        let now = *self.link.state.borrow();
        self.begun.mode.loses(direction) || now.losses(direction) != self.begun.losses(direction)
    }

    /// Waits until bytes of this direction vanish.
    async fn lost(&self) {
        wait_for(self.link, |state| {
            self.begun.mode.loses(self.direction)
                || state.losses(self.direction) != self.begun.losses(self.direction)
        })
        .await;
    }

    /// Swallows all bytes until the sender gives up. Its end is swallowed too, while the mode lasts.
    async fn lose(&self, mut from: ReadHalf<'_>, mut part: Vec<u8>) -> RelayEnd {
        while !matches!(from.read(&mut part).await, Ok(0) | Err(_)) {}
        wait_for(self.link, |state| state.mode.passes()).await;
        RelayEnd::Reset
    }
}
