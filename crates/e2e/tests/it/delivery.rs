//! The delivery dialog of a message.

use anyhow::Result;
use thirtyfour::Key;

use crate::appearance::{AxeFindings, languages_and_themes, set_language_and_theme};
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;

/// Opens the dialog of the message with a seq.
async fn open_delivery(page: &ChatPage, seq: u64) -> Result<()> {
    page.open_message_menu(seq).await?;
    page.browser.click_css("dialog [data-testid='inspect']").await?;
    page.browser.find("delivery-summary").await?;
    Ok(())
}

#[tokio::test]
async fn t1_2_the_delivery_dialog_shows_stored_sent_and_read() -> Result<()> {
    BrowserTest::run("delivery", async |test| {
        TestClient::sign_up(&test.server, "안 온 사람").await?;
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        jane.browser.goto("about:blank").await?;
        minsu.until_present(&["민수"]).await?;
        minsu.send("읽었는지 알려 줘요").await?;
        minsu.until_stored("읽었는지 알려 줘요").await?;

        let browser = &minsu.browser;
        open_delivery(&minsu, 1).await?;
        browser.until_text("delivery-summary", |text| text == "아직 2명").await?;
        let people = browser.until_text("delivery-not-yet", |text| text.contains("Jane")).await?;
        assert!(people.contains("부터 연결 없음"), "Jane was connected before: {people}");
        assert!(
            people.contains("서버가 켜진 뒤로 이 방에 온 적 없음"),
            "one user never connected: {people}"
        );
        browser.until_animations_end().await?;
        browser.screenshot("delivery-ko-desktop-unread").await?;

        // Positions and connections are behind the details.
        let visible =
            "return document.querySelector('[data-testid=delivery-stored]').checkVisibility()";
        assert!(!browser.eval::<bool>(visible, []).await?);
        browser.click("delivery-details").await?;
        assert!(browser.eval::<bool>(visible, []).await?);
        browser.until_attribute("delivery-stored", "data-done", "true").await?;
        browser.until_text("delivery-stored", |text| text.contains("1번째 자리")).await?;
        browser.until_text("delivery-handed", |text| text.contains("1개 중 1개")).await?;

        // The open dialog updates when Jane connects and reads; the details stay open.
        jane.browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        jane.until_stored("읽었는지 알려 줘요").await?;
        browser.until_text("delivery-summary", |text| text == "1명 읽음 · 아직 1명").await?;
        browser.until_text("delivery-read", |text| text.contains("Jane")).await?;
        browser.until_text("delivery-handed", |text| text.contains("2개 중 2개")).await?;

        browser.keys(Key::Escape).await?;
        browser.until_gone("delivery").await?;
        browser.until_focus("message").await?;
        open_delivery(&minsu, 1).await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("delivery").await?;

        // A user who leaves the room is shown as having left.
        jane.leave_room().await?;
        open_delivery(&minsu, 1).await?;
        browser.until_text("delivery-left", |text| text.contains("Jane")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_in_the_delivery_dialog() -> Result<()> {
    BrowserTest::run("axe-delivery", async |test| {
        let mut writer = TestClient::connect(&test.server, "하나").await?;
        let lines = ["첫 줄", "둘째 줄", "셋째 줄"].map(str::to_owned);
        writer.send_all(FIRST_ROOM, lines).await?;
        let desktop = test.chat_page("지우", Device::desktop(Lang::Ko)).await?;
        let phone = test.chat_page("A rather long name to be cut", Device::phone(Lang::Ko)).await?;
        let mut found = AxeFindings::default();
        for (lang, theme) in languages_and_themes() {
            for (page, device) in [(&desktop, "desktop"), (&phone, "phone")] {
                set_language_and_theme(&page.browser, lang, theme).await?;
                page.until_stored("셋째 줄").await?;
                open_delivery(page, 2).await?;
                page.browser.find("delivery-people").await?;
                found
                    .check(&page.browser, &format!("delivery-{device}-{}-{theme}", lang.code()))
                    .await?;
            }
        }
        found.finish()
    })
    .await
}
