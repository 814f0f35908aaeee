//! The scenario `durable`: acknowledged messages per second with every commit synced, compared with a group-commit
//! loop on the same disk.

mod baseline;
mod senders;

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::baseline::CommitBaseline;
use self::senders::Senders;
use super::environment::{Environment, temporary_folder};
use super::report::merged;
use super::sample::{Sample, float, median};

/// Number of concurrent senders. Each sends its next message when the last is acknowledged.
const SENDERS: usize = 256;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let sender_count = environment.pick(32, SENDERS);
    let (rounds, duration) =
        environment.pick((2, Duration::from_millis(500)), (7, Duration::from_secs(3)));
    let madang = environment.start_madang()?;
    let users = environment.sign_up(&madang, sender_count)?;
    let mut senders = Senders::connect(&madang, &users)?;
    let folder = temporary_folder()?;
    // The baseline commits on the same core as the server's writer.
    environment.move_to_server_core()?;
    let baseline = CommitBaseline::open(folder.path());
    environment.move_to_generator_core()?;
    let mut baseline = baseline?;

    let (mut baseline_rates, mut samples, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // Round 0 is a warm-up.
    for round in 0..=rounds {
        let baseline_rate =
            float(baseline.insert(sender_count, duration)?) / duration.as_secs_f64();
        let sample = madang.sample(|| senders.send(duration))?;
        if round > 0 {
            ratios.push(sample.per_second() / baseline_rate);
            baseline_rates.push(baseline_rate);
            samples.push(sample);
        }
    }
    let faults = senders.faults();
    let report = &mut environment.report;
    report.add_faults(faults);
    let setting = json!({ "senders": sender_count, "synchronous": "full" });
    let figures = json!({ "per_second": median(baseline_rates.clone()), "rounds": baseline_rates });
    report.add_line("durable", "group-commit baseline", merged(setting.clone(), figures));
    let per_second: Vec<f64> = samples.iter().map(Sample::per_second).collect();
    let figures = json!({
        "per_second": median(per_second.clone()), "rounds": per_second,
        "server_cpu_s_per_million": median(samples.iter().map(Sample::server_per_million).collect()),
        "generator_cpu_s_per_million":
            median(samples.iter().map(Sample::generator_per_million).collect()),
        "rate_limited": senders.rate_limited(),
        "lost": faults.lost, "doubled": faults.doubled, "reordered": faults.reordered,
    });
    report.add_line("durable", "madang", merged(setting.clone(), figures));
    let ratio = median(ratios);
    report.add_line("durable", "ratio", merged(setting, json!({ "ratio": ratio })));
    let what = format!(
        "acknowledged durable messages a second, {sender_count} senders, FULL sync, to a group-commit loop"
    );
    report.add_lower_goal(what, ">= 0.7 x", 0.7, ratio);
    drop(senders);
    environment.stop(madang)
}
