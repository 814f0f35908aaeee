//! Unread counts, the line above new messages, and rooms.

use anyhow::Result;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};

#[tokio::test]
async fn unread_counts_rise_and_clear_in_every_tab_and_in_the_title() -> Result<()> {
    BrowserTest::run("unread", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.send("read at once").await?;
        minsu.until_stored("read at once").await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        let other = minsu.create_room("다른 방").await?;
        let browser = &minsu.browser;
        let first_tab = browser.tab().await?;
        let second_tab = browser.new_tab().await?;
        browser.goto(&test.server.url(&format!("/rooms/{other}"))).await?;
        minsu.open_composer().await?;

        jane.send("one").await?;
        jane.send("two").await?;
        minsu.until_only_unread(FIRST_ROOM, 2).await?;
        browser.switch_to(&first_tab).await?;
        minsu.until_only_unread(FIRST_ROOM, 2).await?;

        minsu.open_room(FIRST_ROOM).await?;
        minsu.until_stored("two").await?;
        browser.find("new-line").await?;
        let order: Vec<String> = browser
            .eval(
                "return [...document.querySelectorAll('.user-text, [data-testid=\"new-line\"]')] \
                .map(it => it.dataset.testid ?? it.textContent)",
                [],
            )
            .await?;
        assert_eq!(order, ["read at once", "new-line", "one", "two"]);
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        browser.switch_to(&second_tab).await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await?;

        // After a reload, the count comes from the log and the read mark.
        browser.reload().await?;
        minsu.open_composer().await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await
    })
    .await
}

#[tokio::test]
async fn messages_that_arrive_in_a_hidden_window_are_marked_as_new() -> Result<()> {
    BrowserTest::run("returned", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.send("나갔다 올게요").await?;
        jane.until_stored("나갔다 올게요").await?;
        minsu.browser.set_visible(false).await?;
        jane.send("see you").await?;
        minsu.until_only_unread(FIRST_ROOM, 1).await?;

        minsu.browser.set_visible(true).await?;
        minsu.browser.find("new-line").await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await
    })
    .await
}

#[tokio::test]
async fn rooms_can_be_created_joined_and_left() -> Result<()> {
    BrowserTest::run("rooms", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let tea = minsu.create_room("차 마시는 방").await?;
        minsu.send("물 끓어요").await?;
        minsu.until_stored("물 끓어요").await?;
        jane.join_room(tea).await?;
        jane.until_stored("물 끓어요").await?;
        jane.send("coming").await?;
        minsu.until_stored("coming").await?;
        minsu.until_present(&["민수", "Jane"]).await?;
        assert_eq!(jane.rooms().await?, ["마당 Madang", "차 마시는 방"]);

        jane.browser.click("room-leave").await?;
        jane.until_room_open(FIRST_ROOM).await?;
        minsu.until_present(&["민수"]).await?;
        jane.browser.find(&format!("room-join-{tea}")).await?;
        assert_eq!(jane.rooms().await?, ["마당 Madang"]);

        // The name is taken, in any case.
        minsu.browser.click("room-create").await?;
        minsu.browser.find("room-create-name").await?.send_keys("마당 MADANG").await?;
        minsu.browser.click("room-create-submit").await?;
        let refused =
            minsu.browser.until_text("room-create-error", |text| !text.is_empty()).await?;
        assert_eq!(refused, "같거나 비슷해 보이는 이름의 방이 있습니다.");
        Ok(())
    })
    .await
}
