//! Keyboard shortcuts, their list, and Esc.

use std::collections::BTreeMap;

use anyhow::Result;
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
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
        // The keys of messages are tested with the list of messages.
        assert_eq!(keys, ["?", "Alt ↑", "Alt ↓", "Ctrl K", "Esc", "L", "M", "P", "↑ ↓", "→"]);
        assert_eq!(
            list.get("Ctrl K").map(String::as_str),
            Some("Go to a room, person, page or setting")
        );
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
        browser.until_focus("palette-search").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("palette-search").await?;
        browser.click("rail-apps").await?;
        browser.find("apps").await?;
        jane.choose("lang-ko").await?;
        browser.keys("?").await?;
        browser.find("shortcuts").await?;
        let list: BTreeMap<String, String> = browser.eval(LIST, []).await?;
        assert_eq!(list.get("Ctrl K").map(String::as_str), Some("방, 사람, 화면, 설정으로 가기"));
        Ok(())
    })
    .await
}

/// The list of paths: place and keys.
const PATHS: &str =
    "return [...document.querySelectorAll('.shortcuts-paths > dt')].map(it => it.textContent)";

/// Presses Tab until the focus is within the first element that matches a selector.
async fn tab_into(browser: &Browser, css: &str) -> Result<()> {
    let script = "return document.activeElement.closest(arguments[0]) !== null";
    until_true(format_args!("Tab leads into {css}"), async || {
        if browser.eval(script, [css.into()]).await? {
            return Ok(true);
        }
        browser.keys(Key::Tab).await?;
        Ok(false)
    })
    .await
}

#[tokio::test]
async fn every_listed_path_is_walked_without_a_mouse() -> Result<()> {
    BrowserTest::run_with("keyboard-paths", &["--price-source", "simulated"], async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        let second = jane.create_room("Second room").await?;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "@Jane look at this").await?;
        test.server.database()?.execute("INSERT INTO orders (customer_id) VALUES (1)")?;

        // Out of the message field, where a question mark is a character.
        browser.tab_to("rail-chat").await?;
        browser.keys("?").await?;
        browser.find("shortcuts-paths").await?;
        let places: Vec<String> = browser.eval(PATHS, []).await?;
        let walked = [
            "Everywhere",
            "Go to",
            "Rooms",
            "Menu in the header",
            "Messages",
            "Writing a message",
            "Inbox",
            "Orders: restaurant",
            "Price chart",
        ];
        assert_eq!(places, walked);
        browser.keys(Key::Escape).await?;
        browser.until_gone("shortcuts-paths").await?;

        // The palette.
        browser.chord(Key::Control, "k").await?;
        browser.until_focus("palette-search").await?;
        browser.keys("second" + Key::Enter).await?;
        jane.until_room_open(second).await?;
        browser.until_focus("composer").await?;

        // Rooms.
        browser.tab_to("room-filter").await?;
        browser.keys("Second").await?;
        browser.until_gone(&format!("room-{FIRST_ROOM}")).await?;
        browser.tab_to(&format!("room-{second}")).await?;
        browser.keys(Key::Enter).await?;
        jane.until_room_open(second).await?;
        browser.tab_to("room-filter").await?;
        browser.chord(Key::Control, "a").await?;
        browser.keys(Key::Delete).await?;
        browser.tab_to(&format!("room-{FIRST_ROOM}")).await?;
        browser.keys(Key::Enter).await?;
        jane.until_room_open(FIRST_ROOM).await?;

        // The menu in the header.
        browser.tab_to("view-menu").await?;
        browser.keys(Key::Enter).await?;
        browser.find("copy-link").await?;
        browser.tab_to("open-inspector").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("copy-link").await?;
        browser.until_focus("view-menu").await?;

        // Messages.
        jane.until_stored("@Jane look at this").await?;
        tab_into(browser, "[data-testid=\"timeline\"]").await?;
        browser.keys(Key::End).await?;
        tab_into(browser, "[data-testid=\"message\"]").await?;
        // The mention in the newest one opens the card of its person, and the focus returns.
        browser.keys(Key::Right).await?;
        tab_into(browser, ".mention").await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("person-card", |text| text.contains("Jane")).await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("person-card").await?;
        tab_into(browser, ".mention").await?;

        // The composer.
        browser.tab_to("composer").await?;
        browser.keys("@민").await?;
        browser.find("completion").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("completion").await?;
        browser.chord(Key::Control, "a").await?;
        browser.keys(Key::Delete).await?;

        // Inbox.
        browser.tab_to("bell").await?;
        browser.keys(Key::Enter).await?;
        browser.tab_to("notices-mention").await?;
        browser.keys(Key::Enter).await?;
        browser.until_attribute("notices-mention", "aria-pressed", "true").await?;
        tab_into(browser, "[data-testid=\"notices\"] a").await?;

        // Apps, the board, and the chart.
        browser.tab_to("rail-apps").await?;
        browser.keys(Key::Enter).await?;
        browser.tab_to("page-orders").await?;
        browser.keys(Key::Enter).await?;
        browser.tab_to("tab-orders-board").await?;
        browser.keys(Key::Enter).await?;
        browser.tab_to("board-search").await?;
        browser.tab_to("accepted-1").await?;
        browser.keys(Key::Enter).await?;
        browser.until_attribute("order-1", "data-status", "accepted").await?;
        browser.tab_to("rail-apps").await?;
        browser.keys(Key::Enter).await?;
        browser.tab_to("page-bitcoin").await?;
        browser.keys(Key::Enter).await?;
        browser.find("price").await?;
        tab_into(browser, "[role=\"slider\"]").await?;
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
