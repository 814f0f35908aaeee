//! The raw echo, on its page.

use std::rc::Rc;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::looks::walk;
use crate::support::browser::{Browser, Lang, Look};
use crate::support::stage::Stage;
use crate::support::wait::until;

async fn visitor(stage: &Stage, name: &str, look: Look) -> Result<Rc<Browser>> {
    let browser = stage.person(name, look).await?.browser;
    browser.goto(&stage.server.url("/lab/echo")).await?;
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

/// Waits for the newest rows to be these, newest first: the way, the text, and what is said about it.
async fn until_rows(browser: &Browser, wanted: &[(&str, &str, &str)]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=\"echo-row\"]')] \
        .map(row => [...row.children].map(it => it.textContent))";
    until(format_args!("the newest rows are {wanted:?}"), async || {
        let rows: Vec<[String; 3]> = browser.ask(script, []).await?;
        let same = wanted.len() <= rows.len()
            && wanted.iter().zip(&rows).all(|((way, text, about), row)| {
                row[0] == *way && row[1] == *text && row[2].contains(about)
            });
        ensure!(same, "the rows are {rows:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn t2_1_what_one_sends_comes_back_and_the_page_shows_what_a_browser_knows() -> Result<()> {
    Stage::play("echo", async |stage| {
        let jane = visitor(stage, "Jane", Look::desktop(Lang::En)).await?;
        jane.until_text("echo-readyState", |state| state == "3 CLOSED").await?;
        connect(&jane).await?;
        let url = format!("ws://{}/ws", stage.server.address());
        assert_eq!(jane.text("echo-url").await?, Some(url.clone()));
        assert_eq!(jane.text("echo-protocol").await?.as_deref(), Some("none"));
        jane.until_text("echo-extensions", |it| it.starts_with("permessage-deflate")).await?;
        send(&jane, "echo-text", "x").await?;
        until_rows(&jane, &[("↓", "Echo: x", "text · 7 B"), ("↑", "x", "text · 1 B")]).await?;
        until_rows(&jane, &[("↓", "Echo: x", "ms round trip")]).await?;
        // Long enough to be compressed, both ways.
        let long = "안녕하세요".repeat(50);
        let start = |text: &str| text.chars().take(80).chain(['…']).collect::<String>();
        send(&jane, "echo-text", &long).await?;
        let (there, back) = (start(&long), start(&format!("Echo: {long}")));
        until_rows(&jane, &[("↓", &back, "text · 756 B"), ("↑", &there, "text · 750 B")]).await?;
        send(&jane, "echo-text", "").await?;
        until_rows(&jane, &[("↓", "Echo: ", "6 B"), ("↑", "", "0 B")]).await?;
        send(&jane, "echo-hex", "00 ff A0").await?;
        let there_and_back = [("↓", "00 ff a0", "binary · 3 B"), ("↑", "00 ff a0", "binary · 3 B")];
        until_rows(&jane, &there_and_back).await?;
        send(&jane, "echo-hex", "0g").await?;
        jane.find_css("[role=\"alert\"].error").await?;

        jane.click("echo-too-big").await?;
        jane.until_text("echo-closed", |why| why.starts_with("1009: message too big")).await?;
        jane.click("echo-plain").await?;
        connect(&jane).await?;
        assert_eq!(jane.text("echo-url").await?, Some(format!("{url}?plain")));
        send(&jane, "echo-text", "그대로").await?;
        until_rows(&jane, &[("↓", "그대로", "text · 9 B"), ("↑", "그대로", "text · 9 B")]).await?;
        jane.click("echo-toggle").await?;
        jane.until_text("echo-closed", |why| why.starts_with("1000: ")).await?;
        jane.until_text("echo-readyState", |state| state == "3 CLOSED").await?;

        connect(&jane).await?;
        stage.server.kill().await?;
        jane.until_text("echo-closed", |why| why.starts_with("1006: ")).await?;
        stage.server.restart().await
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_at_the_echo() -> Result<()> {
    Stage::play("axe-echo", async |stage| {
        walk(stage, "echo", visitor, async |browser| {
            connect(browser).await?;
            send(browser, "echo-text", "안녕, hello").await?;
            send(browser, "echo-hex", "00ffa0").await?;
            until_rows(browser, &[("↓", "00 ff a0", ""), ("↑", "00 ff a0", "")]).await
        })
        .await
    })
    .await
}
