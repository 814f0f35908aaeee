//! The palette: one field that leads to rooms, people, pages and settings.

use anyhow::Result;
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until_true;

/// The names of the shown entries.
const NAMES: &str =
    "return [...document.querySelectorAll('.palette-name')].map(it => it.textContent)";

async fn open(browser: &Browser) -> Result<()> {
    browser.chord(Key::Control, "k").await?;
    browser.until_focus("palette-search").await
}

async fn until_first(browser: &Browser, name: &str) -> Result<()> {
    until_true(format_args!("{name} is the first entry"), async || {
        let names: Vec<String> = browser.eval(NAMES, []).await?;
        Ok(names.first().is_some_and(|first| first == name))
    })
    .await
}

#[tokio::test]
async fn the_palette_leads_to_rooms_people_pages_and_settings() -> Result<()> {
    BrowserTest::run("palette", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        let foreign = minsu.create_room("공지 사항").await?;
        let meeting = jane.create_room("주간 회의록").await?;
        jane.open_room(FIRST_ROOM).await?;

        // Before anything is typed, it offers the rooms in the order of the list.
        open(browser).await?;
        until_first(browser, "주간 회의록").await?;
        check_appearance(browser, "palette-en-desktop").await?;
        // Initial consonants, and the keyboard set to the other language.
        for typed in ["ㅎㅇㄹ", "ghldmlfhr"] {
            browser.chord(Key::Control, "a").await?;
            browser.insert_text(typed).await?;
            until_first(browser, "주간 회의록").await?;
        }
        browser.keys(Key::Enter).await?;
        jane.until_room_open(meeting).await?;
        browser.until_focus("composer").await?;

        // A public room of others, which the server finds; here by the wrong keyboard, too.
        open(browser).await?;
        browser.insert_text("rhdwl").await?;
        until_first(browser, "공지 사항").await?;
        browser.keys(Key::Enter).await?;
        browser.find("join-this").await?;
        assert_eq!(jane.room().await?, foreign);

        // A person: the direct conversation opens.
        open(browser).await?;
        browser.insert_text("alstn").await?;
        until_first(browser, "민수").await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("header-title", |text| text.contains("민수")).await?;
        browser.until_focus("composer").await?;

        // The arrows choose; a page opens.
        open(browser).await?;
        browser.insert_text("orders").await?;
        until_first(browser, "Orders").await?;
        browser.keys(Key::Down).await?;
        let chosen = "return document.querySelector('[role=option][aria-selected=true]').id \
            === document.activeElement.getAttribute('aria-activedescendant') \
            && document.activeElement.getAttribute('aria-activedescendant') === 'palette-option-1'";
        until_true("the second entry is chosen", async || browser.eval(chosen, []).await).await?;
        browser.keys(Key::Up + Key::Enter).await?;
        until_true("the page is open", async || {
            browser.eval("return location.pathname === '/orders'", []).await
        })
        .await?;

        // A setting: its control has the focus.
        open(browser).await?;
        browser.insert_text("colours").await?;
        until_first(browser, "Colours").await?;
        browser.keys(Key::Enter).await?;
        browser.until_focus("theme-auto").await?;
        // An act.
        open(browser).await?;
        browser.insert_text("dark").await?;
        until_first(browser, "Colours: Dark").await?;
        browser.keys(Key::Enter).await?;
        browser.until_attribute("theme-dark", "aria-pressed", "true").await?;

        open(browser).await?;
        browser.insert_text("nothing like this").await?;
        browser.until_text("palette-status", |text| text == "Nothing matches.").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("palette-search").await
    })
    .await
}

#[tokio::test]
async fn the_palette_opens_from_the_own_menu_of_a_phone() -> Result<()> {
    BrowserTest::run("palette-phone", async |test| {
        let page = test.chat_page("지우", Device::phone(Lang::Ko)).await?;
        let browser = &page.browser;
        page.show_rooms().await?;
        browser.click("me").await?;
        browser.click("open-palette").await?;
        browser.until_focus("palette-search").await?;
        browser.until_animations_end().await?;
        check_appearance(browser, "palette-ko-phone").await?;
        browser.insert_text("ㅈㅁ").await?;
        until_first(browser, "주문").await?;
        browser.click_css("#palette-option-0").await?;
        until_true("the page is open", async || {
            browser.eval("return location.pathname === '/orders'", []).await
        })
        .await
    })
    .await
}
