//! The number that everybody shares.

use anyhow::Result;

use crate::support::browser::{Lang, Look};
use crate::support::stage::Stage;

#[tokio::test]
async fn t2_6_everybody_sees_everybodys_increments_at_once() -> Result<()> {
    Stage::play("counter", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::phone(Lang::En)).await?;
        minsu.browser.goto(&stage.server.url("/counter")).await?;
        jane.browser.goto(&stage.server.url("/counter")).await?;
        for page in [&minsu, &jane] {
            page.browser.until_text("counter", |number| number == "0").await?;
        }
        minsu.browser.click("add+10").await?;
        jane.browser.click("add-1").await?;
        for page in [&minsu, &jane] {
            page.browser.until_text("counter", |number| number == "9").await?;
        }
        jane.browser.click("add+1").await?;
        minsu.browser.until_text("counter-last", |line| line == "마지막: Jane 님이 +1").await?;
        minsu.browser.until_still().await?;
        minsu.browser.picture("counter-ko-desktop").await?;
        jane.browser.picture("counter-en-phone").await?;

        // What is added while the server is away counts, once, when it is back.
        stage.server.kill().await?;
        minsu.until_link("waiting").await?;
        minsu.browser.click("add+10").await?;
        minsu.browser.click("add+10").await?;
        minsu.browser.until_attribute("counter", "data-stored", "false").await?;
        minsu.browser.until_text("counter", |number| number == "30").await?;
        stage.server.restart().await?;
        for page in [&minsu, &jane] {
            page.browser.until_text("counter", |number| number == "30").await?;
            page.browser.until_attribute("counter", "data-stored", "true").await?;
        }
        Ok(())
    })
    .await
}
