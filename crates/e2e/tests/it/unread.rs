//! Unread counts, the line above new messages, and rooms.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::{until, until_true};

/// The texts of the messages, and the line above the new ones.
const ORDER: &str = "return [...document.querySelectorAll('.user-text, [data-testid=\"new-line\"]')] \
    .map(it => it.dataset.testid ?? it.textContent)";

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
        let order = async || browser.eval::<Vec<String>>(ORDER, []).await;
        assert_eq!(order().await?, ["read at once", "new-line", "one", "two"]);
        minsu.until_only_unread(FIRST_ROOM, 0).await?;
        assert_eq!(order().await?, ["read at once", "new-line", "one", "two"], "it stays");
        minsu.open_room(other).await?;
        minsu.open_room(FIRST_ROOM).await?;
        minsu.until_stored("two").await?;
        assert_eq!(order().await?, ["read at once", "one", "two"], "until the reader leaves");
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
async fn a_muted_room_counts_in_its_row_and_not_in_the_title() -> Result<()> {
    BrowserTest::run("muted-room", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        browser.click("view-menu").await?;
        browser.click("room-mute").await?;
        let quiet = jane.create_room("quiet").await?;
        jane.until_room_open(quiet).await?;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "들리나요?").await?;
        until("the muted room shows its count, and the title none", async || {
            let (count, title) = (jane.unread(FIRST_ROOM).await?, browser.title().await?);
            ensure!(count.as_deref() == Some("1") && !title.starts_with('('), "{count:?} {title}");
            ensure!(!browser.has("fold-unread").await?, "it is not among the unread rooms");
            Ok(Some(()))
        })
        .await?;
        check_appearance(browser, "muted-room-en-desktop").await?;
        // A mention is a notice in any case.
        minsu.send(FIRST_ROOM, "@Jane 여기 좀 봐 주세요").await?;
        let counts = |title: &str| title.starts_with("(1) ");
        until_true("the title counts the mention", async || Ok(counts(&browser.title().await?)))
            .await?;
        // A reload keeps it, and it can be taken back.
        browser.reload().await?;
        jane.open_composer().await?;
        jane.open_room(FIRST_ROOM).await?;
        jane.until_only_unread(FIRST_ROOM, 0).await?;
        jane.open_room(quiet).await?;
        minsu.send(FIRST_ROOM, "또 왔어요").await?;
        until_true("the muted room has a message", async || {
            Ok(jane.unread(FIRST_ROOM).await?.as_deref() == Some("1"))
        })
        .await?;
        ensure!(!browser.title().await?.starts_with('('), "the room is muted still");
        jane.open_room(FIRST_ROOM).await?;
        browser.click("view-menu").await?;
        let item = browser.until_text("room-mute", |text| !text.is_empty()).await?;
        assert_eq!(item, "Unmute room");
        browser.click("room-mute").await?;
        jane.open_room(quiet).await?;
        minsu.send(FIRST_ROOM, "이제 들리죠?").await?;
        jane.until_only_unread(FIRST_ROOM, 1).await
    })
    .await
}

#[tokio::test]
async fn a_phone_in_a_room_shows_what_is_unread_in_others() -> Result<()> {
    BrowserTest::run("back-count", async |test| {
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        jane.create_room("quiet").await?;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "어디예요?").await?;
        jane.browser.until_text("back-count", |text| text == "1").await?;
        check_appearance(&jane.browser, "back-count-en-phone").await
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
        assert_eq!(jane.rooms().await?, ["차 마시는 방", "마당 Madang"], "by the last message");

        jane.leave_room().await?;
        jane.until_room_open(FIRST_ROOM).await?;
        minsu.until_present(&["민수"]).await?;
        jane.until_left(tea).await?;
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

/// The rows of the list: section or room, and what is beside the name.
const LIST: &str = "return [...document.querySelectorAll( \
        '[data-testid=\"room-list\"] :is(.section-fold, .room)')].map(it => it.matches('.room') \
    ? it.querySelector('.room-name').textContent + ' | ' + it.querySelector('.room-last').textContent \
    : '# ' + it.textContent)";

#[tokio::test]
async fn the_list_has_unread_rooms_first_then_the_others_with_last_message_and_draft() -> Result<()>
{
    BrowserTest::run("room-list", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        let until_list = async |wanted: &[&str]| {
            until(format_args!("the list is {wanted:?}"), async || {
                let list: Vec<String> = browser.eval(LIST, []).await?;
                ensure!(list == wanted, "it is {list:?}");
                Ok(Some(()))
            })
            .await
        };
        let zoo = jane.create_room("zoo").await?;
        let bee = jane.create_room("bee").await?;
        until_list(&["# Rooms3", "bee | ", "zoo | ", "마당 Madang | "]).await?;
        jane.send("buzz").await?;
        jane.until_stored("buzz").await?;
        jane.open_room(zoo).await?;
        jane.browser.find("composer").await?.send_keys("half a thought").await?;
        jane.until_composer_text("half a thought").await?;
        jane.open_room(bee).await?;
        until_list(&[
            "# Rooms3",
            "bee | You: buzz",
            "zoo | Draft: half a thought",
            "마당 Madang | ",
        ])
        .await?;

        // An unread room is first until it is read.
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "안녕하세요").await?;
        let unread = "마당 Madang | 민수: 안녕하세요";
        let others = ["bee | You: buzz", "zoo | Draft: half a thought"];
        until_list(&["# Unread1", unread, "# Rooms2", others[0], others[1]]).await?;
        check_appearance(browser, "room-list-en-desktop").await?;
        jane.open_room(FIRST_ROOM).await?;
        jane.until_only_unread(FIRST_ROOM, 0).await?;
        until_list(&["# Rooms3", unread, others[0], others[1]]).await?;
        jane.open_room(bee).await?;
        until_list(&["# Rooms3", unread, others[0], others[1]]).await?;

        // The order and the folded section are remembered.
        browser
            .run_script(
                "const order = document.querySelector('[data-testid=\"room-order\"]'); \
                order.value = 'name'; order.dispatchEvent(new Event('change', { bubbles: true }))",
                [],
            )
            .await?;
        until_list(&["# Rooms3", others[0], others[1], unread]).await?;
        browser.click("fold-read").await?;
        until_list(&["# Rooms3"]).await?;
        browser.reload().await?;
        jane.open_composer().await?;
        until_list(&["# Rooms3"]).await?;
        // A search unfolds, and finds rooms of others.
        let found = minsu.create_room("beehive").await?;
        browser.find("room-filter").await?.send_keys("bee").await?;
        until_list(&["# Rooms1", others[0]]).await?;
        browser.find(&format!("room-{found}")).await?;
        // The name of a room of others is no search without a match, and opening it ends the search.
        let filter = browser.find("room-filter").await?;
        filter.send_keys("hive").await?;
        until_list(&[]).await?;
        ensure!(!browser.has("no-match").await?, "the other room matches");
        browser.click(&format!("room-{found}")).await?;
        until_list(&["# Rooms3"]).await?;
        browser.find("room-filter").await?.send_keys("nothing like this").await?;
        browser.find("no-match").await?;
        browser.keys(Key::Escape).await?;
        until_list(&["# Rooms3"]).await?;
        browser.click("fold-read").await?;
        until_list(&["# Rooms3", others[0], others[1], unread]).await
    })
    .await
}
