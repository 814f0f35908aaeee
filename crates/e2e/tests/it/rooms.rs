//! Private rooms, direct conversations, and the acts of managers.

use anyhow::{Result, ensure};

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

/// Chooses the people whose name is found, in the open list.
async fn choose_person(browser: &Browser, name: &str) -> Result<()> {
    browser.find("people-search").await?.send_keys(name).await?;
    // The letter of the person's sign is before the name.
    browser.until_text("people-choice", |text| text.trim().ends_with(name)).await?;
    browser.click_css("[data-testid=people-choice] button").await
}

#[tokio::test]
async fn a_private_room_is_known_to_its_members_only() -> Result<()> {
    BrowserTest::run("private-room", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let theo = test.chat_page("Theo", Device::desktop(Lang::En)).await?;
        let browser = &minsu.browser;
        browser.click("room-create").await?;
        browser.select("room-kind", "private").await?;
        browser.find("room-create-name").await?.send_keys("이사회 Board").await?;
        axe::check(browser, "new room").await?;
        browser.screenshot("new-private-room-ko").await?;
        browser.click("room-create-submit").await?;
        browser.until_text("header-title", |text| text == "이사회 Board").await?;
        let room = minsu.room().await?;
        minsu.send("@Theo 아직 몰라요").await?;
        minsu.until_stored("@Theo 아직 몰라요").await?;

        // Theo finds it neither in the directory nor by its id, and hears of no mention.
        theo.browser.goto(&test.server.url("/rooms")).await?;
        theo.browser.until_text("browse", |text| text.contains("Madang")).await?;
        theo.browser.find("browse-filter").await?.send_keys("board").await?;
        theo.browser.find("browse-none").await?;
        theo.browser.expect_console_error("404");
        theo.browser.goto(&test.server.url(&format!("/room/{room}"))).await?;
        theo.browser.find_css(".content-message h2").await?;
        ensure!(!theo.browser.has("join-this").await?, "a private room cannot be joined");

        // The manager invites Jane, who sees it at once.
        browser.click("view-menu").await?;
        browser.click("room-manage").await?;
        choose_person(browser, "Jane").await?;
        browser.click("room-invite").await?;
        browser.until_text("room-members", |text| text.contains("Jane")).await?;
        browser.until_animations_end().await?;
        axe::check(browser, "manage room").await?;
        browser.screenshot("manage-room-ko").await?;
        jane.show_rooms().await?;
        jane.open_room(room).await?;
        jane.until_messages("history", |messages| messages.len() == 1).await?;

        // A rename shows at once.
        let name = browser.find("room-name").await?;
        name.clear().await?;
        name.send_keys("운영 모임").await?;
        browser.click("room-name-save").await?;
        jane.browser.until_text("header-title", |text| text == "운영 모임").await?;
        jane.browser.until_text("room-changed", |text| text.contains("운영 모임")).await?;

        // Jane is removed while writing: the app says so, and the draft stays on the device.
        jane.open_composer().await?;
        jane.browser.find("composer").await?.send_keys("half a sentence").await?;
        let jane_id = browser
            .eval::<String>("return document.querySelector('[data-testid=room-members] li:last-child [data-testid^=remove-]').dataset.testid", vec![])
            .await?;
        browser.click(&jane_id).await?;
        browser.find("restriction-reason").await?.send_keys("자리를 비움").await?;
        browser.click("restriction-confirm").await?;
        jane.browser.expect_console_error("404");
        jane.browser.until_text("removed", |text| {
            ["민수", "운영 모임", "자리를 비움"].iter().all(|part| text.contains(part))
        }).await?;
        jane.browser.until_animations_end().await?;
        jane.browser.screenshot("removed-en-phone").await?;
        jane.until_left(room).await?;
        let kept: bool = jane
            .browser
            .eval("return Object.keys(localStorage).concat(Object.keys(sessionStorage)).some(key => (localStorage[key] ?? sessionStorage[key]).includes('half a sentence'))", vec![])
            .await?;
        ensure!(kept, "the draft is kept");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_direct_conversation_is_for_the_chosen_people() -> Result<()> {
    BrowserTest::run("direct", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &minsu.browser;
        minsu.show_rooms().await?;
        browser.click("room-create").await?;
        browser.select("room-kind", "direct").await?;
        choose_person(browser, "Jane").await?;
        browser.until_animations_end().await?;
        axe::check(browser, "direct").await?;
        browser.screenshot("new-direct-ko-phone").await?;
        browser.click("room-create-submit").await?;
        browser.until_text("header-title", |text| text == "Jane").await?;
        let room = minsu.room().await?;
        minsu.send("점심 같이 해요").await?;
        jane.browser.until_text(&format!("room-{room}"), |text| text.contains("민수")).await?;
        jane.open_room(room).await?;
        jane.until_stored("점심 같이 해요").await?;
        jane.send("Noon?").await?;
        minsu.until_stored("Noon?").await?;
        jane.browser.find("fold-direct").await?;
        jane.browser.until_animations_end().await?;
        jane.browser.screenshot("direct-en-desktop").await?;

        // The same people have the same conversation, which has neither a manager nor a way out.
        jane.browser.click("room-create").await?;
        jane.browser.select("room-kind", "direct").await?;
        choose_person(&jane.browser, "민수").await?;
        jane.browser.click("room-create-submit").await?;
        jane.until_room_open(room).await?;
        jane.browser.click("view-menu").await?;
        jane.browser.find("room-mute").await?;
        ensure!(!jane.browser.has("room-leave").await?, "a direct conversation cannot be left");
        Ok(())
    })
    .await
}
