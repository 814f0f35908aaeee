//! The scenario `resume`: all clients reconnect at the same time and catch up on 100 missed events, while other
//! clients send echoes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use madang_bench::{FanOutHarness, HarnessConfig, HarnessError, Histogram, Protocol};
use serde_json::json;

use super::echo_clients::{EchoClients, madang_echo_path};
use super::environment::Environment;
use super::report::{latency_figures, merged};
use super::sample::float;

/// Events that each client has missed.
const MISSED: u64 = 100;
/// Number of echo clients, and their messages per second.
const ECHO_CLIENTS: usize = 16;
const ECHO_RATE: u32 = 200;
/// Connections that are opened at the same time; the server's accept queue holds 1,024.
const CONCURRENT_CONNECTS: usize = 1_000;
/// Time limit for the echo clients to connect.
const CONNECTED_WITHIN: Duration = Duration::from_secs(20);
/// Above this latency people notice a delay.
const GOAL_MS: f64 = 100.0;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let clients = environment.pick(300, 5_000);
    let madang = environment.start_madang()?;
    let users = environment.sign_up(&madang, environment.users())?;
    let config = HarnessConfig::new(Protocol::MadangChat, madang.address, 10).with_users(&users);
    let position = {
        let mut harness = FanOutHarness::start(&config)?;
        let position = harness.position().context("the room has no position")?;
        harness.publish_count(MISSED, 10)?;
        environment.report.add_summary(&mut harness)?;
        position
    };
    // The room is empty now, so no subscriber keeps the missed events in the server's memory.
    environment.wait_until_quiet(&madang)?;
    let calm = echo_during(madang.address, environment, |environment| {
        environment.wait(Duration::from_secs(environment.pick(1, 5)));
        Ok(())
    })?;
    let config = HarnessConfig {
        subscribers: clients,
        resume_from: Some(position),
        concurrent_connects: CONCURRENT_CONNECTS,
        ..config
    };
    let (mut sample, mut harness) = (None, None);
    let storm = echo_during(madang.address, environment, |_| {
        sample = Some(madang.sample(|| {
            harness = Some(FanOutHarness::connect(&config)?);
            Ok(clients as u64)
        })?);
        Ok(())
    })?;
    let sample = sample.context("the storm was not measured")?;
    let mut harness = harness.context("the storm was not measured")?;
    harness.settle()?;
    harness.check_no_refusal()?;
    let report = &mut environment.report;
    report.add_summary(&mut harness)?;

    let setting = json!({ "clients": clients, "missed": MISSED });
    let p99 = storm.per_mille(990).context("no echo arrived")?.as_secs_f64() * 1e3;
    for (scenario, latencies) in
        [("resume storm, echo before it", &calm), ("resume storm, echo during it", &storm)]
    {
        let line = merged(setting.clone(), latency_figures(latencies));
        report.add_line(scenario, "madang", line);
    }
    let each_us = sample.server.as_secs_f64() * 1e6 / float(sample.count);
    let figures = json!({
        "seconds": sample.elapsed.as_secs_f64(), "server_cpu_us_per_client": each_us,
        "generator_cpu_s": sample.generator.as_secs_f64(),
    });
    report.add_line("resume storm", "madang", merged(setting, figures));
    let what =
        format!("resume storm: {clients} clients catch up {MISSED} events; echo p99 during it");
    report.add_goal(what, "< 100 ms", format!("{p99:.0} ms"), p99 < GOAL_MS);
    let what =
        format!("resume storm: time until {clients} clients have caught up; server CPU each");
    let figure = format!("{:.1} s; {each_us:.0} µs", sample.elapsed.as_secs_f64());
    report.add_figure(what, figure);
    drop(harness);
    environment.stop(madang)
}

/// Runs `work` while other clients send echoes, and returns the latencies of the echoes.
fn echo_during(
    server: SocketAddr,
    environment: &mut Environment<'_>,
    work: impl FnOnce(&mut Environment<'_>) -> Result<()>,
) -> Result<Histogram> {
    let is_over = AtomicBool::new(false);
    let (connected, wait_for_connected) = channel();
    let (echo_outcome, work_outcome) = std::thread::scope(|scope| {
        let echoing = scope.spawn(|| {
            let mut clients = EchoClients::connect(server, &madang_echo_path(), ECHO_CLIENTS)?;
            // The receiver lives as long as this thread.
            connected.send(()).ok();
            let latencies = clients.send_at_rate(ECHO_RATE, || is_over.load(Ordering::Relaxed))?;
            Ok::<_, HarnessError>((latencies, clients.faults()))
        });
        // Without connected clients the thread has failed, and its error is returned below.
        let work_outcome = wait_for_connected
            .recv_timeout(CONNECTED_WITHIN)
            .map_or(Ok(()), |()| work(environment));
        is_over.store(true, Ordering::Relaxed);
        (echoing.join(), work_outcome)
    });
    let (latencies, faults) = echo_outcome.map_err(|_| anyhow!("the echo thread panicked"))??;
    work_outcome?;
    environment.report.add_faults(faults);
    Ok(latencies)
}
