//! The keyboard in the timeline.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::list_position::until_at_end;
use crate::support::test_client::TestClient;
use crate::support::wait::{until, until_true};

#[tokio::test]
async fn the_message_list_is_one_tab_stop_and_never_loses_the_focus() -> Result<()> {
    BrowserTest::run("list-keys", async |test| {
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        let texts = (1..=90).map(|n| format!("message {n} https://example.com/{n}"));
        minsu.send_all(FIRST_ROOM, texts).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        until_at_end(browser, "load", 90).await?;
        browser.find("composer").await?.focus().await?;
        browser.until_focus("composer").await?;

        browser.chord(Key::Shift, Key::Tab.value().to_string()).await?;
        until_message_focus(browser, 90).await?;
        browser.keys(Key::Up).await?;
        browser.keys(Key::Up).await?;
        until_message_focus(browser, 88).await?;
        browser.keys(Key::Down).await?;
        until_message_focus(browser, 89).await?;
        browser.keys(Key::Tab).await?;
        browser.until_focus("composer").await?;
        browser.chord(Key::Shift, Key::Tab.value().to_string()).await?;
        until_message_focus(browser, 89).await?;
        browser.screenshot("timeline-focus-en-desktop").await?;

        // The link of a message.
        browser.keys(Key::Right).await?;
        until_focused(browser, "a link", "it.tagName === 'A' && it.closest('[data-seq=\"89\"]')")
            .await?;
        browser.keys(Key::Escape).await?;
        until_message_focus(browser, 89).await?;

        // The menu of a message.
        for key in [Key::Enter.value().to_string(), "m".to_owned(), "ㅡ".to_owned()] {
            browser.keys(key).await?;
            browser.until_text("message-menu", |title| title.contains("민수")).await?;
            browser.until_focus("react").await?;
            browser.keys(Key::Escape).await?;
            browser.until_gone("message-menu").await?;
            until_message_focus(browser, 89).await?;
        }

        // New messages draw rows again and push them out of the list.
        minsu.send(FIRST_ROOM, "message 91").await?;
        until_at_end(browser, "a new message", 91).await?;
        until_message_focus(browser, 89).await?;
        let up = "document.querySelector('[data-testid=\"timeline\"]').scrollTop = 0";
        browser.run_script(up, []).await?;
        until_true("message 1 is drawn", async || {
            browser.run_script(up, []).await?;
            browser.eval("return document.querySelector('[data-seq=\"1\"]') !== null", []).await
        })
        .await?;
        browser.until_focus("timeline").await?;
        // The day has a line of its own, while its row is above the list.
        let day: String = browser.eval(DAY_LINE, []).await?;
        assert_eq!(day, "", "its row is in sight");
        browser.keys(Key::Up).await?;
        until_message_focus(browser, 88).await?;
        until_true("the line at the top has the day", async || {
            let day: String = browser.eval(DAY_LINE, []).await?;
            Ok(day.contains(", 20"))
        })
        .await?;
        browser.keys(Key::Home).await?;
        until_message_focus(browser, 1).await?;
        browser.keys(Key::End).await?;
        until_message_focus(browser, 91).await?;
        until_at_end(browser, "End", 91).await?;
        browser.chord(Key::Shift, Key::Tab.value().to_string()).await?;
        until_focused(
            browser,
            "an element before the list",
            "!it.closest('.timeline') && it.tagName !== 'BODY'",
        )
        .await
    })
    .await
}

/// The day above the list; fails if it covers the list.
const DAY_LINE: &str = "const day = document.querySelector('[data-testid=\"day-at-top\"]'); \
    const list = document.querySelector('[data-testid=\"timeline\"]'); \
    return day.getBoundingClientRect().bottom > list.getBoundingClientRect().top + 1 \
        ? 'it covers the list' : day.textContent";

/// A scroll position is exact to one pixel.
async fn until_message_focus(browser: &Browser, seq: u64) -> Result<()> {
    let visible = "const at = it.getBoundingClientRect(); \
        const list = it.closest('[data-testid=\"timeline\"]').getBoundingClientRect(); \
        return at.top >= list.top - 1 && at.bottom <= list.bottom + 1";
    let what = format!("it.dataset.seq === '{seq}' && (() => {{ {visible} }})()");
    until_focused(browser, &format!("message {seq}"), &what).await
}

/// Waits until a JavaScript condition on the focused element, `it`, holds.
async fn until_focused(browser: &Browser, what: &str, condition: &str) -> Result<()> {
    until(format_args!("the focus is on {what}"), async || {
        let script = format!(
            "const it = document.activeElement; \
            return [Boolean({condition}), it.outerHTML.slice(0, 200)]"
        );
        let (holds, html): (bool, String) = browser.eval(&script, []).await?;
        ensure!(holds, "the focus is on {html}");
        Ok(Some(()))
    })
    .await
}
