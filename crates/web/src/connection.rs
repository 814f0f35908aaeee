//! One connection, from its first frame to its end.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use madang_hub::ports::StoreError;
use madang_hub::{Done, Effect, Greeting, Session};
use madang_shared::{CloseCode, Timestamp, User};
use tokio::time::{Instant, sleep_until};

use crate::credentials::user_of;
use crate::edge::Edge;
use crate::transport::{End, Transport};

/// How long commands in flight may take once the connection has been told to go.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves a connection until it ends. Whatever the reason, this is the one place that cleans up.
pub async fn run(edge: Edge, mut transport: Transport, user: Option<User>) {
    let end = match greet(&edge, &mut transport, user).await {
        Ok((mut session, effects)) => serve(&edge, &mut transport, &mut session, effects).await,
        Err(end) => end,
    };
    tracing::debug!(%end, "connection ended");
    if let End::Close(code) = end {
        // Boxed, like `finish` below: a connection at rest should not hold room for its end.
        Box::pin(transport.close(code)).await;
    }
}

/// Waits for the hello.
async fn greet(
    edge: &Edge,
    transport: &mut Transport,
    user: Option<User>,
) -> Result<(Session, Vec<Effect>), End> {
    let greeting = Greeting::new(edge.clock.now());
    let deadline = at(edge, greeting.deadline());
    let text = tokio::select! {
        text = transport.receive() => text?,
        () = sleep_until(deadline) => return Err(End::Close(CloseCode::NoHello)),
        () = edge.stopping.cancelled() => return Err(End::Close(CloseCode::ShuttingDown)),
    };
    let heard = greeting.hear(&text).map_err(End::Close)?;
    let user = match user {
        Some(user) => Some(user),
        None => user_of(edge, heard.token()).await.map_err(|error| {
            log(&error);
            End::Close(CloseCode::Internal)
        })?,
    };
    let user = user.ok_or(End::Close(CloseCode::Unauthenticated))?;
    tracing::debug!(user = user.id.0, program = heard.program(), "hello");
    Ok(heard.welcome(edge.hub.clone(), user, edge.clock.now()))
}

/// The loop. Its inputs: a frame of the client; an answer of the store; a note that a topic moved;
/// the session's deadline; the server's stopping. Each becomes effects, which are carried out before
/// the next input is taken: a client that does not read is not read from either.
async fn serve(
    edge: &Edge,
    transport: &mut Transport,
    session: &mut Session,
    effects: Vec<Effect>,
) -> End {
    let mailbox = session.mailbox();
    let mut asked: FuturesUnordered<BoxFuture<'static, Done>> = FuturesUnordered::new();
    let mut timer = pin!(sleep_until(at(edge, session.deadline())));
    let mut leaving = pin!(leave_time(edge));
    let mut effects = effects;
    loop {
        if let Err(end) = carry_out(edge, transport, session, &mut asked, effects).await {
            return end;
        }
        effects = tokio::select! {
            received = transport.receive() => match received {
                Ok(text) => session.on_frame(edge.clock.now(), &text),
                Err(end) => return end,
            },
            Some(done) = asked.next() => on_done(edge, session, done),
            () = mailbox.noted() => session.on_wake(),
            () = &mut timer => session.on_time(edge.clock.now()),
            () = &mut leaving => {
                return match Box::pin(finish(edge, transport, session, asked)).await {
                    Ok(()) => End::Close(CloseCode::ShuttingDown),
                    Err(end) => end,
                };
            }
        };
        let deadline = at(edge, session.deadline());
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
    }
}

/// No frame is taken any more; what the store was asked is still answered.
async fn finish(
    edge: &Edge,
    transport: &mut Transport,
    session: &mut Session,
    mut asked: FuturesUnordered<BoxFuture<'static, Done>>,
) -> Result<(), End> {
    let finished = tokio::time::timeout(FINISH_TIMEOUT, async {
        while let Some(done) = asked.next().await {
            let effects = on_done(edge, session, done);
            carry_out(edge, transport, session, &mut asked, effects).await?;
        }
        Ok(())
    });
    finished.await.unwrap_or(Ok(()))
}

async fn carry_out(
    edge: &Edge,
    transport: &mut Transport,
    session: &Session,
    asked: &mut FuturesUnordered<BoxFuture<'static, Done>>,
    effects: Vec<Effect>,
) -> Result<(), End> {
    for effect in effects {
        match effect {
            Effect::Send(frame) => transport.send(&frame).await?,
            Effect::Ask(ask) => asked.push(Box::pin(ask.put(edge.store.as_ref(), session.user()))),
            Effect::Close(code) => return Err(End::Close(code)),
        }
    }
    Ok(())
}

fn on_done(edge: &Edge, session: &mut Session, done: Done) -> Vec<Effect> {
    for error in done.errors() {
        log(error);
    }
    session.on_done(edge.clock.now(), done)
}

fn log(error: &StoreError) {
    if let StoreError::Unavailable(reason) = error {
        tracing::error!(reason, "the store is unavailable");
    }
}

/// Completes when this connection should go: somewhere within the drain, so that a thousand clients
/// do not come back in one moment.
async fn leave_time(edge: &Edge) {
    edge.stopping.cancelled().await;
    let spread = u64::try_from(edge.drain_spread.as_millis()).unwrap_or(u64::MAX);
    // Without randomness everybody goes at once, which is worse but not wrong.
    let random = getrandom::u64().unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(random % spread.saturating_add(1))).await;
}

fn at(edge: &Edge, time: Timestamp) -> Instant {
    Instant::now() + Duration::from_millis(time.since(edge.clock.now()))
}
