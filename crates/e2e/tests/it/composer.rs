//! The composer: the Enter key, input methods, and use without a mouse.

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;
use thirtyfour::Key;

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{FIRST_ROOM, texts};
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;
use crate::support::wait::until_true;

/// A key press as the page receives it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyPress {
    code: String,
    is_composing: bool,
    key_code: u32,
}

#[tokio::test]
async fn the_enter_that_ends_a_korean_composition_does_not_send() -> Result<()> {
    BrowserTest::run("composition", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.find("composer").await?.focus().await?;
        browser
            .run_script(
                "window.presses = []; document.addEventListener('keydown', event => \
                window.presses.push({ code: event.code, isComposing: event.isComposing, \
                    keyCode: event.keyCode }), true)",
                [],
            )
            .await?;

        // In Chromium, the key press that ends a composition belongs to the composition.
        compose(browser, "한글").await?;
        dispatch_enter(browser, "rawKeyDown", 229).await?;
        browser.insert_text("한글").await?;
        dispatch_enter(browser, "keyUp", 229).await?;
        minsu.until_composer_text("한글").await?;
        let presses: Vec<KeyPress> = browser.eval("return window.presses", []).await?;
        let ending = KeyPress { code: "Enter".to_owned(), is_composing: true, key_code: 229 };
        assert_eq!(presses, [ending], "the page receives the key press of an input method");

        // Other browsers report the same key press again after the composition.
        compose(browser, " 입력").await?;
        dispatch_enter(browser, "rawKeyDown", 229).await?;
        browser.insert_text(" 입력").await?;
        dispatch_enter(browser, "rawKeyDown", 13).await?;
        dispatch_enter(browser, "keyUp", 13).await?;
        minsu.until_composer_text("한글 입력").await?;
        assert_eq!(minsu.messages().await?, [], "nothing was sent");

        // The next Enter sends.
        browser.keys(Key::Enter).await?;
        minsu.until_composer_text("").await?;
        minsu.until_stored("한글 입력").await?;
        assert_eq!(texts(&minsu.messages().await?), ["한글 입력"], "sent once");
        assert_eq!(test.server.database()?.messages(FIRST_ROOM)?.len(), 1);
        Ok(())
    })
    .await
}

async fn compose(browser: &Browser, text: &str) -> Result<()> {
    let end = text.chars().count();
    let composition = json!({ "text": text, "selectionStart": end, "selectionEnd": end });
    browser.devtools("Input.imeSetComposition", composition).await?;
    Ok(())
}

async fn dispatch_enter(browser: &Browser, kind: &str, key_code: u32) -> Result<()> {
    let key = json!({
        "type": kind, "key": if key_code == 229 { "Process" } else { "Enter" }, "code": "Enter",
        "windowsVirtualKeyCode": key_code, "nativeVirtualKeyCode": key_code,
    });
    browser.devtools("Input.dispatchKeyEvent", key).await?;
    Ok(())
}

#[tokio::test]
async fn shift_enter_breaks_the_line_and_enter_sends() -> Result<()> {
    BrowserTest::run("lines", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.browser.find("composer").await?.focus().await?;
        jane.browser.keys("first").await?;
        jane.browser.chord(Key::Shift, Key::Enter).await?;
        jane.browser.keys("second").await?;
        jane.until_composer_text("first\nsecond").await?;
        assert_eq!(jane.messages().await?, []);
        jane.browser.keys(Key::Enter).await?;
        jane.until_stored("first\nsecond").await?;
        // An empty message is not sent.
        jane.browser.keys(Key::Enter).await?;
        jane.send("third").await?;
        jane.until_stored("third").await?;
        assert_eq!(texts(&jane.messages().await?), ["first\nsecond", "third"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn everything_can_be_done_by_keyboard() -> Result<()> {
    BrowserTest::run("keyboard", async |test| {
        let SignInPage { browser } = test.sign_in_page(Device::desktop(Lang::En)).await?;
        browser.until_focus("signin-name").await?;
        browser.keys("Jane" + Key::Enter).await?;
        let jane = crate::support::chat_page::ChatPage::new(browser.clone()).await?;
        jane.open_composer().await?;
        browser.tab_to("composer").await?;
        browser.keys("by keyboard" + Key::Enter).await?;
        jane.until_stored("by keyboard").await?;

        browser.tab_to("room-create").await?;
        browser.keys(Key::Enter).await?;
        browser.until_focus("room-create-name").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("room-create-name").await?;
        browser.until_focus("room-create").await?;

        browser.keys(Key::Enter).await?;
        browser.until_focus("room-create-name").await?;
        browser.keys("Second room" + Key::Enter).await?;
        until_true("the new room is open", async || Ok(jane.room().await? != FIRST_ROOM)).await?;
        let second = jane.room().await?;
        jane.until_room_open(second).await?;
        browser.tab_to("composer").await?;
        browser.keys("in the second" + Key::Enter).await?;
        jane.until_stored("in the second").await?;

        browser.chord(Key::Alt, Key::Up).await?;
        jane.until_room_open(FIRST_ROOM).await?;
        jane.until_stored("by keyboard").await?;
        browser.chord(Key::Control, "k").await?;
        browser.until_focus("room-filter").await?;
        browser.keys("second" + Key::Enter).await?;
        jane.until_room_open(second).await?;
        jane.until_stored("in the second").await?;
        browser.tab_to(&format!("room-{FIRST_ROOM}")).await?;
        browser.keys(Key::Enter).await?;
        jane.until_room_open(FIRST_ROOM).await?;
        browser.tab_to("timeline").await?;
        browser.keys(Key::Escape).await?;
        browser.until_focus("composer").await
    })
    .await
}
