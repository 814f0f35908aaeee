//! Everybody comes back at once, each with a hundred events missed, while others go on talking.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use madang_loadgen::Histogram;
use madang_loadgen::raw::stage::StageError;
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use super::echo::{self, Echoes};
use super::lab::{Lab, float};
use super::report::{latencies, with};

/// Events that each has missed.
const MISSED: u64 = 100;
/// Those who go on talking meanwhile, and how often one of them says something.
const TALKERS: usize = 16;
const TALK_PER_SECOND: u32 = 200;
/// As many knock at a time; the server's queue of those who knock holds 1,024.
const AT_ONCE: usize = 1_000;
/// They are there long before.
const WITHIN: Duration = Duration::from_secs(20);
/// Above it people notice.
const GOAL_MS: f64 = 100.0;

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let clients = lab.pick(300, 5_000);
    let madang = lab.start_madang()?;
    let visitors = lab.sign_up(&madang, lab.users())?;
    let plan = Plan::new(Dialect::Chat, madang.address, 10).of(&visitors);
    let position = {
        let mut talk = Stage::open(&plan)?;
        let position = talk.position().context("the room has no position")?;
        talk.say_all(MISSED, 10)?;
        lab.report.seen(&mut talk)?;
        position
    };
    // Nobody is left in the room, so nothing of what they missed is in memory on its account.
    lab.quiet(&madang)?;
    let calm = talk_during(madang.address, lab, |lab| {
        lab.wait(Duration::from_secs(lab.pick(1, 5)));
        Ok(())
    })?;
    let plan = Plan { subscribers: clients, from: Some(position), opening: AT_ONCE, ..plan };
    let (mut sample, mut stage) = (None, None);
    let storm = talk_during(madang.address, lab, |_| {
        sample = Some(madang.sample(|| {
            stage = Some(Stage::gather(&plan)?);
            Ok(clients as u64)
        })?);
        Ok(())
    })?;
    let (sample, mut stage) = (sample.context("no sample")?, stage.context("no crowd")?);
    stage.settle()?;
    stage.nothing_refused()?;
    lab.report.seen(&mut stage)?;

    let setting = json!({ "clients": clients, "missed": MISSED });
    let calm = with(setting.clone(), latencies(&calm));
    lab.report.line("resume storm, echo before it", "madang", calm);
    let p99 = storm.per_mille(990).context("nobody was said back anything")?.as_secs_f64() * 1e3;
    lab.report.line(
        "resume storm, echo meanwhile",
        "madang",
        with(setting.clone(), latencies(&storm)),
    );
    let each_us = sample.server.as_secs_f64() * 1e6 / float(sample.count);
    let figures = json!({
        "seconds": sample.wall.as_secs_f64(), "server_cpu_us_per_client": each_us,
        "generator_cpu_s": sample.generator.as_secs_f64(),
    });
    lab.report.line("resume storm", "madang", with(setting, figures));
    let what =
        format!("resume storm: {clients} clients catch up {MISSED} events; echo p99 meanwhile");
    lab.report.goal(what, "< 100 ms", format!("{p99:.0} ms"), Some(p99 < GOAL_MS));
    let what = format!("resume storm: until all {clients} have everything; server CPU for each");
    let figure = format!("{:.1} s; {each_us:.0} µs", sample.wall.as_secs_f64());
    lab.report.goal(what, "", figure, None);
    let what = "resume storm: each page of the log read once";
    let seen = "by test (`crates/hub/src/pages/tests.rs`): a running server tells nobody how often it reads";
    lab.report.goal(what, "once", seen, None);
    drop(stage);
    lab.stop(madang)
}

/// How long others wait for their echoes while something goes on.
fn talk_during(
    server: SocketAddr,
    lab: &mut Lab<'_>,
    work: impl FnOnce(&mut Lab<'_>) -> Result<()>,
) -> Result<Histogram> {
    let over = AtomicBool::new(false);
    let (there, all_there) = channel();
    let (talked, worked) = std::thread::scope(|scope| {
        let talking = scope.spawn(|| {
            let mut echoes = Echoes::open(server, &echo::path(), TALKERS)?;
            // Whoever listens has not gone: this thread is waited for.
            let _heard = there.send(()).is_ok();
            let histogram = echoes.keep_pace(TALK_PER_SECOND, || over.load(Ordering::Relaxed))?;
            Ok::<_, StageError>((histogram, echoes.faults()))
        });
        // An error ends the thread without a word, and is told below.
        let worked = all_there.recv_timeout(WITHIN).map_or(Ok(()), |()| work(lab));
        over.store(true, Ordering::Relaxed);
        (talking.join(), worked)
    });
    let (histogram, faults) = talked.map_err(|_| anyhow!("the talkers panicked"))??;
    worked?;
    lab.report.found(faults);
    Ok(histogram)
}
