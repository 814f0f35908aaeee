//! The same with ten times the subscribers, and beside a hundred times the topics.

mod topics;

use std::time::Duration;

use anyhow::Result;
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;

use self::topics::Bystanders;
use super::fan_out::in_turns;
use super::lab::{Lab, Sample, median};
use super::report::{rounds, with};

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    subscribers(lab)?;
    topics(lab)
}

fn subscribers(lab: &mut Lab<'_>) -> Result<()> {
    // Half of them are the yardstick's.
    let sizes = lab.pick([20, 60, 200], [100, 1_000, 10_000.min(lab.most_connections / 2)]);
    let (mut costs, mut ratios) = (Vec::new(), Vec::new());
    for subscribers in sizes {
        let (yardstick, madang) = (lab.start_yardstick()?, lab.start_madang()?);
        let visitors = lab.sign_up(&madang, lab.users().min(subscribers))?;
        let raw =
            Plan::new(Dialect::Raw { path: "/chat".to_owned() }, yardstick.address, subscribers);
        let plan = Plan::new(Dialect::Typing, madang.address, subscribers).of(&visitors);
        let (mut barest, mut stage) = (Stage::open(&raw)?, Stage::open(&plan)?);
        let pair = [(yardstick.measured(), &mut barest), (madang.measured(), &mut stage)];
        let (samples, ratio) = in_turns(lab, pair, 1)?;
        let setting = json!({ "event": "ephemeral", "subscribers": subscribers, "window": 1 });
        for (server, samples) in ["yardstick", "madang"].into_iter().zip(&samples) {
            lab.report.line("growth", server, with(setting.clone(), rounds(samples)));
        }
        stage.nothing_refused()?;
        lab.report.seen(&mut stage)?;
        lab.report.seen(&mut barest)?;
        let [_, samples] = &samples;
        costs.push(median(samples.iter().map(Sample::server_per_million).collect()));
        ratios.push(format!("{ratio:.2}"));
        drop((stage, barest));
        lab.stop(madang)?;
    }
    let [few, some, many] = sizes;
    let what =
        format!("cost per delivery at {few}, {some}, {many} subscribers: largest to smallest");
    lab.report.at_most(what, "<= 1.15", 1.15, publish_and_announce(&costs));
    let what = format!("the same, each to the yardstick with as many ({few}, {some}, {many})");
    lab.report.goal(what, "", ratios.join(", "), None);
    Ok(())
}

/// The measured stream stays as it is; beside it there are more and more that others follow.
fn topics(lab: &mut Lab<'_>) -> Result<()> {
    let counts = lab.pick([10, 40, 100], [10, 1_000, 3_998]);
    let subscribers = lab.pick(50, 1_000);
    let madang = lab.start_madang()?;
    let visitors = lab.sign_up(&madang, lab.users().min(subscribers))?;
    let mut others = Bystanders::new()?;
    let mut costs = Vec::new();
    for topics in counts {
        others.follow(lab, &madang, topics)?;
        let plan = Plan::new(Dialect::Typing, madang.address, subscribers).of(&visitors);
        let mut stage = Stage::open(&plan)?;
        let (count, long) = lab.pick((3, Duration::from_millis(300)), (5, Duration::from_secs(2)));
        let mut samples = Vec::new();
        for round in 0..=count {
            others.attend()?;
            let sample = madang.sample(|| stage.keep_under_way(1, long))?;
            if round > 0 {
                samples.push(sample);
            }
        }
        stage.nothing_refused()?;
        lab.report.seen(&mut stage)?;
        let setting = json!({ "subscribers": subscribers, "topics": topics, "window": 1 });
        lab.report.line("growth", "madang", with(setting, rounds(&samples)));
        costs.push(median(samples.iter().map(Sample::server_per_million).collect()));
        drop(stage);
        lab.quiet(&madang)?;
    }
    let [few, some, many] = counts;
    let what =
        format!("cost per delivery beside {few}, {some}, {many} topics: largest to smallest");
    lab.report.at_most(what, "<= 1.15", 1.15, publish_and_announce(&costs));
    drop(others);
    lab.stop(madang)
}

fn publish_and_announce(costs: &[f64]) -> f64 {
    let largest = costs.iter().copied().fold(f64::NAN, f64::max);
    let smallest = costs.iter().copied().fold(f64::NAN, f64::min);
    largest / smallest
}
