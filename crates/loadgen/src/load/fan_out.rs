//! One event, a thousand subscribers.

use std::time::Duration;

use anyhow::Result;
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::{Value, json};

use super::lab::{Lab, Measured, Sample, median};
use super::report::{latencies, rounds, with};

/// Things said a second where it is measured how long each delivery takes: so few that every server can
/// keep up.
const PACE: u32 = 20;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let subscribers = lab.pick(200, 1_000);
    let (yardstick, madang) = (lab.start_yardstick()?, lab.start_madang()?);
    let visitors = lab.sign_up(&madang, lab.users())?;
    let raw = Plan::new(Dialect::Raw { path: "/chat".to_owned() }, yardstick.address, subscribers);
    let mut barest = Stage::open(&raw)?;
    for (name, dialect) in [("ephemeral", Dialect::Typing), ("durable", Dialect::Chat)] {
        let plan = Plan::new(dialect, madang.address, subscribers).of(&visitors);
        let mut stage = Stage::open(&plan)?;
        for window in [1, 32] {
            let pair = [(yardstick.measured(), &mut barest), (madang.measured(), &mut stage)];
            let setting = json!({
                "event": name, "subscribers": subscribers, "text_bytes": raw.text_bytes,
                "window": window,
            });
            let ratio = compared(lab, "madang", setting, pair, window)?;
            match (name, window) {
                ("ephemeral", 1) => {
                    let what = "ephemeral event, one at a time, CPU per delivery";
                    lab.report.at_most(what, "<= 1.10 x yardstick", 1.10, ratio);
                }
                ("durable", 1) => {
                    let what = "durable chat message, one at a time";
                    lab.report.at_most(what, "<= 1.20 x", 1.20, ratio);
                }
                _ => {
                    let what = format!("{name}, {window} outstanding");
                    lab.report.at_most(what, "<= 0.10 x", 0.10, ratio);
                }
            }
        }
        // Whoever is not measured is not listened to, and must not be taken for gone meanwhile.
        let long = Duration::from_secs(lab.pick(1, 5));
        for (server, stage) in [("yardstick", &mut barest), ("madang", &mut stage)] {
            let histogram = stage.keep_pace(PACE, long)?;
            let setting = json!({ "event": name, "subscribers": subscribers, "per_second": PACE });
            lab.report.line("latency", server, with(setting, latencies(&histogram)));
        }
        finish(lab, "madang", name, &mut stage)?;
    }
    finish(lab, "yardstick", "raw", &mut barest)?;
    lab.stop(madang)
}

/// Rounds of both, one after the other: whatever disturbs the machine disturbs both. Answers the
/// samples, and the middle of the rounds' ratios of the second to the first.
pub(super) fn in_turns(
    lab: &Lab<'_>,
    mut pair: [(Measured, &mut Stage); 2],
    window: u64,
) -> Result<([Vec<Sample>; 2], f64)> {
    let (count, long) = lab.pick((3, Duration::from_millis(300)), (7, Duration::from_secs(2)));
    let mut samples = [Vec::new(), Vec::new()];
    // The first is for caches and for processors that have to wake up.
    for round in 0..=count {
        for ((server, stage), samples) in pair.iter_mut().zip(&mut samples) {
            let sample = server.sample(|| stage.keep_under_way(window, long))?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let [first, second] = &samples;
    let ratios = first.iter().zip(second);
    let ratios =
        ratios.map(|(first, second)| second.server_per_million() / first.server_per_million());
    let ratio = median(ratios.collect());
    Ok((samples, ratio))
}

/// The same, with a line for each and for the ratio.
pub(super) fn compared(
    lab: &mut Lab<'_>,
    server: &str,
    setting: Value,
    pair: [(Measured, &mut Stage); 2],
    window: u64,
) -> Result<f64> {
    let (samples, ratio) = in_turns(lab, pair, window)?;
    for (server, samples) in ["yardstick", server].into_iter().zip(&samples) {
        lab.report.line("fan-out", server, with(setting.clone(), rounds(samples)));
    }
    lab.report.line("fan-out", "ratio", with(setting, json!({ "of": server, "ratio": ratio })));
    Ok(ratio)
}

/// Nothing must be missing in the end.
pub(super) fn finish(
    lab: &mut Lab<'_>,
    server: &str,
    event: &str,
    stage: &mut Stage,
) -> Result<()> {
    stage.nothing_refused()?;
    if event == "durable" {
        anyhow::ensure!(stage.acknowledged()?, "not everything was acknowledged");
    }
    let seen = lab.report.seen(stage)?;
    lab.report.line("seen", server, with(json!({ "event": event }), seen));
    Ok(())
}
