//! One subscriber in a thousand does not read. The others must not notice, the server must not keep
//! what it is not rid of, and in the end the subscriber must have everything.

use std::time::Duration;

use anyhow::{Context, Result};
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use super::lab::{Lab, median};
use super::report::{latencies, with};
use crate::idle::memory::Memory;

/// A message that fills sockets and rings soon.
const TEXT_BYTES: usize = 2_000;
/// Messages a second. In a round that is more than the server keeps in memory for a topic.
const PACE: u32 = 30;
/// Of the one who does not read.
const BUFFER: usize = 8 * 1024;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let subscribers = lab.pick(100, 1_000);
    // Shorter than the server waits for a sign of life: 25 s and 8 s.
    let (rounds, long) = lab.pick((1, Duration::from_secs(2)), (3, Duration::from_secs(12)));
    let madang = lab.start_madang()?;
    let visitors = lab.sign_up(&madang, lab.users().min(subscribers - 1))?;
    let plan = Plan {
        text_bytes: TEXT_BYTES,
        last_buffer: Some(BUFFER),
        ..Plan::new(Dialect::Chat, madang.address, subscribers).of(&visitors)
    };
    let mut stage = Stage::open(&plan)?;
    let last = subscribers - 1;
    // Rings and buffers reach their size.
    stage.keep_pace(PACE, long / 3)?;
    let (mut ratios, mut growth) = (Vec::new(), Vec::new());
    let (mut lines, mut how) = (Vec::new(), "everything, on the same connection");
    for _ in 0..rounds {
        let calm = stage.keep_pace(PACE, long)?;
        let before = Memory::of(madang.process)?;
        stage.stall(last)?;
        let stalled = stage.keep_pace(PACE, long)?;
        let after = Memory::of(madang.process)?;
        let recovered = stage.recover(last)?;
        let come_back = recovered.is_none();
        if come_back {
            let from = stage.give_up(last);
            let from = from.context("the stalled subscriber does not get what it missed")?;
            // Ready once it has everything up to where the stream stands.
            let plan = Plan { subscribers: 1, from: Some(from), last_buffer: None, ..plan.clone() };
            let mut again = Stage::gather(&plan)?;
            again.settle()?;
            again.nothing_refused()?;
            lab.report.seen(&mut again)?;
        }
        let p99 = |histogram: &madang_loadgen::Histogram| {
            histogram.per_mille(990).map(|took| took.as_secs_f64()).context("nothing came")
        };
        ratios.push(p99(&stalled)? / p99(&calm)?);
        growth.push(after.since(before, 1).0);
        lines.push(json!({
            "calm": latencies(&calm), "stalled": latencies(&stalled),
            "grown_kb": after.since(before, 1).0,
            "recovered_s": recovered.map(|took| took.as_secs_f64()), "came_back": come_back,
        }));
        if come_back {
            how = "everything, after it was closed and came back";
            break;
        }
    }
    stage.nothing_refused()?;
    let seen = lab.report.seen(&mut stage)?;
    let setting = json!({
        "subscribers": subscribers, "text_bytes": TEXT_BYTES, "pace": PACE, "stalls": lines,
    });
    lab.report.line("stalled reader", "madang", with(setting, seen));
    let what =
        format!("one stalled reader among {subscribers}: the others' p99, to the same without it");
    lab.report.at_most(what, "<= 1.2 x", 1.2, median(ratios));
    let bytes = u64::from(PACE) * long.as_secs() * TEXT_BYTES as u64 / 1024;
    let what = format!("one stalled reader: memory of the server grows by, of {bytes} KB unread");
    lab.report.goal(what, "bounded", format!("{:.0} KB", median(growth)), None);
    lab.report.goal("one stalled reader: recovers", "everything", how, Some(true));
    drop(stage);
    lab.stop(madang)
}
