//! The socket of the page that sets HTTP and WebSocket side by side: everybody who is connected hears
//! who comes, who goes, and what anybody says, under the ids of their connections.
//!
//! It is a room of its own, of this server and this moment: a user of the app is connected anyway, so
//! only a connection made for this can show what connecting and disconnecting are.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use madang_hub::token_bucket::TokenBucket;
use madang_shared::lab::chat::MAX_LAB_CHAT_CONNECTIONS;
use madang_shared::lab::chat::{LabChatMessage, PATH};
use madang_shared::limits::{COMMAND_BURST, COMMANDS_PER_SECOND, MAX_CLIENT_FRAME_BYTES};
use madang_shared::{CloseCode, ConnectionId, ErrorCode, Failure, codec, validate};
use madang_websocket::{Limits, Message, Prepared};
use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast};

use crate::client_info::ClientInfo;
use crate::heartbeat::{Heartbeat, HeartbeatEvent};
use crate::problem::Problem;
use crate::state::AppState;
use crate::transport::{End, Transport};
use crate::upgrade::Upgrade;

/// Words that a connection may be behind before it is let go as too slow.
const MAX_BEHIND: usize = 256;

/// The route, with its room.
pub fn routes() -> Router<AppState> {
    let room = Arc::new(Room {
        places: Arc::new(Semaphore::new(MAX_LAB_CHAT_CONNECTIONS)),
        words: broadcast::Sender::new(MAX_BEHIND),
        here: Mutex::default(),
    });
    Router::new().route(PATH, get(handshake)).layer(Extension(room))
}

/// Who is connected, and the way to all of them.
struct Room {
    places: Arc<Semaphore>,
    words: broadcast::Sender<Prepared>,
    here: Mutex<Here>,
}

#[derive(Default)]
struct Here {
    last: u64,
    present: BTreeSet<ConnectionId>,
}

/// One who is connected; dropping it says that it is gone.
struct Member {
    room: Arc<Room>,
    id: ConnectionId,
    words: broadcast::Receiver<Prepared>,
}

impl Room {
    /// Lets somebody in and tells everybody; answers what the newcomer hears first.
    fn enter(self: Arc<Self>) -> (Member, LabChatMessage) {
        // Held while it is told: everybody hears comings and goings in the order in which they happen.
        let mut here = self.here.lock();
        here.last += 1;
        let id = ConnectionId(here.last);
        here.present.insert(id);
        let words = self.words.subscribe();
        self.tell(&LabChatMessage::Connect { id });
        let you = LabChatMessage::Welcome { id, connected: here.present.iter().copied().collect() };
        drop(here);
        (Member { room: self, id, words }, you)
    }

    fn tell(&self, said: &LabChatMessage) {
        // An error means that nobody is there to hear it.
        let _heard = self.words.send(json(said)).is_ok();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut here = self.room.here.lock();
        here.present.remove(&self.id);
        self.room.tell(&LabChatMessage::Disconnect { id: self.id });
    }
}

async fn handshake(
    State(state): State<AppState>,
    Extension(room): Extension<Arc<Room>>,
    headers: HeaderMap,
    client_info: ClientInfo,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.may_open(&headers, &client_info)?;
    let place = room.places.clone().try_acquire_owned().map_err(|_| {
        Problem::new(ErrorCode::Unavailable, "All places are taken; try again later.")
    })?;
    let limits = Limits::new(MAX_CLIENT_FRAME_BYTES);
    let server = state.clone();
    Ok(upgrade.accept(&state, limits, None, move |transport| async move {
        run(&server, transport, room).await;
        drop(place);
    }))
}

async fn run(state: &AppState, mut transport: Transport, room: Arc<Room>) {
    let (mut member, you) = room.enter();
    let end = tokio::select! {
        end = serve(state, &mut transport, &mut member, you) => end,
        () = state.stopping.cancelled() => End::Close(CloseCode::GoingAway),
    };
    // The others hear of it now, however long a goodbye takes.
    drop(member);
    tracing::debug!(%end, "side by side: a connection ended");
    transport.end(end).await;
}

async fn serve(
    state: &AppState,
    transport: &mut Transport,
    member: &mut Member,
    you: LabChatMessage,
) -> End {
    let mut heartbeat = Heartbeat::start();
    let mut bucket = TokenBucket::new(COMMAND_BURST, COMMANDS_PER_SECOND, state.clock.now());
    let mut answer = Some(json(&you));
    loop {
        if let Some(message) = answer.take()
            && let Err(end) = transport.send_prepared(&message).await
        {
            return end;
        }
        answer = tokio::select! {
            received = transport.receive_any() => {
                heartbeat.heard();
                match received {
                    Ok(Message::Text(text)) => {
                        let allowed = bucket.take(state.clock.now()).map_err(too_fast);
                        match allowed.and_then(|()| validate::message_text(&text)) {
                            Ok(data) => {
                                member.room.tell(&LabChatMessage::Data { data, id: member.id });
                                None
                            }
                            Err(failure) => Some(json(&LabChatMessage::Error(failure))),
                        }
                    }
                    Ok(Message::Binary(_)) => return End::Close(CloseCode::NotText),
                    Ok(_) => None,
                    Err(end) => return end,
                }
            },
            word = member.words.recv() => match word {
                Ok(word) => Some(word),
                Err(RecvError::Lagged(_)) => return End::Close(CloseCode::TooSlow),
                Err(RecvError::Closed) => return End::Close(CloseCode::Internal),
            },
            beat = heartbeat.beat() => match beat {
                HeartbeatEvent::Ask => match transport.ping().await {
                    Ok(()) => None,
                    Err(end) => return end,
                },
                HeartbeatEvent::Gone => return End::Close(CloseCode::NoPong),
            },
        };
    }
}

fn too_fast(wait: u64) -> Failure {
    Failure::new(ErrorCode::RateLimited, format!("Too fast: wait {wait} ms."))
}

fn json(said: &LabChatMessage) -> Prepared {
    Prepared::text(&codec::encode_part(said))
}
