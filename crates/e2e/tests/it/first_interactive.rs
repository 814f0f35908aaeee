//! Measurements. They hold nobody to a number, so they run on their own: `just first-interactive`.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::support::browser::{Device, Lang};
use crate::support::browser_test::BrowserTest;

/// So often each way of loading is measured.
const ROUNDS: usize = 7;

/// How a page is loaded.
#[derive(Clone, Copy)]
enum Network {
    /// From this very machine.
    Loopback,
    /// 1.6 Mbit/s, 150 ms, a processor four times slower: a phone of the middle, on the road.
    Slow,
}

/// When a page got how far, in milliseconds since its load began.
#[derive(Clone, Copy, Deserialize)]
struct LoadTimes {
    /// The first contentful paint.
    paint: f64,
    /// One can type a name, and it is heard.
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

/// Loads the app into a browser that never saw it.
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
        sender.send(load).ok().context("nobody waits for the measurement")
    })
    .await?;
    Ok(receiver.await?)
}

fn median(times: impl Iterator<Item = f64>) -> Option<f64> {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
