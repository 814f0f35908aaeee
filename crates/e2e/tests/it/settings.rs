//! The settings of the person and of the workspace.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::appearance::{AxeFindings, languages_and_themes, set_language_and_theme};
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

async fn names(browser: &Browser) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('.setting-name')].map(it => it.textContent)";
    browser.eval(script, []).await
}

#[tokio::test]
async fn the_search_finds_the_rows_of_both_pages_and_facts_come_from_the_server() -> Result<()> {
    let arguments = ["--name", "개발팀 <마당>", "--moods", "true", "--price-source", "off"];
    BrowserTest::run_with("settings", &arguments, async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        browser.click("me").await?;
        browser.click("own-settings").await?;
        browser.find("theme-dark").await?;
        ensure!(!browser.has("back").await?, "the settings are the index of their area");
        let found = async |wanted: &str| {
            let field = browser.find("settings-search").await?;
            field.focus().await?;
            browser.chord(Key::Control, "a").await?;
            browser.insert_text(wanted).await
        };
        browser.click("compact").await?;
        browser.until_attribute("compact", "aria-checked", "true").await?;
        ensure!(browser.eval::<bool>("return document.querySelector('[data-compact=true]') !== null", []).await?);
        found("moods").await?;
        browser.until_text("settings-found", |text| text == "1 setting found.").await?;
        ensure!(names(browser).await? == ["Moods of messages"]);
        let fact = browser.find_css(".setting-fact").await?.text().await?;
        ensure!(fact == "On", "{fact}");
        found("nothing at all").await?;
        browser.until_text("settings-found", |text| text == "No setting matches.").await?;
        found("").await?;
        until_true("all rows of the page are listed", async || {
            Ok(names(browser).await?.len() > 5)
        })
        .await?;

        browser.click("to-settings-workspace").await?;
        until_true("the facts about the server are listed", async || {
            let script = "return [...document.querySelectorAll('.setting')].map(it => \
                it.querySelector('.setting-name').textContent + ': ' + it.querySelector('.setting-fact')?.textContent)";
            let facts: Vec<String> = browser.eval(script, []).await?;
            Ok(["Name: 개발팀 <마당>", "Moods of messages: On", "Bitcoin price: Off", "Feed: On"]
                .iter()
                .all(|fact| facts.iter().any(|it| it == fact)))
        })
        .await?;
        browser.click("back").await?;
        browser.find("theme-dark").await?;
        browser.click("show-shortcuts").await?;
        browser.find("shortcuts").await?;
        browser.keys(Key::Escape).await?;
        browser.until_focus("show-shortcuts").await?;
        browser.click("settings-sign-out").await?;
        browser.click("sign-out-confirm").await?;
        browser.find("signin-name").await?;
        // The name is there before the server has answered.
        browser.until_text("server-name", |text| text == "개발팀 <마당>").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_in_the_settings() -> Result<()> {
    BrowserTest::run("settings-axe", async |test| {
        let desktop = test.chat_page("지우", Device::desktop(Lang::Ko)).await?;
        let phone = test.chat_page("하늘", Device::phone(Lang::Ko)).await?;
        let mut found = AxeFindings::default();
        for (browser, device) in [(&desktop.browser, "desktop"), (&phone.browser, "phone")] {
            browser.goto(&test.server.url("/settings")).await?;
            for (lang, theme) in languages_and_themes() {
                set_language_and_theme(browser, lang, theme).await?;
                let dressed = format!("{device}-{}-{theme}", lang.code());
                browser.find("theme-dark").await?;
                found.check(browser, &format!("settings-{dressed}")).await?;
                browser.click("to-settings-workspace").await?;
                browser.until_gone("theme-dark").await?;
                browser.find_css(".setting-fact").await?;
                found.check(browser, &format!("settings-workspace-{dressed}")).await?;
                browser.click("to-settings").await?;
            }
        }
        found.finish()
    })
    .await
}
