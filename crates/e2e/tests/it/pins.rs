//! Pinned messages: the bar above the messages and its list, for everybody in the room.

use anyhow::{Result, ensure};

use crate::layout::layout_faults;
use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Waits until the bar shows this message as the last one.
async fn until_bar(page: &ChatPage, wanted: &str) -> Result<()> {
    page.browser.until_text("pinned-bar", |text| text.contains(wanted)).await.map(drop)
}

#[tokio::test]
async fn pinned_messages_are_above_the_room_for_everybody() -> Result<()> {
    BrowserTest::run("pins", async |test| {
        let mina = test.chat_page("민아", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        jane.send("The code of the door is **4711**").await?;
        jane.send("점심은 열두 시, 지하 식당").await?;
        mina.until_stored("점심은 열두 시, 지하 식당").await?;
        ensure!(!mina.browser.has("pinned-bar").await?, "nothing is pinned");

        // By a letter, and by the menu.
        mina.focus_message(1).await?;
        mina.browser.keys("ㅔ").await?;
        for page in [&mina, &jane] {
            until_bar(page, "The code of the door is 4711").await?;
        }
        jane.open_message_menu(2).await?;
        check_appearance(&jane.browser, "pin-menu-en-phone").await?;
        jane.browser.click_css(".message-menu [data-testid='pin-message']").await?;
        for page in [&mina, &jane] {
            until_bar(page, "점심은 열두 시").await?;
            page.browser.until_text("pin-count", |text| text == "2").await?;
        }
        check_appearance(&mina.browser, "pinned-ko-desktop").await?;
        check_appearance(&jane.browser, "pinned-en-phone").await?;

        // The list has both, the last one first, and leads to a message.
        mina.browser.click("pinned-bar").await?;
        mina.browser.until_text("pins", |text| text.contains("Jane 님이 고정")).await?;
        mina.browser.until_animations_end().await?;
        check_appearance(&mina.browser, "pins-ko-desktop").await?;
        mina.browser.click_css("[data-testid=pin]:last-child [data-testid=pin-open]").await?;
        let address = "return location.pathname";
        until_true("the message is in the address", async || {
            Ok(mina.browser.eval::<String>(address, []).await? == "/rooms/1/messages/1")
        })
        .await?;

        // A deleted message is pinned no more; the end of a pin can be undone.
        jane.browser.click("pinned-bar").await?;
        jane.browser.until_text("pins", |text| text.contains("Pinned by 민아")).await?;
        jane.browser.until_animations_end().await?;
        let faults = layout_faults(&jane.browser).await?;
        ensure!(faults.is_empty(), "the pinned messages: {faults:#?}");
        check_appearance(&jane.browser, "pins-en-phone").await?;
        jane.browser.click_css("[data-testid=pin]:first-child [data-testid=unpin]").await?;
        until_bar(&mina, "The code of the door is 4711").await?;
        jane.browser.click("pins-close").await?;
        jane.browser.click("undo").await?;
        until_bar(&mina, "점심은 열두 시").await?;
        jane.open_message_menu(2).await?;
        jane.browser.click_css(".message-menu [data-testid='delete-message']").await?;
        jane.browser.click("message-delete-confirm").await?;
        for page in [&mina, &jane] {
            until_bar(page, "The code of the door is 4711").await?;
            page.browser.until_gone("pin-count").await?;
        }

        // Without a server, the screen shows what will be.
        test.server.kill().await?;
        mina.until_connection("waiting").await?;
        mina.focus_message(1).await?;
        mina.browser.keys("p").await?;
        mina.browser.until_gone("pinned-bar").await?;
        until_bar(&jane, "The code of the door is 4711").await?;
        test.server.restart().await?;
        jane.browser.until_gone("pinned-bar").await
    })
    .await
}
