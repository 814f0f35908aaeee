//! What a connection costs that is there and says nothing.

use anyhow::{Context, Result};
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use super::lab::{Lab, Running};
use super::tls::Certified;
use crate::idle::memory::Memory;

/// Connections of one user: as many tabs and devices.
const CONNECTIONS_PER_USER: usize = 10;
/// What a room holds that was joined some time ago: the page that a joining client is sent.
const MESSAGES: u64 = 50;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    for (name, messages, deflate) in [
        ("an empty room", 0, false),
        ("a page of 50 messages", MESSAGES, false),
        ("compression", MESSAGES, true),
    ] {
        let (cost, deflating) = measure(lab, messages, deflate, None)?;
        let setting = json!({ "room": name, "kb_per_connection": cost, "deflating": deflating });
        lab.report.line("idle", "madang", setting);
        let what = format!("idle, joined and authenticated, KB of RSS a connection: {name}");
        if deflate && !deflating {
            lab.report.goal(what, "<= 3", "not negotiated", Some(false));
        } else {
            lab.report.goal(what, "<= 3", format!("{cost:.1}"), Some(cost <= 3.0));
        }
    }
    Ok(())
}

/// In two halves: the first pays for what the server has once, the second for connections alone.
pub(super) fn measure(
    lab: &Lab<'_>,
    messages: u64,
    deflate: bool,
    certified: Option<&Certified>,
) -> Result<(f64, bool)> {
    let connections = lab.pick(200, 2_000);
    let madang = match certified {
        Some(certified) => lab.start_madang_within_tls(certified)?,
        None => lab.start_madang()?,
    };
    let visitors = lab.sign_up(&madang, connections * 2 / CONNECTIONS_PER_USER)?;
    if messages > 0 {
        let tls = certified.map(|certified| certified.client.clone());
        let plan = Plan::new(Dialect::Chat, madang.address, 1).of(&visitors);
        Stage::open(&Plan { tls, ..plan })?.say_all(messages, 1)?;
    }
    let (first, second) = visitors.split_at(visitors.len() / 2);
    let plans = [first, second].map(|visitors| Plan {
        everything: true,
        deflate,
        tls: certified.map(|certified| certified.client.clone()),
        ..Plan::new(Dialect::Chat, madang.address, connections).of(visitors)
    });
    let (cost, deflating) = per_connection(lab, &madang, &plans)?;
    lab.stop(madang)?;
    Ok((cost, deflating == connections))
}

/// What each connection of the second half added to the server's memory, in KB; and how many of them
/// are compressed. The first half pays for what the server has once.
pub(super) fn per_connection(
    lab: &Lab<'_>,
    server: &Running,
    [first, second]: &[Plan; 2],
) -> Result<(f64, usize)> {
    let memory = || Memory::of(server.process).context("cannot read the server's memory");
    let mut before = Stage::open(first)?;
    lab.quiet(server)?;
    let middle = memory()?;
    let mut more = Stage::open(second)?;
    // Somebody may have asked the first half whether it is there.
    before.attend()?;
    lab.quiet(server)?;
    let after = memory()?;
    for half in [&mut before, &mut more] {
        half.attend()?;
        half.nothing_refused()?;
    }
    Ok((after.since(middle, second.subscribers).0, more.deflating()))
}
