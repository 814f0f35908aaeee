//! Menus, dialogs and bars on a phone on its side, which is low.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use super::{go_to, set_size};
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

/// Whether an element is within the window, top and bottom.
const IS_WHOLE: &str = "const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect(); \
    return top >= 0 && bottom <= innerHeight";

async fn ensure_whole(browser: &Browser, css: &str) -> Result<()> {
    browser.until_animations_end().await?;
    ensure!(browser.eval::<bool>(IS_WHOLE, [css.into()]).await?, "{css} leaves the window");
    Ok(())
}

/// Whether a dialog shows its beginning.
async fn ensure_at_start(browser: &Browser) -> Result<()> {
    browser.until_animations_end().await?;
    let script = "return document.querySelector('dialog[open]').scrollTop";
    let scrolled: f64 = browser.eval(script, []).await?;
    ensure!(scrolled < 1.0, "the dialog is scrolled by {scrolled} pixels");
    Ok(())
}

#[tokio::test]
async fn in_a_low_window_menus_are_whole_and_dialogs_show_their_beginning() -> Result<()> {
    BrowserTest::run("layout-low", async |test| {
        let page = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &page.browser;
        page.send("One").await?;
        page.send("Two").await?;
        let last = page.until_stored("Two").await?.seq.unwrap_or_default();
        set_size(browser, 844, 390, true).await?;

        page.open_message_menu(last).await?;
        ensure_whole(browser, ".message-menu").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("message-menu").await?;
        browser.click("view-menu").await?;
        browser.find("copy-link").await?;
        ensure_whole(browser, ".view-menu").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("copy-link").await?;

        go_to(browser, "/orders").await?;
        // At the end of the page, nothing is below the bar with the sum.
        let gap = "const page = document.querySelector('.page'); page.scrollTop = page.scrollHeight; \
            const bottom = css => document.querySelector(css).getBoundingClientRect().bottom; \
            return bottom('.page') - bottom('.order-bar')";
        let gap: f64 = browser.eval(gap, []).await?;
        ensure!(gap.abs() < 2.0, "below the bar are {gap} pixels");

        browser.keys("?").await?;
        browser.find("shortcuts").await?;
        ensure_at_start(browser).await
    })
    .await
}
