//! The same messages, compressed for all who asked for it.

use anyhow::Result;
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use super::fan_out::{finish, in_turns};
use super::lab::{Lab, float};
use super::report::{rounds, with};

/// Of the text; with its envelope, an event has about 512 bytes.
const TEXT_BYTES: usize = 280;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let subscribers = lab.pick(200, 1_000);
    // One server for each, or the subscribers of both would hear both.
    let servers = [lab.start_madang()?, lab.start_madang()?];
    let [usual, deflating] = &servers;
    let open = |lab: &Lab<'_>, server: &super::lab::Running, deflate| -> Result<Stage> {
        let visitors = lab.sign_up(server, lab.users())?;
        let plan = Plan::new(Dialect::Chat, server.address, subscribers).of(&visitors);
        Ok(Stage::open(&Plan { text_bytes: TEXT_BYTES, deflate, ..plan })?)
    };
    let mut stages = [open(lab, usual, false)?, open(lab, deflating, true)?];
    let [without, with_deflate] = &mut stages;
    let (cpu, wire) =
        ("compressed fan-out of 512-byte JSON: CPU", "compressed fan-out: bytes on the wire");
    if with_deflate.deflating() == 0 {
        lab.report.goal(cpu, "<= 1.3 x of uncompressed", "not negotiated", Some(false));
        lab.report.goal(wire, "<= 0.5 x", "not negotiated", Some(false));
    } else {
        let before = [without.traffic(), with_deflate.traffic()];
        let pair = [(usual.measured(), without), (deflating.measured(), with_deflate)];
        let (samples, ratio) = in_turns(lab, pair, 1)?;
        let [without, with_deflate] = &stages;
        let mut bytes = [0.0; 2];
        for ((bytes, before), stage) in bytes.iter_mut().zip(before).zip([without, with_deflate]) {
            let now = stage.traffic();
            *bytes = float(now.bytes - before.bytes) / float(now.messages - before.messages);
        }
        let inflated = with_deflate.inflated();
        for ((name, samples), bytes) in ["plain", "deflated"].into_iter().zip(&samples).zip(bytes) {
            let setting = json!({
                "event": name, "subscribers": subscribers, "text_bytes": TEXT_BYTES,
                "bytes_per_delivery": bytes, "messages_inflated": inflated,
            });
            lab.report.line("compressed", "madang", with(setting, rounds(samples)));
        }
        lab.report.at_most(cpu, "<= 1.3 x of uncompressed", 1.3, ratio);
        let [uncompressed, compressed] = bytes;
        lab.report.at_most(wire, "<= 0.5 x", 0.5, compressed / uncompressed);
    }
    for stage in &mut stages {
        finish(lab, "madang", "durable", stage)?;
    }
    drop(stages);
    for server in servers {
        lab.stop(server)?;
    }
    Ok(())
}
