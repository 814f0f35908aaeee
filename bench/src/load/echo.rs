//! The scenario `echo`: echoes of messages, with one outstanding message on each of 64 connections.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::echo_clients::{EchoClients, TEXT_BYTES, madang_echo_path};
use super::environment::{Environment, RunningServer};
use super::report::{merged, round_figures};
use super::sample::median_cpu_ratio;

const CLIENTS: usize = 64;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let (baseline, madang) = (environment.start_baseline()?, environment.start_madang()?);
    let ratio = compare(environment, &baseline, "madang", &madang, &madang_echo_path())?;
    environment.report.add_upper_goal("echo on `/ws`, 64 clients", "<= 1.05 x", 1.05, ratio);
    environment.stop(madang)
}

/// Measures both servers in alternating rounds. Reports a line for each and one for the ratio of `server` to the
/// baseline, and returns the ratio.
pub(super) fn compare(
    environment: &mut Environment<'_>,
    baseline: &RunningServer,
    name: &str,
    server: &RunningServer,
    path: &str,
) -> Result<f64> {
    let mut clients = [
        EchoClients::connect(baseline.address, "/echo", CLIENTS)?,
        EchoClients::connect(server.address, path, CLIENTS)?,
    ];
    let (rounds, duration) =
        environment.pick((3, Duration::from_millis(300)), (7, Duration::from_secs(2)));
    let mut samples = [Vec::new(), Vec::new()];
    // Round 0 is a warm-up.
    for round in 0..=rounds {
        for ((server, clients), samples) in
            [baseline, server].into_iter().zip(&mut clients).zip(&mut samples)
        {
            let sample = server.sample(|| clients.send_continuously(duration))?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let [of_baseline, of_server] = &samples;
    let ratio = median_cpu_ratio(of_baseline, of_server);
    let setting = json!({ "clients": CLIENTS, "text_bytes": TEXT_BYTES });
    let report = &mut environment.report;
    for (server, samples) in ["baseline", name].into_iter().zip(&samples) {
        report.add_line("echo", server, merged(setting.clone(), round_figures(samples)));
    }
    report.add_line("echo", "ratio", merged(setting, json!({ "of": name, "ratio": ratio })));
    for clients in &clients {
        report.add_faults(clients.faults());
    }
    Ok(ratio)
}
