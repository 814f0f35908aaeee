//! The lab's page of tutorials, the inspector and the typing page.

use anyhow::Result;

use crate::support::axe;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

#[tokio::test]
async fn the_lab_has_a_card_for_each_tutorial() -> Result<()> {
    BrowserTest::run("lab", async |test| {
        for (name, device) in
            [("민수", Device::desktop(Lang::Ko)), ("Jane", Device::phone(Lang::En))]
        {
            let page = test.chat_page(name, device).await?;
            page.browser.goto(&test.server.url("/lab")).await?;
            for id in ["T0", "T1", "T2", "T3", "T4"] {
                page.browser.find(id).await?;
            }
            page.browser.until_animations_end().await?;
            page.browser
                .screenshot(&format!(
                    "lab-{}",
                    if name == "Jane" { "en-phone" } else { "ko-desktop" }
                ))
                .await?;
            axe::check(&page.browser, "lab").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_inspector_shows_sent_and_received_frames() -> Result<()> {
    BrowserTest::run("inspector", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        jane.open_inspector().await?;
        jane.send("look at the wire").await?;
        jane.until_stored("look at the wire").await?;
        browser.find("inspector-filter").await?.send_keys("ack").await?;
        let acked = async || {
            let rows: Vec<String> = browser
                .eval("return [...document.querySelectorAll('.frame-line')].map(row => row.textContent)", [])
                .await?;
            Ok(!rows.is_empty() && rows.iter().all(|row| row.contains("ack") && row.contains(" ms")))
        };
        until_true("the acknowledgement is shown with its round trip", acked).await?;
        browser.click_css(".frame-line").await?;
        let shown = async || {
            let text: String = browser.eval("return document.querySelector('.frame-text')?.textContent ?? ''", []).await?;
            Ok(text.contains("\"topic\": \""))
        };
        until_true("the content of the frame is shown", shown).await?;
        browser.until_animations_end().await?;
        browser.screenshot("inspector-en-desktop").await?;
        axe::check(browser, "inspector").await
    })
    .await
}

#[tokio::test]
async fn t2_3_the_typing_page_shows_frames_and_typing_ends_after_the_last_keystroke() -> Result<()>
{
    BrowserTest::run("typing-page", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.browser.goto(&test.server.url("/lab/typing")).await?;
        jane.browser.find("typing-text").await?.send_keys("hello").await?;
        minsu.browser.until_text("typing", |line| line == "💬 Jane 님이 입력 중…").await?;
        minsu.browser.until_text("typing", str::is_empty).await?;
        jane.browser
            .until_text("typing-frames", |frames| {
                frames.contains("\"typing\":true") && frames.contains("\"typing\":false")
            })
            .await?;
        jane.browser.screenshot("typing-en-desktop").await?;
        Ok(())
    })
    .await
}
