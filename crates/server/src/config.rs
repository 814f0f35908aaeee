//! The configuration: flags, then the environment, then a TOML file, then defaults; the first that
//! says something wins, setting by setting.

mod public;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use madang_shared::Timestamp;
use madang_shared::session::SIGN_UPS_PER_HOUR;
use madang_store::sqlite::Synchronous;
use madang_web::Origins;
use madang_web::socketio::{self, Exposure};
use serde::Deserialize;

pub(crate) use self::public::{Encrypted, Public};
use self::public::{FileTls, PublicFlags};
use crate::notices::{self, FileNotice, Schedule};
use crate::price::{self, Wanted};

/// What can be said on the command line or in the environment.
#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// A TOML file with the settings below, written with underscores: `log_format = "json"`. There
    /// alone: `[[notices]]`, each told to everybody at its times, with a sentence in `ko` and in `en`, and
    /// either `every_seconds` or `at = ["09:00"]` with `utc_offset = "+09:00"`.
    #[arg(long, env = "MADANG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:5001].
    #[arg(long, env = "MADANG_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The folder that holds the database; made if it is not there [default: data].
    #[arg(long, env = "MADANG_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[command(flatten)]
    public: PublicFlags,
    /// Another origin whose pages may speak to the server, such as <http://localhost:3000>. Repeat, or
    /// separate by commas. Pages that the server itself serves always may.
    #[arg(
        long = "allowed-origin",
        env = "MADANG_ALLOWED_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    allowed_origins: Option<Vec<String>>,
    /// What an acknowledgement promises: `full` survives a power cut, `normal` survives a kill of the
    /// process, and is faster [default: full].
    #[arg(long, env = "MADANG_SYNCHRONOUS", value_name = "full|normal")]
    synchronous: Option<SynchronousSetting>,
    /// Where the live Bitcoin price comes from, the preferred source first: `binance`, `binance-rest`,
    /// `kraken`, `coinbase`, `upbit`; `kraken=https://mirror.example` asks at another address. `simulated`
    /// alone makes prices up and says so, `off` follows none. An exchange is asked only while somebody
    /// watches [default: the five, in this order]. In the file: `sources` under `[price]`.
    #[arg(
        long = "price-source",
        env = "MADANG_PRICE_SOURCES",
        value_name = "SOURCE",
        value_delimiter = ','
    )]
    price_sources: Option<Vec<String>>,
    /// Who may connect with a Socket.IO client, as a guest without a session: `local`, whoever asks from
    /// this machine; `on`, whoever reaches the server; `off`, nobody [default: local if the server
    /// listens on loopback only, else off]. In the file: `clients` under `[socketio]`.
    #[arg(long = "socketio", env = "MADANG_SOCKETIO", value_name = "local|on|off")]
    socketio: Option<SocketIoSetting>,
    /// Where the events of Socket.IO clients belong, such as `data=room:2` or `posts=off`: `data`,
    /// `my_event`, `message` and `json` to a room, `status_changed` to `orders`, `posts` to `posts`
    /// [default: room:1, orders, posts]. Repeat, or separate by commas. In the file: each a line under
    /// `[socketio]`.
    #[arg(
        long = "socketio-event",
        env = "MADANG_SOCKETIO_EVENTS",
        value_name = "EVENT=TOPIC",
        value_delimiter = ','
    )]
    socketio_events: Option<Vec<String>>,
    /// How many people may sign up from one address within an hour, this machine's own included
    /// [default: 200].
    #[arg(long, env = "MADANG_SIGN_UPS_PER_HOUR", value_name = "NUMBER")]
    sign_ups_per_hour: Option<NonZeroU32>,
    /// How long a stop may take before it is forced, in seconds [default: 20].
    #[arg(long, env = "MADANG_STOP_SECONDS", value_name = "SECONDS")]
    stop_seconds: Option<u64>,
    /// What to log: `warn`, `info`, `debug`, or by part, `info,madang_web=debug` [default: info].
    #[arg(long, env = "MADANG_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How to log: for people, or a JSON object a line [default: human].
    #[arg(long, env = "MADANG_LOG_FORMAT", value_name = "human|json")]
    log_format: Option<LogFormat>,
}

/// What can be said in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    allowed_origins: Option<Vec<String>>,
    #[serde(default)]
    tls: FileTls,
    trusted_proxies: Option<Vec<String>>,
    hsts_seconds: Option<u32>,
    synchronous: Option<SynchronousSetting>,
    #[serde(default)]
    price: FilePrice,
    #[serde(default)]
    socketio: FileSocketIo,
    #[serde(default)]
    notices: Vec<FileNotice>,
    sign_ups_per_hour: Option<NonZeroU32>,
    stop_seconds: Option<u64>,
    log: Option<String>,
    log_format: Option<LogFormat>,
}

/// What can be said in the file under `[price]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePrice {
    sources: Option<Vec<String>>,
}

/// What can be said in the file under `[socketio]`.
#[derive(Debug, Default, Deserialize)]
struct FileSocketIo {
    clients: Option<SocketIoSetting>,
    /// Where events belong.
    #[serde(flatten)]
    events: BTreeMap<String, String>,
}

/// How log lines look.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum SocketIoSetting {
    Local,
    On,
    Off,
}

/// The settings of a run.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) origins: Origins,
    pub(crate) public: Public,
    pub(crate) synchronous: Synchronous,
    /// None where no price is followed.
    pub(crate) price_sources: Vec<Wanted>,
    pub(crate) socketio: socketio::Settings,
    /// What is told to everybody, and when.
    pub(crate) notices: Vec<Schedule>,
    /// From one address.
    pub(crate) sign_ups_per_hour: u32,
    pub(crate) stop_within: Duration,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
}

/// No stop takes longer than this many seconds: a service manager would have killed us long before.
const MAX_STOP_SECONDS: u64 = 600;

impl Config {
    /// Puts the sources together. A certificate has to be valid `now`.
    ///
    /// # Errors
    /// One sentence that says which setting is wrong, and how.
    pub(crate) fn load(flags: Flags, now: Timestamp) -> Result<Self> {
        let file = flags.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let origins = flags.allowed_origins.or(file.allowed_origins).unwrap_or_default();
        let synchronous = match flags.synchronous.or(file.synchronous) {
            Some(SynchronousSetting::Normal) => Synchronous::Normal,
            Some(SynchronousSetting::Full) | None => Synchronous::Full,
        };
        let price_sources = flags.price_sources.or(file.price.sources);
        let stop_seconds = flags.stop_seconds.or(file.stop_seconds).unwrap_or(20);
        if !(1..=MAX_STOP_SECONDS).contains(&stop_seconds) {
            bail!("`stop_seconds` is {stop_seconds}; it must be from 1 to {MAX_STOP_SECONDS}");
        }
        let sign_ups = flags.sign_ups_per_hour.or(file.sign_ups_per_hour);
        let listen = flags.listen.or(file.listen);
        let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 5001)));
        let reach = reach(flags.socketio.or(file.socketio.clients), listen);
        let socketio = socketio_settings(reach, flags.socketio_events, &file.socketio.events)
            .context("`socketio`")?;
        let public =
            public::load(flags.public, file.tls, file.trusted_proxies, file.hsts_seconds, now)?;
        Ok(Self {
            listen,
            data: flags.data.or(file.data).unwrap_or_else(|| PathBuf::from("data")),
            origins: Origins::new(origins.into_iter().filter(|origin| !origin.is_empty()))
                .context("`allowed_origins`")?,
            public,
            synchronous,
            price_sources: price::wanted(price_sources.as_deref()).context("`price_sources`")?,
            socketio,
            notices: notices::schedules(&file.notices).context("`notices`")?,
            sign_ups_per_hour: sign_ups.map_or(SIGN_UPS_PER_HOUR, NonZeroU32::get),
            stop_within: Duration::from_secs(stop_seconds),
            log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: flags.log_format.or(file.log_format).unwrap_or(LogFormat::Human),
        })
    }
}

/// Guests need no name and no session, so that a server that others reach says yes to them first.
fn reach(setting: Option<SocketIoSetting>, listen: SocketAddr) -> Exposure {
    match setting {
        Some(SocketIoSetting::On) => Exposure::On,
        Some(SocketIoSetting::Local) => Exposure::Local,
        None if listen.ip().is_loopback() => Exposure::Local,
        None | Some(SocketIoSetting::Off) => Exposure::Off,
    }
}

fn socketio_settings(
    reach: Exposure,
    flags: Option<Vec<String>>,
    file: &BTreeMap<String, String>,
) -> Result<socketio::Settings> {
    let Some(flags) = flags else {
        let places = file.iter().map(|(event, topic)| (event.as_str(), topic.as_str()));
        return Ok(socketio::Settings::new(reach, places)?);
    };
    let mut places = Vec::new();
    for entry in flags.iter().filter(|entry| !entry.is_empty()) {
        let Some(place) = entry.split_once('=') else {
            bail!("`{entry}` is not an event and a topic; write `data=room:1`");
        };
        places.push(place);
    }
    Ok(socketio::Settings::new(reach, places)?)
}

impl File {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
        toml::from_str(&text)
            .with_context(|| format!("the configuration file {} is wrong", path.display()))
    }
}
