//! The shared counter.

use anyhow::Result;

use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

#[tokio::test]
async fn t2_6_increments_reach_every_screen() -> Result<()> {
    BrowserTest::run("counter", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        minsu.browser.goto(&test.server.url("/counter")).await?;
        jane.browser.goto(&test.server.url("/counter")).await?;
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
        minsu.browser.until_animations_end().await?;
        minsu.browser.screenshot("counter-ko-desktop").await?;
        jane.browser.screenshot("counter-en-phone").await?;

        // Increments that are made while the server is down count exactly once after its restart.
        test.server.kill().await?;
        minsu.until_connection("waiting").await?;
        minsu.browser.click("add+10").await?;
        minsu.browser.click("add+10").await?;
        minsu.browser.until_attribute("counter", "data-stored", "false").await?;
        minsu.browser.until_text("counter", |number| number == "30").await?;
        // Nothing is being stored, and the number of the other screen may be old by now.
        minsu
            .browser
            .until_text("counter-state", |it| it.ends_with("연결되면 저장됩니다."))
            .await?;
        jane.browser
            .until_text("counter-state", |it| it.ends_with("the last number received."))
            .await?;
        test.server.restart().await?;
        for page in [&minsu, &jane] {
            page.browser.until_text("counter", |number| number == "30").await?;
            page.browser.until_attribute("counter", "data-stored", "true").await?;
        }
        Ok(())
    })
    .await
}
