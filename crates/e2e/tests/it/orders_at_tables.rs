//! An order at a table, from a phone that is customer and restaurant in turn.

use anyhow::{Result, ensure};

use crate::layout::{go_to, set_size};
use crate::orders::press;
use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Whether an element is between the top of the panel and the bar with the sum.
const ABOVE_BAR: &str = "const box = it => document.querySelector(it).getBoundingClientRect(); \
    const [it, page, bar] = [arguments[0], '.page', '.order-bar'].map(box); \
    return it.height > 0 && it.top >= page.top && it.bottom <= bar.top";

async fn is_above_bar(browser: &Browser, selector: &str) -> Result<()> {
    until_true(format_args!("{selector} is in sight, above the bar"), async || {
        browser.eval(ABOVE_BAR, [selector.into()]).await
    })
    .await
}

/// The top of the button that orders, and whether the bar of the areas is shown.
async fn bars(browser: &Browser) -> Result<(f64, bool)> {
    let script = "const [button, rail] = ['[data-testid=\"order-place\"]', '.rail'] \
        .map(it => document.querySelector(it)); \
        return [button.getBoundingClientRect().top, rail.checkVisibility({ visibilityProperty: true })]";
    browser.eval(script, []).await
}

#[tokio::test]
async fn an_order_at_a_table_is_served_on_a_phone_without_a_rider() -> Result<()> {
    BrowserTest::run("orders-table", async |test| {
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let browser = &jane.browser;
        let shell = test.server.database()?;
        let twenty = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
            INSERT INTO orders (customer_id, table_number) SELECT 1, i FROM n";
        shell.execute(twenty)?;
        browser.goto(&test.server.url("/orders")).await?;

        // The bar says what is missing. A press leads there, and nothing is lost.
        press(browser, "more-1").await?;
        browser.until_text("order-bar-where", |text| text == "Still needed: Table number").await?;
        browser.click("order-place").await?;
        browser.until_focus("order-table").await?;
        is_above_bar(browser, "#order-table").await?;
        is_above_bar(browser, "[data-testid='order-where-error']").await?;
        browser.until_text("order-place", |text| text == "Order · ₩7,000").await?;
        browser.until_animations_end().await?;
        browser.screenshot("orders-missing-table-en-phone").await?;
        browser.insert_text("4").await?;
        browser.until_text("order-bar-where", |text| text == "Table 4").await?;
        browser.until_gone("order-where-error").await?;

        // While the press lasts, nothing moves below the finger.
        let (top, has_rail) = bars(browser).await?;
        ensure!(!has_rail, "the keyboard on the screen needs the place");
        let button = browser.find("order-place").await?;
        browser.press_and_hold(&button).await?;
        ensure!(bars(browser).await? == (top, false), "the button moved below the finger");
        browser.release().await?;

        // The server refuses a 21st open order. The dishes come back.
        let refusal = "return document.querySelector('.banner-bad')?.textContent ?? ''";
        until_true("the refusal is shown", async || {
            Ok(browser.eval::<String>(refusal, []).await?.contains("open orders"))
        })
        .await?;
        browser.until_text("order-place", |text| text == "Order · ₩7,000").await?;
        until_true("the bar of the areas is back", async || Ok(bars(browser).await?.1)).await?;
        shell.execute("UPDATE orders SET status = 'cancelled' WHERE id < 20")?;
        shell.execute("UPDATE orders SET status = 'accepted' WHERE id = 20")?;
        browser.until_attribute("order-20", "data-status", "accepted").await?;
        browser.click("order-place").await?;
        browser.until_attribute("order-21", "data-status", "pending").await?;
        until_true("the refusal is gone", async || {
            Ok(browser.eval::<String>(refusal, []).await?.is_empty())
        })
        .await?;

        // In a narrow window, the board says where the card has gone, and leads there.
        go_to(browser, "/orders/board").await?;
        for (next, name, place) in [
            ("accepted", "Accepted", "show-accepted"),
            ("cooking", "Cooking", "show-cooking"),
            ("ready", "Ready", "show-ready"),
        ] {
            browser.click(&format!("{next}-21")).await?;
            let line = format!("#21 → {name}");
            browser.until_text("board-moved", |text| text.contains(&line)).await?;
            if next == "accepted" {
                browser.until_animations_end().await?;
                browser.screenshot("board-moved-en-phone").await?;
                axe::check(browser, "the board on a phone").await?;
            }
            browser.click("show-moved").await?;
            browser.until_attribute(place, "aria-pressed", "true").await?;
            browser.until_focus("order-21").await?;
        }

        // A rider sees the order with an address, and not the one at a table.
        shell.execute("INSERT INTO orders (customer_id, address, phone) VALUES (1, 'Seoul', '119')")?;
        for status in ["accepted", "cooking", "ready"] {
            shell.execute(&format!("UPDATE orders SET status = '{status}' WHERE id = 22"))?;
        }
        go_to(browser, "/orders/rider").await?;
        browser.find("order-22").await?;
        ensure!(!browser.has("order-21").await?, "a rider is offered an order at a table");

        go_to(browser, "/orders/board").await?;
        browser.click("show-ready").await?;
        browser.until_text("delivered-21", |text| text == "Served").await?;
        ensure!(!browser.has("delivered-22").await?, "the restaurant delivers an order of a rider");
        browser.click("delivered-21").await?;
        browser.until_text("board-moved", |text| text.contains("#21 → Served")).await?;
        browser.click("show-moved").await?;
        browser.until_focus("order-21").await?;
        browser.until_text("board-log", |log| log.contains("#21 Ready → Served")).await?;

        // The customer's steps have names, and none of them is a rider's.
        go_to(browser, "/orders").await?;
        browser.until_text("order-21", |text| text.contains("Served") && !text.contains("way")).await?;
        let steps = "return [...document.querySelectorAll('[data-testid=\"order-21\"] .order-track > li')] \
            .map(it => [it.ariaLabel, it.dataset.done, it.ariaCurrent])";
        let steps: Vec<(String, String, Option<String>)> = browser.eval(steps, []).await?;
        let names: Vec<&str> = steps.iter().map(|(name, ..)| name.as_str()).collect();
        ensure!(names == ["Pending", "Accepted", "Cooking", "Ready", "Served"], "{steps:?}");
        ensure!(steps.iter().all(|(_, done, _)| done == "true"), "{steps:?}");
        ensure!(steps.last().is_some_and(|it| it.2.as_deref() == Some("step")), "{steps:?}");
        set_size(browser, 320, 568, true).await?;
        press(browser, "more-5").await?;
        browser.until_animations_end().await?;
        browser.screenshot("orders-bar-en-320").await?;
        axe::check(browser, "the orders of a table").await
    })
    .await
}
