//! Other people's servers beside ours: the same fan-out, the same echo, the same idle connections, in
//! one run with the yardstick. Those that are not there are named and passed over.

mod known;
mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use self::known::{KNOWN, Peer};
use self::table::{Figures, Outcome, Row};
use super::lab::{Lab, Running};
use super::{echo, fan_out, idle, page, progress};
use crate::say;

/// Of one user of Madang: as many tabs and devices.
const CONNECTIONS_PER_USER: usize = 10;
/// Connections that are being opened at a time: fewer than any of these servers keeps waiting.
const OPENING: usize = 64;

/// What everybody is held against.
struct Yardstick {
    server: Running,
    stage: Stage,
}

/// A server, and how it is met.
struct Met<'a> {
    name: &'a str,
    /// Which of its ways to pass something on.
    event: &'static str,
    server: &'a Running,
    plan: Plan,
    /// Where it says back what it gets, if it does.
    echo: Option<String>,
    /// Two crowds that say nothing, if they are to be measured.
    idle: Option<[Plan; 2]>,
}

/// Measures. Fails if anything was lost, doubled, or put out of order, or could not be measured; and
/// never for a peer that is not there.
pub(super) fn run(lab: &mut Lab<'_>, folder: &Path, page: Option<&Path>) -> Result<ExitCode> {
    let server = lab.start_yardstick()?;
    let plan = Plan::new(raw("/chat"), server.address, crowd(lab));
    let mut yardstick = Yardstick { stage: Stage::open(&plan)?, server };
    progress("madang");
    let mut rows = madang(lab, &mut yardstick)?;
    for peer in &KNOWN {
        progress(peer.name);
        rows.push(beside(lab, &mut yardstick, peer, folder));
    }
    fan_out::finish(lab, "yardstick", "raw", &mut yardstick.stage)?;
    let table = table::of(&rows);
    say(format_args!("\n{table}"));
    if let Some(path) = page {
        page::write_peers(path, &table, &lab.report)?;
    }
    Ok(if lab.report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn madang(lab: &mut Lab<'_>, yardstick: &mut Yardstick) -> Result<Vec<Row>> {
    let server = lab.start_madang()?;
    let visitors = lab.sign_up(&server, lab.users())?;
    let residents =
        lab.sign_up_as(&server, "resident", 0, crowd(lab) * 2 / CONNECTIONS_PER_USER)?;
    let (first, second) = residents.split_at(residents.len() / 2);
    let still =
        [first, second].map(|half| Plan::new(Dialect::Chat, server.address, crowd(lab)).of(half));
    let mut rows = Vec::new();
    for (event, dialect, echo, idle) in [
        ("ephemeral", Dialect::Typing, Some(echo::path()), Some(still)),
        ("durable", Dialect::Chat, None, None),
    ] {
        let plan = Plan::new(dialect, server.address, crowd(lab)).of(&visitors);
        let met = Met { name: "madang", event, server: &server, plan, echo, idle };
        let figures = measure(lab, yardstick, &met)?;
        let version = format!("{}, {event}", env!("CARGO_PKG_VERSION"));
        rows.push(Row { name: "Madang", outcome: Outcome::Measured { version, figures } });
    }
    lab.stop(server)?;
    Ok(rows)
}

/// A peer that is not there, or that cannot be measured to its end, keeps nobody else from it.
fn beside(lab: &mut Lab<'_>, yardstick: &mut Yardstick, peer: &Peer, folder: &Path) -> Row {
    let there = match peer.find(folder) {
        Ok(there) => there,
        Err(missing) => {
            let why = missing.to_string();
            progress(format_args!("{} is skipped: {why}", peer.name));
            lab.report.line("peers", peer.name, json!({ "skipped": why }));
            return Row { name: peer.name, outcome: Outcome::Skipped(why) };
        }
    };
    let version = there.version;
    lab.report.line("peers", peer.name, json!({ "version": version }));
    let figures = lab.start_foreign(&there.setting).and_then(|server| {
        let plan =
            |many| Plan { opening: OPENING, ..Plan::new((peer.dialect)(), server.address, many) };
        let met = Met {
            name: peer.name,
            event: "passed on",
            server: &server,
            plan: plan(crowd(lab)),
            echo: peer.echo.map(str::to_owned),
            idle: Some([plan(crowd(lab)), plan(crowd(lab))]),
        };
        let figures = measure(lab, yardstick, &met)?;
        lab.stop_foreign(server)?;
        Ok(figures)
    });
    let outcome = match figures {
        Ok(figures) => Outcome::Measured { version, figures },
        Err(error) => {
            progress(format_args!("{} failed: {error:#}", peer.name));
            lab.report.line("peers", peer.name, json!({ "failed": format!("{error:#}") }));
            lab.report.failed(peer.name, &error);
            Outcome::Failed { version, why: format!("{error:#}") }
        }
    };
    Row { name: peer.name, outcome }
}

fn measure(lab: &mut Lab<'_>, yardstick: &mut Yardstick, met: &Met<'_>) -> Result<Figures> {
    let Met { name, event, server, plan, echo, idle } = met;
    // Before anything else has filled the server's memory.
    let idle = match idle {
        Some(plans) => {
            let (cost, _) = idle::per_connection(lab, server, plans)?;
            let setting = json!({ "event": event, "kb_per_connection": cost });
            lab.report.line("idle", name, setting);
            lab.quiet(server)?;
            Some(cost)
        }
        None => None,
    };
    let before = lab.report.faults();
    let mut stage = Stage::open(plan)?;
    let mut one = |lab: &mut Lab<'_>, window: u64| {
        let setting = json!({
            "event": event, "subscribers": plan.subscribers, "text_bytes": plan.text_bytes,
            "window": window,
        });
        let pair =
            [(yardstick.server.measured(), &mut yardstick.stage), (server.measured(), &mut stage)];
        fan_out::compared(lab, name, setting, pair, window)
    };
    let fan_out = [one(lab, 1)?, one(lab, 32)?];
    fan_out::finish(lab, name, event, &mut stage).context("after the fan-out")?;
    let faults = lab.report.faults().since(before);
    drop(stage);
    let echo = match echo {
        Some(path) => Some(echo::compared(lab, &yardstick.server, name, server, path)?),
        None => None,
    };
    Ok(Figures { fan_out, echo, idle, faults })
}

/// Connections that follow, and of each half that says nothing.
fn crowd(lab: &Lab<'_>) -> usize {
    lab.pick(200, 1_000)
}

fn raw(path: &str) -> Dialect {
    Dialect::Raw { path: path.to_owned() }
}
