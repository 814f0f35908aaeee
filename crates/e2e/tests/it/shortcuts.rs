//! Keyboard shortcuts, their list, and Esc.

use std::collections::BTreeMap;

use anyhow::Result;
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// The list as it is shown: keys and meaning.
const LIST: &str = "return Object.fromEntries([...document.querySelectorAll('.shortcuts > dt')] \
    .map(it => [it.textContent.trim(), it.nextElementSibling.textContent]))";

#[tokio::test]
async fn every_listed_shortcut_works() -> Result<()> {
    BrowserTest::run("shortcuts", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        let second = jane.create_room("Second room").await?;
        let path = async || browser.eval::<String>("return location.pathname", []).await;
        let until_room = async |room| {
            until_true(format_args!("room {room} is open"), async || {
                Ok(path().await? == format!("/rooms/{room}"))
            })
            .await
        };

        browser.click("me").await?;
        browser.click("open-shortcuts").await?;
        browser.find("shortcuts").await?;
        let list: BTreeMap<String, String> = browser.eval(LIST, []).await?;
        let keys: Vec<&str> = list.keys().map(String::as_str).collect();
        assert_eq!(keys, ["?", "Alt ↑", "Alt ↓", "Ctrl K", "Esc"]);
        assert_eq!(list.get("Ctrl K").map(String::as_str), Some("Find a room"));
        browser.until_animations_end().await?;
        browser.screenshot("shortcuts-en-desktop").await?;
        axe::check(browser, "shortcuts").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("shortcuts").await?;
        browser.until_focus("me").await?;

        browser.keys(Key::Escape).await?;
        browser.until_focus("composer").await?;
        // In a field, the question mark is a character.
        browser.keys("?").await?;
        jane.until_composer_text("?").await?;
        assert!(!browser.has("shortcuts").await?);
        // The newest room is the first of the list.
        browser.chord(Key::Alt, Key::Down).await?;
        until_room(FIRST_ROOM).await?;
        browser.chord(Key::Alt, Key::Up).await?;
        until_room(second).await?;
        browser.chord(Key::Control, "k").await?;
        browser.until_focus("room-filter").await?;
        // The list of rooms is not beside an app.
        browser.click("rail-apps").await?;
        browser.find("apps").await?;
        browser.chord(Key::Control, "k").await?;
        browser.until_focus("room-filter").await?;
        jane.choose("lang-ko").await?;
        browser.keys("?").await?;
        browser.find("shortcuts").await?;
        let list: BTreeMap<String, String> = browser.eval(LIST, []).await?;
        assert_eq!(list.get("Ctrl K").map(String::as_str), Some("방 찾기"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn esc_closes_one_thing_and_the_focus_goes_back() -> Result<()> {
    BrowserTest::run("escape", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        jane.open_inspector().await?;
        browser.until_focus("inspector").await?;
        // The inspector stays open beside the app that it observes.
        let filter = browser.find("inspector-filter").await?;
        filter.send_keys("welcome").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("inspector").await?;
        browser.until_focus("view-menu").await?;

        // On a phone, the inspector covers the room, and the menu is a sheet at the bottom.
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        minsu.open_inspector().await?;
        browser.until_gone("open-inspector").await?;
        browser.until_focus("inspector").await?;
        browser.until_animations_end().await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("inspector").await?;
        browser.until_focus("view-menu").await?;

        // A dialog over a drawer: one press closes the dialog, the next one the drawer.
        browser.click("open-presence").await?;
        browser.until_focus("drawer-presence").await?;
        browser.keys("?").await?;
        browser.find("shortcuts").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("shortcuts").await?;
        browser.until_attribute("drawer-presence", "data-open", "true").await?;
        browser.keys(Key::Escape).await?;
        browser.until_attribute("drawer-presence", "data-open", "false").await?;
        browser.until_focus("open-presence").await?;

        // A dialog over the list of rooms gives the focus back to its button.
        minsu.show_rooms().await?;
        browser.click("room-create").await?;
        browser.until_focus("room-create-name").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("room-create-name").await?;
        browser.until_focus("room-create").await
    })
    .await
}
