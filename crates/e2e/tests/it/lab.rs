//! The lab: the front door for those who come from a tutorial, and the wire, seen.

use anyhow::Result;

use crate::support::axe;
use crate::support::browser::{Lang, Look};
use crate::support::stage::Stage;
use crate::support::wait::until_true;

#[tokio::test]
async fn the_lab_has_a_card_for_each_tutorial() -> Result<()> {
    Stage::play("lab", async |stage| {
        for (name, look) in [("민수", Look::desktop(Lang::Ko)), ("Jane", Look::phone(Lang::En))] {
            let page = stage.person(name, look).await?;
            page.browser.goto(&stage.server.url("/lab")).await?;
            for id in ["T0", "T1", "T2", "T3", "T4"] {
                page.browser.find(id).await?;
            }
            page.browser.until_still().await?;
            page.browser
                .picture(&format!("lab-{}", if name == "Jane" { "en-phone" } else { "ko-desktop" }))
                .await?;
            axe::check(&page.browser, "lab").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_wire_shows_what_was_sent_and_what_came_back() -> Result<()> {
    Stage::play("inspector", async |stage| {
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        browser.click("open-inspector").await?;
        jane.say("look at the wire").await?;
        jane.until_stored("look at the wire").await?;
        browser.find("inspector-filter").await?.send_keys("ack").await?;
        let acked = async || {
            let rows: Vec<String> = browser
                .ask("return [...document.querySelectorAll('.frame-line')].map(row => row.textContent)", [])
                .await?;
            Ok(!rows.is_empty() && rows.iter().all(|row| row.contains("ack") && row.contains(" ms")))
        };
        until_true("the acknowledgement is there, with its round trip", acked).await?;
        browser.click_css(".frame-line").await?;
        let shown = async || {
            let text: String = browser.ask("return document.querySelector('.frame-text')?.textContent ?? ''", []).await?;
            Ok(text.contains("\"topic\": \""))
        };
        until_true("its content is there", shown).await?;
        browser.until_still().await?;
        browser.picture("inspector-en-desktop").await?;
        axe::check(browser, "inspector").await
    })
    .await
}

#[tokio::test]
async fn t2_3_typing_disappears_one_second_after_the_last_keystroke_and_shows_its_frames()
-> Result<()> {
    Stage::play("typing-page", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        jane.browser.goto(&stage.server.url("/lab/typing")).await?;
        jane.browser.find("typing-text").await?.send_keys("hello").await?;
        minsu.browser.until_text("typing", |line| line == "💬 Jane 님이 입력 중…").await?;
        minsu.browser.until_text("typing", str::is_empty).await?;
        jane.browser
            .until_text("typing-frames", |frames| {
                frames.contains("\"typing\":true") && frames.contains("\"typing\":false")
            })
            .await?;
        jane.browser.picture("typing-en-desktop").await?;
        Ok(())
    })
    .await
}
