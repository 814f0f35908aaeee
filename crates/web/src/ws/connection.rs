//! The connection loop of the app's protocol: one connection, from its first frame to its end.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use madang_hub::budgets::account::AnswerMemory;
use madang_hub::budgets::network::Network;
use madang_hub::ports::{Identity, StoreError};
use madang_hub::session::effects::StoreRequest;
use madang_hub::{Effect, PendingHello, Session, StoreResponse};
use madang_shared::limits::PING_INTERVAL_MS;
use madang_shared::{CloseCode, Timestamp};
use tokio::time::{Instant, sleep_until};

use super::open_sessions::OpenSession;
use super::pacing::{pause_for, until};
use super::sink::ConnectionSink;
use super::transport::{Disconnect, ReceivedFrame, Transport};
use crate::http::session_token::Credential;
use crate::state::AppState;

/// Limit for the store requests in flight when a connection ends because the server stops.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Limit for one connection's concurrent reads of the store, so that a client that requests a thousand pages does not
/// delay all others.
const MAX_CONCURRENT_READS: usize = 4;

/// The memory that is reserved for an answer of the store, in bytes: that of a page of history.
const ANSWER_BYTES: usize = 64 * 1024;

/// Serves a connection until it ends, and cleans up after every kind of end. `candidates` are the tokens of the
/// handshake that may be ours.
pub async fn run(
    state: AppState,
    mut transport: Transport,
    candidates: Vec<Credential>,
    network: Option<Network>,
) {
    // Short-lived futures are boxed, here and below, so that an idle connection does not hold memory for its
    // handshake, its writes and its end.
    let slot = transport.slot().clone();
    let hello = slot.until_evicted(receive_hello(&state, &mut transport, candidates, network));
    let Some(hello) = Box::pin(hello).await else { return };
    let disconnect = match hello {
        Ok(mut welcomed) if slot.protect(welcomed.session.user()) => {
            serve(&state, &mut transport, &mut welcomed).await
        }
        Ok(mut welcomed) => {
            let serving = slot.until_evicted(serve(&state, &mut transport, &mut welcomed));
            let Some(disconnect) = Box::pin(serving).await else { return };
            disconnect
        }
        Err(disconnect) => disconnect,
    };
    tracing::debug!(%disconnect, "connection ended");
    Box::pin(transport.close(disconnect)).await;
}

/// A connection after its hello.
struct WelcomedConnection {
    /// Ends the connection when the user signs out.
    open: OpenSession,
    session: Session,
    /// The fan-out does not write until the loop runs.
    sink: Arc<ConnectionSink>,
    /// The effects of the hello.
    effects: Vec<Effect>,
}

/// Waits for the hello and authenticates its user.
async fn receive_hello(
    state: &AppState,
    transport: &mut Transport,
    mut candidates: Vec<Credential>,
    network: Option<Network>,
) -> Result<Box<WelcomedConnection>, Disconnect> {
    let pending = PendingHello::new(state.clock.now());
    let deadline = instant_of(state, pending.deadline());
    let text = tokio::select! {
        text = receive_first_text(transport) => text?,
        () = sleep_until(deadline) => return Err(Disconnect::Close(CloseCode::NoHello)),
        () = state.stopping.cancelled() => {
            return Err(Disconnect::Close(CloseCode::ShuttingDown));
        }
    };
    let hello = pending.receive(&text).map_err(Disconnect::Close)?;
    candidates.extend(hello.token().map(Credential::new));
    let (open, identity) = authenticate(state, candidates).await?;
    tracing::debug!(user = identity.user.id.0, program = hello.program(), "hello");
    let sink = Arc::new(ConnectionSink::new(transport.sender()));
    let (session, effects) =
        hello.welcome(state.hub.clone(), identity, network, Some(sink.clone()), state.clock.now());
    Ok(Box::new(WelcomedConnection { open, session, sink, effects }))
}

async fn receive_first_text(transport: &mut Transport) -> Result<String, Disconnect> {
    loop {
        if let ReceivedFrame::Text(text) = transport.receive_text().await? {
            return Ok(text);
        }
    }
}

/// The first candidate that has not ended, and its identity. It is registered before the store is asked, so that a sign-out
/// in between is not missed.
async fn authenticate(
    state: &AppState,
    candidates: Vec<Credential>,
) -> Result<(OpenSession, Identity), Disconnect> {
    for candidate in candidates {
        let open = state.open_sessions.open(candidate.hash());
        let identity = candidate.identity(state.store.as_ref(), state.clock.now()).await;
        let identity = identity.map_err(|error| {
            log(&error);
            Disconnect::Close(match error {
                // The only refusal of a session is a ban.
                StoreError::Refused(_) => CloseCode::Banned,
                StoreError::Unavailable(_) => CloseCode::Internal,
            })
        })?;
        if let Some(identity) = identity {
            open.belongs_to(identity.user.id);
            return Ok((open, identity));
        }
    }
    Err(Disconnect::Close(CloseCode::Unauthenticated))
}

/// The inputs of the loop.
enum Input {
    /// A frame of the client.
    Frame(ReceivedFrame),
    /// A response of the store, and the memory that is reserved for its answer until that is written.
    StoreResponse(StoreResponse, Option<AnswerMemory>),
    /// A topic has advanced, and the session has to catch up.
    TopicAdvanced,
    /// The fan-out has left a part of a write unsent.
    Unsent,
    /// The session's deadline has passed.
    Deadline,
    /// The client may send again.
    Paid,
}

/// The connection loop. It turns each [`Input`] into effects and executes them before it takes the next one: it does
/// not read from a client that does not read. The end of the sign-in session and the server's stop interrupt it at any
/// time. The fan-out may write to the socket only while the loop waits for an input.
async fn serve(
    state: &AppState,
    transport: &mut Transport,
    welcomed: &mut WelcomedConnection,
) -> Disconnect {
    let WelcomedConnection { open, session, sink, effects } = welcomed;
    let wakeups = session.wakeups();
    let mut requests = StoreRequests::default();
    let mut deadline = session.deadline();
    let mut timer = pin!(sleep_until(instant_of(state, deadline)));
    let mut draining = pin!(drain_time(state));
    let network = session.account().network();
    let mut session_ended = pin!(session_end(state, open, network));
    let mut effects = std::mem::take(effects);
    let mut unsent = false;
    // The memory of the response whose frames are among the effects.
    let mut answer_memory = None;
    // A client in debt for its bytes is not read until then. It loses nothing: its frames wait in its own buffers.
    let mut paused_until: Option<Instant> = None;
    loop {
        if unsent || !effects.is_empty() {
            // A write to a slow client may take long. The end of the session and the end of the drain interrupt it.
            let executing = Box::pin(async {
                tokio::select! {
                    biased;
                    executed = execute(state, transport, session, &mut requests, effects) => executed,
                    () = drain_end(state) => Err(Disconnect::Close(CloseCode::ShuttingDown)),
                }
            });
            let executed = tokio::select! {
                biased;
                code = &mut session_ended => return Disconnect::Close(code),
                executed = executing => executed,
            };
            if let Err(disconnect) = executed {
                return disconnect;
            }
        }
        drop(answer_memory.take());
        sink.release();
        // The most frequent inputs come first, because each check of the others costs a lock. tokio's cooperative
        // budget makes the other branches run even if a client sends without a pause.
        let input = tokio::select! {
            biased;
            received = transport.receive_text(), if paused_until.is_none() => {
                received.map(Input::Frame)
            }
            Some((response, room)) = requests.next(state, session) => {
                Ok(Input::StoreResponse(response, room))
            }
            () = wakeups.changed() => Ok(Input::TopicAdvanced),
            () = sink.unsent() => Ok(Input::Unsent),
            () = until(paused_until), if paused_until.is_some() => Ok(Input::Paid),
            // A pong that has arrived in time counts, even if it is read late.
            () = &mut timer => match transport.receive_text().now_or_never() {
                Some(received) => received.map(Input::Frame),
                None => Ok(Input::Deadline),
            },
            code = &mut session_ended => return Disconnect::Close(code),
            () = &mut draining => {
                sink.hold();
                return match Box::pin(finish(state, transport, session, requests)).await {
                    Ok(()) => Disconnect::Close(CloseCode::ShuttingDown),
                    Err(disconnect) => disconnect,
                };
            }
        };
        sink.hold();
        unsent = matches!(input, Ok(Input::Unsent));
        effects = match input {
            Ok(Input::Frame(ReceivedFrame::Text(text))) => {
                let now = state.clock.now();
                paused_until = pause_for(session.account(), text.len(), 1, now);
                session.on_frame(now, &text)
            }
            Ok(Input::Frame(ReceivedFrame::Control)) => {
                paused_until = pause_for(session.account(), 0, 1, state.clock.now());
                Vec::new()
            }
            Ok(Input::StoreResponse(response, room)) => {
                answer_memory = room;
                on_response(state, session, response)
            }
            Ok(Input::Paid) => {
                paused_until = None;
                Vec::new()
            }
            Ok(Input::TopicAdvanced) => session.on_wake(),
            // The next execution of effects first sends the unsent part, even if there are no effects.
            Ok(Input::Unsent) => Vec::new(),
            Ok(Input::Deadline) => session.on_time(state.clock.now()),
            Err(disconnect) => return disconnect,
        };
        if deadline != session.deadline() || timer.is_elapsed() {
            deadline = session.deadline();
            timer.as_mut().reset(instant_of(state, deadline));
        }
    }
}

/// Completes when the sign-in session has ended, or when the client's network is banned.
async fn session_end(state: &AppState, open: &OpenSession, network: Option<Network>) -> CloseCode {
    tokio::select! {
        () = open.ended() => open.close_code(),
        () = state.bans.until_banned(network, state.clock.as_ref()) => CloseCode::Banned,
    }
}

/// Waits for the store requests in flight and sends their results; reads no more frames.
async fn finish(
    state: &AppState,
    transport: &mut Transport,
    session: &mut Session,
    mut requests: StoreRequests,
) -> Result<(), Disconnect> {
    let finished = tokio::time::timeout(FINISH_TIMEOUT, async {
        while let Some((response, _room)) = requests.next(state, session).await {
            let effects = on_response(state, session, response);
            execute(state, transport, session, &mut requests, effects).await?;
        }
        Ok(())
    });
    finished.await.unwrap_or(Ok(()))
}

async fn execute(
    state: &AppState,
    transport: &mut Transport,
    session: &Session,
    requests: &mut StoreRequests,
    effects: Vec<Effect>,
) -> Result<(), Disconnect> {
    // All frames are written together, because a system call costs more than a frame.
    let mut frames = Vec::new();
    let mut close = None;
    for effect in effects {
        match effect {
            Effect::Send(frame) => frames.push(frame),
            Effect::Request(request) => requests.start(state, session, request),
            Effect::Close(code) => {
                close = Some(code);
                break;
            }
        }
    }
    transport.send_frames(&frames).await?;
    close.map_or(Ok(()), |code| Err(Disconnect::Close(code)))
}

/// The store requests of one connection.
#[derive(Default)]
struct StoreRequests {
    running: FuturesUnordered<BoxFuture<'static, (StoreResponse, Option<AnswerMemory>)>>,
    running_reads: usize,
    /// Reads above the limit.
    waiting_reads: VecDeque<StoreRequest>,
}

impl StoreRequests {
    fn start(&mut self, state: &AppState, session: &Session, request: StoreRequest) {
        if matches!(request, StoreRequest::Commit(_)) {
            // The commit reaches the store now, not when the future is polled first.
            let committed = request.execute(&state.hub, &state.store, session.user());
            self.running.push(committed.map(|response| (response, None)).boxed());
            return;
        }
        if self.running_reads >= MAX_CONCURRENT_READS {
            self.waiting_reads.push_back(request);
            return;
        }
        self.running_reads += 1;
        let (hub, store) = (Arc::clone(&state.hub), Arc::clone(&state.store));
        let (user, account) = (session.user(), session.account().clone());
        let answered = async move {
            // The memory for the answer is reserved before the store reads it.
            let room = account.reserve_answer_memory(ANSWER_BYTES).await;
            let response = request.execute(&hub, &store, user).await;
            (response, Some(room))
        };
        self.running.push(answered.boxed());
    }

    /// The next response; none while no request runs. Cancel-safe.
    async fn next(
        &mut self,
        state: &AppState,
        session: &Session,
    ) -> Option<(StoreResponse, Option<AnswerMemory>)> {
        let (response, room) = self.running.next().await?;
        if room.is_some() {
            self.running_reads -= 1;
            if let Some(request) = self.waiting_reads.pop_front() {
                self.start(state, session, request);
            }
        }
        Some((response, room))
    }
}

fn on_response(state: &AppState, session: &mut Session, response: StoreResponse) -> Vec<Effect> {
    for error in response.errors() {
        log(error);
    }
    session.on_response(state.clock.now(), response)
}

fn log(error: &StoreError) {
    if let StoreError::Unavailable(reason) = error {
        tracing::error!(reason, "the store is unavailable");
    }
}

/// Completes when a stopping server should close this connection: at a random time within the drain, so that clients
/// do not all reconnect at once.
async fn drain_time(state: &AppState) {
    state.stopping.cancelled().await;
    let spread = u64::try_from(state.drain_spread.as_millis()).unwrap_or(u64::MAX);
    // Without random bytes all connections close at once, which is correct but causes a burst of reconnects.
    let random = getrandom::u64().unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(random % spread.saturating_add(1))).await;
}

/// Completes when a stopping server no longer waits for a slow client.
async fn drain_end(state: &AppState) {
    state.stopping.cancelled().await;
    tokio::time::sleep(state.drain_spread + FINISH_TIMEOUT).await;
}

fn instant_of(state: &AppState, time: Timestamp) -> Instant {
    // No deadline is further away than a ping. A clock that goes back must not delay one.
    let wait = time.since(state.clock.now()).min(PING_INTERVAL_MS);
    Instant::now() + Duration::from_millis(wait)
}
