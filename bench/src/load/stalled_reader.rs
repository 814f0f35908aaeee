//! The scenario `stalled`: one of 1,000 subscribers does not read. The latency of the others must stay the same,
//! the server's memory must stay bounded, and the subscriber must finally get every message.

use std::time::Duration;

use anyhow::{Context, Result};
use madang_bench::{FanOutHarness, HarnessConfig, Histogram, Protocol};
use madang_loadgen::ProcessMemory;
use serde_json::json;

use super::environment::Environment;
use super::report::{latency_figures, merged};
use super::sample::median;

/// Long messages, which fill sockets and buffers quickly.
const TEXT_BYTES: usize = 2_000;
/// Messages per second. A round has more messages than the server keeps in memory for a topic.
const RATE: u32 = 30;
/// Receive buffer of the stalled subscriber in bytes.
const RECEIVE_BUFFER: usize = 8 * 1024;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let subscribers = environment.pick(100, 1_000);
    // Shorter than the server's ping interval and timeout (25 s and 8 s).
    let (rounds, duration) =
        environment.pick((1, Duration::from_secs(2)), (3, Duration::from_secs(12)));
    let madang = environment.start_madang()?;
    let users = environment.sign_up(&madang, environment.users().min(subscribers - 1))?;
    let config = HarnessConfig::new(Protocol::MadangChat, madang.address, subscribers);
    let config = HarnessConfig {
        text_bytes: TEXT_BYTES,
        last_receive_buffer: Some(RECEIVE_BUFFER),
        ..config.with_users(&users)
    };
    let mut harness = FanOutHarness::start(&config)?;
    let last = subscribers - 1;
    // A warm-up, in which the server's buffers reach their size.
    harness.publish_at_rate(RATE, duration / 3)?;
    let (mut ratios, mut growth, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut recovery = "everything, on the same connection";
    for _ in 0..rounds {
        let calm = harness.publish_at_rate(RATE, duration)?.from_post;
        let before = ProcessMemory::of(madang.process_id)?;
        harness.stop_reading(last)?;
        let stalled = harness.publish_at_rate(RATE, duration)?.from_post;
        let after = ProcessMemory::of(madang.process_id)?;
        let caught_up = harness.resume_reading(last)?;
        let reconnects = caught_up.is_none();
        if reconnects {
            reconnect(environment, &mut harness, &config)?;
        }
        ratios.push(p99(&stalled)? / p99(&calm)?);
        let grown_kb = after.growth_per(1, before).0;
        growth.push(grown_kb);
        lines.push(json!({
            "calm": latency_figures(&calm), "stalled": latency_figures(&stalled),
            "grown_kb": grown_kb,
            "caught_up_s": caught_up.map(|time| time.as_secs_f64()), "reconnected": reconnects,
        }));
        if reconnects {
            recovery = "everything, after a disconnect and a resume";
            break;
        }
    }
    harness.check_no_refusal()?;
    let report = &mut environment.report;
    let summary = report.add_summary(&mut harness)?;
    let setting = json!({
        "subscribers": subscribers, "text_bytes": TEXT_BYTES, "rate": RATE, "stalls": lines,
    });
    report.add_line("stalled reader", "madang", merged(setting, summary));
    let what = format!(
        "one stalled reader among {subscribers}: p99 of the others, relative to none stalled"
    );
    report.add_upper_goal(what, "<= 1.2 x", 1.2, median(ratios));
    let unread_kb = u64::from(RATE) * duration.as_secs() * TEXT_BYTES as u64 / 1024;
    let what = format!("one stalled reader: growth of server memory with {unread_kb} KB unread");
    report.add_unchecked_goal(what, "bounded", format!("{:.0} KB", median(growth)));
    report.add_goal("one stalled reader: recovers", "everything", recovery, true);
    drop(harness);
    environment.stop(madang)
}

/// Resumes the disconnected last subscriber on a new connection. It is ready when it has caught up.
fn reconnect(
    environment: &mut Environment<'_>,
    harness: &mut FanOutHarness,
    config: &HarnessConfig,
) -> Result<()> {
    let position = harness.abandon(config.subscribers - 1);
    let position = position.context("the stalled subscriber does not catch up")?;
    let config = HarnessConfig {
        subscribers: 1,
        resume_from: Some(position),
        last_receive_buffer: None,
        ..config.clone()
    };
    let mut resumed = FanOutHarness::connect(&config)?;
    resumed.settle()?;
    resumed.check_no_refusal()?;
    environment.report.add_summary(&mut resumed)?;
    Ok(())
}

fn p99(latencies: &Histogram) -> Result<f64> {
    let latency = latencies.per_mille(990).context("no message was delivered")?;
    Ok(latency.as_secs_f64())
}
