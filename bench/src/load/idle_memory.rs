//! The scenario `idle`: server memory per idle connection.

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use madang_loadgen::{ProcessMemory, SelfSignedCertificate};
use serde_json::json;

use super::environment::{Environment, RunningServer};

/// Connections of one user, as with several tabs and devices.
const CONNECTIONS_PER_USER: usize = 10;
/// Messages in the room: the page that the server sends to a joining client.
const MESSAGES: u64 = 50;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    for (name, messages, deflate) in [
        ("an empty room", 0, false),
        ("a page of 50 messages", MESSAGES, false),
        ("compression", MESSAGES, true),
    ] {
        let (cost, deflating) = measure(environment, messages, deflate, None)?;
        let setting = json!({ "room": name, "kb_per_connection": cost, "deflating": deflating });
        environment.report.add_line("idle", "madang", setting);
        let what = format!("idle, joined and authenticated, KB of RSS a connection: {name}");
        if deflate && !deflating {
            environment.report.add_goal(what, "<= 3", "not negotiated", false);
        } else {
            environment.report.add_goal(what, "<= 3", format!("{cost:.1}"), cost <= 3.0);
        }
    }
    Ok(())
}

/// Measures the memory in KB per connection on a new server. Also returns whether compression was negotiated.
pub(super) fn measure(
    environment: &Environment<'_>,
    messages: u64,
    deflate: bool,
    certificate: Option<&SelfSignedCertificate>,
) -> Result<(f64, bool)> {
    let connections = environment.pick(200, 2_000);
    let madang = match certificate {
        Some(certificate) => environment.start_madang_with_tls(certificate)?,
        None => environment.start_madang()?,
    };
    let users = environment.sign_up(&madang, connections * 2 / CONNECTIONS_PER_USER)?;
    let config = |subscribers, users| HarnessConfig {
        tls: certificate.map(|certificate| certificate.client.clone()),
        ..HarnessConfig::new(Protocol::MadangChat, madang.address, subscribers).with_users(users)
    };
    if messages > 0 {
        FanOutHarness::start(&config(1, &users))?.publish_count(messages, 1)?;
    }
    let (first, second) = users.split_at(users.len() / 2);
    let halves = [first, second].map(|users| HarnessConfig {
        all_topics: true,
        deflate,
        ..config(connections, users)
    });
    let (cost, deflating) = per_connection(environment, &madang, &halves)?;
    environment.stop(madang)?;
    Ok((cost, deflating == connections))
}

/// The server memory in KB that each connection of the second half added, and the number of compressed
/// connections among them. The first half includes the server's one-time costs.
pub(super) fn per_connection(
    environment: &Environment<'_>,
    server: &RunningServer,
    [first, second]: &[HarnessConfig; 2],
) -> Result<(f64, usize)> {
    let mut first_half = FanOutHarness::start(first)?;
    environment.wait_until_quiet(server)?;
    let before = ProcessMemory::of(server.process_id)?;
    let mut second_half = FanOutHarness::start(second)?;
    // The server may have sent pings to the first half.
    first_half.handle_pending_events()?;
    environment.wait_until_quiet(server)?;
    let after = ProcessMemory::of(server.process_id)?;
    for half in [&mut first_half, &mut second_half] {
        half.handle_pending_events()?;
        half.check_no_refusal()?;
    }
    Ok((after.growth_per(second.subscribers, before).0, second_half.deflating()))
}
