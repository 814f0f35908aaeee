//! A client comes, or comes back: it gets exactly what it missed, and from there on what happens.

use std::collections::BTreeMap;
use std::time::Duration;

use madang_hub::policy;
use madang_hub::ports::StoreError;
use madang_shared::{Epoch, ErrorCode, Event, Failure, Position, Seq, Topic, codec};
use serde_json::Value;
use socketioxide::{SendError, SocketError};
use tokio::time::{Instant, sleep};

use super::audience::{Member, place};
use super::gateway::Gateway;
use super::told::{Told, told};

/// How long a client may take to make room for what it missed.
const MAKE_ROOM_WITHIN: Duration = Duration::from_secs(10);
/// How often it is looked whether there is room. The engine has no way to be told.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(5);
/// Events that are read from the log at a time.
const READ_EVENTS: usize = 128;

/// What a client knows of each topic.
pub(super) type Positions = BTreeMap<Topic, Position>;

/// Why a client did not get what it missed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Missed {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Client(#[from] SendError),
    #[error("the gateway is gone")]
    Gone,
}

/// Brings a client to where the topic stands, and takes it in there.
///
/// # Errors
/// If the log cannot be read, or if the client does not take it.
pub(super) async fn arrive(
    gateway: &Gateway,
    member: &Member,
    topic: Topic,
    from: Option<Position>,
) -> Result<(), Missed> {
    let audience = &gateway.audience;
    let mut known = from;
    loop {
        let (at, state) = audience.followed(topic).await.ok_or(Missed::Gone)?;
        match known {
            Some(place) if place != at && policy::resumes(place, at) => {
                known = Some(catch_up(gateway, member, topic, place, at, state).await?);
                continue;
            }
            Some(place) if place == at => {}
            Some(_) => patiently(|| member.tell_reset(topic, at)).await?,
            None => {}
        }
        // Everything up to here is known, or was never asked for.
        if audience.join(topic, at, member) {
            return Ok(());
        }
        known = known.map(|_| at);
    }
}

/// Tells what lies between two places of a topic. Answers the place that is known then.
async fn catch_up(
    gateway: &Gateway,
    member: &Member,
    topic: Topic,
    from: Position,
    upto: Position,
    state: Option<Told>,
) -> Result<Position, Missed> {
    let mut known = from;
    let mut moved = false;
    while known.seq < upto.seq {
        let page = gateway.state.store.read_log(topic, known.seq, READ_EVENTS).await?;
        if page.is_empty() {
            return Err(StoreError::Unavailable("the log ends before its end".to_owned()).into());
        }
        for logged in page.into_iter().take_while(|logged| logged.seq <= upto.seq) {
            known.seq = logged.seq;
            // What only a newer version writes has no words here.
            let Ok(event) = codec::decode_event(&logged.content) else {
                continue;
            };
            moved |= matches!(&event, Event::Orders(event) if event.status_change().is_some());
            let place = place(topic, known);
            for told in told(&gateway.settings, topic, &event) {
                patiently(|| member.tell(&told, Some(&place))).await?;
            }
        }
    }
    // However often the orders moved meanwhile, their list is told as it is now.
    if let Some(state) = state.filter(|_| moved) {
        patiently(|| member.tell(&state, Some(&place(topic, known)))).await?;
    }
    Ok(known)
}

/// Does it as soon as there is room.
async fn patiently(tell: impl Fn() -> Result<(), SendError>) -> Result<(), SendError> {
    let deadline = Instant::now() + MAKE_ROOM_WITHIN;
    loop {
        match tell() {
            Err(SendError::Socket(SocketError::InternalChannelFull))
                if Instant::now() < deadline =>
            {
                sleep(LOOK_FOR_ROOM).await;
            }
            done => return done,
        }
    }
}

/// The positions that a client brings along; none from one that does not count.
///
/// # Errors
/// If they are there, and are something else.
pub(super) fn positions(auth: Option<&Value>) -> Result<Option<Positions>, Failure> {
    let wrong = || {
        let message = "`positions` holds what `position` events said, by topic.";
        Failure::new(ErrorCode::Malformed, message)
    };
    let Some(brought) = auth.and_then(|auth| auth.get("positions")) else {
        return Ok(None);
    };
    let brought = brought.as_object().ok_or_else(wrong)?;
    let one = |(topic, place): (&String, &Value)| {
        let number = |name: &str| place.get(name).and_then(Value::as_u64);
        let at = Position::new(Epoch(number("epoch")?), Seq(number("seq")?));
        Some((topic.parse().ok()?, at))
    };
    brought.iter().map(|entry| one(entry).ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
}
