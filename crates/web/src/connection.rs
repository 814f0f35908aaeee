//! One connection, from its first frame to its end.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use madang_hub::ports::{StoreError, TokenHash};
use madang_hub::session::effects::StoreRequest;
use madang_hub::{Effect, PendingHello, Session, StoreResponse};
use madang_shared::{CloseCode, Timestamp, UserId};
use tokio::time::{Instant, sleep_until};

use crate::open_sessions::OpenSession;
use crate::outlet::Way;
use crate::session_token::hash;
use crate::state::AppState;
use crate::transport::{End, Transport};

/// How long commands in flight may take once the connection has been told to go.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads that one connection has with the store at a time, so that one that asks for a thousand pages
/// does not stand before everybody else.
const MAX_READS: usize = 4;

/// Serves a connection until it ends. Whatever the reason, this is the one place that cleans up.
/// `carried` is the session that the handshake brought along, if it did.
pub async fn run(state: AppState, mut transport: Transport, carried: Option<TokenHash>) {
    // Boxed, like all that is only for a moment here and below: a connection at rest should not hold room
    // for its beginning, for writing, and for its end.
    let end = match Box::pin(greet(&state, &mut transport, carried)).await {
        Ok(mut greeted) => serve(&state, &mut transport, &mut greeted).await,
        Err(end) => end,
    };
    tracing::debug!(%end, "connection ended");
    Box::pin(transport.end(end)).await;
}

/// A connection that is known to be somebody's.
struct Greeted {
    /// While the user may use it.
    open: OpenSession,
    session: Session,
    /// Held until the loop runs.
    way: Arc<Way>,
    /// What the hello leads to.
    effects: Vec<Effect>,
}

/// Waits for the hello, and finds out whose it is.
async fn greet(
    state: &AppState,
    transport: &mut Transport,
    carried: Option<TokenHash>,
) -> Result<Box<Greeted>, End> {
    let greeting = PendingHello::new(state.clock.now());
    let deadline = at(state, greeting.deadline());
    let text = tokio::select! {
        text = transport.receive() => text?,
        () = sleep_until(deadline) => return Err(End::Close(CloseCode::NoHello)),
        () = state.stopping.cancelled() => return Err(End::Close(CloseCode::ShuttingDown)),
    };
    let heard = greeting.receive(&text).map_err(End::Close)?;
    let unauthenticated = || End::Close(CloseCode::Unauthenticated);
    let token = carried.or_else(|| heard.token().map(hash)).ok_or_else(unauthenticated)?;
    let open = state.open_sessions.open(token);
    let user = state.store.session(open.session()).await.map_err(|error| {
        log(&error);
        End::Close(CloseCode::Internal)
    })?;
    let user = user.ok_or_else(unauthenticated)?;
    tracing::debug!(user = user.id.0, program = heard.program(), "hello");
    let way = Arc::new(Way::new(transport.sender()));
    let (session, effects) =
        heard.welcome(state.hub.clone(), user, Some(way.clone()), state.clock.now());
    Ok(Box::new(Greeted { open, session, way, effects }))
}

/// What the loop takes one at a time.
enum Input {
    /// A frame of the client.
    Frame(String),
    /// An answer of the store.
    StoreResponse(StoreResponse),
    /// A topic moved, and there is something to catch up with.
    Noted,
    /// The fan-out wrote a part, and the rest is left to us.
    Left,
    /// The session's deadline has passed.
    Due,
}

/// The loop. Besides an [`Input`] it waits for the end of the user's session and for the server's
/// stopping. Each input becomes effects, which are carried out before the next one is taken: a client
/// that does not read is not read from either. Only those two ends do not wait for that. While it
/// waits, the fan-out may write to the socket; never in between.
async fn serve(state: &AppState, transport: &mut Transport, greeted: &mut Greeted) -> End {
    let Greeted { open, session, way, effects } = greeted;
    let wakeups = session.wakeups();
    let mut asked = Asked::default();
    let mut deadline = session.deadline();
    let mut timer = pin!(sleep_until(at(state, deadline)));
    let mut leaving = pin!(leave_time(state));
    let mut ended = pin!(open.ended());
    let mut effects = std::mem::take(effects);
    let mut left = false;
    loop {
        if left || !effects.is_empty() {
            // Writing to a slow client may take long; what ends the connection does not wait for that.
            let carrying = Box::pin(async {
                tokio::select! {
                    biased;
                    carried = carry_out(state, transport, session, &mut asked, effects) => carried,
                    () = drain_end(state) => Err(End::Close(CloseCode::ShuttingDown)),
                }
            });
            let carried = tokio::select! {
                biased;
                () = &mut ended => return End::Close(CloseCode::Unauthenticated),
                carried = carrying => carried,
            };
            if let Err(end) = carried {
                return end;
            }
        }
        way.release();
        // In this order, because what comes most often is looked at first: the others cost a lock each. A
        // client that never stops talking is stopped by the runtime now and then, and the others get their turn.
        let input = tokio::select! {
            biased;
            received = transport.receive() => received.map(Input::Frame),
            Some(done) = asked.next(state, session.user()) => Ok(Input::StoreResponse(done)),
            () = wakeups.changed() => Ok(Input::Noted),
            () = way.left() => Ok(Input::Left),
            // A pong that has arrived counts, however late it is read.
            () = &mut timer => match transport.receive().now_or_never() {
                Some(received) => received.map(Input::Frame),
                None => Ok(Input::Due),
            },
            () = &mut ended => return End::Close(CloseCode::Unauthenticated),
            () = &mut leaving => {
                way.hold();
                return match Box::pin(finish(state, transport, session, asked)).await {
                    Ok(()) => End::Close(CloseCode::ShuttingDown),
                    Err(end) => end,
                };
            }
        };
        way.hold();
        left = matches!(input, Ok(Input::Left));
        effects = match input {
            Ok(Input::Frame(text)) => session.on_frame(state.clock.now(), &text),
            Ok(Input::StoreResponse(done)) => on_done(state, session, done),
            Ok(Input::Noted) => session.on_wake(),
            // Whatever is carried out, be it nothing, is written after what is left.
            Ok(Input::Left) => Vec::new(),
            Ok(Input::Due) => session.on_time(state.clock.now()),
            Err(end) => return end,
        };
        if deadline != session.deadline() || timer.is_elapsed() {
            deadline = session.deadline();
            timer.as_mut().reset(at(state, deadline));
        }
    }
}

/// No frame is taken any more; what the store was asked is still answered.
async fn finish(
    state: &AppState,
    transport: &mut Transport,
    session: &mut Session,
    mut asked: Asked,
) -> Result<(), End> {
    let finished = tokio::time::timeout(FINISH_TIMEOUT, async {
        while let Some(done) = asked.next(state, session.user()).await {
            let effects = on_done(state, session, done);
            carry_out(state, transport, session, &mut asked, effects).await?;
        }
        Ok(())
    });
    finished.await.unwrap_or(Ok(()))
}

async fn carry_out(
    state: &AppState,
    transport: &mut Transport,
    session: &Session,
    asked: &mut Asked,
    effects: Vec<Effect>,
) -> Result<(), End> {
    // What there is to write is written together: a call of the system costs more than a frame.
    let mut frames = Vec::new();
    let mut close = None;
    for effect in effects {
        match effect {
            Effect::Send(frame) => frames.push(frame),
            Effect::Request(ask) => asked.put(state, session.user(), ask),
            Effect::Close(code) => {
                close = Some(code);
                break;
            }
        }
    }
    transport.send(&frames).await?;
    close.map_or(Ok(()), |code| Err(End::Close(code)))
}

/// What the store was asked and has not answered.
#[derive(Default)]
struct Asked {
    running: FuturesUnordered<BoxFuture<'static, StoreResponse>>,
    reads: usize,
    /// Reads that wait for one of ours to be done.
    waiting: VecDeque<StoreRequest>,
}

impl Asked {
    fn put(&mut self, state: &AppState, user: UserId, ask: StoreRequest) {
        let reads = !matches!(ask, StoreRequest::Commit(_));
        if reads && self.reads >= MAX_READS {
            self.waiting.push_back(ask);
            return;
        }
        self.reads += usize::from(reads);
        self.running.push(ask.execute(&state.hub, &state.store, user));
    }

    /// The next answer; none while nothing is asked. Safe to drop at any point.
    async fn next(&mut self, state: &AppState, user: UserId) -> Option<StoreResponse> {
        let done = self.running.next().await?;
        if !matches!(done, StoreResponse::Commit(_)) {
            self.reads -= 1;
            if let Some(ask) = self.waiting.pop_front() {
                self.put(state, user, ask);
            }
        }
        Some(done)
    }
}

fn on_done(state: &AppState, session: &mut Session, done: StoreResponse) -> Vec<Effect> {
    for error in done.errors() {
        log(error);
    }
    session.on_response(state.clock.now(), done)
}

fn log(error: &StoreError) {
    if let StoreError::Unavailable(reason) = error {
        tracing::error!(reason, "the store is unavailable");
    }
}

/// Completes when this connection should go: somewhere within the drain, so that a thousand clients
/// do not come back in one moment.
async fn leave_time(state: &AppState) {
    state.stopping.cancelled().await;
    let spread = u64::try_from(state.drain_spread.as_millis()).unwrap_or(u64::MAX);
    // Without randomness everybody goes at once, which is worse but not wrong.
    let random = getrandom::u64().unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(random % spread.saturating_add(1))).await;
}

/// Completes when the stop waits for nobody's reading any more.
async fn drain_end(state: &AppState) {
    state.stopping.cancelled().await;
    tokio::time::sleep(state.drain_spread + FINISH_TIMEOUT).await;
}

fn at(state: &AppState, time: Timestamp) -> Instant {
    Instant::now() + Duration::from_millis(time.since(state.clock.now()))
}
