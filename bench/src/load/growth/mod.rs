//! The scenario `growth`: fan-out with more subscribers, and beside more topics.

mod topic_followers;

use std::time::Duration;

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use serde_json::json;

use self::topic_followers::TopicFollowers;
use super::environment::Environment;
use super::fan_out::alternate;
use super::report::{merged, round_figures};
use super::sample::median_server_cpu;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    more_subscribers(environment)?;
    more_topics(environment)
}

fn more_subscribers(environment: &mut Environment<'_>) -> Result<()> {
    // Half of the connections are to the baseline server.
    let most = 10_000.min(environment.max_connections / 2);
    let sizes = environment.pick([20, 60, 200], [100, 1_000, most]);
    let (mut costs, mut ratios) = (Vec::new(), Vec::new());
    for subscribers in sizes {
        let (baseline, madang) = (environment.start_baseline()?, environment.start_madang()?);
        let users = environment.sign_up(&madang, environment.users().min(subscribers))?;
        let raw = HarnessConfig::new(Protocol::raw_text("/chat"), baseline.address, subscribers);
        let config = HarnessConfig::new(Protocol::MadangTyping, madang.address, subscribers);
        let mut baseline_harness = FanOutHarness::start(&raw)?;
        let mut harness = FanOutHarness::start(&config.with_users(&users))?;
        let pair =
            [(baseline.measured(), &mut baseline_harness), (madang.measured(), &mut harness)];
        let (samples, ratio) = alternate(environment, pair, 1)?;
        let setting = json!({ "event": "ephemeral", "subscribers": subscribers, "window": 1 });
        let report = &mut environment.report;
        for (server, samples) in ["baseline", "madang"].into_iter().zip(&samples) {
            report.add_line("growth", server, merged(setting.clone(), round_figures(samples)));
        }
        harness.check_no_refusal()?;
        report.add_summary(&mut harness)?;
        report.add_summary(&mut baseline_harness)?;
        let [_, of_madang] = &samples;
        costs.push(median_server_cpu(of_madang));
        ratios.push(format!("{ratio:.2}"));
        drop((harness, baseline_harness));
        environment.stop(madang)?;
    }
    let [few, some, many] = sizes;
    let what =
        format!("cost per delivery at {few}, {some}, {many} subscribers: largest to smallest");
    environment.report.add_upper_goal(what, "<= 1.15", 1.15, largest_to_smallest(&costs));
    let what = format!(
        "the same, relative to the baseline with as many subscribers ({few}, {some}, {many})"
    );
    environment.report.add_figure(what, ratios.join(", "));
    Ok(())
}

/// The measured stream stays the same, while other connections subscribe to more and more topics.
fn more_topics(environment: &mut Environment<'_>) -> Result<()> {
    let counts = environment.pick([10, 40, 100], [10, 1_000, 3_998]);
    let subscribers = environment.pick(50, 1_000);
    let (rounds, duration) =
        environment.pick((3, Duration::from_millis(300)), (5, Duration::from_secs(2)));
    let madang = environment.start_madang()?;
    let users = environment.sign_up(&madang, environment.users().min(subscribers))?;
    let mut followers = TopicFollowers::new()?;
    let mut costs = Vec::new();
    for topics in counts {
        followers.subscribe_to(environment, &madang, topics)?;
        let config = HarnessConfig::new(Protocol::MadangTyping, madang.address, subscribers);
        let mut harness = FanOutHarness::start(&config.with_users(&users))?;
        let mut samples = Vec::new();
        for round in 0..=rounds {
            followers.handle_pending_events()?;
            let sample = madang.sample(|| harness.publish_with_window(1, duration))?;
            if round > 0 {
                samples.push(sample);
            }
        }
        harness.check_no_refusal()?;
        environment.report.add_summary(&mut harness)?;
        let setting = json!({ "subscribers": subscribers, "topics": topics, "window": 1 });
        environment.report.add_line("growth", "madang", merged(setting, round_figures(&samples)));
        costs.push(median_server_cpu(&samples));
        drop(harness);
        environment.wait_until_quiet(&madang)?;
    }
    let [few, some, many] = counts;
    let what =
        format!("cost per delivery beside {few}, {some}, {many} topics: largest to smallest");
    environment.report.add_upper_goal(what, "<= 1.15", 1.15, largest_to_smallest(&costs));
    drop(followers);
    environment.stop(madang)
}

fn largest_to_smallest(costs: &[f64]) -> f64 {
    let largest = costs.iter().copied().fold(f64::NAN, f64::max);
    let smallest = costs.iter().copied().fold(f64::NAN, f64::min);
    largest / smallest
}
