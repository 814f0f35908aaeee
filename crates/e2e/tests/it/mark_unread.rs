//! Messages that are marked as unread: by the keyboard and by touch, in every tab, and without a network.

use anyhow::Result;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until_true;

/// Waits until the line of the new messages is above this message.
async fn until_line_above(page: &ChatPage, text: &str) -> Result<()> {
    let script = "const it = [...document.querySelectorAll('.user-text, [data-testid=\"new-line\"]')]; \
        const line = it.findIndex((one) => one.dataset.testid === 'new-line'); \
        return line < 0 ? '' : (it[line + 1]?.textContent ?? '')";
    until_true(format_args!("the line is above {text:?}"), async || {
        Ok(page.browser.eval::<String>(script, []).await? == text)
    })
    .await
}

#[tokio::test]
async fn messages_marked_as_unread_stay_so_in_every_tab_until_the_room_is_opened_again()
-> Result<()> {
    BrowserTest::run("mark-unread", async |test| {
        let mut jane = TestClient::connect(&test.server, "Jane").await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        for number in 1..=5 {
            jane.send(FIRST_ROOM, format!("message {number}")).await?;
        }
        minsu.until_stored("message 5").await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        let other = minsu.create_room("다른 방").await?;
        let first_tab = browser.tab().await?;
        let second_tab = browser.new_tab().await?;
        browser.goto(&test.server.url(&format!("/rooms/{other}"))).await?;
        minsu.open_composer().await?;
        browser.switch_to(&first_tab).await?;
        minsu.open_room(FIRST_ROOM).await?;
        minsu.until_stored("message 5").await?;

        minsu.open_message_menu(3).await?;
        browser.click_css(".message-menu [data-testid='mark-unread']").await?;
        minsu.until_only_unread(FIRST_ROOM, 3).await?;
        until_line_above(&minsu, "message 3").await?;
        check_appearance(browser, "mark-unread-ko-phone").await?;
        browser.switch_to(&second_tab).await?;
        minsu.until_only_unread(FIRST_ROOM, 3).await?;
        browser.switch_to(&first_tab).await?;
        // A new message counts too, although the screen shows it.
        jane.send(FIRST_ROOM, "message 6").await?;
        minsu.until_stored("message 6").await?;
        minsu.until_only_unread(FIRST_ROOM, 4).await?;

        minsu.open_room(other).await?;
        minsu.until_only_unread(FIRST_ROOM, 4).await?;
        minsu.open_room(FIRST_ROOM).await?;
        until_line_above(&minsu, "message 3").await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        browser.switch_to(&second_tab).await?;
        minsu.until_only_unread(FIRST_ROOM, 0).await
    })
    .await
}

#[tokio::test]
async fn marking_as_unread_is_undone_and_works_without_a_network() -> Result<()> {
    BrowserTest::run("mark-unread-offline", async |test| {
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        for number in 1..=3 {
            minsu.send(FIRST_ROOM, format!("message {number}")).await?;
        }
        jane.until_stored("message 3").await?;
        jane.until_only_unread(FIRST_ROOM, 0).await?;
        jane.focus_message(2).await?;
        jane.browser.keys("u").await?;
        jane.until_only_unread(FIRST_ROOM, 2).await?;
        check_appearance(&jane.browser, "mark-unread-en-desktop").await?;
        jane.browser.click("undo").await?;
        jane.until_only_unread(FIRST_ROOM, 0).await?;

        jane.browser.expect_console_error("net::ERR_INTERNET_DISCONNECTED");
        jane.set_network(false).await?;
        jane.until_connection("offline").await?;
        jane.focus_message(3).await?;
        jane.browser.keys("ㅕ").await?;
        jane.until_only_unread(FIRST_ROOM, 1).await?;
        jane.set_network(true).await?;
        jane.until_connection("live").await?;
        jane.until_only_unread(FIRST_ROOM, 1).await?;
        // Each button of the bar reads them.
        jane.browser.click("mark-read").await?;
        jane.until_only_unread(FIRST_ROOM, 0).await
    })
    .await
}
