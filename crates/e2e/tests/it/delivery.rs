//! What became of a message, from stored to read.

use anyhow::Result;
use thirtyfour::Key;

use crate::looks::{Findings, combinations, dress};
use crate::support::browser::{Lang, Look};
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::program::Program;
use crate::support::stage::Stage;

/// Opens the dialog of the message at a place.
async fn inspect(page: &ChatPage, seq: u64) -> Result<()> {
    page.browser.click_css(&format!("[data-seq='{seq}'] [data-testid='inspect']")).await?;
    page.browser.find("delivery-stored").await?;
    Ok(())
}

#[tokio::test]
async fn t1_2_the_delivery_of_a_message_is_shown_from_stored_to_read_and_why_not() -> Result<()> {
    Stage::play("delivery", async |stage| {
        Program::sign_up(&stage.server, "안 온 사람").await?;
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::phone(Lang::En)).await?;
        jane.browser.goto("about:blank").await?;
        minsu.until_present(&["민수"]).await?;
        minsu.say("읽었는지 알려 줘요").await?;
        minsu.until_stored("읽었는지 알려 줘요").await?;

        let browser = &minsu.browser;
        inspect(&minsu, 1).await?;
        browser.until_attribute("delivery-stored", "data-done", "true").await?;
        browser.until_text("delivery-stored", |text| text.contains("1번째 자리")).await?;
        browser.until_text("delivery-handed", |text| text.contains("1개 중 1개")).await?;
        let people = browser
            .until_text("delivery-people", |text| text.contains("Jane") && text.contains("민수"))
            .await?;
        assert!(people.contains("부터 연결 없음"), "Jane was here: {people}");
        assert!(people.contains("서버가 켜진 뒤로 이 방에 온 적 없음"), "who never came: {people}");
        assert!(people.contains("쓴 사람"), "{people}");
        browser.until_still().await?;
        browser.picture("delivery-ko-desktop-unread").await?;

        // It is true while it is open: Jane comes, and reads.
        jane.browser.goto(&stage.server.url("/")).await?;
        jane.until_stored("읽었는지 알려 줘요").await?;
        let read =
            browser.until_text("delivery", |text| text.contains("2명 중 1명이 읽었습니다")).await?;
        assert!(read.contains("연결된 화면 2개 중 2개"), "{read}");

        browser.keys(Key::Escape).await?;
        browser.until_gone("delivery").await?;
        browser.until_focus("inspect").await?;
        browser.keys(Key::Enter).await?;
        browser.find("delivery-stored").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("delivery").await?;

        // Who leaves is told as such.
        jane.browser.click("room-leave").await?;
        inspect(&minsu, 1).await?;
        browser.until_text("delivery-people", |text| text.contains("방을 나감")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_at_the_delivery_of_a_message() -> Result<()> {
    Stage::play("axe-delivery", async |stage| {
        let mut writer = Program::connect(&stage.server, "하나").await?;
        let lines = ["첫 줄", "둘째 줄", "셋째 줄"].map(str::to_owned);
        writer.say_all(FIRST_ROOM, lines).await?;
        let desktop = stage.person("지우", Look::desktop(Lang::Ko)).await?;
        let phone = stage.person("A rather long name to be cut", Look::phone(Lang::Ko)).await?;
        let mut found = Findings::default();
        for (lang, theme) in combinations() {
            for (page, look) in [(&desktop, "desktop"), (&phone, "phone")] {
                dress(&page.browser, lang, theme).await?;
                page.until_stored("셋째 줄").await?;
                inspect(page, 2).await?;
                page.browser.find("delivery-people").await?;
                found
                    .look(&page.browser, &format!("delivery-{look}-{}-{theme}", lang.code()))
                    .await?;
            }
        }
        found.none()
    })
    .await
}
