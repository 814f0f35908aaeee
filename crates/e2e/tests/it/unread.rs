//! What has not been read.

use anyhow::Result;

use crate::support::browser::{Lang, Look};
use crate::support::chat_page::FIRST_ROOM;
use crate::support::stage::Stage;

#[tokio::test]
async fn unread_counts_rise_and_clear_in_every_tab_and_in_the_title() -> Result<()> {
    Stage::play("unread", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        jane.say("read at once").await?;
        minsu.until_stored("read at once").await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        let other = minsu.create_room("다른 방").await?;
        let browser = &minsu.browser;
        let first_tab = browser.tab().await?;
        let second_tab = browser.new_tab().await?;
        browser.goto(&stage.server.url(&format!("/rooms/{other}"))).await?;
        minsu.open_composer().await?;

        jane.say("one").await?;
        jane.say("two").await?;
        minsu.until_only_unread(FIRST_ROOM, 2).await?;
        browser.switch_to(&first_tab).await?;
        minsu.until_only_unread(FIRST_ROOM, 2).await?;

        minsu.open_room(FIRST_ROOM).await?;
        minsu.until_stored("two").await?;
        browser.find("new-line").await?;
        let order: Vec<String> = browser
            .ask(
                "return [...document.querySelectorAll('.user-text, [data-testid=\"new-line\"]')] \
                .map(it => it.dataset.testid ?? it.textContent)",
                [],
            )
            .await?;
        assert_eq!(order, ["read at once", "new-line", "one", "two"]);
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        browser.switch_to(&second_tab).await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await?;

        // A reload counts anew, from the log and the mark.
        browser.reload().await?;
        minsu.open_composer().await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await
    })
    .await
}

#[tokio::test]
async fn what_arrives_while_nobody_looks_is_marked_as_new_on_return() -> Result<()> {
    Stage::play("returned", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        minsu.say("나갔다 올게요").await?;
        jane.until_stored("나갔다 올게요").await?;
        minsu.browser.show(false).await?;
        jane.say("see you").await?;
        minsu.until_only_unread(FIRST_ROOM, 1).await?;

        minsu.browser.show(true).await?;
        minsu.browser.find("new-line").await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await
    })
    .await
}

#[tokio::test]
async fn rooms_are_made_joined_and_left() -> Result<()> {
    Stage::play("rooms", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let tea = minsu.create_room("차 마시는 방").await?;
        minsu.say("물 끓어요").await?;
        minsu.until_stored("물 끓어요").await?;
        jane.join_room(tea).await?;
        jane.until_stored("물 끓어요").await?;
        jane.say("coming").await?;
        minsu.until_stored("coming").await?;
        minsu.until_present(&["민수", "Jane"]).await?;
        assert_eq!(jane.rooms().await?, ["마당 Madang", "차 마시는 방"]);

        jane.browser.click("room-leave").await?;
        jane.until_in(FIRST_ROOM).await?;
        minsu.until_present(&["민수"]).await?;
        jane.browser.find(&format!("room-join-{tea}")).await?;
        assert_eq!(jane.rooms().await?, ["마당 Madang"]);

        // The name is taken, whatever its case.
        minsu.browser.click("room-create").await?;
        minsu.browser.find("room-create-name").await?.send_keys("마당 MADANG").await?;
        minsu.browser.click("room-create-submit").await?;
        let refused =
            minsu.browser.until_text("room-create-error", |text| !text.is_empty()).await?;
        assert_eq!(refused, "같은 이름의 방이 있습니다.");
        Ok(())
    })
    .await
}
