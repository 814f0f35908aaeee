//! The switches of the apps, as people see them.

use std::path::Path;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

fn switch_on(file: &Path, apps: &str) -> Result<()> {
    Ok(std::fs::write(file, format!("apps = [{apps}]"))?)
}

/// The text of the element that a selector finds.
async fn text(browser: &Browser, css: &str) -> Result<String> {
    Ok(browser.find_css(css).await?.text().await?)
}

async fn has(browser: &Browser, css: &str) -> Result<bool> {
    browser.eval("return document.querySelector(arguments[0]) !== null", [css.into()]).await
}

/// The apps of the index whose state is this one.
async fn cards(browser: &Browser, is_on: bool) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll(`.app-card[data-on='${arguments[0]}']`)]\
        .map(card => card.querySelector('[data-testid]').dataset.testid)";
    browser.eval(script, [is_on.into()]).await
}

#[tokio::test]
async fn an_app_that_is_off_says_so_everywhere_and_follows_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("madang.toml");
    switch_on(&file, "\"orders\"")?;
    let path = file.to_str().unwrap_or_default().to_owned();
    BrowserTest::run_with("apps", &["--config", &path], async move |test| {
        let _folder = folder;
        let desktop = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &desktop.browser;
        browser.click("rail-apps").await?;
        browser.find("page-orders").await?;
        ensure!(cards(browser, true).await? == ["page-orders"]);
        ensure!(cards(browser, false).await? == ["page-feed", "page-bitcoin", "page-counter"]);
        browser.click_css(".app-card[data-on='false'] summary").await?;
        let lines = text(browser, ".app-switch[open]").await?;
        for line in ["꺼짐", "--apps feed,orders", "apps = [\"feed\", \"orders\"]"] {
            ensure!(lines.contains(line), "{line:?} is not in {lines:?}");
        }
        browser.screenshot("apps-ko").await?;
        axe::check(browser, "the index of the apps").await?;
        browser.click_css(".app-card[data-on='true'] summary").await?;
        until_true("the line switches the last app off", async || {
            Ok(text(browser, ".app-card[data-on='true']").await?.contains("--apps off"))
        })
        .await?;

        // The tutorials whose app is off say why.
        browser.click("rail-learn").await?;
        let reason = text(browser, "[data-testid='T4'] [data-testid='lab-off']").await?;
        ensure!(reason == "이 서버에서 꺼진 앱입니다: 소식", "{reason}");
        ensure!(!has(browser, "[data-testid='T4'] .lab-page").await?);
        ensure!(!has(browser, "[data-testid='T3'] [data-testid='lab-off']").await?);
        browser.find_css("[data-testid='T3'] a.lab-page[href='/orders']").await?;
        browser.screenshot("apps-learn-ko").await?;

        // Settings of what is off have no use.
        browser.goto(&test.server.url("/settings")).await?;
        browser.find_css("#setting-order").await?;
        ensure!(!has(browser, "#setting-post").await?);

        // A deep link to a page that is off.
        browser.goto(&test.server.url("/feed")).await?;
        let title = text(browser, "[data-testid='app-off'] h2").await?;
        ensure!(title == "이 서버는 ‘소식’ 앱을 제공하지 않습니다", "{title}");
        ensure!(!has(browser, ".skeleton").await?, "the page does not look as if it loaded");
        browser.screenshot("app-off-ko").await?;
        axe::check(browser, "a page that is off").await?;
        browser.click("to-chat").await?;
        desktop.open_composer().await?;
        desktop.open_inspector().await?;
        for (topic, is_followed) in [("memberships", true), ("posts", false)] {
            browser.find("inspector-filter").await?.focus().await?;
            browser.chord(Key::Control, "a").await?;
            browser.insert_text(topic).await?;
            until_true(&format!("{topic} is followed: {is_followed}"), async || {
                Ok(has(browser, ".frame-line").await? == is_followed)
            })
            .await?;
        }

        let phone = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        phone.browser.goto(&test.server.url("/orders/board")).await?;
        phone.browser.find("board-search").await?;
        phone.browser.goto(&test.server.url("/apps")).await?;
        phone.browser.find("page-orders").await?;
        phone.browser.screenshot("apps-en-phone").await?;
        phone.browser.goto(&test.server.url("/bitcoin")).await?;
        let title = text(&phone.browser, "[data-testid='app-off'] h2").await?;
        ensure!(title == "This server does not offer the app “Bitcoin price”", "{title}");
        phone.browser.screenshot("app-off-en-phone").await?;

        // Pages that stay open learn what the server offers after a restart.
        phone.browser.goto(&test.server.url("/counter")).await?;
        phone.browser.find("app-off").await?;
        browser.goto(&test.server.url("/orders")).await?;
        browser.find_css(".orders").await?;
        test.server.kill().await?;
        switch_on(&file, "\"counter\"")?;
        test.server.restart().await?;
        browser.find("app-off").await?;
        phone.browser.until_text("counter", |text| text == "0").await?;

        test.server.kill().await?;
        switch_on(&file, "")?;
        test.server.restart().await?;
        for browser in [browser, &phone.browser] {
            until_true("the rail has no link to the apps", async || {
                let script = "return document.querySelector('[data-testid=\"rail-apps\"]').checkVisibility()";
                Ok(!browser.eval::<bool>(script, []).await?)
            })
            .await?;
        }
        phone.browser.find("app-off").await?;
        phone.browser.screenshot("apps-none-en-phone").await?;
        browser.goto(&test.server.url("/settings/workspace")).await?;
        browser.click("to-apps").await?;
        browser.find("page-feed").await?;
        ensure!(cards(browser, true).await?.is_empty());
        browser.screenshot("apps-none-ko").await?;
        Ok(())
    })
    .await
}
