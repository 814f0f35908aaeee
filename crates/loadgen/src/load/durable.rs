//! Acknowledged messages a second, every commit on the disk, against the bare database on the same
//! disk.

mod bare;
mod senders;

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::bare::Bare;
use self::senders::Senders;
use super::lab::{Lab, Sample, float, folder, median};
use super::report::with;

/// Who write at the same time, each when the last message is acknowledged.
const SENDERS: usize = 256;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let senders = lab.pick(32, SENDERS);
    let (count, long) = lab.pick((2, Duration::from_millis(500)), (7, Duration::from_secs(3)));
    let madang = lab.start_madang()?;
    let visitors = lab.sign_up(&madang, senders)?;
    let mut senders_there = Senders::open(&madang, &visitors)?;
    let folder = folder()?;
    // Where the server's writer is.
    lab.to_server_core()?;
    let bare = Bare::open(folder.path());
    lab.to_generator_core()?;
    let mut bare = bare?;

    let (mut bares, mut madangs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=count {
        let barely = float(bare.insert(senders, long)?) / long.as_secs_f64();
        let sample = madang.sample(|| senders_there.write(long))?;
        if round > 0 {
            ratios.push(sample.per_second() / barely);
            bares.push(barely);
            madangs.push(sample);
        }
    }
    let faults = senders_there.faults();
    lab.report.found(faults);
    let setting = json!({ "senders": senders, "synchronous": "full" });
    let figures = json!({ "per_second": median(bares.clone()), "rounds": bares });
    lab.report.line("durable", "bare group commit", with(setting.clone(), figures));
    let per_second: Vec<f64> = madangs.iter().map(Sample::per_second).collect();
    let cpu: Vec<f64> = madangs.iter().map(Sample::server_per_million).collect();
    let figures = json!({
        "per_second": median(per_second.clone()), "rounds": per_second,
        "server_cpu_s_per_million": median(cpu),
        "generator_cpu_s_per_million":
            median(madangs.iter().map(Sample::generator_per_million).collect()),
        "too_fast": senders_there.too_fast(),
        "lost": faults.lost, "doubled": faults.doubled, "reordered": faults.reordered,
    });
    lab.report.line("durable", "madang", with(setting.clone(), figures));
    let ratio = median(ratios);
    lab.report.line("durable", "ratio", with(setting, json!({ "ratio": ratio })));
    let what = format!(
        "acknowledged durable messages a second, {senders} senders, FULL sync, to a bare group-commit loop"
    );
    lab.report.at_least(what, ">= 0.7 x", 0.7, ratio);
    drop(senders_there);
    lab.stop(madang)
}
