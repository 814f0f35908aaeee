//! The two ways in which the server says it by itself.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use madang_shared::CloseCode;
use madang_shared::codec::encode_part as json;
use madang_shared::lab::transports::{StreamStart, Tick};
use madang_shared::limits::PING_INTERVAL_MS;
use madang_websocket::{Limits, Opcode};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::ticks::Stream;
use crate::heartbeat::{Heartbeat, HeartbeatEvent};
use crate::problem::Problem;
use crate::transport::{End, Transport};
use crate::upgrade::Upgrade;

/// Bytes in one message of a client, which has nothing to say here.
const MAX_MESSAGE_BYTES: usize = 1024;

/// One who stays, and how far it has come.
struct Follower {
    stream: Arc<Stream>,
    listener: watch::Receiver<u64>,
    after: u64,
    stopping: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    fn of(asked: &Asked) -> Result<Self, Problem> {
        let place = asked.place()?;
        let listener = asked.streams.listen(&asked.state, &asked.stream);
        let stopping = asked.state.stopping.clone();
        let stream = asked.stream.clone();
        Ok(Self { stream, listener, after: asked.after, stopping, _place: place })
    }

    /// The next events; none when the server stops. Safe to drop at any point.
    async fn next(&mut self) -> Option<Vec<Tick>> {
        let after = self.after;
        tokio::select! {
            news = self.listener.wait_for(|newest| *newest != after) => drop(news.ok()?),
            () = self.stopping.cancelled() => return None,
        }
        let read = self.stream.read(after);
        self.after = read.next;
        Some(read.events)
    }
}

/// `/events`: server-sent events. First `asked`, with the bytes of the request's head; then each event
/// under its place, so that a browser that connects again goes on after it.
pub(super) async fn events(asked: Asked) -> Result<Response, Problem> {
    let follower = Follower::of(&asked)?;
    let opened = Event::default().event("asked").data(asked.head.to_string());
    let ticks = stream::unfold(follower, async |mut follower| {
        let ticks = follower.next().await?;
        Some((stream::iter(ticks), follower))
    });
    let events =
        ticks.flatten().map(|tick| Event::default().id(tick.seq.to_string()).data(json(&tick)));
    let all = stream::once(async { opened }).chain(events).map(Ok::<_, Infallible>);
    let keep_alive = KeepAlive::new().interval(Duration::from_millis(PING_INTERVAL_MS));
    Ok(Sse::new(all).keep_alive(keep_alive).into_response())
}

/// `/socket`: a WebSocket. First `{"asked": …}`, then one message for each event.
pub(super) async fn socket(asked: Asked, upgrade: Upgrade) -> Result<Response, Problem> {
    let follower = Follower::of(&asked)?;
    let Asked { state, head, .. } = asked;
    let limits = Limits::new(MAX_MESSAGE_BYTES);
    Ok(upgrade.accept(&state, limits, None, move |mut transport| async move {
        let end = serve(&mut transport, follower, head).await;
        tracing::debug!(%end, "transports: a socket ended");
        transport.end(end).await;
    }))
}

async fn serve(transport: &mut Transport, mut follower: Follower, head: u32) -> End {
    let opened = json(&StreamStart { request_bytes: head });
    if let Err(end) = transport.say(Opcode::Text, opened.into()).await {
        return end;
    }
    let mut heartbeat = Heartbeat::start();
    loop {
        let written = tokio::select! {
            ticks = follower.next() => match ticks {
                Some(ticks) => write_all(transport, &ticks).await,
                None => return End::Close(CloseCode::GoingAway),
            },
            received = transport.receive_any() => received.map(|_| heartbeat.heard()),
            beat = heartbeat.beat() => match beat {
                HeartbeatEvent::Ask => transport.ping().await,
                HeartbeatEvent::Gone => return End::Close(CloseCode::NoPong),
            },
        };
        if let Err(end) = written {
            return end;
        }
    }
}

async fn write_all(transport: &mut Transport, ticks: &[Tick]) -> Result<(), End> {
    for tick in ticks {
        transport.say(Opcode::Text, json(tick).into()).await?;
    }
    Ok(())
}
