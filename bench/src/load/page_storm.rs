//! The scenario `pages`: simultaneous connects and joins (handshake, hello, join) in a room with a page of history,
//! compared with an empty room. The page is the same for all clients.

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use serde_json::json;

use super::environment::{Environment, RunningServer};
use super::report::{merged, round_figures};
use super::sample::{Sample, median_cpu_ratio};

/// Number of connects in a round.
const CONNECTIONS: usize = 200;
/// Messages in the room: a full page.
const MESSAGES: u64 = 50;
/// Length of each message in bytes.
const TEXT_BYTES: usize = 250;

/// Measures with and without compression. Browsers compress.
pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    for deflate in [false, true] {
        let rooms =
            [Room::new(environment, 0, deflate)?, Room::new(environment, MESSAGES, deflate)?];
        let mut samples: [Vec<Sample>; 2] = Default::default();
        for _ in 0..environment.pick(3, 15) {
            for (room, samples) in rooms.iter().zip(&mut samples) {
                samples.push(room.connect(environment)?);
            }
        }
        let setting = json!({ "connections": CONNECTIONS, "compression": deflate });
        let names = ["an empty room", "a page of 50 messages"];
        for (name, samples) in names.into_iter().zip(&samples) {
            let figures = merged(setting.clone(), round_figures(samples));
            environment.report.add_line("page storm", name, figures);
        }
        let [of_empty, of_page] = &samples;
        let ratio = median_cpu_ratio(of_empty, of_page);
        environment.report.add_line(
            "page storm",
            "ratio",
            merged(setting, json!({ "ratio": ratio })),
        );
        let how = if deflate { "compressed" } else { "plain" };
        let what = format!(
            "server CPU to connect and join a room with a page of {MESSAGES} messages ({how}), relative to an empty room"
        );
        environment.report.add_upper_goal(what, "<= 2 x", 2.0, ratio);
        for room in rooms {
            environment.stop(room.server)?;
        }
    }
    Ok(())
}

/// A server with one room, and the clients that join it.
struct Room {
    server: RunningServer,
    config: HarnessConfig,
}

impl Room {
    fn new(environment: &Environment<'_>, messages: u64, deflate: bool) -> Result<Self> {
        let server = environment.start_madang()?;
        let users = environment.sign_up(&server, environment.users())?;
        let config = HarnessConfig {
            text_bytes: TEXT_BYTES,
            ..HarnessConfig::new(Protocol::MadangChat, server.address, 1).with_users(&users)
        };
        if messages > 0 {
            FanOutHarness::start(&config)?.publish_count(messages, 1)?;
        }
        environment.wait_until_quiet(&server)?;
        Ok(Self { server, config: HarnessConfig { subscribers: CONNECTIONS, deflate, ..config } })
    }

    /// Measures the connects. The connections stay open until the sample is complete, so that their end is not
    /// measured.
    fn connect(&self, environment: &Environment<'_>) -> Result<Sample> {
        let mut harness = None;
        let sample = self.server.sample(|| {
            harness = Some(FanOutHarness::connect(&self.config)?);
            Ok(CONNECTIONS as u64)
        })?;
        drop(harness);
        environment.wait_until_quiet(&self.server)?;
        Ok(sample)
    }
}
