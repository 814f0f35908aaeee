//! Changed messages: by the keyboard and by touch, offline, refused, and taken back.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, texts};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Focuses a drawn message and presses a key.
async fn press(page: &ChatPage, seq: u64, key: &str) -> Result<()> {
    page.focus_message(seq).await?;
    page.browser.keys(key).await
}

async fn until_editor_has(page: &ChatPage, text: &str) -> Result<()> {
    let value = "return document.querySelector('[data-testid=editor]')?.value ?? ''";
    until_true(format_args!("the editor has {text:?}"), async || {
        Ok(page.browser.eval::<String>(value, []).await? == text)
    })
    .await?;
    page.browser.until_focus("editor").await
}

#[tokio::test]
async fn a_changed_message_changes_on_every_screen_and_back() -> Result<()> {
    BrowserTest::run("editing", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        for text in ["see you at the statoin", "another"] {
            jane.send(text).await?;
            minsu.until_stored(text).await?;
        }
        press(&jane, 1, "e").await?;
        until_editor_has(&jane, "see you at the statoin").await?;
        check_appearance(&jane.browser, "editing-en-desktop").await?;
        jane.browser.fill("editor", "see you at the station").await?;
        jane.browser.keys(Key::Enter).await?;
        for page in [&jane, &minsu] {
            page.until_stored("see you at the station").await?;
            page.browser.find("edited").await?;
        }
        // The keyboard is where it was.
        let focused = "return document.activeElement.dataset.seq ?? ''";
        until_true("the message has the focus", async || {
            Ok(jane.browser.eval::<String>(focused, []).await? == "1")
        })
        .await?;
        check_appearance(&minsu.browser, "edited-ko-phone").await?;

        // The act is undone by its own command.
        jane.browser.click("undo").await?;
        for page in [&jane, &minsu] {
            page.until_stored("see you at the statoin").await?;
        }
        jane.open_message_menu(1).await?;
        jane.browser.click_css(".message-menu [data-testid='earlier-texts']").await?;
        jane.browser
            .until_text("earlier-texts", |text| {
                text.contains("see you at the statoin") && text.contains("see you at the station")
            })
            .await?;
        check_appearance(&jane.browser, "earlier-texts-en-desktop").await?;
        jane.browser.click("earlier-close").await?;

        // Others have neither, and the text of the first time is on no screen that is opened later.
        minsu.open_message_menu(1).await?;
        minsu.browser.find_css(".message-menu [data-testid='copy-text']").await?;
        for act in ["edit-message", "earlier-texts"] {
            ensure!(!minsu.browser.has(act).await?, "a stranger is offered {act}");
        }
        minsu.browser.keys(Key::Escape).await?;
        minsu.browser.reload().await?;
        let shown = minsu.until_messages("after a reload", |messages| messages.len() == 2).await?;
        ensure!(texts(&shown) == ["see you at the statoin", "another"], "{shown:?}");
        minsu.browser.find("edited").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_change_without_a_network_is_shown_at_once_and_stored_later() -> Result<()> {
    BrowserTest::run("editing-offline", async |test| {
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        jane.send("one").await?;
        minsu.until_stored("one").await?;
        jane.set_network(false).await?;
        jane.until_connection("offline").await?;
        for text in ["two", "three"] {
            press(&jane, 1, "e").await?;
            jane.browser.fill("editor", text).await?;
            jane.browser.click("edit-save").await?;
            jane.until_messages("the change is shown", |messages| {
                messages.iter().any(|it| it.text == text && it.state == "pending")
            })
            .await?;
        }
        check_appearance(&jane.browser, "editing-offline-en-phone").await?;
        // The outbox survives a reload.
        jane.browser.reload().await?;
        jane.until_messages("the change survives", |messages| {
            messages.iter().any(|it| it.text == "three" && it.state == "pending")
        })
        .await?;
        jane.browser.expect_console_error("ERR_INTERNET_DISCONNECTED");
        jane.set_network(true).await?;
        jane.until_stored("three").await?;
        minsu.until_stored("three").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refused_change_keeps_its_text_and_a_cancelled_one_comes_back() -> Result<()> {
    BrowserTest::run("editing-refused", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        minsu.send("처음 글").await?;
        minsu.until_stored("처음 글").await?;
        press(&minsu, 1, "ㄷ").await?;
        until_editor_has(&minsu, "처음 글").await?;
        minsu.browser.fill("editor", "버린 글").await?;
        minsu.browser.keys(Key::Escape).await?;
        minsu.until_stored("처음 글").await?;
        minsu.browser.click("undo").await?;
        until_editor_has(&minsu, "버린 글").await?;
        // An empty text cannot be saved.
        minsu.browser.fill("editor", " ").await?;
        let disabled = "return document.querySelector('[data-testid=edit-save]').disabled";
        until_true("it cannot be saved", async || minsu.browser.eval(disabled, []).await).await?;
        minsu.browser.keys(Key::Escape).await?;

        let database = test.server.database()?;
        database.execute("INSERT INTO workspace_settings VALUES ('edit_minutes', '5')")?;
        database.execute("UPDATE messages SET at = at - 300001")?;
        press(&minsu, 1, "e").await?;
        minsu.browser.fill("editor", "늦은 글").await?;
        minsu.browser.keys(Key::Enter).await?;
        minsu.browser.find("retry").await?;
        minsu
            .until_messages("the stored text", |messages| {
                messages.iter().any(|it| it.text.contains("처음 글") && it.state == "failed")
            })
            .await?;
        check_appearance(&minsu.browser, "editing-refused-ko-desktop").await?;
        // Without the limit the same change is stored.
        database.execute("DELETE FROM workspace_settings WHERE name = 'edit_minutes'")?;
        minsu.browser.click("retry").await?;
        minsu.until_stored("늦은 글").await?;
        Ok(())
    })
    .await
}
