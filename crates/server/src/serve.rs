//! `madang serve`, as a script: what is made, in which order, and who gets it.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use madang_hub::Hub;
use madang_hub::bus::{self, InProcess, TopicAdvanced};
use madang_hub::ports::{Bus, Clock, Store, StoreError};
use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::{Epoch, ErrorCode, Topic, UserId};
use madang_store::EventStream;
use madang_store::sqlite::{Options, Sqlite};
use madang_web::socketio::{Exposure, Receipts, Settings};
use madang_web::{AppState, OpenSessions, RateLimiter, router};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::clock::SteadyClock;
use crate::config::{Config, Encrypted, Public};
use crate::http;
use crate::lifecycle::Lifecycle;
use crate::logging;
use crate::notices;
use crate::price;
use crate::redirect;
use crate::tls::Tls;

/// The database's file within the data folder.
const DATABASE: &str = "madang.sqlite";
/// Locked while a server uses the data folder.
const LOCK: &str = "madang.lock";
/// The most that closing the database may take, after everything else has ended.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
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
    let _lock = lock(&config.data)?;
    let options = Options { synchronous: config.synchronous, ..Options::default() };
    let (store, tail) = Sqlite::open(&config.data.join(DATABASE), clock.now(), &options)?;
    let store = Arc::new(store);

    madang_hub::sentiment::prepare();
    // Two lives of a server never start within the same millisecond.
    let hub = Arc::new(Hub::new(env!("CARGO_PKG_VERSION"), Epoch(clock.now().0)));
    let bus = InProcess::default();
    let words = bus.listen();
    lifecycle.accompany("listener", listen_to_others(hub.clone(), bus.listen()));
    lifecycle.accompany("publisher", publish(hub.clone(), bus, tail));
    for _ in 0..available_parallelism().map_or(1, NonZero::get) {
        lifecycle.accompany("fan-out", run_fan_out(hub.clone()));
    }
    let schedules = config.notices;
    lifecycle.spawn(
        "notices",
        notices::run(schedules, store.clone(), clock.clone(), words, lifecycle.stopping()),
    );
    lifecycle.accompany("presence", tell_presence(hub.clone(), clock.clone()));
    if !config.price_sources.is_empty() {
        let price = price::prepare(config.price_sources, &clock)?;
        lifecycle.spawn("price", price.run(hub.clone(), clock.clone(), lifecycle.stopping()));
    }

    check_rooms(store.as_ref(), &config.socketio).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot tell where we listen")?;
    let Public { tls, proxies, strict_transport } = config.public;
    let state = AppState {
        hub,
        store: store.clone(),
        clock: clock.clone(),
        origins: Arc::new(config.origins.listening_on(address.ip())),
        proxies: Arc::new(proxies),
        strict_transport,
        socketio: Arc::new(config.socketio),
        receipts: Receipts::default(),
        rate_limiter: Arc::new(RateLimiter::new(config.sign_ups_per_hour)),
        open_sessions: OpenSessions::default(),
        stopping: lifecycle.stopping(),
        tasks: lifecycle.tasks(),
        drain_spread: DRAIN_SPREAD.min(config.stop_within / 4),
    };
    let tls = match tls {
        Some(encrypted) => Some(encrypt(&lifecycle, encrypted, address, clock).await?),
        None => None,
    };
    let encrypted = tls.is_some();
    lifecycle.spawn("http", listen(listener, state, tls));
    announce(address, encrypted);

    let code = lifecycle.run(config.stop_within).await;
    // What was acknowledged is stored by now; this only saves the next start some work.
    if tokio::time::timeout(CLOSE_WITHIN, store.close()).await.is_err() {
        tracing::warn!("the database takes too long to close; acknowledged messages are safe");
    }
    Ok(code)
}

/// Holds the data folder while the process lives: two servers on one database would not hear of what
/// the other's clients write.
fn lock(data: &Path) -> Result<File> {
    let path = data.join(LOCK);
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another server uses the data folder {}", data.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Refuses a configuration that names rooms which are not there.
async fn check_rooms(store: &dyn Store, settings: &Settings) -> Result<()> {
    if settings.exposure == Exposure::Off {
        return Ok(());
    }
    for room in settings.rooms() {
        // An id that no user has: whether it is a member is not the question.
        let opened = store.open(UserId(0), Topic::Room(room), None).await;
        if let Err(StoreError::Refused(failure)) = opened
            && failure.code == ErrorCode::NotFound
        {
            bail!("`socketio`: there is no room {room}");
        }
    }
    Ok(())
}

/// Hands what the store has made durable to whoever follows it, until the store is closed.
async fn publish(hub: Arc<Hub>, bus: InProcess, mut tail: EventStream) -> Result<()> {
    while let Some(appended) = tail.recv().await {
        bus::publish_and_announce(&hub, &bus, &appended);
    }
    Ok(())
}

async fn run_fan_out(hub: Arc<Hub>) -> Result<()> {
    hub.run_fan_out().await;
    Ok(())
}

async fn listen_to_others(hub: Arc<Hub>, words: broadcast::Receiver<TopicAdvanced>) -> Result<()> {
    bus::listen(hub, words).await;
    Ok(())
}

async fn tell_presence(hub: Arc<Hub>, clock: Arc<SteadyClock>) -> Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_millis(PRESENCE_WINDOW_MS));
    loop {
        ticks.tick().await;
        hub.tick(clock.now());
    }
}

/// What TLS needs besides: somebody who looks whether the files change, and who sends plain HTTP on.
async fn encrypt(
    lifecycle: &Lifecycle,
    encrypted: Encrypted,
    address: SocketAddr,
    clock: Arc<SteadyClock>,
) -> Result<Arc<Tls>> {
    let Encrypted { tls, contents, redirect_from, redirect_port } = encrypted;
    tracing::info!(until = tls.identity().until(), "TLS with a certificate from a file");
    if let Some(from) = redirect_from {
        let listener = TcpListener::bind(from)
            .await
            .with_context(|| format!("cannot listen on {from} (`redirect_from`)"))?;
        let from = listener.local_addr().context("cannot tell where we listen")?;
        let port = redirect_port.unwrap_or(address.port());
        tracing::info!(%from, port, "plain HTTP is sent on to HTTPS");
        let (stopping, tasks) = (lifecycle.stopping(), lifecycle.tasks());
        lifecycle.spawn("redirect", redirect::serve(listener, tls.clone(), port, stopping, tasks));
    }
    let following = tls.clone().follow_files(contents, clock, lifecycle.stopping());
    lifecycle.spawn("certificate", following);
    Ok(tls)
}

async fn listen(listener: TcpListener, state: AppState, tls: Option<Arc<Tls>>) -> Result<()> {
    let (stopping, tasks) = (state.stopping.clone(), state.tasks.clone());
    http::serve(listener, router(state), tls, stopping, tasks).await;
    Ok(())
}

/// The line that people and scripts wait for. A closed standard output has nobody who waits.
fn announce(address: SocketAddr, encrypted: bool) {
    let scheme = if encrypted { "https" } else { "http" };
    let _heard = writeln!(std::io::stdout(), "Madang is listening on {scheme}://{address}").is_ok();
    if !madang_web::assets::is_built() {
        tracing::warn!("the app was not built into this binary; `just run` builds both");
    }
}
