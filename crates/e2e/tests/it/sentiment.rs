//! How messages feel.

use anyhow::Result;
use thirtyfour::Key;

use crate::support::browser::{Lang, Look};
use crate::support::stage::Stage;

#[tokio::test]
async fn t2_4_the_server_judges_while_one_types_in_korean_and_english() -> Result<()> {
    Stage::play("sentiment", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.goto(&stage.server.url("/lab/sentiment")).await?;
        let field = browser.find("sentiment-text").await?;
        browser.until_focus("sentiment-text").await?;
        for (text, said) in [
            ("love", "긍정 😊"),
            ("sad", "부정 😢"),
            ("사랑해", "긍정 😊"),
            ("안 좋아", "부정 😢"),
            ("the bus leaves at nine", "중립 😐"),
        ] {
            // Each of these differs from the one before it, so that no earlier answer passes for this one.
            browser.chord(Key::Control, "a").await?;
            browser.insert(text).await?;
            browser.until_text("sentiment-said", |it| it == said).await?;
        }
        // The judgement follows the text: it is that of the last letter, whatever came before.
        browser.chord(Key::Control, "a").await?;
        field.send_keys("오늘 정말 좋았어 ㅎㅎ but the coffee was terrible").await?;
        browser
            .until_text("sentiment-words", |it| it.contains("terrible") && it.contains("좋았"))
            .await?;
        browser.until_still().await?;
        browser.picture("sentiment-ko-desktop").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t2_4_a_stored_message_carries_how_it_feels() -> Result<()> {
    Stage::play("moods", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::phone(Lang::En)).await?;
        minsu.say("I love this courtyard").await?;
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
