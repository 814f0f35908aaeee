//! What one Bitcoin costs now.

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::{Browser, Lang, Look};
use crate::support::exchange::Exchange;
use crate::support::stage::Stage;
use crate::support::wait::until_true;

const BINANCE: &str =
    r#"{"symbol":"BTCUSDT","openPrice":"69483.81000000","lastPrice":"70352.36000000"}"#;
const UPBIT: &str = r#"[{"market":"KRW-BTC","trade_price":98765432.0}]"#;

/// A dollar price as the page writes it: `$70,352.36`.
fn is_dollars(text: &str) -> bool {
    let shape: String =
        text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    shape == "$00,000.00"
}

async fn until_points(browser: &Browser, least: u32) -> Result<()> {
    until_true(format_args!("the chart has {least} points"), async || {
        let points = browser.attribute("price-chart", "data-points").await?;
        Ok(points.and_then(|points| points.parse::<u32>().ok()).is_some_and(|it| it >= least))
    })
    .await
}

async fn look(browser: &Browser, view: &str) -> Result<()> {
    for theme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        browser.devtools("Emulation.setEmulatedMedia", features).await?;
        browser.until_still().await?;
        browser.picture(&format!("{view}-{theme}")).await?;
        let found = axe::violations(browser).await?;
        ensure!(found.is_empty(), "{view} {theme}:\n{found}");
    }
    Ok(())
}

#[tokio::test]
async fn t2_5_the_price_moves_before_everybodys_eyes() -> Result<()> {
    Stage::play_with("price", &["--price-source", "simulated"], async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::phone(Lang::En)).await?;
        minsu.browser.click("page-bitcoin").await?;
        jane.browser.goto(&stage.server.url("/bitcoin")).await?;
        for page in [&minsu, &jane] {
            let first = page.browser.until_text("price", is_dollars).await?;
            page.browser.until_text("price", |price| is_dollars(price) && price != first).await?;
            page.browser.until_attribute("price-state", "data-state", "live").await?;
            ensure!(page.browser.has("price-simulated").await?, "it says that it is made up");
            until_points(&page.browser, 3).await?;
        }

        // The keys lead along the line, and what is read out is a moment and its price.
        minsu.browser.find("price-chart").await?.focus().await?;
        minsu.browser.keys(Key::Home).await?;
        minsu.browser.until_attribute("price-chart", "aria-valuenow", "0").await?;
        minsu.browser.keys(Key::Right).await?;
        minsu.browser.until_attribute("price-chart", "aria-valuenow", "1").await?;
        let read = minsu.browser.text("price-readout").await?.unwrap_or_default();
        ensure!(read.contains(" · $"), "{read:?}");
        minsu.browser.click("price-hours").await?;
        until_points(&minsu.browser, 1).await?;
        minsu.browser.click("price-minutes").await?;
        look(&minsu.browser, "price-ko-desktop").await?;
        look(&jane.browser, "price-en-phone").await?;

        // A price that stands still is not shown as of now.
        stage.server.kill().await?;
        for page in [&minsu, &jane] {
            page.browser.until_attribute("price-state", "data-state", "away").await?;
        }
        jane.browser.until_text("price-stale", |line| line.contains("Stale since")).await?;
        let age = minsu.browser.until_text("price-stale", |line| line.ends_with("초 전")).await?;
        minsu.browser.until_text("price-stale", |line| line != age).await?;
        ensure!(minsu.browser.text("price").await?.is_some_and(|price| is_dollars(&price)));
        stage.server.restart().await?;
        for page in [&minsu, &jane] {
            page.browser.until_attribute("price-state", "data-state", "live").await?;
            page.browser.until_gone("price-stale").await?;
            until_points(&page.browser, 2).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t2_5_when_an_exchange_fails_another_takes_over_and_the_page_says_so() -> Result<()> {
    let (binance, upbit) = (Exchange::start(BINANCE).await?, Exchange::start(UPBIT).await?);
    let sources = format!("binance-rest={},upbit={}", binance.url(), upbit.url());
    Stage::play_with("exchanges", &["--price-source", &sources], async move |stage| {
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        assert_eq!(binance.asked(), 0, "while nobody watches, nobody is asked");
        browser.click("page-bitcoin").await?;
        browser.until_text("price", |price| price == "$70,352.36").await?;
        browser.until_text("price-change", |change| change.starts_with("▲+1.25%")).await?;
        browser
            .until_text("price-source", |line| line == "Binance (HTTP) · in Tether (USDT)")
            .await?;
        assert_eq!(upbit.asked(), 0, "one exchange is enough");

        binance.open(false);
        browser.until_text("price", |price| price == "₩98,765,432").await?;
        browser.until_attribute("price-state", "data-state", "fallback").await?;
        browser.until_text("price-source", |line| line == "Upbit · in South Korean won").await?;
        browser.until_text("price-tried", |tried| tried.contains("Binance (HTTP): ")).await?;
        look(browser, "price-fallback-en-desktop").await?;

        upbit.open(false);
        browser.until_attribute("price-state", "data-state", "stale").await?;
        browser.until_text("price-stale", |line| line.contains("Stale since")).await?;
        browser.until_text("price-tried", |tried| tried.contains("Upbit: ")).await?;

        // Whichever of them is asked first.
        binance.open(true);
        upbit.open(true);
        browser.until_gone("price-stale").await?;
        let price = browser.text("price").await?.unwrap_or_default();
        ensure!(["$70,352.36", "₩98,765,432"].contains(&price.as_str()), "{price}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_server_that_follows_no_price_says_so() -> Result<()> {
    Stage::play_with("price-off", &["--price-source", "off"], async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        minsu.browser.click("page-bitcoin").await?;
        minsu.browser.until_text("price-off", |text| !text.is_empty()).await?;
        look(&minsu.browser, "price-off-ko-desktop").await
    })
    .await
}
