//! `madang serve`, as a script: what is made, in which order, and who gets it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use madang_hub::Hub;
use madang_hub::bus::{self, InProcess, Moved};
use madang_hub::ports::{Bus, Clock};
use madang_shared::Epoch;
use madang_shared::limits::PRESENCE_WINDOW_MS;
use madang_store::Tail;
use madang_store::sqlite::{Options, Sqlite};
use madang_web::{Edge, router};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::clock::SteadyClock;
use crate::config::Config;
use crate::lifecycle::Lifecycle;
use crate::logging;

/// The database's file within the data folder.
const DATABASE: &str = "madang.sqlite";
/// The most that saying goodbye to many connections is spread over.
const DRAIN_SPREAD: Duration = Duration::from_secs(2);

/// Serves until told to stop.
pub(crate) fn run(config: Config) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .and_then(|runtime| {
            let code = runtime.block_on(serve(config))?;
            // Whatever did not end in time is torn off here.
            runtime.shutdown_background();
            Ok(code)
        });
    outcome.unwrap_or_else(|error| {
        crate::complain(&error);
        ExitCode::FAILURE
    })
}

async fn serve(config: Config) -> Result<ExitCode> {
    logging::start(&config)?;
    let lifecycle = Lifecycle::new()?;
    let clock = Arc::new(SteadyClock::start());

    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let options = Options { synchronous: config.synchronous, ..Options::default() };
    let (store, tail) = Sqlite::open(&config.data.join(DATABASE), clock.now(), &options)?;
    let store = Arc::new(store);

    // Two lives of a server never start within the same millisecond.
    let hub = Arc::new(Hub::new(env!("CARGO_PKG_VERSION"), Epoch(clock.now().0)));
    let bus = InProcess::default();
    lifecycle.accompany("listener", listen_to_others(hub.clone(), bus.listen()));
    lifecycle.accompany("publisher", publish(hub.clone(), bus, tail));
    lifecycle.accompany("presence", tell_presence(hub.clone(), clock.clone()));

    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot tell where we listen")?;
    let edge = Edge {
        hub,
        store: store.clone(),
        clock,
        origins: Arc::new(config.origins),
        stopping: lifecycle.stopping(),
        tasks: lifecycle.tasks(),
        drain_spread: DRAIN_SPREAD.min(config.stop_within / 4),
    };
    lifecycle.spawn("http", listen(listener, edge, lifecycle.stopping()));
    announce(address);

    let code = lifecycle.run(config.stop_within).await;
    store.close().await;
    Ok(code)
}

/// Hands what the store has made durable to whoever follows it, until the store is closed.
async fn publish(hub: Arc<Hub>, bus: InProcess, mut tail: Tail) -> Result<()> {
    while let Some(appended) = tail.recv().await {
        bus::spread(&hub, &bus, &appended);
    }
    Ok(())
}

async fn listen_to_others(hub: Arc<Hub>, words: broadcast::Receiver<Moved>) -> Result<()> {
    bus::follow(hub, words).await;
    Ok(())
}

async fn tell_presence(hub: Arc<Hub>, clock: Arc<SteadyClock>) -> Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_millis(PRESENCE_WINDOW_MS));
    loop {
        ticks.tick().await;
        hub.tick(clock.now());
    }
}

async fn listen(listener: TcpListener, edge: Edge, stopping: CancellationToken) -> Result<()> {
    // Small frames must not wait for each other (Nagle's algorithm).
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    axum::serve(listener, router(edge))
        .with_graceful_shutdown(async move { stopping.cancelled().await })
        .await
        .context("cannot serve HTTP")
}

/// The line that people and scripts wait for.
#[expect(
    clippy::print_stdout,
    reason = "where the server listens is the program's one result; the log goes elsewhere"
)]
fn announce(address: SocketAddr) {
    println!("Madang is listening on http://{address}");
    if !madang_web::assets::is_built() {
        tracing::warn!("the app was not built into this binary; `just run` builds both");
    }
}
