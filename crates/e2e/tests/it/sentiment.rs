//! The sentiment of texts.

use anyhow::Result;
use thirtyfour::Key;

use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

#[tokio::test]
async fn t2_4_text_is_classified_while_typing_in_korean_and_english() -> Result<()> {
    BrowserTest::run("sentiment", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        // Outside of this page, a server has no moods by default.
        minsu.send("I love this courtyard").await?;
        minsu.until_stored("I love this courtyard").await?;
        assert!(!browser.has("mood").await?);
        browser.goto(&test.server.url("/lab/sentiment")).await?;
        let field = browser.find("sentiment-text").await?;
        browser.until_focus("sentiment-text").await?;
        for (text, result) in [
            ("love", "긍정 😊"),
            ("sad", "부정 😢"),
            ("사랑해", "긍정 😊"),
            ("안 좋아", "부정 😢"),
            ("the bus leaves at nine", "중립 😐"),
        ] {
            // Neighbours in the list have different results, so that an earlier result cannot pass for this one.
            browser.chord(Key::Control, "a").await?;
            browser.insert_text(text).await?;
            browser.until_text("sentiment-conclusion", |it| it == result).await?;
        }
        // The result is that of the whole text, after the last key press.
        browser.chord(Key::Control, "a").await?;
        field.send_keys("오늘 정말 좋았어 ㅎㅎ but the coffee was terrible").await?;
        browser
            .until_text("sentiment-words", |it| it.contains("terrible") && it.contains("좋았"))
            .await?;
        browser.until_animations_end().await?;
        browser.screenshot("sentiment-ko-desktop").await?;
        // Without the server, the page says that the text waits.
        test.server.kill().await?;
        field.send_keys(" love").await?;
        browser.until_text("sentiment-note", |it| it.contains("연결되어 있지 않아")).await?;
        browser.until_attribute("sentiment-result", "data-current", "false").await?;
        test.server.restart().await?;
        browser.until_attribute("sentiment-result", "data-current", "true").await?;
        browser.until_text("sentiment-note", str::is_empty).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t2_4_a_stored_message_carries_its_sentiment() -> Result<()> {
    BrowserTest::run_with("moods", &["--moods", "true"], async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        minsu.send("I love this courtyard").await?;
        jane.until_stored("I love this courtyard").await?;
        jane.browser.until_attribute("mood", "data-mood", "positive").await?;
        let label = jane.browser.attribute("mood", "aria-label").await?.unwrap_or_default();
        assert!(label.starts_with("Positive +0."), "{label}");
        jane.browser.reload().await?;
        jane.open_composer().await?;
        jane.browser.until_attribute("mood", "data-mood", "positive").await?;
        Ok(())
    })
    .await
}
