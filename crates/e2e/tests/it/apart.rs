//! The part of the app that comes after the first view.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::support::axe;
use crate::support::browser::{Lang, Look};
use crate::support::stage::Stage;
use crate::support::wait::until;

#[tokio::test]
async fn a_part_that_does_not_come_says_so_and_is_there_once_it_is_asked_for_again() -> Result<()> {
    Stage::play("apart", async |stage| {
        let visitor = stage.visitor(Look::desktop(Lang::Ko)).await?;
        let browser = visitor.browser.clone();
        browser.devtools("Network.enable", json!({})).await?;
        // The worker may have it on the device already.
        browser.devtools("Network.setBypassServiceWorker", json!({ "bypass": true })).await?;
        let block = async |urls: &[&str]| {
            browser.devtools("Network.setBlockedURLs", json!({ "urls": urls })).await
        };
        block(&["*madang-pages-*"]).await?;
        browser.forgive("net::ERR_BLOCKED_BY_CLIENT");
        browser.forgive("Failed to fetch");
        let page = visitor.sign_in("민수").await?;
        page.open_composer().await?;
        // Who signs in and chats never misses it.
        page.say("안녕하세요").await?;
        page.until_stored("안녕하세요").await?;
        browser.click("page-orders").await?;
        browser.find("apart-lost").await?;
        browser.until_still().await?;
        browser.picture("desktop-ko-apart-lost").await?;
        axe::check(&browser, "apart").await?;
        // Still nothing: it says so again.
        browser.click("apart-again").await?;
        browser.find("apart-lost").await?;
        browser.click("open-inspector").await?;
        until("the inspector says so, too", async || {
            let script = "return document.querySelectorAll('[data-testid=\"apart-lost\"]').length";
            let said: usize = browser.ask(script, []).await?;
            ensure!(said == 2, "{said}");
            Ok(Some(()))
        })
        .await?;
        block(&[]).await?;
        // There is one part, for whatever it is wanted.
        browser.click("apart-again").await?;
        browser.until_gone("apart-lost").await?;
        browser.find_css(".orders-customer").await?;
        browser.find("inspector-filter").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_first_view_does_not_wait_for_the_part_and_other_pages_find_it_there() -> Result<()> {
    Stage::play("apart-idle", async |stage| {
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let loaded = "return performance.getEntriesByType('resource') \
            .filter(it => it.name.includes('/madang-pages-')).length";
        until("the part is fetched without being asked for", async || {
            let count: usize = jane.browser.ask(loaded, []).await?;
            ensure!(count == 1, "{count}");
            Ok(Some(()))
        })
        .await?;
        jane.browser.click("page-lab").await?;
        jane.browser.find("T0").await?;
        Ok(())
    })
    .await
}
