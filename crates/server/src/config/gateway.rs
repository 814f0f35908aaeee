//! The settings of the Socket.IO gateway.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use madang_web::socketio::{Exposure, PresenceEvents, Settings};
use serde::Deserialize;

use super::former_names::FormerNames;
use super::surroundings::Reach;

/// The gateway's settings of the command line and of the environment.
#[derive(Debug, Args)]
pub(super) struct GatewayFlags {
    /// Which Socket.IO clients may connect: `local`, those on this machine; `on`,
    /// all that reach the server; `off`, none [default: `local` if the server listens on loopback only, and neither a
    /// proxy nor an origin beyond this machine is configured, else `off`]. In the file: `exposure` under `[socketio]`.
    #[arg(long = "socketio", env = "MADANG_SOCKETIO", value_name = "local|on|off")]
    socketio: Option<ExposureSetting>,
    /// Whether Socket.IO clients may come without an access token, as guests [default: true]. In the file: `guests` under
    /// `[socketio]`.
    #[arg(long = "socketio-guests", env = "MADANG_SOCKETIO_GUESTS", value_name = "true|false")]
    socketio_guests: Option<bool>,
    /// The topic of a Socket.IO event, such as `data=room:2` or `posts=off`. `data`, `my_event`, `message` and
    /// `json` go to a room, `status_changed` to `orders`, `posts` to `posts` [default: room:1, orders, posts].
    /// Repeat, or separate by commas. In the file: one line per event under `[socketio]`.
    #[arg(
        long = "socketio-event",
        env = "MADANG_SOCKETIO_EVENTS",
        value_name = "EVENT=TOPIC",
        value_delimiter = ','
    )]
    socketio_events: Option<Vec<String>>,
    /// The Socket.IO events that announce a client: `connected` and `disconnected`, or with `connect` the names
    /// `connect` and `disconnect`. Clients with socket.io-parser 4.2.4 or later disconnect at those names [default:
    /// connected]. In the file: `presence_events` under `[socketio]`.
    #[arg(
        long = "socketio-presence-events",
        env = "MADANG_SOCKETIO_PRESENCE_EVENTS",
        value_name = "connected|connect"
    )]
    socketio_presence_events: Option<PresenceEventsSetting>,
}

/// The table `[socketio]` of the file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct GatewayTable {
    exposure: Option<ExposureSetting>,
    /// Former name of `exposure`.
    clients: Option<ExposureSetting>,
    presence_events: Option<PresenceEventsSetting>,
    guests: Option<bool>,
    /// The topic of each event.
    #[serde(flatten)]
    events: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum ExposureSetting {
    Local,
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum PresenceEventsSetting {
    Connected,
    Connect,
}

/// Merges the sources and validates the result. Returns it with a sentence about the exposure, for the log.
///
/// # Errors
/// One sentence that names the invalid setting, and says how to correct it.
pub(super) fn load(
    flags: GatewayFlags,
    file: &GatewayTable,
    reach: Option<Reach>,
    former_names: &mut FormerNames,
) -> Result<(Settings, &'static str)> {
    let in_file = former_names
        .value(("[socketio] exposure", file.exposure), ("[socketio] clients", file.clients))?;
    let (exposure, sentence) = match flags.socketio.or(in_file) {
        Some(ExposureSetting::On) => (Exposure::On, ALL),
        Some(ExposureSetting::Local) => (Exposure::Local, THIS_MACHINE),
        Some(ExposureSetting::Off) => (Exposure::Off, "Socket.IO is off."),
        None => default_exposure(reach),
    };
    let mut settings =
        settings(exposure, flags.socketio_events, &file.events).context("`socketio`")?;
    settings.guests = flags.socketio_guests.or(file.guests).unwrap_or(true);
    settings.presence_events = match flags.socketio_presence_events.or(file.presence_events) {
        Some(PresenceEventsSetting::Connect) => PresenceEvents::Connect,
        Some(PresenceEventsSetting::Connected) | None => PresenceEvents::Connected,
    };
    Ok((settings, sentence))
}

const ALL: &str = "Socket.IO is open to every client that reaches this server: programs, and pages \
    of this server and of `allowed_origins`.";
const THIS_MACHINE: &str = "Socket.IO is open to programs and pages of this machine. If a proxy passes other \
    clients on, name it with `--trusted-proxy`, or set `--socketio off`.";

/// The exposure without a setting. Guests need no name and no session, so the gateway is open only where no other machine
/// is meant to reach the server.
fn default_exposure(reach: Option<Reach>) -> (Exposure, &'static str) {
    match reach {
        None => (Exposure::Local, THIS_MACHINE),
        Some(Reach::Listen) => (
            Exposure::Off,
            "Socket.IO is off, because the server listens beyond this machine; set `--socketio on` to \
             serve its clients as guests.",
        ),
        Some(Reach::Proxies) => (
            Exposure::Off,
            "Socket.IO is off, because `trusted_proxies` is set; set `--socketio on` to serve all \
             clients behind the proxy as guests, or `--socketio local` for those of this machine.",
        ),
        Some(Reach::Origins) => (
            Exposure::Off,
            "Socket.IO is off, because `public_origins` or `allowed_origins` names an origin beyond this \
             machine; set `--socketio on` to serve all clients as guests, or `--socketio local` for those of this machine.",
        ),
    }
}

fn settings(
    exposure: Exposure,
    flags: Option<Vec<String>>,
    file: &BTreeMap<String, String>,
) -> Result<Settings> {
    let Some(flags) = flags else {
        let topics = file.iter().map(|(event, topic)| (event.as_str(), topic.as_str()));
        return Ok(Settings::new(exposure, topics)?);
    };
    let mut topics = Vec::new();
    for entry in flags.iter().filter(|entry| !entry.is_empty()) {
        let Some(pair) = entry.split_once('=') else {
            bail!("`{entry}` is not an event and a topic; write `data=room:1`");
        };
        topics.push(pair);
    }
    Ok(Settings::new(exposure, topics)?)
}
