//! Saved messages and reminders, on the devices of one person.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::layout::layout_faults;
use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// The texts of the saved messages, the newest first.
const SAVED: &str =
    "return [...document.querySelectorAll('[data-testid=saved-open]')].map((it) => it.textContent)";

/// Another device of a browser's user.
async fn other_device(test: &BrowserTest, of: &Browser, device: Device) -> Result<ChatPage> {
    let answer = of.devtools("Network.getCookies", json!({})).await?;
    let cookies = answer.get("cookies").and_then(Value::as_array).context("no cookies")?;
    let is_session = |cookie: &&Value| cookie.get("name") == Some(&json!("madang_session"));
    let session = cookies.iter().find(is_session).and_then(|cookie| cookie.get("value"));
    let browser = test.browser(device).await?;
    let cookie = json!({ "name": "madang_session", "value": session.context("no session")?, "url": test.server.url("/") });
    browser.devtools("Network.setCookie", cookie).await?;
    browser.goto(&test.server.url("/")).await?;
    ChatPage::new(browser).await
}

async fn check_layout(browser: &Browser, view: &str) -> Result<()> {
    browser.until_animations_end().await?;
    let faults = layout_faults(browser).await?;
    ensure!(faults.is_empty(), "{view}: {faults:#?}");
    Ok(())
}

async fn until_path(browser: &Browser, path: &str) -> Result<()> {
    until_true(format_args!("the address is {path}"), async || {
        Ok(browser.eval::<String>("return location.pathname", []).await? == path)
    })
    .await
}

async fn until_saved(browser: &Browser, texts: &[&str]) -> Result<()> {
    let mut last = Vec::new();
    let found = until_true(format_args!("{texts:?} are saved"), async || {
        last = browser.eval::<Vec<String>>(SAVED, []).await?;
        Ok(last == texts)
    })
    .await;
    found.map_err(|error| error.context(format!("they are {last:?}")))
}

#[tokio::test]
async fn a_saved_message_is_on_every_device_and_follows_its_original() -> Result<()> {
    BrowserTest::run("saved", async |test| {
        let mina = test.chat_page("민아", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.send("점심은 열두 시입니다").await?;
        jane.send("문서를 읽어 주세요").await?;
        mina.until_stored("문서를 읽어 주세요").await?;
        let phone = other_device(test, &mina.browser, Device::phone(Lang::Ko)).await?;

        // By a letter, and by the menu.
        mina.focus_message(1).await?;
        mina.browser.keys("ㅣ").await?;
        mina.browser.until_text("later-count", |text| text == "1").await?;
        mina.open_message_menu(2).await?;
        check_appearance(&mina.browser, "later-menu-ko-desktop").await?;
        mina.browser.click_css(".message-menu [data-testid='save-message']").await?;
        mina.browser.until_text("later-count", |text| text == "2").await?;
        phone.show_rooms().await?;
        phone.browser.until_text("later-count", |text| text == "2").await?;
        check_appearance(&phone.browser, "later-link-ko-phone").await?;
        phone.browser.click("later-link").await?;
        until_saved(&phone.browser, &["문서를 읽어 주세요", "점심은 열두 시입니다"]).await?;
        check_layout(&phone.browser, "the saved messages").await?;
        check_appearance(&phone.browser, "later-ko-phone").await?;

        // The text is that of the message, as it is now.
        jane.focus_message(1).await?;
        jane.browser.keys("e").await?;
        jane.browser.fill("editor", "점심은 한 시입니다").await?;
        jane.browser.keys(Key::Enter).await?;
        until_saved(&phone.browser, &["문서를 읽어 주세요", "점심은 한 시입니다"]).await?;
        jane.open_message_menu(2).await?;
        jane.browser.click_css(".message-menu [data-testid='delete-message']").await?;
        jane.browser.click("message-delete-confirm").await?;
        until_saved(&phone.browser, &["점심은 한 시입니다"]).await?;
        check_appearance(&phone.browser, "later-deleted-ko-phone").await?;

        // Its removal reaches the other device, and can be taken back.
        mina.browser.click("later-link").await?;
        until_saved(&mina.browser, &["점심은 한 시입니다"]).await?;
        mina.browser.click_css(".saved:last-child [data-testid='saved-remove']").await?;
        until_saved(&phone.browser, &[]).await?;
        mina.browser.click("undo").await?;
        until_saved(&phone.browser, &["점심은 한 시입니다"]).await?;
        check_appearance(&mina.browser, "later-ko-desktop").await?;

        // It leads to its message.
        phone.browser.click("saved-open").await?;
        until_path(&phone.browser, "/rooms/1/messages/1").await?;
        phone.until_stored("점심은 한 시입니다").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_reminder_is_set_and_its_notice_reaches_every_device() -> Result<()> {
    BrowserTest::run("reminders", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let phone = other_device(test, &jane.browser, Device::phone(Lang::En)).await?;
        jane.send("call the plumber").await?;
        jane.until_stored("call the plumber").await?;
        phone.browser.find("room-1").await?;
        jane.open_message_menu(1).await?;
        jane.browser.click_css(".message-menu [data-testid='remind-message']").await?;
        jane.browser.find("moment-tomorrow").await?;
        check_appearance(&jane.browser, "remind-en-desktop").await?;
        // A time that has passed is refused here.
        let set = "const field = document.querySelector('[data-testid=moment-exact]'); \
            field.value = '2020-01-01T10:00'; field.dispatchEvent(new Event('input', { bubbles: true }))";
        jane.browser.run_script(set, []).await?;
        jane.browser.click("moment-choose").await?;
        jane.browser.until_text("moment-problem", |text| text.contains("passed")).await?;
        jane.browser.click("moment-20-minutes").await?;
        jane.browser.until_text("later-count", |text| text == "1").await?;

        phone.show_rooms().await?;
        phone.browser.click("later-link").await?;
        phone.browser.until_text("saved-reminder", |text| text.starts_with("Reminder: ")).await?;
        phone.browser.click("saved-remind").await?;
        phone.browser.find("remind-never").await?;
        check_layout(&phone.browser, "the dialog of a reminder").await?;
        check_appearance(&phone.browser, "remind-en-phone").await?;
        phone.browser.click("remind-cancel").await?;

        // Its time comes: the server sends the notice to each device.
        test.server.kill().await?;
        test.server.database()?.execute("UPDATE saved_messages SET remind_at = 1000")?;
        jane.until_connection("waiting").await?;
        test.server.restart().await?;
        phone.browser.until_attribute("saved", "data-due", "true").await?;
        check_appearance(&phone.browser, "later-due-en-phone").await?;
        jane.browser.until_text("bell-count", |text| text == "1").await?;
        jane.browser.click("bell").await?;
        jane.browser.until_text("notices", |text| text.contains("Reminder about")).await?;
        check_appearance(&jane.browser, "reminded-en-desktop").await?;
        let first = "[data-testid='notices'] li:first-child a";
        jane.browser.click_css(first).await?;
        jane.browser.click("preview-open").await?;
        until_path(&jane.browser, "/rooms/1/messages/1").await?;
        jane.until_stored("call the plumber").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_is_sent_at_its_time_and_a_refused_one_comes_back() -> Result<()> {
    BrowserTest::run("scheduled-messages", async |test| {
        let mina = test.chat_page("민아", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let schedule = async |page: &ChatPage, text: &str| {
            page.browser.fill("composer", text).await?;
            page.browser.click("send-later").await?;
            page.browser.find("moment-hour").await
        };
        schedule(&jane, "good morning").await?;
        check_appearance(&jane.browser, "send-later-en-desktop").await?;
        jane.browser.click("moment-hour").await?;
        jane.until_composer_text("").await?;
        // The act is undone by its removal, and the text comes back.
        jane.browser.click("undo").await?;
        jane.until_composer_text("good morning").await?;
        jane.browser.click("send-later").await?;
        jane.browser.click("moment-hour").await?;
        jane.until_composer_text("").await?;
        schedule(&mina, "점심 먹어요").await?;
        check_layout(&mina.browser, "the dialog of the time").await?;
        check_appearance(&mina.browser, "send-later-ko-phone").await?;
        mina.browser.click("moment-tomorrow").await?;
        mina.show_rooms().await?;
        mina.browser.click("later-link").await?;
        mina.browser.until_text("scheduled-messages", |text| text.contains("점심 먹어요")).await?;
        check_layout(&mina.browser, "the scheduled messages").await?;
        check_appearance(&mina.browser, "scheduled-ko-phone").await?;
        jane.browser.click("later-link").await?;
        jane.browser.until_text("scheduled-time", |text| text.starts_with("Will be sent: ")).await?;
        check_appearance(&jane.browser, "scheduled-en-desktop").await?;
        jane.open_room(FIRST_ROOM).await?;
        ensure!(jane.messages().await?.is_empty(), "it is sent later");

        // The time comes; meanwhile one of the two may not write any more.
        test.server.kill().await?;
        let database = test.server.database()?;
        database.execute("UPDATE scheduled_messages SET at = 1000")?;
        database.execute("INSERT INTO silences SELECT id, 1, 9000000000000, 'noise' FROM users WHERE name = '민아'")?;
        drop(database);
        test.server.restart().await?;
        jane.until_stored("good morning").await?;
        mina.browser.until_attribute("scheduled", "data-due", "true").await?;
        mina.browser.find("scheduled-refusal").await?;
        check_appearance(&mina.browser, "scheduled-refused-ko-phone").await?;
        // The text goes back to the message field.
        test.server.kill().await?;
        test.server.database()?.execute("DELETE FROM silences")?;
        test.server.restart().await?;
        mina.browser.reload().await?;
        mina.browser.click("scheduled-edit").await?;
        mina.until_room_open(FIRST_ROOM).await?;
        mina.until_composer_text("점심 먹어요").await?;
        mina.show_rooms().await?;
        mina.browser.click("later-link").await?;
        mina.browser.until_text("drafts", |text| text.contains("점심 먹어요")).await?;
        check_appearance(&mina.browser, "drafts-ko-phone").await
    })
    .await
}
