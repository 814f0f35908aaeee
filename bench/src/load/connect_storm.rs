//! The scenario `storm`: many simultaneous connects (handshake, hello, join), compared with upgrades alone. The
//! echo endpoint is the upgrade alone: it has no session, no hello and no topic.

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use serde_json::json;

use super::echo_clients::{EchoClients, madang_echo_path};
use super::environment::Environment;
use super::report::{merged, round_figures};
use super::sample::{Sample, median_cpu_ratio};

/// Number of connects in a round: below the share of one network in the connections of the echo endpoint, a quarter
/// of 256.
const CONNECTIONS: usize = 60;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let (baseline, madang) = (environment.start_baseline()?, environment.start_madang()?);
    let users = environment.sign_up(&madang, environment.users())?;
    let config = HarnessConfig::new(Protocol::MadangChat, madang.address, CONNECTIONS);
    let config = config.with_users(&users);
    let count = CONNECTIONS as u64;
    let mut samples: [Vec<Sample>; 3] = Default::default();
    for _ in 0..environment.pick(3, 15) {
        let [of_baseline, of_upgrade, of_join] = &mut samples;
        // The connections stay open until the sample is complete, so that their end is not measured.
        let mut clients = None;
        of_baseline.push(baseline.sample(|| {
            clients = Some(EchoClients::connect(baseline.address, "/echo", CONNECTIONS)?);
            Ok(count)
        })?);
        clients = None;
        of_upgrade.push(madang.sample(|| {
            clients = Some(EchoClients::connect(madang.address, &madang_echo_path(), CONNECTIONS)?);
            Ok(count)
        })?);
        drop(clients);
        environment.wait_until_quiet(&madang)?;
        let mut harness = None;
        of_join.push(madang.sample(|| {
            harness = Some(FanOutHarness::connect(&config)?);
            Ok(count)
        })?);
        drop(harness);
        environment.wait_until_quiet(&madang)?;
    }
    let setting = json!({ "connections": CONNECTIONS });
    let report = &mut environment.report;
    let names = ["baseline, upgrade", "madang, upgrade only", "madang, upgrade + hello + join"];
    for (name, samples) in names.into_iter().zip(&samples) {
        report.add_line("connect storm", name, merged(setting.clone(), round_figures(samples)));
    }
    let [_, of_upgrade, of_join] = &samples;
    let ratio = median_cpu_ratio(of_join, of_upgrade);
    report.add_line("connect storm", "ratio", merged(setting, json!({ "ratio": ratio })));
    let what = "connects (handshake + hello + join) per CPU second of the server, \
        relative to upgrades alone";
    report.add_lower_goal(what, ">= 0.7 x", 0.7, ratio);
    environment.stop(madang)
}
