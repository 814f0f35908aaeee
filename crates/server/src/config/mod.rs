//! The configuration. Flags win over environment variables, those over a TOML file, and the file over
//! the defaults, for each setting by itself.

mod access;
mod admin;
mod apps;
mod budgets;
mod bus;
mod database;
mod former_names;
mod gateway;
mod mail;
mod moving;
mod network;
mod providers;
mod session_limits;
mod shutdown_timeout;
mod surroundings;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use madang_bus::NatsOptions;
use madang_hub::budgets::resource::BudgetRates;
use madang_hub::ports::SessionLimits;
use madang_shared::apps::App;
use madang_shared::workspace::Workspace;
use madang_shared::{Timestamp, validate};
use madang_store::postgres::ConnectOptions;
use madang_store::sqlite::Synchronous;
use madang_web::socketio::{self, Exposure};
use madang_web::{Origins, SignInProviders};
use serde::Deserialize;

pub(crate) use self::admin::{AdminFlags, AdminSettings};
use self::budgets::BudgetTable;
use self::bus::{BusFlags, BusTable};
use self::database::{DatabaseFlags, DatabaseTable};
pub(crate) use self::former_names::FormerName;
use self::former_names::{FormerFlags, FormerNames};
use self::gateway::{GatewayFlags, GatewayTable};
pub(crate) use self::mail::MailSettings;
use self::mail::{MailFlags, MailTable};
pub(crate) use self::moving::{Direction, MoveFlags, MoveSettings};
pub(crate) use self::network::{Network, TlsSettings};
use self::network::{NetworkFlags, TlsTable};
use self::providers::ProviderTable;
use self::surroundings::Surroundings;
use crate::notices::{self, Schedule, ScheduleTable};
use crate::price::{self, SourceSetting};

/// The settings of the command line and of the environment.
#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// A TOML file with the settings below, written with underscores: `log_format = "json"`. Scheduled
    /// notices are set in the file only: each `[[notices]]` has a sentence in `ko` and in `en`, and either
    /// `every_seconds`, or `at = ["09:00"]` with `utc_offset = "+09:00"`.
    #[arg(long, env = "MADANG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's name, on the sign-in page and in the settings; at most 40 characters [default: the name of the
    /// app].
    #[arg(long, env = "MADANG_NAME", value_name = "NAME")]
    name: Option<String>,
    /// Whether messages are stored with their mood, and the app shows it beside them [default: false].
    #[arg(long, env = "MADANG_MOODS", value_name = "true|false")]
    moods: Option<bool>,
    /// The apps that people have beside chat and notices: `feed`, `orders`, `price`, `counter`; `off` for none. Repeat, or
    /// separate by commas [default: all if the server listens on loopback only, and neither a proxy nor an origin beyond this
    /// machine is configured, else none].
    #[arg(long = "apps", env = "MADANG_APPS", value_name = "APP", value_delimiter = ',')]
    apps: Option<Vec<String>>,
    /// The people who may make an account: `open` (a name is enough), `invited`, or `closed` (invitations for one person
    /// only) [default: open on loopback without a proxy and without origins beyond this machine, else invited]
    #[arg(long, env = "MADANG_ACCESS")]
    access: Option<String>,
    /// The address to listen on [default: 127.0.0.1:5001].
    #[arg(long, env = "MADANG_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The folder of the database; created if it is missing [default: data].
    #[arg(long, env = "MADANG_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[command(flatten)]
    bus: BusFlags,
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    network: NetworkFlags,
    /// An origin by which people reach the server, such as <https://chat.example> or <http://nas.local:5001>. Repeat, or
    /// separate by commas. Needed for each name, because a foreign page can make a name of its own lead here; the
    /// server answers to addresses and to localhost names without it.
    #[arg(
        long = "public-origin",
        env = "MADANG_PUBLIC_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    public_origins: Option<Vec<String>>,
    /// Another origin whose pages may use the server, such as <http://localhost:3000>. Repeat, or
    /// separate by commas. Pages that the server itself serves are always allowed.
    #[arg(
        long = "allowed-origin",
        env = "MADANG_ALLOWED_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    allowed_origins: Option<Vec<String>>,
    /// The guarantee of an acknowledgement: with `full`, the message survives a power cut; with `normal`, a kill
    /// of the process, and commits are faster [default: full].
    #[arg(long, env = "MADANG_SYNCHRONOUS", value_name = "full|normal")]
    synchronous: Option<SynchronousSetting>,
    /// The sources of the live Bitcoin price, in order of preference: `binance`, `binance-rest`, `kraken`,
    /// `coinbase`, `upbit`. `kraken=https://mirror.example` requests it at another address. `simulated` alone
    /// generates prices and says so on the page; `off` requests none. An exchange is requested only while the
    /// page has viewers [default: the five, in this order]. In the file: `sources` under `[price]`.
    #[arg(
        long = "price-source",
        env = "MADANG_PRICE_SOURCES",
        value_name = "SOURCE",
        value_delimiter = ','
    )]
    price_sources: Option<Vec<String>>,
    #[command(flatten)]
    mail: MailFlags,
    #[command(flatten)]
    gateway: GatewayFlags,
    /// Sign-ups per hour from one network, including this machine; at most 60 at once
    /// [default: 200].
    #[arg(long, env = "MADANG_SIGN_UPS_PER_HOUR", value_name = "NUMBER")]
    sign_ups_per_hour: Option<NonZeroU32>,
    /// Multiplies the budgets of users, networks and strangers, for tests of the server's speed [default: 1]. In
    /// the file: `factor` under `[budgets]`.
    #[arg(long, env = "MADANG_BUDGET_FACTOR", value_name = "NUMBER")]
    budget_factor: Option<NonZeroU32>,
    /// Connections at once; at more, new ones replace the oldest that belong to no signed-in user [default: as many as
    /// the system's limit of open files allows, at most 65536].
    #[arg(long, env = "MADANG_MAX_CONNECTIONS", value_name = "NUMBER")]
    max_connections: Option<u32>,
    /// MiB of the disk that stay free: below them only read marks, leaving and deletions are stored, and below twice
    /// as much the log warns. 0 for no floor [default: 256].
    #[arg(long, env = "MADANG_MIN_FREE_SPACE", value_name = "MIB")]
    min_free_space: Option<u32>,
    /// Days after which an unused session ends, from 1 to 3650. A session is in use while a page is open or a
    /// program sends requests [default: 30].
    #[arg(long, env = "MADANG_SESSION_IDLE_DAYS", value_name = "DAYS")]
    session_idle_days: Option<u64>,
    /// Days after which every session ends, from 1 to 3650 [default: 180].
    #[arg(long, env = "MADANG_SESSION_MAX_DAYS", value_name = "DAYS")]
    session_max_days: Option<u64>,
    /// Seconds that a graceful stop may take before it is forced, from 1 to 600 [default: 20].
    #[arg(long, env = "MADANG_SHUTDOWN_TIMEOUT", value_name = "SECONDS")]
    shutdown_timeout: Option<u64>,
    /// The events to log: `warn`, `info`, `debug`, or by module, `info,madang_web=debug` [default: info].
    #[arg(long, env = "MADANG_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// The format of the log: lines for people, or one JSON object per line [default: human].
    #[arg(long, env = "MADANG_LOG_FORMAT", value_name = "human|json")]
    log_format: Option<LogFormat>,
    #[command(flatten)]
    former: FormerFlags,
}

/// The settings of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    moods: Option<bool>,
    apps: Option<Vec<String>>,
    access: Option<String>,
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    #[serde(default)]
    bus: BusTable,
    public_origins: Option<Vec<String>>,
    allowed_origins: Option<Vec<String>>,
    #[serde(default)]
    database: DatabaseTable,
    #[serde(default)]
    tls: TlsTable,
    trusted_proxies: Option<Vec<String>>,
    hsts_max_age: Option<u32>,
    /// Former name of `hsts_max_age`.
    hsts_seconds: Option<u32>,
    synchronous: Option<SynchronousSetting>,
    #[serde(default)]
    price: PriceTable,
    #[serde(default)]
    socketio: GatewayTable,
    #[serde(default)]
    mail: MailTable,
    #[serde(default)]
    notices: Vec<ScheduleTable>,
    oidc: Option<Vec<ProviderTable>>,
    sign_ups_per_hour: Option<NonZeroU32>,
    #[serde(default)]
    budgets: BudgetTable,
    max_connections: Option<u32>,
    min_free_space: Option<u32>,
    session_idle_days: Option<u64>,
    session_max_days: Option<u64>,
    shutdown_timeout: Option<u64>,
    /// Former name of `shutdown_timeout`.
    stop_seconds: Option<u64>,
    log: Option<String>,
    log_format: Option<LogFormat>,
}

/// The table `[price]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceTable {
    sources: Option<Vec<String>>,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum SynchronousSetting {
    Full,
    Normal,
}

/// All settings of a run, validated.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) workspace: Workspace,
    /// Says which apps are on, and why.
    pub(crate) apps_sentence: String,
    /// Whether no setting makes the server reachable from another machine.
    pub(crate) serves_this_machine_alone: bool,
    /// Says who may make an account, and why.
    pub(crate) access_sentence: String,
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    /// The bus between several nodes over one database; `None` for the only node.
    pub(crate) bus: Option<NatsOptions>,
    /// The way to PostgreSQL; `None` for the file in the data folder.
    pub(crate) postgres: Option<ConnectOptions>,
    pub(crate) origins: Origins,
    pub(crate) network: Network,
    pub(crate) synchronous: Synchronous,
    /// Empty if no price is requested, because there is no source or the app is off.
    pub(crate) price_sources: Vec<SourceSetting>,
    pub(crate) socketio: socketio::Settings,
    /// Says to which clients the gateway is open, and why.
    pub(crate) exposure_sentence: &'static str,
    pub(crate) providers: SignInProviders,
    /// The mail server; `None` without mail.
    pub(crate) mail: Option<MailSettings>,
    /// The schedules of notices for every user.
    pub(crate) notices: Vec<Schedule>,
    pub(crate) budgets: Box<BudgetRates>,
    /// None: as many as the limit of open files allows.
    pub(crate) max_connections: Option<u32>,
    /// In MiB.
    pub(crate) min_free_space: u32,
    pub(crate) session_limits: SessionLimits,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// Former names in use, to be logged as warnings.
    pub(crate) former_names: Vec<FormerName>,
}

/// The default of `min_free_space`, in MiB.
const DEFAULT_MIN_FREE_SPACE: u32 = 256;

impl Config {
    /// Merges the sources and validates the result. A certificate has to be valid `now`.
    ///
    /// # Errors
    /// One sentence that names the invalid setting, and says how to correct it.
    pub(crate) fn load(flags: Flags, now: Timestamp) -> Result<Self> {
        let file = flags.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let mut former_names = FormerNames::default();
        let shutdown_timeout = shutdown_timeout::load(
            (flags.shutdown_timeout, flags.former.stop_seconds),
            (file.shutdown_timeout, file.stop_seconds),
            &mut former_names,
        )?
        .unwrap_or(Duration::from_secs(20));
        let network = network::load(
            flags.network,
            &flags.former,
            network::FileSettings {
                tls: file.tls,
                trusted_proxies: file.trusted_proxies,
                hsts_max_age: file.hsts_max_age,
                hsts_seconds: file.hsts_seconds,
            },
            &mut former_names,
            now,
        )?;
        let origins = Origins::new(non_empty(flags.public_origins.or(file.public_origins)))
            .context("`public_origins`")?;
        let mail = mail::load(flags.mail, file.mail, origins.first())?;
        let origins = origins
            .and(non_empty(flags.allowed_origins.or(file.allowed_origins)))
            .context("`allowed_origins`")?;
        let synchronous = match flags.synchronous.or(file.synchronous) {
            Some(SynchronousSetting::Normal) => Synchronous::Normal,
            Some(SynchronousSetting::Full) | None => Synchronous::Full,
        };
        let price_sources = flags.price_sources.or(file.price.sources);
        let sign_ups = flags.sign_ups_per_hour.or(file.sign_ups_per_hour);
        let budgets = budgets::load(&file.budgets, flags.budget_factor, sign_ups)?;
        let idle_days = flags.session_idle_days.or(file.session_idle_days);
        let max_days = flags.session_max_days.or(file.session_max_days);
        let listen = flags.listen.or(file.listen);
        let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 5001)));
        let has_proxies = !network.proxies.is_empty();
        let reach = Surroundings { listen, origins: &origins, has_proxies }.reach();
        let (apps, apps_sentence) =
            apps::load(flags.apps.or(file.apps), reach).context("`apps`")?;
        let access = flags.access.or(file.access);
        let (access, access_sentence) =
            access::load(access.as_deref(), reach).context("`access`")?;
        let (socketio, exposure_sentence) =
            gateway::load(flags.gateway, &file.socketio, reach, &mut former_names)?;
        let mut price_sources =
            price::source_settings(price_sources.as_deref()).context("`price_sources`")?;
        if !apps.contains(App::Price) {
            price_sources.clear();
        }
        let workspace = Workspace {
            name: flags.name.or(file.name).map(|name| workspace_name(&name)).transpose()?,
            moods: flags.moods.or(file.moods).unwrap_or_default(),
            apps,
            price: !price_sources.is_empty(),
            socketio: socketio.exposure != Exposure::Off,
            access,
        };
        let postgres = database::load(flags.database, file.database)?;
        // A database in a file has one node.
        let bus = bus::load(flags.bus, file.bus, postgres.is_some())?;
        Ok(Self {
            workspace,
            apps_sentence,
            serves_this_machine_alone: reach.is_none(),
            access_sentence,
            listen,
            bus,
            postgres,
            data: flags.data.or(file.data).unwrap_or_else(|| PathBuf::from("data")),
            origins,
            network,
            synchronous,
            price_sources,
            socketio,
            exposure_sentence,
            providers: providers::load(file.oidc.unwrap_or_default())?,
            mail,
            notices: notices::schedules(&file.notices).context("`notices`")?,
            budgets,
            max_connections: flags.max_connections.or(file.max_connections),
            min_free_space: flags
                .min_free_space
                .or(file.min_free_space)
                .unwrap_or(DEFAULT_MIN_FREE_SPACE),
            session_limits: session_limits::load(idle_days, max_days)?,
            shutdown_timeout,
            log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: flags.log_format.or(file.log_format).unwrap_or(LogFormat::Human),
            former_names: former_names.into_vec(),
        })
    }
}

/// The entries of a list. An empty variable means an empty list.
fn non_empty(list: Option<Vec<String>>) -> impl Iterator<Item = String> {
    list.unwrap_or_default().into_iter().filter(|entry| !entry.is_empty())
}

/// The server's name, validated as the names of rooms are.
fn workspace_name(name: &str) -> Result<String> {
    match validate::workspace_name(name) {
        Ok(name) => Ok(name),
        Err(refused) => bail!("`name` is {name:?}: {}", refused.message),
    }
}

impl File {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
        toml::from_str(&text)
            .with_context(|| format!("the configuration file {} is invalid", path.display()))
    }
}
