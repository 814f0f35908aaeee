//! The app's clock and the labels that depend on the day: over a sleep, at midnight, and on a day without a midnight.

use anyhow::{Result, ensure};
use madang_shared::Timestamp;
use serde_json::json;

use crate::orders::order_noodles;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until_true;

const HOUR_MS: u64 = 3_600_000;

/// Sets the page's wall clock ahead by this many milliseconds, without the counter: the device slept.
const SLEEP: &str = "const now = Date.now; Date.now = () => now.call(Date) + arguments[0]";
/// Sets the page's wall clock to the last moments of the local day.
const BEFORE_MIDNIGHT: &str = "const now = Date.now; const end = new Date(now()); end.setHours(24, 0, 0, 0); \
    const ahead = end - now() - 1500; Date.now = () => now.call(Date) + ahead; \
    dispatchEvent(new Event('focus'))";
const RETURN: &str = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))";

pub(crate) async fn set_time_zone(browser: &Browser, name: &str) -> Result<()> {
    let zone = json!({ "timezoneId": name });
    browser.devtools("Emulation.setTimezoneOverride", zone).await?;
    Ok(())
}

/// The time zone in which it is about noon, so that the test does not run over a midnight.
pub(crate) async fn noon_time_zone(browser: &Browser) -> Result<String> {
    let hours: i64 = browser.eval("return new Date().getUTCHours()", []).await?;
    // `Etc/GMT-3` is three hours ahead of UTC.
    Ok(format!("Etc/GMT{:+}", hours - 12))
}

async fn label(browser: &Browser, css: &str) -> Result<String> {
    let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
    browser.eval(script, [css.into()]).await
}

/// Waits until a label says the day, as labels of other days do, or does not.
async fn until_label(browser: &Browser, css: &str, with_day: bool) -> Result<()> {
    until_true(format_args!("{css} shows the day: {with_day}"), async || {
        let label = label(browser, css).await?;
        Ok(!label.is_empty() && label.contains(", 20") == with_day)
    })
    .await
}

/// The day lines and the texts of the messages, in the order of the timeline.
async fn timeline(page: &ChatPage) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('.chat-divider-day, .user-text')] \
        .map(it => it.textContent)";
    page.browser.eval(script, []).await
}

#[tokio::test]
async fn the_app_follows_the_wall_clock_over_a_sleep_and_over_midnight() -> Result<()> {
    BrowserTest::run("days", async |test| {
        let sign_in = test.sign_in_page(Device::desktop(Lang::En)).await?;
        set_time_zone(&sign_in.browser, &noon_time_zone(&sign_in.browser).await?).await?;
        let jane = sign_in.sign_in("Jane").await?;
        jane.open_composer().await?;
        TestClient::connect(&test.server, "하나").await?.send(FIRST_ROOM, "@Jane hello").await?;
        jane.until_stored("@Jane hello").await?;
        let browser = &jane.browser;
        jane.open_app("orders").await?;
        order_noodles(browser).await?;
        until_label(browser, ".order-when", false).await?;
        jane.open_app("feed").await?;
        browser.click("post-composer").await?;
        browser.insert_text("news").await?;
        browser.click("post-send").await?;
        until_label(browser, ".post-time", false).await?;

        // The labels on the open page change on return, and those of other pages are of the new day.
        browser.run_script(SLEEP, [(24 * HOUR_MS).into()]).await?;
        browser.run_script(RETURN, []).await?;
        until_label(browser, ".post-time", true).await?;
        browser.click("bell").await?;
        until_label(browser, ".notice .hint", true).await?;
        jane.open_app("orders").await?;
        until_label(browser, ".order-when", true).await?;
        browser.until_animations_end().await?;
        browser.screenshot("orders-yesterday-en-desktop").await?;
        browser.click("tab-orders-board").await?;
        until_label(browser, ".board-log .hint", true).await?;

        // A message of today is below the line of today.
        jane.open_room(FIRST_ROOM).await?;
        browser.expect_console_error("net::ERR_INTERNET_DISCONNECTED");
        jane.set_network(false).await?;
        jane.send("good morning").await?;
        until_true("the message is below a day line of its own", async || {
            let lines = timeline(&jane).await?;
            Ok(lines.len() == 4 && lines[1] == "@Jane hello" && lines[3] == "good morning")
        })
        .await?;
        jane.set_network(true).await?;
        jane.until_stored("good morning").await?;

        // At midnight nothing but the time changes.
        browser.goto(&test.server.url("/feed")).await?;
        until_label(browser, ".post-time", false).await?;
        browser.run_script(BEFORE_MIDNIGHT, []).await?;
        until_label(browser, ".post-time", true).await
    })
    .await
}

#[tokio::test]
async fn days_beside_a_midnight_that_does_not_exist_have_their_lines() -> Result<()> {
    BrowserTest::run("no-midnight", async |test| {
        let author = TestClient::sign_up(&test.server, "민수").await?.user;
        // In Cairo, 24 April 2026 began at 01:00, because clocks were set forward at midnight.
        let messages = [
            ("23 at 22:00", 1_776_974_400_000),
            ("24 at 01:30", 1_776_983_400_000),
            ("24 at 23:30", 1_777_062_600_000),
            ("25 at 00:30", 1_777_066_200_000),
            ("25 at 02:00", 1_777_071_600_000_u64),
        ];
        test.server.kill().await?;
        let mut database = test.server.database()?;
        let text = |n: u64| messages[usize::try_from(n - 1).unwrap_or(0)].0.to_owned();
        database.insert_messages(FIRST_ROOM, &author, 5, Timestamp(messages[4].1), text)?;
        for (seq, (_, at)) in (1..).zip(messages) {
            let sql = format!("UPDATE messages SET at = {at} WHERE seq = {seq}");
            ensure!(database.execute(&sql)? == 1);
        }
        test.server.restart().await?;
        let sign_in = test.sign_in_page(Device::desktop(Lang::En)).await?;
        set_time_zone(&sign_in.browser, "Africa/Cairo").await?;
        let jane = sign_in.sign_in("Jane").await?;
        jane.until_stored("25 at 02:00").await?;
        let lines = timeline(&jane).await?;
        let expected = [
            "Thursday, April 23, 2026",
            "23 at 22:00",
            "Friday, April 24, 2026",
            "24 at 01:30",
            "24 at 23:30",
            "Saturday, April 25, 2026",
            "25 at 00:30",
            "25 at 02:00",
        ];
        ensure!(lines == expected, "{lines:#?}");
        Ok(())
    })
    .await
}
