//! `madang serve`, as a script: makes all parts in order, and connects them.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use madang_hub::Hub;
use madang_hub::budgets::Budgets;
use madang_hub::budgets::resource::BudgetRates;
use madang_hub::nodes::{NodeId, POLL_WITH_BUS_MS};
use madang_hub::policy::rights::SERVER;
use madang_hub::ports::{Clock, Store, StoreError};
use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::workspace::Workspace;
use madang_shared::{Epoch, Timestamp, Topic};
use madang_store::{EventStream, LogChange};
use madang_web::socketio::{Exposure, Settings};
use madang_web::{
    AddressBans, AppState, AuditFollower, ConnectionSlots, MailQueue, OpenSessions, Origins,
    SignInLimits, router,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::SteadyClock;
use crate::config::{Config, FormerName, MailSettings, Network, TlsSettings};
use crate::database::Database;
use crate::descriptors;
use crate::disk;
use crate::http;
use crate::later;
use crate::lifecycle::Lifecycle;
use crate::listener;
use crate::logging;
use crate::memory;
use crate::nodes::{self, Works};
use crate::notices;
use crate::price::PriceTask;
use crate::redirect;
use crate::refusals;
use crate::sessions;
use crate::set_up;
use crate::tls::Tls;

/// Time limit for closing the database, after everything else has ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time over which closes of many connections are spread.
const DRAIN_SPREAD: Duration = Duration::from_secs(2);

/// Serves until the process stops.
pub(crate) fn run(config: Config) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .and_then(|runtime| {
            let code = runtime.block_on(serve(config))?;
            // Aborts the tasks that did not end in time.
            runtime.shutdown_background();
            Ok(code)
        });
    outcome.unwrap_or_else(|error| {
        logging::report_fatal(&error);
        ExitCode::FAILURE
    })
}

async fn serve(config: Config) -> Result<ExitCode> {
    // Dropped last, so that the last lines are written.
    let log = logging::start(&config)?;
    log_settings(&config);
    // Before the database opens its files.
    let max_connections = descriptors::max_connections(config.max_connections)?;
    let lifecycle = Lifecycle::new()?;
    let clock = Arc::new(SteadyClock::start());
    let started_at = clock.now();

    let (database, events) = Database::open(&config, started_at)?;
    let (store, free_space) = (database.store.clone(), database.free_space.clone());

    madang_hub::sentiment::prepare();
    // Any number of nodes can share a PostgreSQL database; a file has one.
    let node = config.postgres.as_ref().map(|_| nodes::new_id()).transpose()?;
    let bus = config.bus.as_ref();
    let nodes = node.map(|node| (node, bus.is_some(), database.log_epoch));
    let hub = make_hub(nodes, config.workspace, config.budgets, clock.now());
    let port: Arc<dyn Store> = store.clone();
    let works = match node {
        Some(node) => nodes::join(&lifecycle, node, (&hub, &port, &clock), bus).await?,
        None => Works::alone(),
    };
    later::spawn(&lifecycle, (store.clone(), clock.clone()), &hub, works.notices.clone());
    // A user of another node may start the demonstration of the notices.
    hub.watch_advances(Topic::Notices);
    let advances = hub.advances();
    lifecycle.spawn_background("publisher", publish(hub.clone(), events));
    let notices = notices::run(
        config.notices,
        (store.clone(), clock.clone()),
        works.notices,
        advances,
        lifecycle.stopping(),
    );
    lifecycle.spawn("notices", notices);
    spawn_endless_works(&lifecycle, &database, &hub, &clock);
    if !config.price_sources.is_empty() {
        let price = PriceTask::new(config.price_sources, &clock)?;
        let price = price.run(hub.clone(), clock.clone(), works.price, lifecycle.stopping());
        lifecycle.spawn("price", price);
    }

    let open_sessions = OpenSessions::default();
    let session_end = sessions::run(
        (store.clone(), clock.clone()),
        open_sessions.clone(),
        (config.session_limits, works.sessions),
        hub.session_ends(),
        lifecycle.stopping(),
    );
    lifecycle.spawn("sessions", session_end);

    let bans = AddressBans::default();
    let affected = (open_sessions.clone(), bans.clone());
    let follower = AuditFollower::start(hub.clone(), store.clone(), affected, clock.clone()).await;
    let follower = follower.context("cannot read the settings of the workspace")?;
    lifecycle.spawn("administration", follow_audit(follower, lifecycle.stopping()));

    check_rooms(store.as_ref(), &config.socketio).await?;
    let listener = listener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot read the address of the listener")?;
    let Network { tls, proxies, strict_transport, wide_proxies: _ } = config.network;
    let slots = ConnectionSlots::new(max_connections, proxies.clone());
    let (origins, folder) = (config.origins.listening_on(address.ip()), database.folder.as_deref());
    let origin = set_up::origin(&origins, address, tls.is_some());
    let set_up = set_up::link(store.as_ref(), folder, &origin, started_at).await?;
    // The link that a terminal shows; a server of this machine alone also offers it to browsers here.
    let set_up_token = set_up.as_ref().filter(|_| config.serves_this_machine_alone);
    let mail = config.mail.map(|settings| start_mail(&lifecycle, settings, &port, &clock));
    let state = AppState {
        hub,
        store: store.clone(),
        free_space,
        clock: clock.clone(),
        origins: Arc::new(origins),
        proxies: Arc::new(proxies),
        strict_transport,
        socketio: Arc::new(config.socketio),
        sign_ins: SignInLimits::default(),
        providers: Arc::new(config.providers),
        mail,
        session_limits: config.session_limits,
        started_at,
        set_up_token: set_up_token.map(|set_up| Arc::new(set_up.token.clone())),
        open_sessions,
        bans,
        stopping: lifecycle.stopping(),
        tasks: lifecycle.tasks(),
        drain_spread: DRAIN_SPREAD.min(config.shutdown_timeout / 4),
    };
    let start = |settings| start_tls(&lifecycle, settings, slots.clone(), address, clock);
    let tls = tls.map(start).transpose()?;
    let is_https = tls.is_some();
    if !address.ip().is_loopback() && !is_https {
        tracing::info!("{}", answered_hosts(&state.origins));
    }
    lifecycle.spawn("http", listen(listener, slots, state, tls));
    let (access, apps) = (config.access_sentence, config.apps_sentence);
    tracing::info!("{access} {apps} {}", config.exposure_sentence);
    // The lines before the announcement are there when a script reads it.
    log.flush();
    announce(address, is_https, set_up.map(|set_up| set_up.link));

    let code = lifecycle.run(config.shutdown_timeout).await;
    // All acknowledged data are stored by now; closing only makes the next start faster.
    if tokio::time::timeout(CLOSE_TIMEOUT, database.close()).await.is_err() {
        tracing::warn!("the database takes too long to close; acknowledged messages are stored");
    }
    Ok(code)
}

/// Starts the works without an end: the fan-out, and those that run from time to time.
fn spawn_endless_works(
    lifecycle: &Lifecycle,
    database: &Database,
    hub: &Arc<Hub>,
    clock: &Arc<SteadyClock>,
) {
    for _ in 0..available_parallelism().map_or(1, NonZero::get) {
        lifecycle.spawn_background("fan-out", run_fan_out(hub.clone()));
    }
    if let Some(folder) = &database.folder {
        let watch = disk::watch(folder.clone(), database.free_space.clone());
        lifecycle.spawn_background("disk", watch);
    }
    lifecycle.spawn_background("memory", memory::give_back_periodically());
    lifecycle.spawn_background("refusals", refusals::report(hub.clone(), clock.clone()));
    lifecycle.spawn_background("presence", tick_ephemeral_topics(hub.clone(), clock.clone()));
}

/// The hub, as the only node or as one of several: with its id, whether they have a bus, and the epoch of their log.
fn make_hub(
    node: Option<(NodeId, bool, Epoch)>,
    workspace: Workspace,
    rates: Box<BudgetRates>,
    now: Timestamp,
) -> Arc<Hub> {
    // Two starts of a server never fall into the same millisecond, so the epoch is new; two nodes may.
    let epoch = Epoch(node.map_or(now.0, |(node, ..)| node.0));
    let hub = Hub::new(env!("CARGO_PKG_VERSION"), epoch)
        .with_workspace(workspace)
        .with_budgets(Budgets::new(rates));
    Arc::new(match node {
        Some((node, true, log)) => hub.with_shared_log(node, POLL_WITH_BUS_MS).with_log_epoch(log),
        Some((node, false, log)) => hub.with_shared_log_without_bus(node).with_log_epoch(log),
        None => hub,
    })
}

/// Logs the version and the settings that decide how the server behaves. They hold no secrets: keys and
/// certificates are named by their files in other lines.
fn log_settings(config: &Config) {
    let network = &config.network;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        name = config.workspace.name,
        moods = config.workspace.moods,
        listen = %config.listen,
        data = %config.data.display(),
        postgres = config.postgres.is_some(),
        synchronous = ?config.synchronous,
        tls = network.tls.is_some(),
        trusted_proxies = !network.proxies.is_empty(),
        socketio = ?config.socketio.exposure,
        price_sources = config.price_sources.len(),
        mail_server = config.mail.as_ref().map(|mail| mail.mailer.server()),
        schedules = config.notices.len(),
        max_connections = config.max_connections,
        min_free_space = config.min_free_space,
        session_limits = ?config.session_limits,
        shutdown_timeout = ?config.shutdown_timeout,
        log = config.log,
        "Madang starts"
    );
    for network in &network.wide_proxies {
        tracing::warn!(
            network,
            "`trusted_proxies` names a network that holds strangers: each of them chooses the address that \
            limits are counted for, and the scheme and host of a request; name your own proxies"
        );
    }
    for FormerName { former, name } in &config.former_names {
        tracing::warn!("`{former}` is a former name and goes with the next version; use `{name}`");
    }
}

/// Refuses a configuration that names missing rooms.
async fn check_rooms(store: &dyn Store, settings: &Settings) -> Result<()> {
    if settings.exposure == Exposure::Off {
        return Ok(());
    }
    for room in settings.rooms() {
        let checked = store.check_access(SERVER, Topic::Room(room)).await;
        if let Err(StoreError::Refused(_)) = checked {
            bail!("`socketio`: there is no room {room}");
        }
    }
    Ok(())
}

/// Publishes committed events, until the store closes.
async fn publish(hub: Arc<Hub>, mut events: EventStream) -> Result<()> {
    while let Some(change) = events.next().await {
        match change {
            LogChange::Appended(events) => hub.publish_and_announce(&events),
            LogChange::Unanswered(heads) => hub.on_unanswered_commit(&heads),
            LogChange::Replaced(replaced) => {
                tracing::warn!(
                    "the log was replaced; every client gets the state of its topics again"
                );
                hub.replace_log(replaced.log_epoch);
            }
        }
    }
    Ok(())
}

async fn follow_audit(follower: AuditFollower, stopping: CancellationToken) -> Result<()> {
    follower.run(stopping).await;
    Ok(())
}

async fn run_fan_out(hub: Arc<Hub>) -> Result<()> {
    hub.run_fan_out().await;
    Ok(())
}

async fn tick_ephemeral_topics(hub: Arc<Hub>, clock: Arc<SteadyClock>) -> Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_millis(PRESENCE_WINDOW_MS));
    loop {
        ticks.tick().await;
        hub.tick(clock.now());
    }
}

/// Starts the task that sends mails.
fn start_mail(
    lifecycle: &Lifecycle,
    MailSettings { mailer, origin }: MailSettings,
    store: &Arc<dyn Store>,
    clock: &Arc<SteadyClock>,
) -> MailQueue {
    let (queue, jobs) = MailQueue::new(mailer, origin);
    let running = jobs.run(store.clone(), clock.clone(), lifecycle.stopping());
    lifecycle.spawn("mail", async move {
        running.await;
        Ok(())
    });
    queue
}

/// Starts the tasks of TLS: the poll of the certificate files, and the redirect.
fn start_tls(
    lifecycle: &Lifecycle,
    settings: TlsSettings,
    slots: ConnectionSlots,
    address: SocketAddr,
    clock: Arc<SteadyClock>,
) -> Result<Arc<Tls>> {
    let TlsSettings { tls, contents, redirect_listen, redirect_port } = settings;
    tracing::info!(until = tls.identity().until(), "serving TLS with a certificate from a file");
    if let Some(redirect) = redirect_listen {
        let listener = listener::bind(redirect)
            .with_context(|| format!("cannot listen on {redirect} (`redirect_listen`)"))?;
        let redirect = listener.local_addr().context("cannot read the redirect address")?;
        let port = redirect_port.unwrap_or(address.port());
        tracing::info!(listen = %redirect, port, "plain HTTP is redirected to HTTPS");
        let (stopping, tasks) = (lifecycle.stopping(), lifecycle.tasks());
        let serving = redirect::serve(listener, slots, tls.clone(), port, stopping, tasks);
        lifecycle.spawn("redirect", serving);
    }
    let following = tls.clone().follow_files(contents, clock, lifecycle.stopping());
    lifecycle.spawn("certificate", following);
    Ok(tls)
}

async fn listen(
    listener: TcpListener,
    slots: ConnectionSlots,
    state: AppState,
    tls: Option<Arc<Tls>>,
) -> Result<()> {
    let (stopping, tasks) = (state.stopping.clone(), state.tasks.clone());
    http::serve(listener, slots, router(state), tls, stopping, tasks).await;
    Ok(())
}

/// Says under which hosts the server can be reached.
fn answered_hosts(origins: &Origins) -> String {
    let mut hosts: Vec<String> = origins.hosts().map(|host| host.host().to_string()).collect();
    hosts.dedup();
    let hosts = if hosts.is_empty() { "no other name".to_owned() } else { hosts.join(", ") };
    format!(
        "The server answers to its addresses, to localhost, and to {hosts}. Requests for other names are refused; \
        name the origins that people use with `--public-origin`."
    )
}

/// Prints the line that people and scripts wait for.
fn announce(address: SocketAddr, is_https: bool, set_up_link: Option<String>) {
    let scheme = if is_https { "https" } else { "http" };
    // A closed standard output has no reader for the line.
    writeln!(std::io::stdout(), "Madang is listening on {scheme}://{address}").ok();
    if let Some(link) = set_up_link {
        let sentence = "This server has no owner yet. Open this link to become its owner:";
        writeln!(std::io::stdout(), "{sentence} {link}").ok();
    }
    if !madang_web::assets::is_built() {
        tracing::warn!("this binary was built without the app; `just run` builds both");
    }
}
