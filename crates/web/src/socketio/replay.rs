//! The replay to a client that connects with positions: it gets exactly the missed events, and then the new ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use madang_hub::budgets::account::Cost;
use madang_hub::budgets::resource::Resource;
use madang_hub::policy;
use madang_hub::ports::{Recovery, StoreError};
use madang_hub::shared_state::SharedStateRead;
use madang_shared::{Epoch, ErrorCode, Event, Failure, Position, Seq, Topic, UserId, codec};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::gateway::Gateway;
use super::outbound::{OutboundEvent, outbound_events};
use super::subscribers::{ClientBehind, ClientHandle, DeliveryError, position_json};
use crate::http::client_info::ClientInfo;
use crate::state::AppState;
use crate::ws::pacing::until_paid;

/// Limit for a client that does not read the replay.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// The interval of the checks whether a full queue has room again. The engine has no notification for that.
const QUEUE_CHECK_INTERVAL: Duration = Duration::from_millis(5);
/// The number of log entries in one read.
const PAGE_EVENTS: usize = 128;

/// A client's position in each topic.
pub(super) type Positions = BTreeMap<Topic, Position>;

/// The reason why a replay failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplayError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Client(#[from] DeliveryError),
    /// The client has missed too many events, and cannot receive a reset because it uses no positions.
    #[error("the client is too far behind, and uses no positions")]
    TooFarBehind,
    #[error("the gateway has stopped")]
    Stopped,
}

/// Replays the missed events of a topic to a client, and joins it to the topic.
///
/// # Errors
/// If the log cannot be read, or the client does not read.
pub(super) async fn catch_up_and_join(
    gateway: &Gateway,
    client: &ClientHandle,
    topic: Topic,
    from: Option<Position>,
) -> Result<(), ReplayError> {
    let subscribers = &gateway.subscribers;
    let mut known = from;
    loop {
        let (at, state) = subscribers.wait_for_start(topic).await.ok_or(ReplayError::Stopped)?;
        match known {
            Some(position) if position != at && policy::resumes(position, at) => {
                known = Some(catch_up(gateway, client, topic, position, at, state).await?);
                continue;
            }
            Some(position) if position == at => {}
            // A client without positions would not notice the hole.
            Some(_) if !client.wants_positions => return Err(ReplayError::TooFarBehind),
            Some(_) => retry_while_full(|| client.send_reset(topic, at)).await?,
            None => {}
        }
        // The client has all events up to this position, or has not requested them.
        if subscribers.join(topic, at, client) {
            return Ok(());
        }
        known = known.map(|_| at);
    }
}

/// Sends the events between two positions of a topic. Returns the client's new position.
async fn catch_up(
    gateway: &Gateway,
    client: &ClientHandle,
    topic: Topic,
    from: Position,
    up_to: Position,
    state: Option<OutboundEvent>,
) -> Result<Position, ReplayError> {
    let mut known = from;
    let mut status_changed = false;
    let user = gateway.user.lock().as_ref().map(|user| user.id);
    let reader = user.ok_or(ReplayError::Stopped)?;
    let account = gateway.state.stranger(&ClientInfo::of(&client.socket.req_parts().extensions));
    let clock = gateway.state.clock.as_ref();
    while known.seq < up_to.seq {
        if let Some(account) = &account {
            until_paid(account, Resource::BytesOut, clock).await;
        }
        let mut bytes = 0;
        let page = gateway.state.store.read_log(reader, topic, known.seq, PAGE_EVENTS).await?;
        if page.is_empty() {
            let reason = "the log ends before the position of its head".to_owned();
            return Err(StoreError::Unavailable(reason).into());
        }
        check_log(gateway, reader, topic, known).await?;
        for entry in page.into_iter().take_while(|entry| entry.seq <= up_to.seq) {
            known.seq = entry.seq;
            // An event of a newer version has no outbound form, but it has a position.
            let Ok(event) = codec::decode_event(&entry.content) else {
                continue;
            };
            status_changed |=
                matches!(&event, Event::Orders(event) if event.status_change().is_some());
            let position = position_json(topic, known);
            for event in outbound_events(&gateway.settings, topic, &event) {
                bytes += retry_while_full(|| client.send(&event, Some(&position))).await?;
            }
        }
        if let Some(account) = &account {
            let cost = Cost { resource: Resource::BytesOut, units: bytes as u64 };
            account.spend(cost, clock.now());
        }
    }
    // One list of the open orders replaces all missed ones.
    if let Some(state) = state.filter(|_| status_changed) {
        retry_while_full(|| client.send(&state, Some(&position_json(topic, known)))).await?;
    }
    Ok(known)
}

/// Checks that a page which was read after a position is of the log of that position. A failover may have replaced the log
/// meanwhile, and its epochs.
async fn check_log(
    gateway: &Gateway,
    reader: UserId,
    topic: Topic,
    known: Position,
) -> Result<(), ReplayError> {
    let AppState { hub, store, .. } = &gateway.state;
    // The log of a database in a file is never replaced while the server runs.
    if hub.log_epoch() == Epoch(0) {
        return Ok(());
    }
    let shared = SharedStateRead::uncached(topic);
    match store.open(reader, shared, Some(known)).await? {
        Recovery::Resumed { .. } => Ok(()),
        Recovery::State(_) => {
            let reason = "the log was replaced, or has moved on too far, during a replay";
            Err(StoreError::Unavailable(reason.to_owned()).into())
        }
    }
}

/// Lets a client catch up that had no room for an event, in a task of its own. A client that does not read is
/// disconnected.
pub(super) fn spawn_catch_up(gateway: &Arc<Gateway>, behind: ClientBehind) {
    let ClientBehind { client, topic, known } = behind;
    let task_gateway = Arc::clone(gateway);
    gateway.client_tasks.spawn(async move {
        let caught_up = tokio::select! {
            caught_up = catch_up_and_join(&task_gateway, &client, topic, Some(known)) => caught_up,
            () = client.client.disconnected.cancelled() => return,
            () = task_gateway.state.stopping.cancelled() => return,
        };
        if let Err(error) = caught_up {
            tracing::info!(sid = %client.socket.id, %error, "Socket.IO: a slow client is disconnected");
            client.client.drop_connection(client.socket.clone());
        }
    });
}

/// Sends, and tries again while the client has no room.
async fn retry_while_full<T>(
    send: impl Fn() -> Result<T, DeliveryError>,
) -> Result<T, DeliveryError> {
    let deadline = Instant::now() + QUEUE_TIMEOUT;
    loop {
        match send() {
            Err(DeliveryError::NoRoom) if Instant::now() < deadline => {
                sleep(QUEUE_CHECK_INTERVAL).await;
            }
            result => return result,
        }
    }
}

/// The positions in a client's `auth`; none if the client does not use positions.
///
/// # Errors
/// `malformed` if they are not positions.
pub(super) fn positions_in(auth: Option<&Value>) -> Result<Option<Positions>, Failure> {
    let malformed = || {
        let message = "`positions` is invalid; send the values of `position` events, by topic.";
        Failure::new(ErrorCode::Malformed, message)
    };
    let Some(positions) = auth.and_then(|auth| auth.get("positions")) else {
        return Ok(None);
    };
    let positions = positions.as_object().ok_or_else(malformed)?;
    let parse = |(topic, position): (&String, &Value)| {
        let number = |name: &str| position.get(name).and_then(Value::as_u64);
        let position = Position::new(Epoch(number("epoch")?), Seq(number("seq")?));
        Some((topic.parse().ok()?, position))
    };
    let parsed = positions.iter().map(|entry| parse(entry).ok_or_else(malformed));
    parsed.collect::<Result<_, _>>().map(Some)
}
