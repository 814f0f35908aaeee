//! The erasure of accounts: by the person, and by an administrator while the person looks.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

const PASSWORD: &str = "correct horse battery";

async fn until_erased(browser: &Browser, word: &str, sentence: &str) -> Result<()> {
    until_true("the message shows that it was erased", async || {
        let text: String = browser.eval("return document.body.innerText", []).await?;
        Ok(!text.contains(word) && text.contains(sentence))
    })
    .await
}

#[tokio::test]
async fn a_person_erases_the_own_account_and_the_texts_leave_every_screen() -> Result<()> {
    BrowserTest::run("erase-own", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.send("사라질 글").await?;
        jane.until_stored("사라질 글").await?;
        let phone = &minsu.browser;
        phone.goto(&test.server.url("/settings/account")).await?;
        phone.fill("new-password", PASSWORD).await?;
        phone.keys(Key::Enter).await?;
        phone.until_attribute("account-secured", "data-secured", "true").await?;
        phone.fill("erase-own-name", "민수").await?;
        phone.fill("erase-password", "a wrong password").await?;
        phone.expect_console_error("status of 403");
        phone.click("erase-own").await?;
        phone.until_text("erase-error", |text| text.contains("맞지 않습니다")).await?;
        check_appearance(phone, "erase-own-ko-phone").await?;
        phone.fill("erase-password", PASSWORD).await?;
        phone.click("erase-own").await?;
        phone.find("signin-name").await?;
        until_erased(&jane.browser, "사라질 글", "Erased message").await?;
        let row = format!("room-{FIRST_ROOM}");
        jane.browser
            .until_text(&row, |text| text.contains("Erased account: Deleted message"))
            .await?;
        jane.browser.until_animations_end().await?;
        jane.browser.screenshot("erased-en-desktop").await?;

        // The name is not given out again.
        phone.expect_console_error("status of 409");
        phone.fill("signin-name", "민수").await?;
        phone.keys(Key::Enter).await?;
        until_true("the name is refused", async || {
            let text: String = phone.eval("return document.body.innerText", []).await?;
            Ok(text.contains("이미") || text.contains("쓰고"))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn an_administrator_erases_a_person_who_is_looking_and_gets_a_receipt() -> Result<()> {
    BrowserTest::run("erase-other", async |test| {
        let owner = test.chat_page("Owner", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        // The room is gone for the person a moment before the session ends, and the app asks for it.
        minsu.browser.expect_console_error("/api/rooms/1");
        minsu.send("사라질 글").await?;
        owner.until_stored("사라질 글").await?;
        test.server.database()?.execute("UPDATE users SET role = 'owner' WHERE id = 1")?;
        let browser = &owner.browser;
        browser.goto(&test.server.url("/admin")).await?;
        browser.click("erase-2").await?;
        browser.fill("erase-name", "민소").await?;
        browser.expect_console_error("status of 422");
        browser.click("erase-confirm").await?;
        browser.until_text("admin-refused", |text| text.contains("Type the name")).await?;
        browser.click("erase-2").await?;
        browser.fill("erase-name", "민수").await?;
        check_appearance(browser, "erase-question-en-desktop").await?;
        browser.click("erase-confirm").await?;
        let receipt = browser.until_text("receipt", |text| text.contains("messages")).await?;
        ensure!(!receipt.contains("민수"), "{receipt}");
        check_appearance(browser, "erase-receipt-en-desktop").await?;
        minsu.browser.find("signin-name").await?;
        let text: String = browser
            .eval_async(
                "const done = arguments[0]; fetch(document.querySelector('[data-testid=receipt-text]').href) \
                .then(it => it.text()).then(done)",
                [],
            )
            .await?;
        ensure!(text.starts_with("Receipt 2-") && text.contains("messages: 1"), "{text}");
        browser.click("admin-audit").await?;
        browser.until_text("audit", |text| text.contains("#2") && !text.contains("민수")).await?;
        browser.click("rail-chat").await?;
        owner.open_room(FIRST_ROOM).await?;
        until_erased(browser, "사라질 글", "Erased message").await
    })
    .await
}
