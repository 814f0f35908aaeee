//! The two transports on which the server sends without a request: server-sent events and a WebSocket.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use madang_hub::budgets::network::Network;
use madang_shared::CloseCode;
use madang_shared::codec::encode_part as json;
use madang_shared::lab::transports::{StreamStart, Tick};
use madang_shared::limits::PING_INTERVAL_MS;
use madang_websocket::{InboundMessage, Limits, Opcode};
use tokio::sync::watch;
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;

use super::query::EventsRequest;
use super::ticker::Ticker;
use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;
use crate::lab::connection::{self, Demo, Outgoing};
use crate::lab::slots::{LabSlot, SlotHolder};
use crate::ws::transport::Disconnect;
use crate::ws::upgrade::Upgrade;

/// Limit for a message of a client, in bytes. Messages are ignored.
const MAX_MESSAGE_BYTES: usize = 1024;

/// A listener of a ticker, and its position.
struct TickListener {
    ticker: Arc<Ticker>,
    newest: watch::Receiver<u64>,
    after: u64,
    /// Ticks that were read and not yet returned.
    read: VecDeque<Tick>,
    stopping: CancellationToken,
    _slot: LabSlot,
}

impl TickListener {
    fn new(request: &EventsRequest, holder: SlotHolder) -> Result<Self, Problem> {
        let slot = request.take_slot(holder)?;
        let newest = request.tickers.listen(&request.state, &request.ticker);
        Ok(Self {
            ticker: request.ticker.clone(),
            newest,
            after: request.after,
            read: VecDeque::new(),
            stopping: request.state.stopping.clone(),
            _slot: slot,
        })
    }

    /// The next tick; none when the server stops. Cancel-safe.
    async fn next(&mut self) -> Option<Tick> {
        while self.read.is_empty() {
            let after = self.after;
            tokio::select! {
                advanced = self.newest.wait_for(|newest| *newest != after) => {
                    advanced.ok()?;
                }
                () = self.stopping.cancelled() => return None,
            }
            let batch = self.ticker.read(after);
            self.after = batch.next;
            self.read.extend(batch.events);
        }
        self.read.pop_front()
    }
}

/// `/events`: server-sent events. The first event is `start`, with the size of the request's head. Each tick has its
/// seq as its id, so that a browser that reconnects continues after it.
pub(super) async fn events(
    holder: SlotHolder,
    request: EventsRequest,
) -> Result<Response, Problem> {
    let listener = TickListener::new(&request, holder)?;
    let start = Event::default().event("start").data(request.head_bytes.to_string());
    let ticks = stream::unfold(listener, async |mut listener| {
        let tick = listener.next().await?;
        Some((Event::default().id(tick.seq.to_string()).data(json(&tick)), listener))
    });
    let all = stream::once(async { start }).chain(ticks).map(Ok::<_, Infallible>);
    let keep_alive = KeepAlive::new().interval(Duration::from_millis(PING_INTERVAL_MS));
    Ok(Sse::new(all).keep_alive(keep_alive).into_response())
}

/// `/socket`: a WebSocket. The first message is a [`StreamStart`]; then each tick is a message.
pub(super) async fn socket(
    holder: SlotHolder,
    client_info: ClientInfo,
    request: EventsRequest,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    let listener = TickListener::new(&request, holder)?;
    let start = Some(StreamStart { request_bytes: request.head_bytes });
    let (state, network) = (request.state.clone(), client_info.client.map(Network::of));
    let limits = Limits::new(MAX_MESSAGE_BYTES);
    Ok(upgrade.accept(&request.state, limits, None, move |transport| {
        connection::run(state, network, transport, TickSocket { listener, start })
    }))
}

struct TickSocket {
    listener: TickListener,
    start: Option<StreamStart>,
}

impl Demo for TickSocket {
    const NAME: &'static str = "transports";

    fn greeting(&mut self) -> Option<Outgoing> {
        self.start.take().map(|start| Outgoing::Own(Opcode::Text, json(&start).into()))
    }

    fn on_message(&mut self, _: InboundMessage) -> Result<Option<Outgoing>, Disconnect> {
        Ok(None)
    }

    async fn next(&mut self) -> Result<Outgoing, Disconnect> {
        match self.listener.next().await {
            Some(tick) => Ok(Outgoing::Own(Opcode::Text, json(&tick).into())),
            None => Err(Disconnect::Close(CloseCode::GoingAway)),
        }
    }
}
