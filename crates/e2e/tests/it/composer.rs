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
                "window.presses = []; window.addEventListener('keydown', event => \
                window.presses.push({ code: event.code, isComposing: event.isComposing, \
                    keyCode: event.keyCode }), true)",
                [],
            )
            .await?;

        // In Chromium, the key press that ends a composition belongs to the composition.
        compose(browser, "한글").await?;
        dispatch_key(browser, "rawKeyDown", "Enter", 229).await?;
        browser.insert_text("한글").await?;
        dispatch_key(browser, "keyUp", "Enter", 229).await?;
        minsu.until_composer_text("한글").await?;
        let presses: Vec<KeyPress> = browser.eval("return window.presses", []).await?;
        let ending = KeyPress { code: "Enter".to_owned(), is_composing: true, key_code: 229 };
        assert_eq!(presses, [ending], "the page receives the key press of an input method");

        // Other browsers report the same key press again after the composition.
        compose(browser, " 입력").await?;
        dispatch_key(browser, "rawKeyDown", "Enter", 229).await?;
        browser.insert_text(" 입력").await?;
        dispatch_key(browser, "rawKeyDown", "Enter", 13).await?;
        dispatch_key(browser, "keyUp", "Enter", 13).await?;
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

/// Reports a key as `WebKit` does, with its own name beside the key code of an input method.
async fn dispatch_key(browser: &Browser, kind: &str, key: &str, key_code: u32) -> Result<()> {
    let key = json!({
        "type": kind, "key": key, "code": key,
        "windowsVirtualKeyCode": key_code, "nativeVirtualKeyCode": key_code,
    });
    browser.devtools("Input.dispatchKeyEvent", key).await?;
    Ok(())
}

/// Presses and releases a key that belongs to an input method after the end of its composition.
async fn press_taken(browser: &Browser, key: &str) -> Result<()> {
    dispatch_key(browser, "rawKeyDown", key, 229).await?;
    dispatch_key(browser, "keyUp", key, 229).await
}

#[tokio::test]
async fn keys_of_an_input_method_do_nothing_else_anywhere() -> Result<()> {
    BrowserTest::run("input-method", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        let second = jane.create_room("둘째 방").await?;
        jane.open_room(FIRST_ROOM).await?;
        // The room search: Enter does not leave the room, and Esc does not clear the field.
        browser.tab_to("room-filter").await?;
        browser.insert_text("둘").await?;
        for key in ["Enter", "Escape"] {
            press_taken(browser, key).await?;
        }
        browser.insert_text("째").await?;
        let typed = "return document.getElementById('find-room').value";
        assert_eq!(browser.eval::<String>(typed, []).await?, "둘째");
        assert_eq!(
            (browser.focus().await?, jane.room().await?),
            ("room-filter".to_owned(), FIRST_ROOM)
        );
        browser.keys(Key::Enter).await?;
        jane.until_room_open(second).await?;

        // The global keys: Esc does not move the focus.
        browser.find("timeline").await?.focus().await?;
        press_taken(browser, "Escape").await?;
        assert_eq!(browser.focus().await?, "timeline");
        browser.keys(Key::Escape).await?;
        browser.until_focus("composer").await?;

        // The dialog of a new room: the Enter that ends a composition does not create it.
        browser.click("room-create").await?;
        browser.until_focus("room-create-name").await?;
        browser.insert_text("셋").await?;
        press_taken(browser, "Enter").await?;
        press_taken(browser, "Escape").await?;
        browser.insert_text("째").await?;
        browser.keys(Key::Enter).await?;
        browser.until_gone("room-create-name").await?;
        assert_eq!(jane.rooms().await?.first().map(String::as_str), Some("셋째"));

        // The editor of a post: Esc does not drop the text, and Ctrl+Enter saves.
        jane.open_app("feed").await?;
        browser.find("post-composer").await?.focus().await?;
        browser.insert_text("글").await?;
        press_taken(browser, "Enter").await?;
        browser.chord(Key::Control, Key::Enter).await?;
        browser.click("edit").await?;
        browser.until_focus("editor").await?;
        browser.insert_text("을 고침").await?;
        press_taken(browser, "Escape").await?;
        assert_eq!(browser.focus().await?, "editor");
        browser.chord(Key::Control, Key::Enter).await?;
        browser.until_text("posts", |text| text.contains("글을 고침")).await?;
        Ok(())
    })
    .await
}

/// Whether the hint of the keys is in sight.
const HAS_HINT: &str =
    "return document.getElementById('composer-hint').getBoundingClientRect().height > 5";

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
        let has_hint = async || jane.browser.eval::<bool>(HAS_HINT, []).await;
        assert!(has_hint().await?, "the hint is there before the first message");
        jane.browser.keys(Key::Enter).await?;
        jane.until_stored("first\nsecond").await?;
        // An empty message is not sent.
        jane.browser.keys(Key::Enter).await?;
        jane.send("third").await?;
        jane.until_stored("third").await?;
        assert_eq!(texts(&jane.messages().await?), ["first\nsecond", "third"]);
        jane.browser.reload().await?;
        jane.open_composer().await?;
        jane.browser.find("composer").await?.send_keys("fourth").await?;
        assert!(!has_hint().await?, "and never again");
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

        // The list has the newest message first.
        browser.chord(Key::Alt, Key::Down).await?;
        jane.until_room_open(FIRST_ROOM).await?;
        jane.until_stored("by keyboard").await?;
        browser.tab_to("room-filter").await?;
        browser.keys("second" + Key::Enter).await?;
        jane.until_room_open(second).await?;
        jane.until_stored("in the second").await?;
        browser.tab_to(&format!("room-{FIRST_ROOM}")).await?;
        browser.keys(Key::Enter).await?;
        jane.until_room_open(FIRST_ROOM).await?;
        browser.tab_to("message").await?;
        browser.keys(Key::Escape).await?;
        browser.until_focus("composer").await
    })
    .await
}
