//! The page `/lab/transports`: one stream over four transports, with measurements.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};

use crate::appearance::check_page;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until;

const TRANSPORTS: [&str; 4] = ["poll", "long-poll", "events", "socket"];

/// Finds the faults of the chart: a description of each.
const CHART_FAULTS: &str = "const found = []; \
    const charts = document.querySelectorAll('.transports-chart').length; \
    if (charts !== 1) found.push(`${charts} charts`); \
    const looks = [...document.querySelectorAll('polyline')].map(line => getComputedStyle(line).strokeDasharray); \
    const names = [...document.querySelectorAll('.transports-name')]; \
    const signs = names.map(name => name.textContent[0]); \
    for (const kind of [looks, signs]) if (new Set(kind).size !== 4) found.push(`not four: ${kind}`); \
    const boxes = names.map(name => name.getBoundingClientRect()).sort((a, b) => a.top - b.top); \
    boxes.slice(1).forEach((box, i) => { if (box.top + 1 < boxes[i].bottom) found.push(`covered: ${i}`); }); \
    return found";

async fn open_page(test: &BrowserTest, name: &str, device: Device) -> Result<Rc<Browser>> {
    let browser = test.chat_page(name, device).await?.browser;
    browser.goto(&test.server.url("/lab/transports")).await?;
    browser.find("transports-toggle").await?;
    Ok(browser)
}

async fn choose(browser: &Browser, id: &str, value: u32) -> Result<()> {
    let option = format!("[data-testid=\"transports-{id}\"] option[value=\"{value}\"]");
    browser.click_css(&option).await
}

/// A measurement of a transport, in bytes or milliseconds or as a count.
async fn metric(browser: &Browser, transport: &str, name: &str) -> Result<f64> {
    let text = browser.text(&format!("{transport}-{name}")).await?.context("not there")?;
    let (metric, unit) = text.split_once(' ').unwrap_or((&text, ""));
    Ok(metric.parse::<f64>()? * if unit == "kB" { 1000.0 } else { 1.0 })
}

async fn until_events(browser: &Browser, wanted: f64) -> Result<()> {
    for transport in TRANSPORTS {
        until(format_args!("{transport} delivered {wanted} events"), async || {
            let events = metric(browser, transport, "events").await?;
            ensure!(events >= wanted, "{transport} delivered {events}");
            Ok(Some(()))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn t2_8_the_same_events_over_four_transports_differ_in_delay_requests_and_bytes() -> Result<()>
{
    BrowserTest::run("transports", async |test| {
        let jane = open_page(test, "Jane", Device::desktop(Lang::En)).await?;
        jane.find("transports-nothing").await?;
        assert_eq!(jane.text("socket-state").await?.as_deref(), Some("–"), "nothing runs yet");
        choose(&jane, "rate", 20).await?;
        choose(&jane, "interval", 1_000).await?;
        jane.click("transports-toggle").await?;
        until_events(&jane, 60.0).await?;
        jane.until_text("transports-clock", |line| line.contains("this browser's")).await?;
        jane.until_text("socket-state", |state| state == "Receiving").await?;
        jane.click("transports-toggle").await?;
        jane.until_attribute("transports-toggle", "data-running", "false").await?;
        jane.until_animations_end().await?;
        jane.screenshot("transports-en-desktop").await?;

        let of = async |name: &str| -> Result<[f64; 4]> {
            let mut numbers = [0.0; 4];
            for (slot, transport) in numbers.iter_mut().zip(TRANSPORTS) {
                *slot = metric(&jane, transport, name).await?;
            }
            Ok(numbers)
        };
        let [poll, long_poll, events, socket] = of("requests").await?;
        ensure!(poll >= 3.0 && long_poll > poll, "{poll} polls, {long_poll} long ones");
        assert_eq!((events, socket), (1.0, 1.0));
        // Polling once a second delivers events that are half a second older in the median than pushed ones. A busy
        // machine delays all of them.
        let [poll, long_poll, events, socket] = of("p50").await?;
        let pushed = long_poll.max(events).max(socket);
        ensure!(poll > 100.0 && pushed < poll, "{poll}: {long_poll}, {events}, {socket}");
        for name in ["received", "sent"] {
            let [poll, long_poll, events, socket] = of(name).await?;
            let least = poll.min(events).min(socket);
            ensure!(least > 0.0 && long_poll > 3.0 * poll && long_poll > 3.0 * events, "{name}");
            ensure!(socket < events + 500.0, "{name}: {events}, {socket}");
        }
        for transport in TRANSPORTS {
            let lost = jane.text(&format!("{transport}-lost")).await?;
            assert_eq!(lost.as_deref(), Some("0 · 0"), "{transport}");
            let points = jane.attribute(&format!("{transport}-line"), "points").await?;
            let points = points.unwrap_or_default();
            ensure!(points.split_whitespace().count() >= 60, "{transport} is drawn");
            assert_eq!(jane.text(&format!("{transport}-state")).await?.as_deref(), Some("Stopped"));
        }
        // One chart: its lines differ by pattern and by sign, and no name covers another.
        let faults: Vec<String> = jane.eval(CHART_FAULTS, []).await?;
        ensure!(faults.is_empty(), "{faults:?}");
        let events = jane.text("socket-events").await?;
        jane.until_animations_end().await?;
        assert_eq!(jane.text("socket-events").await?, events, "no events after the end");

        // A broken transport reconnects by itself and continues.
        jane.click("transports-toggle").await?;
        until_events(&jane, 1.0).await?;
        test.server.kill().await?;
        for transport in TRANSPORTS {
            let state = format!("{transport}-state");
            jane.until_text(&state, |state| state == "Broken; retrying").await?;
        }
        test.server.restart().await?;
        let events = of("events").await?;
        for (transport, before) in TRANSPORTS.into_iter().zip(events) {
            until(format_args!("{transport} continues"), async || {
                Ok((metric(&jane, transport, "events").await? > before + 3.0).then_some(()))
            })
            .await?;
        }
        let [_, _, _, socket] = of("p50").await?;
        // Without the comparison, the delay would be the time since 1970.
        ensure!(socket.abs() < 60_000.0, "the clock comparison continues, too: {socket}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_on_the_transports_page() -> Result<()> {
    BrowserTest::run("axe-transports", async |test| {
        check_page(test, "transports", open_page, async |browser| {
            choose(browser, "rate", 20).await?;
            browser.click("transports-toggle").await?;
            until_events(browser, 20.0).await?;
            browser.click("transports-toggle").await
        })
        .await
    })
    .await
}
