//! The lab's page of tutorials, the inspector and the typing page.

use anyhow::Result;

use crate::layout::{go_to, page_paths};
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
            // Each has one picture and something to open, and its table is folded.
            let script = "return [...document.querySelectorAll('.lab-card')].filter(card => \
                card.querySelectorAll('.picture').length !== 1 || !card.querySelector('a.lab-page') \
                || card.querySelector('table').checkVisibility()).map(card => card.dataset.testid)";
            let faults: Vec<String> = page.browser.eval(script, []).await?;
            assert!(faults.is_empty(), "{faults:?}");
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
        // The second pane is a second connection of the page, and says so.
        let seen = jane.browser.until_attribute("typing-connection", "data-live", "true");
        seen.await?;
        jane.browser.until_text("typing-connection", |line| line.contains("connection #")).await?;
        assert_eq!(jane.browser.text("typing-seen").await?.as_deref(), Some("Nobody is typing."));
        jane.browser.find("typing-text").await?.send_keys("hello").await?;
        jane.browser.until_text("typing-seen", |line| line == "💬 Jane is typing…").await?;
        minsu.browser.until_text("typing", |line| line == "💬 Jane 님이 입력 중…").await?;
        minsu.browser.until_text("typing", str::is_empty).await?;
        jane.browser
            .until_text("typing-frames", |frames| {
                frames.contains("\"typing\":true") && frames.contains("\"typing\":false")
            })
            .await?;
        jane.browser.until_text("typing-seen", |line| line == "Nobody is typing.").await?;
        jane.browser
            .until_text("typing-received", |frames| {
                frames.contains("\"typing\":true") && frames.contains("\"typing\":false")
            })
            .await?;
        jane.browser.screenshot("typing-en-desktop").await?;
        // It does not claim a connection that it does not have.
        test.server.kill().await?;
        jane.browser.until_attribute("typing-connection", "data-live", "false").await?;
        test.server.restart().await?;
        jane.browser.until_attribute("typing-connection", "data-live", "true").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_of_the_lab_leads_back_and_shows_its_code() -> Result<()> {
    BrowserTest::run("lab-code", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        for path in page_paths().filter(|path| path.starts_with("/lab/")) {
            go_to(browser, path).await?;
            let way_back: String = browser
                .eval("return document.querySelector('[data-testid=\"back\"]').innerText", [])
                .await?;
            assert_eq!(way_back, "Learn", "{path}");
            if path == "/lab/components" {
                continue;
            }
            browser.click_css("[data-testid=\"show-code\"] > summary").await?;
            let shown = "const code = document.querySelector('.lab-code'); \
                return code.checkVisibility() && code.textContent.includes('fn ')";
            until_true(format_args!("{path} shows code"), async || browser.eval(shown, []).await)
                .await?;
            if path == "/lab/echo" {
                browser.screenshot("lab-code-en-desktop").await?;
            }
        }
        axe::check(browser, "the code").await
    })
    .await
}
