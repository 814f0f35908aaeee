//! Four ways of one stream, with real numbers.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};

use crate::looks::walk;
use crate::support::browser::{Browser, Lang, Look};
use crate::support::stage::Stage;
use crate::support::wait::until;

const WAYS: [&str; 4] = ["poll", "long-poll", "events", "socket"];

async fn visitor(stage: &Stage, name: &str, look: Look) -> Result<Rc<Browser>> {
    let browser = stage.person(name, look).await?.browser;
    browser.goto(&stage.server.url("/lab/transports")).await?;
    browser.find("transports-toggle").await?;
    Ok(browser)
}

async fn choose(browser: &Browser, id: &str, value: u32) -> Result<()> {
    let option = format!("[data-testid=\"transports-{id}\"] option[value=\"{value}\"]");
    browser.click_css(&option).await
}

/// A number of a way, as it stands now, in its smaller unit.
async fn number(browser: &Browser, way: &str, name: &str) -> Result<f64> {
    let text = browser.text(&format!("{way}-{name}")).await?.context("not there")?;
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    Ok(number.parse::<f64>()? * if unit == "kB" { 1000.0 } else { 1.0 })
}

async fn until_events(browser: &Browser, wanted: f64) -> Result<()> {
    for way in WAYS {
        until(format_args!("{way} brought {wanted} events"), async || {
            let events = number(browser, way, "events").await?;
            ensure!(events >= wanted, "{way} brought {events}");
            Ok(Some(()))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn t2_8_the_same_events_over_four_ways_differ_in_delay_requests_and_bytes() -> Result<()> {
    Stage::play("transports", async |stage| {
        let jane = visitor(stage, "Jane", Look::desktop(Lang::En)).await?;
        choose(&jane, "rate", 20).await?;
        choose(&jane, "interval", 1_000).await?;
        jane.click("transports-toggle").await?;
        until_events(&jane, 60.0).await?;
        jane.until_text("transports-clock", |line| line.contains("this browser's")).await?;
        jane.click("transports-toggle").await?;
        jane.until_attribute("transports-toggle", "data-running", "false").await?;
        jane.until_still().await?;
        jane.picture("transports-en-desktop").await?;

        let of = async |name: &str| -> Result<[f64; 4]> {
            let mut numbers = [0.0; 4];
            for (slot, way) in numbers.iter_mut().zip(WAYS) {
                *slot = number(&jane, way, name).await?;
            }
            Ok(numbers)
        };
        let [poll, long_poll, events, socket] = of("requests").await?;
        ensure!(poll >= 3.0 && long_poll > poll, "{poll} polls, {long_poll} long ones");
        assert_eq!((events, socket), (1.0, 1.0));
        // Polled once a second, an event is half a second old in the middle of them.
        let [poll, long_poll, events, socket] = of("p50").await?;
        let pushed = long_poll.max(events).max(socket);
        ensure!(poll > 100.0 && pushed < poll / 2.0, "{poll}: {long_poll}, {events}, {socket}");
        for name in ["received", "sent"] {
            let [poll, long_poll, events, socket] = of(name).await?;
            let least = poll.min(events).min(socket);
            ensure!(least > 0.0 && long_poll > 3.0 * poll && long_poll > 3.0 * events, "{name}");
            ensure!(socket < events + 500.0, "{name}: {events}, {socket}");
        }
        for way in WAYS {
            let lost = jane.text(&format!("{way}-lost")).await?;
            assert_eq!(lost.as_deref(), Some("0 · 0"), "{way}");
            let plot = format!("[data-testid=\"{way}-plot\"] polyline");
            let points = jane.find_css(&plot).await?.attr("points").await?.unwrap_or_default();
            ensure!(points.split_whitespace().count() >= 60, "{way} is plotted");
        }
        let events = jane.text("socket-events").await?;
        jane.until_still().await?;
        assert_eq!(jane.text("socket-events").await?, events, "nothing comes after the end");

        // What broke goes on by itself, from where it was.
        jane.click("transports-toggle").await?;
        until_events(&jane, 1.0).await?;
        stage.server.kill().await?;
        jane.until_text("socket-lost", |lost| !lost.ends_with("· 0")).await?;
        stage.server.restart().await?;
        let events = of("events").await?;
        for (way, before) in WAYS.into_iter().zip(events) {
            until(format_args!("{way} goes on"), async || {
                Ok((number(&jane, way, "events").await? > before + 3.0).then_some(()))
            })
            .await?;
        }
        let [_, _, _, socket] = of("p50").await?;
        ensure!(socket.abs() < 1_000.0, "the clock goes on too: {socket}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_at_the_transports() -> Result<()> {
    Stage::play("axe-transports", async |stage| {
        walk(stage, "transports", visitor, async |browser| {
            choose(browser, "rate", 20).await?;
            browser.click("transports-toggle").await?;
            until_events(browser, 20.0).await?;
            browser.click("transports-toggle").await
        })
        .await
    })
    .await
}
