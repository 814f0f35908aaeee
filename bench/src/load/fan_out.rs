//! The scenario `fan-out`: delivery of one event to 1,000 subscribers.

use std::time::Duration;

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use serde_json::{Value, json};

use super::environment::{Environment, MeasuredProcess};
use super::report::{latency_figures, merged, round_figures};
use super::sample::{Sample, median_cpu_ratio};

/// Messages per second in the latency measurement: few enough for every server.
const LATENCY_RATE: u32 = 20;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let subscribers = environment.pick(200, 1_000);
    let (baseline, madang) = (environment.start_baseline()?, environment.start_madang()?);
    let users = environment.sign_up(&madang, environment.users())?;
    let raw = HarnessConfig::new(Protocol::raw_text("/chat"), baseline.address, subscribers);
    let mut baseline_harness = FanOutHarness::start(&raw)?;
    for (event, protocol) in
        [("ephemeral", Protocol::MadangTyping), ("durable", Protocol::MadangChat)]
    {
        let config = HarnessConfig::new(protocol, madang.address, subscribers).with_users(&users);
        let mut harness = FanOutHarness::start(&config)?;
        for window in [1, 32] {
            let pair =
                [(baseline.measured(), &mut baseline_harness), (madang.measured(), &mut harness)];
            let setting = json!({
                "event": event, "subscribers": subscribers, "text_bytes": raw.text_bytes,
                "window": window,
            });
            let ratio = compare(environment, "madang", setting, pair, window)?;
            add_goal(environment, event, window, ratio);
        }
        // Each latency run is short: the other harness does not answer pings meanwhile, and its server would
        // disconnect it.
        let duration = Duration::from_secs(environment.pick(1, 5));
        for (server, harness) in [("baseline", &mut baseline_harness), ("madang", &mut harness)] {
            let latencies = harness.publish_at_rate(LATENCY_RATE, duration)?.from_post;
            let setting =
                json!({ "event": event, "subscribers": subscribers, "per_second": LATENCY_RATE });
            let line = merged(setting, latency_figures(&latencies));
            environment.report.add_line("latency", server, line);
        }
        finish(environment, "madang", event, &mut harness)?;
    }
    finish(environment, "baseline", "raw", &mut baseline_harness)?;
    environment.stop(madang)
}

fn add_goal(environment: &mut Environment<'_>, event: &str, window: u64, ratio: f64) {
    let report = &mut environment.report;
    match (event, window) {
        ("ephemeral", 1) => {
            let what = "ephemeral event, one at a time, CPU per delivery";
            report.add_upper_goal(what, "<= 1.10 x baseline", 1.10, ratio);
        }
        ("durable", 1) => {
            let what = "durable chat message, one at a time";
            report.add_upper_goal(what, "<= 1.20 x", 1.20, ratio);
        }
        _ => {
            let what = format!("{event}, {window} outstanding");
            report.add_upper_goal(what, "<= 0.10 x", 0.10, ratio);
        }
    }
}

/// Measures both harnesses in alternating rounds, so that a disturbance of the machine affects both. Returns the
/// samples, and the median ratio of the second to the first.
pub(super) fn alternate(
    environment: &Environment<'_>,
    mut pair: [(MeasuredProcess, &mut FanOutHarness); 2],
    window: u64,
) -> Result<([Vec<Sample>; 2], f64)> {
    let (rounds, duration) =
        environment.pick((3, Duration::from_millis(300)), (7, Duration::from_secs(2)));
    let mut samples = [Vec::new(), Vec::new()];
    // Round 0 warms up caches and processors.
    for round in 0..=rounds {
        for ((server, harness), samples) in pair.iter_mut().zip(&mut samples) {
            let sample = server.sample(|| harness.publish_with_window(window, duration))?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let [first, second] = &samples;
    let ratio = median_cpu_ratio(first, second);
    Ok((samples, ratio))
}

/// Like [`alternate`], against the baseline server. Reports a line for each server and one for the ratio, and
/// returns the ratio.
pub(super) fn compare(
    environment: &mut Environment<'_>,
    server: &str,
    setting: Value,
    pair: [(MeasuredProcess, &mut FanOutHarness); 2],
    window: u64,
) -> Result<f64> {
    let (samples, ratio) = alternate(environment, pair, window)?;
    let report = &mut environment.report;
    for (server, samples) in ["baseline", server].into_iter().zip(&samples) {
        report.add_line("fan-out", server, merged(setting.clone(), round_figures(samples)));
    }
    report.add_line("fan-out", "ratio", merged(setting, json!({ "of": server, "ratio": ratio })));
    Ok(ratio)
}

/// Checks that every message was acknowledged, and reports the counts and faults of the harness.
pub(super) fn finish(
    environment: &mut Environment<'_>,
    server: &str,
    event: &str,
    harness: &mut FanOutHarness,
) -> Result<()> {
    harness.check_no_refusal()?;
    if event == "durable" {
        let acknowledged = harness.wait_for_acknowledgements()?;
        anyhow::ensure!(acknowledged, "some messages were not acknowledged in time");
    }
    let summary = environment.report.add_summary(harness)?;
    environment.report.add_line("summary", server, merged(json!({ "event": event }), summary));
    Ok(())
}
