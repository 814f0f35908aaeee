//! The task that serves one client, from its arrival to its end.

use std::sync::Arc;

use axum::extract::Query;
use madang_hub::ports::{StoreError, Write};
use madang_hub::token_bucket::TokenBucket;
use madang_shared::limits::{COMMAND_BURST, COMMANDS_PER_SECOND};
use madang_shared::{CommandId, ErrorCode, Failure, Topic, User};
use serde::Deserialize;
use serde_json::{Value, json};
use socketioxide::extract::SocketRef;
use tokio::sync::mpsc::Receiver;

use super::audience::Member;
use super::gateway::Gateway;
use super::replay::{self, Positions};
use super::said::{Said, refusal, stopping, understand};
use super::settings::Vocabulary;
use super::visitor::{Heard, Visitor, refuse};
use crate::problem::Problem;

/// Serves a client that has just been told that it is connected.
pub(super) fn begin(gateway: &Arc<Gateway>, socket: SocketRef, auth: Option<Value>) {
    let visitor = socket.extensions.get::<Arc<Visitor>>();
    let Some((visitor, hearing)) =
        visitor.and_then(|visitor| visitor.hearing().map(|hearing| (visitor, hearing)))
    else {
        tracing::error!("Socket.IO: a client came in past its handlers");
        return;
    };
    let gateway = Arc::clone(gateway);
    let visits = gateway.visits.clone();
    visits.spawn(async move {
        gateway.audience.present.send_modify(|present| *present += 1);
        let id = socket.id;
        let gone = visitor.gone.clone();
        tokio::select! {
            () = visit(&gateway, socket, visitor, hearing, auth) => {}
            () = gone.cancelled() => {}
        }
        gateway.audience.leave(id);
        announce(&gateway, "disconnected", &id.to_string());
        gateway.audience.present.send_modify(|present| *present -= 1);
    });
}

/// Everything that a client lives through. Safe to drop at any point: what was handed to the store
/// takes effect all the same.
async fn visit(
    gateway: &Gateway,
    socket: SocketRef,
    visitor: Arc<Visitor>,
    mut hearing: Receiver<Heard>,
    auth: Option<Value>,
) {
    let id = socket.id.to_string();
    let positions = brought(&socket, auth.as_ref()).unwrap_or_else(|wrong| {
        tell_refusal(&socket, "auth", &wrong);
        None
    });
    let counts = positions.is_some();
    let member = Member { socket: socket.clone(), visitor: Arc::clone(&visitor), counts };
    if let Err(missed) = take_in(gateway, &member, positions.unwrap_or_default()).await {
        tracing::warn!(%id, %missed, "Socket.IO: a client did not get what it missed");
        visitor.dismiss(socket);
        return;
    }
    tracing::debug!(%id, counts, "Socket.IO: a client is here");
    announce(gateway, "connected", &id);
    let mut allowance =
        TokenBucket::new(COMMAND_BURST, COMMANDS_PER_SECOND, gateway.state.clock.now());
    loop {
        let heard = tokio::select! {
            heard = hearing.recv() => heard,
            () = gateway.state.stopping.cancelled() => return refuse_rest(&socket, hearing),
        };
        let Some(Heard { event, value, ack }) = heard else {
            return;
        };
        let done = match allowance.take(gateway.state.clock.now()) {
            Ok(()) => carry_out(gateway, &id, &event, value).await,
            Err(wait) => {
                Err(Failure::new(ErrorCode::RateLimited, "Too much at once; wait a moment.")
                    .after(wait))
            }
        };
        match done {
            Ok(at) => {
                if let Err(error) = ack.send(&json!({ "ok": true, "at": at })) {
                    tracing::debug!(%id, %error, "Socket.IO: an acknowledgement found nobody");
                }
            }
            Err(failure) => refuse(&socket, ack, &refusal(&event, &failure)),
        }
    }
}

/// The positions that a client brings: in `auth`, or, from clients of a time before `auth`, in the
/// query, as JSON.
fn brought(socket: &SocketRef, auth: Option<&Value>) -> Result<Option<Positions>, Failure> {
    #[derive(Deserialize)]
    struct Asked {
        positions: Option<String>,
    }
    if let Some(positions) = replay::positions(auth)? {
        return Ok(Some(positions));
    }
    let asked = Query::<Asked>::try_from_uri(&socket.req_parts().uri).ok();
    let Some(text) = asked.and_then(|Query(asked)| asked.positions) else {
        return Ok(None);
    };
    let positions: Value = serde_json::from_str(&text).unwrap_or_default();
    replay::positions(Some(&json!({ "positions": positions })))
}

async fn take_in(
    gateway: &Gateway,
    member: &Member,
    mut positions: Positions,
) -> Result<(), replay::Missed> {
    for topic in gateway.audience.topics() {
        replay::arrive(gateway, member, topic, positions.remove(&topic)).await?;
    }
    Ok(())
}

/// Tells everybody who speaks of `data` that a client came or went. Not as `connect` and `disconnect`:
/// those are a client's own events, and today's clients break off when a server sends them.
fn announce(gateway: &Gateway, event: &'static str, id: &str) {
    if let Some(topic) = gateway.settings.topic(Vocabulary::Data) {
        let what = json!({ "data": format!("id: {id} is {event}"), "id": id });
        gateway.audience.tell_now(topic, &(event, what));
    }
}

/// Does what a client asks for, durably where it is to stay. Answers where its event stands.
async fn carry_out(
    gateway: &Gateway,
    id: &str,
    event: &str,
    value: Option<Value>,
) -> Result<Option<Value>, Failure> {
    let (change, original) = match understand(&gateway.settings, id, event, value)? {
        Said::Message { change, original } => (change, original),
        Said::Now { room, event } => {
            gateway.audience.tell_now(Topic::Room(room), &event);
            return Ok(None);
        }
    };
    let author = author(gateway)?;
    let at = gateway.state.clock.now();
    let command = gateway.draw()?;
    let kept = original.map(|original| Original::keep(gateway, command, original));
    let mut results = gateway.state.store.commit(vec![Write { author, command, at, change }]).await;
    let committed = results.pop().unwrap_or_else(|| {
        Err(StoreError::Unavailable("the store answered a write with nothing".to_owned()))
    });
    match committed {
        Ok(committed) => {
            if let Some(kept) = kept {
                kept.leave_to_follower();
            }
            Ok(committed.at.map(|placed| json!(placed)))
        }
        Err(error) => Err(Problem::from(error).0),
    }
}

/// An object that waits for its message; gone with this, unless the message is known to come.
struct Original<'a> {
    gateway: &'a Gateway,
    command: CommandId,
    comes: bool,
}

impl<'a> Original<'a> {
    fn keep(gateway: &'a Gateway, command: CommandId, original: (&'static str, Value)) -> Self {
        gateway.originals.lock().insert(command, original);
        Self { gateway, command, comes: false }
    }

    fn leave_to_follower(mut self) {
        self.comes = true;
    }
}

impl Drop for Original<'_> {
    fn drop(&mut self) {
        if !self.comes {
            self.gateway.originals.lock().remove(&self.command);
        }
    }
}

fn author(gateway: &Gateway) -> Result<User, Failure> {
    gateway.user.lock().clone().ok_or_else(|| {
        Failure::new(ErrorCode::Unavailable, "The gateway has no user to speak for; try again.")
    })
}

/// What was said and not yet done when the server began to stop.
fn refuse_rest(socket: &SocketRef, mut hearing: Receiver<Heard>) {
    hearing.close();
    while let Ok(Heard { event, ack, .. }) = hearing.try_recv() {
        refuse(socket, ack, &refusal(&event, &stopping()));
    }
}

fn tell_refusal(socket: &SocketRef, event: &str, failure: &Failure) {
    if let Err(error) = socket.emit("refused", &refusal(event, failure)) {
        tracing::debug!(sid = %socket.id, %error, "Socket.IO: a refusal found nobody to hear it");
    }
}
