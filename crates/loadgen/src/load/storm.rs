//! Many who connect at once: handshake, hello, join. Against the same stack's bare upgrade, which is
//! the echo's: no session, no hello, no topic.

use anyhow::Result;
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use super::echo::{self, Echoes};
use super::lab::{Lab, Sample, median};
use super::report::{rounds, with};

/// Fewer than the echo has places for.
const CONNECTIONS: usize = 200;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let (yardstick, madang) = (lab.start_yardstick()?, lab.start_madang()?);
    let visitors = lab.sign_up(&madang, lab.users())?;
    let join = Plan::new(Dialect::Chat, madang.address, CONNECTIONS).of(&visitors);
    let mut samples: [Vec<Sample>; 3] = Default::default();
    // They stay until the sample has been taken: that they end is not what is measured.
    for _ in 0..lab.pick(3, 15) {
        let [barest, bare, whole] = &mut samples;
        let count = CONNECTIONS as u64;
        let mut kept = None;
        barest.push(yardstick.sample(|| {
            kept = Some(Echoes::open(yardstick.address, "/echo", CONNECTIONS)?);
            Ok(count)
        })?);
        kept = None;
        bare.push(madang.sample(|| {
            kept = Some(Echoes::open(madang.address, &echo::path(), CONNECTIONS)?);
            Ok(count)
        })?);
        drop(kept);
        lab.quiet(&madang)?;
        let mut stage = None;
        whole.push(madang.sample(|| {
            stage = Some(Stage::gather(&join)?);
            Ok(count)
        })?);
        drop(stage);
        lab.quiet(&madang)?;
    }
    let setting = json!({ "connections": CONNECTIONS });
    let names = ["yardstick, upgrade", "madang, bare upgrade", "madang, upgrade + hello + join"];
    for (name, samples) in names.into_iter().zip(&samples) {
        lab.report.line("connect storm", name, with(setting.clone(), rounds(samples)));
    }
    let [_, bare, whole] = &samples;
    let pairs = bare.iter().zip(whole);
    let ratio = pairs.map(|(bare, whole)| bare.server_per_million() / whole.server_per_million());
    let ratio = median(ratio.collect());
    lab.report.line("connect storm", "ratio", with(setting, json!({ "ratio": ratio })));
    let what = "connects (handshake + hello + join) for a second of the server's core, \
        to the same stack's bare upgrades";
    lab.report.at_least(what, ">= 0.7 x", 0.7, ratio);
    lab.stop(madang)
}
