//! The scenario `compressed`: fan-out with permessage-deflate, as a ratio to fan-out without it.

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use serde_json::json;

use super::environment::{Environment, RunningServer};
use super::fan_out::{alternate, finish};
use super::report::{merged, round_figures};
use super::sample::float;

/// Length of each text in bytes; with its envelope, an event has about 512.
const TEXT_BYTES: usize = 280;

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let subscribers = environment.pick(200, 1_000);
    // Two servers, because the subscribers of one room receive the messages of both harnesses.
    let servers = [environment.start_madang()?, environment.start_madang()?];
    let [plain_server, deflate_server] = &servers;
    let start = |environment: &Environment<'_>, server: &RunningServer, deflate| {
        let users = environment.sign_up(server, environment.users())?;
        let config = HarnessConfig::new(Protocol::MadangChat, server.address, subscribers);
        let config = config.with_users(&users);
        let config = HarnessConfig { text_bytes: TEXT_BYTES, deflate, ..config };
        anyhow::Ok(FanOutHarness::start(&config)?)
    };
    let mut harnesses =
        [start(environment, plain_server, false)?, start(environment, deflate_server, true)?];
    let [plain, deflate] = &mut harnesses;
    let (cpu, bytes) =
        ("compressed fan-out of 512-byte JSON: CPU", "compressed fan-out: bytes on the wire");
    if deflate.deflating() == 0 {
        let report = &mut environment.report;
        report.add_goal(cpu, "<= 1.3 x of uncompressed", "not negotiated", false);
        report.add_goal(bytes, "<= 0.5 x", "not negotiated", false);
    } else {
        let before = [plain.traffic(), deflate.traffic()];
        let pair = [(plain_server.measured(), plain), (deflate_server.measured(), deflate)];
        let (samples, ratio) = alternate(environment, pair, 1)?;
        let [plain, deflate] = &harnesses;
        let mut per_delivery = [0.0; 2];
        for ((bytes, before), harness) in per_delivery.iter_mut().zip(before).zip([plain, deflate])
        {
            let now = harness.traffic();
            *bytes = float(now.bytes - before.bytes) / float(now.messages - before.messages);
        }
        let inflated = deflate.inflated();
        for ((event, samples), bytes) in
            ["plain", "deflated"].into_iter().zip(&samples).zip(per_delivery)
        {
            let setting = json!({
                "event": event, "subscribers": subscribers, "text_bytes": TEXT_BYTES,
                "bytes_per_delivery": bytes, "messages_inflated": inflated,
            });
            let line = merged(setting, round_figures(samples));
            environment.report.add_line("compressed", "madang", line);
        }
        environment.report.add_upper_goal(cpu, "<= 1.3 x of uncompressed", 1.3, ratio);
        let [uncompressed, compressed] = per_delivery;
        environment.report.add_upper_goal(bytes, "<= 0.5 x", 0.5, compressed / uncompressed);
    }
    for harness in &mut harnesses {
        finish(environment, "madang", "durable", harness)?;
    }
    drop(harnesses);
    for server in servers {
        environment.stop(server)?;
    }
    Ok(())
}
