//! The page of the Bitcoin price.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::stub_exchange::StubExchange;
use crate::support::wait::until_true;

const BINANCE: &str =
    r#"{"symbol":"BTCUSDT","openPrice":"69483.81000000","lastPrice":"70352.36000000"}"#;
const UPBIT: &str = r#"[{"market":"KRW-BTC","trade_price":98765432.0}]"#;

/// Whether a text is a price in dollars as the page writes it: `$70,352.36`.
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

#[tokio::test]
async fn t2_5_the_price_updates_on_every_screen() -> Result<()> {
    BrowserTest::run_with("price", &["--price-source", "simulated"], async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        minsu.open_app("bitcoin").await?;
        jane.browser.goto(&test.server.url("/bitcoin")).await?;
        for page in [&minsu, &jane] {
            let first = page.browser.until_text("price", is_dollars).await?;
            page.browser.until_text("price", |price| is_dollars(price) && price != first).await?;
            page.browser.until_attribute("price-state", "data-state", "live").await?;
            ensure!(
                page.browser.attribute("price-state", "data-simulated").await?.as_deref()
                    == Some("true"),
                "the page says that the price is simulated"
            );
            until_points(&page.browser, 3).await?;
        }

        // The keys move along the chart, and the readout shows the time and the price of a point.
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
        check_appearance(&minsu.browser, "price-ko-desktop").await?;
        check_appearance(&jane.browser, "price-en-phone").await?;

        // A price without updates is shown as stale.
        test.server.kill().await?;
        for page in [&minsu, &jane] {
            page.browser.until_attribute("price-state", "data-state", "away").await?;
            page.browser.find("price-simulated").await?;
        }
        jane.browser.until_text("price-stale", |line| line.contains("Stale since")).await?;
        let age = minsu.browser.until_text("price-stale", |line| line.ends_with("초 전")).await?;
        minsu.browser.until_text("price-stale", |line| line != age).await?;
        ensure!(minsu.browser.text("price").await?.is_some_and(|price| is_dollars(&price)));
        test.server.restart().await?;
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
async fn t2_5_after_a_failure_another_exchange_takes_over_and_the_page_names_it() -> Result<()> {
    let (binance, upbit) = (StubExchange::start(BINANCE).await?, StubExchange::start(UPBIT).await?);
    let sources = format!("binance-rest={},upbit={}", binance.url(), upbit.url());
    BrowserTest::run_with("exchanges", &["--price-source", &sources], async move |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        assert_eq!(binance.request_count(), 0, "no requests without a subscriber");
        jane.open_app("bitcoin").await?;
        browser.until_text("price", |price| price == "$70,352.36").await?;
        browser.until_text("price-change", |change| change.starts_with("▲+1.25%")).await?;
        browser
            .until_text("price-source", |line| line == "Binance (HTTP) · in Tether (USDT)")
            .await?;
        assert_eq!(upbit.request_count(), 0, "one exchange is enough");

        binance.set_available(false);
        browser.until_text("price", |price| price == "₩98,765,432").await?;
        browser.until_attribute("price-state", "data-state", "fallback").await?;
        browser.until_text("price-source", |line| line == "Upbit · in South Korean won").await?;
        browser.until_text("price-tried", |tried| tried.contains("Binance (HTTP): ")).await?;
        check_appearance(browser, "price-fallback-en-desktop").await?;

        upbit.set_available(false);
        browser.until_attribute("price-state", "data-state", "stale").await?;
        browser.until_text("price-stale", |line| line.contains("Stale since")).await?;
        browser.until_text("price-tried", |tried| tried.contains("Upbit: ")).await?;

        // Either exchange may be the first to answer again.
        binance.set_available(true);
        upbit.set_available(true);
        browser.until_gone("price-stale").await?;
        let price = browser.text("price").await?.unwrap_or_default();
        ensure!(["$70,352.36", "₩98,765,432"].contains(&price.as_str()), "{price}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_says_that_no_exchange_answers_and_when_it_was_asked() -> Result<()> {
    let upbit = StubExchange::start(UPBIT).await?;
    upbit.set_available(false);
    let sources = format!("upbit={}", upbit.url());
    BrowserTest::run_with("unanswered", &["--price-source", &sources], async move |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        for page in [&jane, &minsu] {
            page.browser.goto(&test.server.url("/bitcoin")).await?;
            page.browser.until_attribute("price-state", "data-state", "unanswered").await?;
        }
        jane.browser.until_text("price-state", |text| text == "No exchange answers").await?;
        jane.browser.until_text("price-asked", |line| line.contains(':')).await?;
        check_appearance(&jane.browser, "price-unanswered-en-desktop").await?;
        check_appearance(&minsu.browser, "price-unanswered-ko-phone").await?;
        // The next attempt of this server may be a minute away; a new server asks at once.
        upbit.set_available(true);
        test.server.kill().await?;
        test.server.restart().await?;
        jane.browser.until_text("price", |price| price == "₩98,765,432").await?;
        jane.browser.until_gone("price-asked").await
    })
    .await
}

#[tokio::test]
async fn a_server_without_a_price_source_says_so() -> Result<()> {
    BrowserTest::run_with("price-off", &["--price-source", "off"], async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        minsu.open_app("bitcoin").await?;
        minsu.browser.until_text("price-off", |text| !text.is_empty()).await?;
        check_appearance(&minsu.browser, "price-off-ko-desktop").await
    })
    .await
}
