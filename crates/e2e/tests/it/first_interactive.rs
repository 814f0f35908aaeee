//! The time to the first interaction. It has no limit to hold, so it is no part of the test run: `just
//! first-interactive`.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

/// The number of measurements per network.
const ROUNDS: usize = 7;

/// The network between browser and server.
#[derive(Clone, Copy)]
enum Network {
    /// The same machine.
    Loopback,
    /// A mid-range phone on the road: 1.6 Mbit/s, 150 ms, a processor four times slower.
    Slow,
}

/// The steps of a page load, in milliseconds since its start.
#[derive(Clone, Copy, Deserialize)]
struct LoadTimes {
    /// The first contentful paint.
    paint: f64,
    /// The field for the name accepts input.
    interactive: f64,
}

#[tokio::test]
#[ignore = "a measurement: `just first-interactive`"]
async fn first_interactive() -> Result<()> {
    println!("| line | first contentful paint | first interactive | rounds |");
    println!("| --- | --- | --- | --- |");
    for (name, line) in
        [("loopback", Network::Loopback), ("1.6 Mbit/s, 150 ms, CPU / 4", Network::Slow)]
    {
        let mut loads = Vec::new();
        for _ in 0..ROUNDS {
            loads.push(load(line).await?);
        }
        let paint = median(loads.iter().map(|load| load.paint)).context("no rounds")?;
        let interactive = median(loads.iter().map(|load| load.interactive)).context("no rounds")?;
        println!("| {name} | {paint:.0} ms | {interactive:.0} ms | {ROUNDS} |");
    }
    Ok(())
}

/// Loads the app in a browser with an empty profile.
async fn load(line: Network) -> Result<LoadTimes> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    BrowserTest::run("load", async move |test| {
        let browser = test.browser(Device::desktop(Lang::En)).await?;
        if matches!(line, Network::Slow) {
            browser.emulate_slow_phone().await?;
        }
        browser.goto(&test.server.url("/")).await?;
        browser.find("signin-name").await?;
        let script = "const [named] = performance.getEntriesByName('madang:interactive'); \
            const paint = performance.getEntriesByName('first-contentful-paint')[0]; \
            return { paint: paint.startTime, interactive: named.startTime }";
        let load: LoadTimes = browser.eval(script, []).await?;
        sender.send(load).ok().context("the receiver of the measurement is gone")
    })
    .await?;
    Ok(receiver.await?)
}

fn median(times: impl Iterator<Item = f64>) -> Option<f64> {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
