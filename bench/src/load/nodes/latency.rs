//! The measurement `latency`: from a post on node A to the sockets of node B.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use madang_bench::harness::Latencies;
use madang_bench::{FanOutHarness, HarnessConfig, Histogram, Protocol};
use madang_loadgen::output::print_line;
use serde_json::json;

use super::cluster::Cluster;
use crate::load::environment::{Environment, MeasuredProcess, RunningServer};
use crate::load::fan_out::{alternate, finish};
use crate::load::report::{latency_figures, merged, round_figures};
use crate::load::sample::median_server_cpu;

/// The connections that post.
const PUBLISHERS: usize = 8;
/// Few readers: the delay is that of the way alone, and not of the deliveries to the other readers.
const FEW_READERS: usize = 10;
/// Messages per second in the measurement of delays.
const PER_SECOND: u32 = 20;
/// The goal: the cost of a delivery on node B beside that of the single node.
const GOAL: f64 = 1.5;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<ExitCode> {
    let (cluster, single) = (Cluster::start(environment, 2)?, Cluster::start(environment, 1)?);
    for readers in [FEW_READERS, environment.pick(100, 1_000)] {
        // New users: the ids of the commands begin again, and a repeated id would post nothing.
        let name = format!("reader {readers}");
        let users = [&cluster, &single].map(|it| it.sign_up(environment, &name, PUBLISHERS));
        let [of_cluster, of_single] = users;
        let (of_cluster, of_single) = (of_cluster?, of_single?);
        let config = |node: &RunningServer, users: &[_]| {
            HarnessConfig::new(Protocol::MadangChat, node.address, readers + PUBLISHERS)
                .with_users(users)
        };
        let readers_on = vec![cluster.node(1)?.address];
        let across = HarnessConfig { readers_on, ..config(cluster.node(0)?, &of_cluster) };
        let mut across = FanOutHarness::start(&across)?;
        let mut within = FanOutHarness::start(&config(single.node(0)?, &of_single))?;
        measure_delays(environment, readers, [&mut across, &mut within])?;
        if readers > FEW_READERS {
            let nodes = [single.node(0)?.measured(), cluster.node(1)?.measured()];
            compare_costs(environment, readers, nodes, [&mut within, &mut across])?;
        }
        finish(environment, "A to B", "durable", &mut across)?;
        finish(environment, "single node", "durable", &mut within)?;
    }
    cluster.stop(environment)?;
    single.stop(environment)?;
    print_line(format_args!("\n{}", environment.report.table()));
    Ok(environment.report.exit_code())
}

/// Measures the delays of both harnesses in turns. Each turn is short: the other harness does not answer pings meanwhile,
/// and its server would disconnect it.
fn measure_delays(
    environment: &mut Environment<'_>,
    readers: usize,
    [across, within]: [&mut FanOutHarness; 2],
) -> Result<()> {
    let (turns, duration) =
        environment.pick((1, Duration::from_secs(1)), (10, Duration::from_secs(2)));
    let mut delays = [Latencies::default(), Latencies::default()];
    for _ in 0..turns {
        for (harness, delays) in [&mut *across, &mut *within].into_iter().zip(&mut delays) {
            let Latencies { from_post, from_acknowledgement } =
                harness.publish_at_rate(PER_SECOND, duration)?;
            delays.from_post.add(&from_post);
            delays.from_acknowledgement.add(&from_acknowledgement);
        }
    }
    for (name, delays) in ["A to B", "single node"].into_iter().zip(&delays) {
        for (since, delays) in
            [("post", &delays.from_post), ("acknowledgement", &delays.from_acknowledgement)]
        {
            let setting = json!({ "readers": readers, "per_second": PER_SECOND, "since": since });
            let report = &mut environment.report;
            report.add_line("delay", name, merged(setting, latency_figures(delays)));
            let what = format!("{name}, {readers} readers: from the {since} to the socket");
            report.add_figure(what, figure(delays)?);
        }
    }
    Ok(())
}

/// Compares the processor time of a delivery on node B with that on the single node, which also stores the messages.
fn compare_costs(
    environment: &mut Environment<'_>,
    readers: usize,
    [single, b]: [MeasuredProcess; 2],
    [within, across]: [&mut FanOutHarness; 2],
) -> Result<()> {
    for window in [1, 32] {
        let pair = [(single, &mut *within), (b, &mut *across)];
        let ([of_single, of_b], ratio) = alternate(environment, pair, window)?;
        let setting = json!({ "readers": readers, "window": window });
        let report = &mut environment.report;
        for (name, samples) in ["single node", "node B"].into_iter().zip([&of_single, &of_b]) {
            report.add_line("nodes", name, merged(setting.clone(), round_figures(samples)));
        }
        let (of_b, of_single) = (median_server_cpu(&of_b), median_server_cpu(&of_single));
        let figure = format!("{ratio:.2} ({of_b:.2} and {of_single:.2} µs)");
        let what = format!("CPU per delivery on node B, to the single node, {window} outstanding");
        report.add_goal(what, "<= 1.5 x", figure, ratio <= GOAL);
    }
    Ok(())
}

fn figure(delays: &Histogram) -> Result<String> {
    let millis = |share| {
        let delay = delays.per_mille(share).context("nothing was delivered")?;
        anyhow::Ok(delay.as_secs_f64() * 1e3)
    };
    Ok(format!(
        "p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
        millis(500)?,
        millis(990)?,
        millis(1_000)?
    ))
}
