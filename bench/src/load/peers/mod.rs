//! Madang beside other servers: the same fan-out, echoes and idle connections, in one run with the baseline server.
//! Servers that are not installed are skipped.

mod registry;
mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use madang_loadgen::output::{print_diagnostic, print_line};
use serde_json::json;

use self::registry::{PEERS, Peer};
use self::table::{Figures, Outcome, Row, peer_table};
use super::echo_clients::madang_echo_path;
use super::environment::{Environment, RunningServer};
use super::{echo, fan_out, idle_memory, page};

/// Connections of one user of Madang, as with several tabs and devices.
const CONNECTIONS_PER_USER: usize = 10;
/// Connections that are opened at the same time: below the accept queue of each of these servers.
const CONCURRENT_CONNECTS: usize = 64;

/// The baseline server and its subscribers.
struct Baseline {
    server: RunningServer,
    harness: FanOutHarness,
}

/// A measured server.
struct ServerUnderTest<'a> {
    name: &'a str,
    /// The kind of the published events.
    event: &'static str,
    server: &'a RunningServer,
    config: HarnessConfig,
    /// The path of its echo endpoint, if it has one.
    echo: Option<String>,
    /// Two sets of idle connections, if its memory is measured.
    idle: Option<[HarnessConfig; 2]>,
}

/// Runs the measurements. Fails if a message was lost, doubled or reordered, or if a measurement failed; a server
/// that is not installed is no failure.
pub(super) fn run(
    environment: &mut Environment<'_>,
    folder: &Path,
    page: Option<&Path>,
) -> Result<ExitCode> {
    let server = environment.start_baseline()?;
    let config = HarnessConfig::new(
        Protocol::raw_text("/chat"),
        server.address,
        subscriber_count(environment),
    );
    let mut baseline = Baseline { harness: FanOutHarness::start(&config)?, server };
    print_diagnostic("load", "madang");
    let mut rows = measure_madang(environment, &mut baseline)?;
    for peer in &PEERS {
        print_diagnostic("load", peer.name);
        rows.push(measure_peer(environment, &mut baseline, peer, folder));
    }
    fan_out::finish(environment, "baseline", "raw", &mut baseline.harness)?;
    let table = peer_table(&rows);
    print_line(format_args!("\n{table}"));
    if let Some(path) = page {
        page::write_peers(path, &table, &environment.report)?;
    }
    Ok(environment.report.exit_code())
}

fn measure_madang(environment: &mut Environment<'_>, baseline: &mut Baseline) -> Result<Vec<Row>> {
    let server = environment.start_madang()?;
    let subscribers = subscriber_count(environment);
    let config = |protocol, users| {
        HarnessConfig::new(protocol, server.address, subscribers).with_users(users)
    };
    let users = environment.sign_up(&server, environment.users())?;
    let idle_count = subscribers * 2 / CONNECTIONS_PER_USER;
    let idle_users = environment.sign_up_as(&server, "idle user", 0, idle_count)?;
    let (first, second) = idle_users.split_at(idle_users.len() / 2);
    let idle = [first, second].map(|users| config(Protocol::MadangChat, users));
    let mut rows = Vec::new();
    for (event, protocol, echo, idle) in [
        ("ephemeral", Protocol::MadangTyping, Some(madang_echo_path()), Some(idle)),
        ("durable", Protocol::MadangChat, None, None),
    ] {
        let config = config(protocol, &users);
        let under_test =
            ServerUnderTest { name: "madang", event, server: &server, config, echo, idle };
        let figures = measure(environment, baseline, &under_test)?;
        let version = format!("{}, {event}", env!("CARGO_PKG_VERSION"));
        rows.push(Row { name: "Madang", outcome: Outcome::Measured { version, figures } });
    }
    environment.stop(server)?;
    Ok(rows)
}

/// A server that is not installed, or whose measurement fails, does not stop the run.
fn measure_peer(
    environment: &mut Environment<'_>,
    baseline: &mut Baseline,
    peer: &Peer,
    folder: &Path,
) -> Row {
    let installed = match peer.find(folder) {
        Ok(installed) => installed,
        Err(error) => {
            let reason = error.to_string();
            print_diagnostic("load", format_args!("{} is skipped: {reason}", peer.name));
            environment.report.add_line("peers", peer.name, json!({ "skipped": reason }));
            return Row { name: peer.name, outcome: Outcome::Skipped(reason) };
        }
    };
    let version = installed.version;
    environment.report.add_line("peers", peer.name, json!({ "version": version }));
    let figures = environment.start_external(&installed.command).and_then(|server| {
        let subscribers = subscriber_count(environment);
        let config = HarnessConfig {
            concurrent_connects: CONCURRENT_CONNECTS,
            ..HarnessConfig::new((peer.protocol)(), server.address, subscribers)
        };
        let under_test = ServerUnderTest {
            name: peer.name,
            event: "relayed",
            server: &server,
            echo: peer.echo.map(str::to_owned),
            idle: Some([config.clone(), config.clone()]),
            config,
        };
        let figures = measure(environment, baseline, &under_test)?;
        environment.stop_external(server)?;
        Ok(figures)
    });
    let outcome = match figures {
        Ok(figures) => Outcome::Measured { version, figures },
        Err(error) => {
            let reason = format!("{error:#}");
            print_diagnostic("load", format_args!("{} failed: {reason}", peer.name));
            environment.report.add_line("peers", peer.name, json!({ "failed": reason }));
            environment.report.add_failure(peer.name, &error);
            Outcome::Failed { version, reason }
        }
    };
    Row { name: peer.name, outcome }
}

fn measure(
    environment: &mut Environment<'_>,
    baseline: &mut Baseline,
    under_test: &ServerUnderTest<'_>,
) -> Result<Figures> {
    let ServerUnderTest { name, event, server, config, echo, idle } = under_test;
    // The memory comes first: the other measurements fill it.
    let idle = match idle {
        Some(halves) => {
            let (cost, _) = idle_memory::per_connection(environment, server, halves)?;
            let line = json!({ "event": event, "kb_per_connection": cost });
            environment.report.add_line("idle", name, line);
            environment.wait_until_quiet(server)?;
            Some(cost)
        }
        None => None,
    };
    let before = environment.report.faults();
    let mut harness = FanOutHarness::start(config)?;
    let mut fan_out_with = |environment: &mut Environment<'_>, window: u64| {
        let setting = json!({
            "event": event, "subscribers": config.subscribers, "text_bytes": config.text_bytes,
            "window": window,
        });
        let pair = [
            (baseline.server.measured(), &mut baseline.harness),
            (server.measured(), &mut harness),
        ];
        fan_out::compare(environment, name, setting, pair, window)
    };
    let fan_out = [fan_out_with(environment, 1)?, fan_out_with(environment, 32)?];
    fan_out::finish(environment, name, event, &mut harness).context("after the fan-out")?;
    let faults = environment.report.faults().since(before);
    drop(harness);
    let echo = match echo {
        Some(path) => Some(echo::compare(environment, &baseline.server, name, server, path)?),
        None => None,
    };
    Ok(Figures { fan_out, echo, idle, faults })
}

/// Number of subscribers, and of idle connections in each half.
fn subscriber_count(environment: &Environment<'_>) -> usize {
    environment.pick(200, 1_000)
}
