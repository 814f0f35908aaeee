//! Rooms and people: descriptions, the page with all rooms, the members, the card of a person, and the read count.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;

#[tokio::test]
async fn a_room_is_described_found_and_joined() -> Result<()> {
    BrowserTest::run("rooms", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.click("room-create").await?;
        browser.find("room-create-name").await?.send_keys("바둑").await?;
        browser.find("room-description").await?.send_keys("Go, every Friday").await?;
        browser.click("room-create-submit").await?;
        browser.until_text("topic", |text| text == "Go, every Friday").await?;
        let room = minsu.room().await?;

        // Jane finds the room by its description, and joins it.
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        jane.browser.goto(&test.server.url("/rooms")).await?;
        jane.browser.until_text("browse", |text| text.contains("바둑")).await?;
        jane.browser.find("browse-filter").await?.send_keys("no such room").await?;
        jane.browser.find("browse-none").await?;
        jane.browser.chord(Key::Control, "a").await?;
        jane.browser.keys("friday").await?;
        let listed = format!("listed-{room}");
        let found = jane.browser.until_text(&listed, |text| text.contains("1 person")).await?;
        ensure!(found.contains("Go, every Friday"), "{found}");
        jane.browser.until_gone(&format!("listed-{FIRST_ROOM}")).await?;
        jane.browser.until_animations_end().await?;
        jane.browser.screenshot("browse-en-phone").await?;
        jane.browser.click(&format!("room-join-{room}")).await?;
        jane.browser.until_text("topic", |text| text == "Go, every Friday").await?;
        browser.until_text("open-presence", |text| text.ends_with('2')).await?;

        // A member edits the description in the menu of the room; the other one sees it at once.
        browser.click("view-menu").await?;
        browser.click("room-describe").await?;
        browser.until_focus("room-description").await?;
        browser.chord(Key::Control, "a").await?;
        browser.keys("매주 금요일, 초보 환영").await?;
        browser.screenshot("describe-ko-desktop").await?;
        browser.keys(Key::Enter).await?;
        browser.until_gone("room-description").await?;
        jane.browser.until_text("topic", |text| text == "매주 금요일, 초보 환영").await?;
        browser.goto(&test.server.url("/rooms")).await?;
        browser
            .until_text(&listed, |text| text.contains("초보 환영") && text.contains("2명"))
            .await?;
        browser.until_animations_end().await?;
        browser.screenshot("browse-ko-desktop").await
    })
    .await
}

#[tokio::test]
async fn members_have_cards_and_readers_are_counted() -> Result<()> {
    BrowserTest::run("members", async |test| {
        TestClient::sign_up(&test.server, "안 온 사람").await?;
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.until_present(&["Jane", "민수"]).await?;
        jane.browser.goto("about:blank").await?;
        let browser = &minsu.browser;
        minsu.until_present(&["민수"]).await?;
        browser.until_text("people-away", |text| text.contains("안 온 사람")).await?;
        browser.until_text("fold-away", |text| text.contains('2')).await?;
        // The header and the list of members use the same words.
        let header = browser.until_text("open-presence", |text| text.ends_with('3')).await?;
        ensure!(header.contains("멤버"), "the number has no word: {header:?}");
        browser.until_text("topic", |text| text == "지금 여기 1명: 민수").await?;
        minsu.send("읽었나요?").await?;
        minsu.until_stored("읽었나요?").await?;

        // A name opens the card; Esc closes it, and the focus returns.
        browser.click_css("[data-testid='people-away'] [data-testid='person']").await?;
        browser.until_text("person-card", |text| text.contains("지금은 이 방에 없어요")).await?;
        browser.until_text("member-since", |text| text.contains("부터 멤버")).await?;
        browser.until_animations_end().await?;
        browser.screenshot("person-card-ko-desktop").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("person-card").await?;
        browser.until_focus("person").await?;

        // Two of three have not read the message.
        ensure!(!browser.has("read-count").await?, "nobody has read the message");
        jane.browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        jane.until_stored("읽었나요?").await?;
        browser.until_text("read-count", |text| text == "1명 읽음").await?;
        browser.until_text("people-here", |text| text.contains("Jane")).await?;
        let mut away = TestClient::connect(&test.server, "하나").await?;
        minsu.send("하나 더").await?;
        minsu.until_stored("하나 더").await?;
        jane.until_stored("하나 더").await?;
        browser.until_text("read-count", |text| text == "1명 읽음").await?;
        browser.screenshot("read-count-ko-desktop").await?;
        jane.send("네").await?;
        minsu.until_stored("네").await?;
        browser.click_css("[data-mine='false'] > .chat-author > .isolated").await?;
        browser.until_text("person-card", |text| text.contains("Jane")).await?;
        browser.until_text("person-card", |text| text.contains("지금 이 방에 있어요")).await?;
        browser.click("mention-person").await?;
        browser.until_gone("person-card").await?;
        minsu.until_composer_text("@Jane ").await?;
        browser.until_focus("composer").await?;
        browser.insert_text("여기 봐요").await?;
        browser.keys(Key::Enter).await?;
        minsu.until_stored("@Jane 여기 봐요").await?;
        browser.click_css(".mention").await?;
        browser.until_text("person-card", |text| text.contains("Jane")).await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("person-card").await?;
        away.leave(FIRST_ROOM).await?;
        browser.until_text("fold-away", |text| text.contains('1')).await?;
        Ok(())
    })
    .await
}
