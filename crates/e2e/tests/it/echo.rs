//! The page of the raw echo, `/lab/echo`.

use std::rc::Rc;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::appearance::check_page;
use crate::layout::set_size;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::{until, until_true};

async fn open_page(test: &BrowserTest, name: &str, device: Device) -> Result<Rc<Browser>> {
    let browser = test.chat_page(name, device).await?.browser;
    browser.goto(&test.server.url("/lab/echo")).await?;
    Ok(browser)
}

async fn connect(browser: &Browser) -> Result<()> {
    browser.click("echo-toggle").await?;
    browser.until_text("echo-readyState", |state| state == "1 OPEN").await?;
    Ok(())
}

async fn send(browser: &Browser, field: &str, text: &str) -> Result<()> {
    browser.find(field).await?.send_keys(text.to_owned() + Key::Enter).await?;
    Ok(())
}

/// Waits until the last rows are these, newest last: direction, text, and a part of the description.
async fn until_rows(browser: &Browser, wanted: &[(&str, &str, &str)]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=\"echo-row\"]')] \
        .map(row => [row.querySelector('.direction').dataset.sent === 'true' ? '↑' : '↓', \
            ...[...row.children].slice(1).map(it => it.textContent)])";
    until(format_args!("the last rows are {wanted:?}"), async || {
        let rows: Vec<[String; 3]> = browser.eval(script, []).await?;
        let same = wanted.len() <= rows.len()
            && wanted.iter().rev().zip(rows.iter().rev()).all(|((way, text, about), row)| {
                row[0] == *way && row[1] == *text && row[2].contains(about)
            });
        ensure!(same, "the rows are {rows:?}");
        Ok(Some(()))
    })
    .await
}

/// Whether the field with the focus and the newest row are in sight.
const ANSWER_IN_SIGHT: &str = "const box = it => it.getBoundingClientRect(); \
    const [page, list] = ['.page', '[data-testid=\"echo-rows\"]'].map(it => box(document.querySelector(it))); \
    const row = box([...document.querySelectorAll('[data-testid=\"echo-row\"]')].at(-1)); \
    const field = box(document.activeElement); \
    const top = Math.max(page.top, list.top); \
    return document.activeElement.dataset.testid === 'echo-text' && field.top >= page.top \
        && field.bottom <= page.bottom && row.top >= top - 1 && row.bottom <= Math.min(page.bottom, list.bottom) + 1";

/// The newest row is at the end of the box, which stays there only for a reader who is there.
async fn follows_its_end_only_from_there(browser: &Browser) -> Result<()> {
    let box_is = async |place: &str| {
        let script = "const it = document.querySelector('[data-testid=\"echo-rows\"]'); \
            const end = it.scrollHeight - it.clientHeight; \
            return end > 50 && Math.abs(it.scrollTop - (arguments[0] === 'end' ? end : 0)) <= 1";
        until_true(format_args!("the box is at its {place}"), async || {
            browser.eval(script, [place.into()]).await
        })
        .await
    };
    let scroll = "document.querySelector('[data-testid=\"echo-rows\"]').scrollTop = arguments[0]";
    for number in 0..8 {
        send(browser, "echo-text", &format!("row {number}")).await?;
        until_rows(browser, &[("↓", &format!("Echo: row {number}"), "")]).await?;
    }
    box_is("end").await?;
    browser.run_script(scroll, [0.into()]).await?;
    box_is("start").await?;
    send(browser, "echo-text", "while reading").await?;
    until_rows(browser, &[("↓", "Echo: while reading", "")]).await?;
    browser.until_animations_end().await?;
    box_is("start").await?;
    browser.run_script(scroll, [1_000_000.into()]).await?;
    send(browser, "echo-text", "back").await?;
    until_rows(browser, &[("↓", "Echo: back", "")]).await?;
    box_is("end").await
}

#[tokio::test]
async fn t2_1_the_echo_page_shows_frames_and_connection_details() -> Result<()> {
    BrowserTest::run("echo", async |test| {
        let jane = open_page(test, "Jane", Device::desktop(Lang::En)).await?;
        jane.until_text("echo-readyState", |state| state == "none").await?;
        connect(&jane).await?;
        let url = format!("ws://{}/ws", test.server.address());
        assert_eq!(jane.text("echo-url").await?, Some(url.clone()));
        assert_eq!(jane.text("echo-protocol").await?.as_deref(), Some("none"));
        jane.until_text("echo-extensions", |it| it.starts_with("permessage-deflate")).await?;
        send(&jane, "echo-text", "x").await?;
        until_rows(&jane, &[("↑", "x", "text · 1 B"), ("↓", "Echo: x", "text · 7 B")]).await?;
        until_rows(&jane, &[("↓", "Echo: x", "ms round trip")]).await?;
        // This text is long enough for compression in both directions.
        let long = "안녕하세요".repeat(50);
        let start = |text: &str| text.chars().take(80).chain(['…']).collect::<String>();
        send(&jane, "echo-text", &long).await?;
        let (there, back) = (start(&long), start(&format!("Echo: {long}")));
        until_rows(&jane, &[("↑", &there, "text · 750 B"), ("↓", &back, "text · 756 B")]).await?;
        send(&jane, "echo-text", "").await?;
        until_rows(&jane, &[("↑", "", "0 B"), ("↓", "Echo: ", "6 B")]).await?;
        send(&jane, "echo-hex", "00 ff A0").await?;
        let there_and_back = [("↑", "00 ff a0", "binary · 3 B"), ("↓", "00 ff a0", "binary · 3 B")];
        until_rows(&jane, &there_and_back).await?;
        send(&jane, "echo-hex", "0g").await?;
        jane.find_css("[role=\"alert\"].error").await?;

        follows_its_end_only_from_there(&jane).await?;

        // A phone with its keyboard on the screen: field and newest answer are in sight together.
        set_size(&jane, 390, 480, true).await?;
        // The keyboard scrolls the field into sight, as the focus does.
        let focus = "document.activeElement.blur(); document.querySelector('[data-testid=\"echo-text\"]').focus()";
        jane.run_script(focus, []).await?;
        send(&jane, "echo-text", "from a phone").await?;
        until_rows(&jane, &[("↓", "Echo: from a phone", "")]).await?;
        until_true("the answer is in sight", async || jane.eval(ANSWER_IN_SIGHT, []).await).await?;
        jane.screenshot("echo-en-phone-keyboard").await?;
        set_size(&jane, 1280, 800, false).await?;

        jane.click("echo-too-big").await?;
        jane.until_text("echo-closed", |why| why.starts_with("1009: message too big")).await?;
        jane.click("echo-plain").await?;
        connect(&jane).await?;
        assert_eq!(jane.text("echo-url").await?, Some(format!("{url}?plain")));
        send(&jane, "echo-text", "그대로").await?;
        until_rows(&jane, &[("↑", "그대로", "text · 9 B"), ("↓", "그대로", "text · 9 B")]).await?;
        jane.click("echo-toggle").await?;
        jane.until_text("echo-closed", |why| why.starts_with("1000: ")).await?;
        jane.until_text("echo-readyState", |state| state == "3 CLOSED").await?;

        connect(&jane).await?;
        test.server.kill().await?;
        jane.until_text("echo-closed", |why| why.starts_with("1006: ")).await?;
        test.server.restart().await
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_on_the_echo_page() -> Result<()> {
    BrowserTest::run("axe-echo", async |test| {
        check_page(test, "echo", open_page, async |browser| {
            connect(browser).await?;
            send(browser, "echo-text", "안녕, hello").await?;
            // Otherwise the order of the rows depends on the speed of the first echo.
            until_rows(browser, &[("↑", "안녕, hello", ""), ("↓", "Echo: 안녕, hello", "")])
                .await?;
            send(browser, "echo-hex", "00ffa0").await?;
            until_rows(browser, &[("↑", "00 ff a0", ""), ("↓", "00 ff a0", "")]).await
        })
        .await
    })
    .await
}
