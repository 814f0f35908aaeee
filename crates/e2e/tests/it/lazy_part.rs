//! The lazy part of the app, which loads after the first view.

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until;

#[tokio::test]
async fn a_failed_load_of_the_lazy_part_is_reported_and_retried() -> Result<()> {
    BrowserTest::run("lazy-part", async |test| {
        let sign_in_page = test.sign_in_page(Device::desktop(Lang::Ko)).await?;
        let browser = sign_in_page.browser.clone();
        browser.devtools("Network.enable", json!({})).await?;
        // The service worker may have cached the part already.
        browser.devtools("Network.setBypassServiceWorker", json!({ "bypass": true })).await?;
        let block = async |urls: &[&str]| {
            browser.devtools("Network.setBlockedURLs", json!({ "urls": urls })).await
        };
        block(&["*madang-pages-*"]).await?;
        browser.expect_console_error("net::ERR_BLOCKED_BY_CLIENT");
        browser.expect_console_error("Failed to fetch");
        let page = sign_in_page.sign_in("민수").await?;
        page.open_composer().await?;
        // Signing in and chatting work without the part.
        page.send("안녕하세요").await?;
        page.until_stored("안녕하세요").await?;
        browser.click("rail-apps").await?;
        browser.find("lazy-part-failed").await?;
        browser.until_animations_end().await?;
        browser.screenshot("desktop-ko-lazy-part-failed").await?;
        axe::check(&browser, "lazy-part").await?;
        // A failed retry shows the error again.
        browser.click("lazy-part-retry").await?;
        browser.find("lazy-part-failed").await?;
        browser.click("view-menu").await?;
        until("the menu shows the error, too", async || {
            let script =
                "return document.querySelectorAll('[data-testid=\"lazy-part-failed\"]').length";
            let errors: usize = browser.eval(script, []).await?;
            ensure!(errors == 2, "{errors} errors are shown");
            Ok(Some(()))
        })
        .await?;
        browser.keys(Key::Escape).await?;
        block(&[]).await?;
        // One successful load serves the page, the menu and the inspector.
        browser.click("lazy-part-retry").await?;
        browser.until_gone("lazy-part-failed").await?;
        browser.find("page-orders").await?;
        page.open_inspector().await?;
        browser.find("inspector-filter").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_lazy_part_loads_after_the_first_view_without_a_request() -> Result<()> {
    BrowserTest::run("lazy-part-idle", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let loaded = "return performance.getEntriesByType('resource') \
            .filter(it => it.name.includes('/madang-pages-')).length";
        until("the part is loaded once", async || {
            let count: usize = jane.browser.eval(loaded, []).await?;
            ensure!(count == 1, "{count}");
            Ok(Some(()))
        })
        .await?;
        jane.browser.click("rail-learn").await?;
        jane.browser.find("T0").await?;
        Ok(())
    })
    .await
}
