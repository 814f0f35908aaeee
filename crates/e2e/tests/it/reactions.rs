//! Reactions: by the keyboard, by touch, without a network, and the people behind them.

use anyhow::Result;
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Waits until the chips of all messages, with their counts, and a star behind those of the user, are these.
async fn until_chips(page: &ChatPage, chips: &[&str]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=reaction]')].map((chip) => \
        [...chip.children].slice(0, 2).map((part) => part.textContent).join('') + (chip.ariaPressed === 'true' ? '*' : ''))";
    let mut last = Vec::new();
    let found = until_true(format_args!("the reactions are {chips:?}"), async || {
        last = page.browser.eval::<Vec<String>>(script, []).await?;
        Ok(last == chips)
    })
    .await;
    found.map_err(|error| error.context(format!("they are {last:?}")))
}

#[tokio::test]
async fn reactions_are_toggled_on_every_screen_and_name_their_people() -> Result<()> {
    BrowserTest::run("reactions", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        jane.send("lunch at noon?").await?;
        minsu.until_stored("lunch at noon?").await?;
        minsu.open_message_menu(1).await?;
        minsu.browser.click_css(".message-menu [data-testid='react']").await?;
        minsu.browser.find("react-0").await?;
        check_appearance(&minsu.browser, "react-ko-phone").await?;
        minsu.browser.click("react-0").await?;
        until_chips(&minsu, &["👍1*"]).await?;
        until_chips(&jane, &["👍1"]).await?;
        // By the keyboard: the key, and an emoji that is typed whole.
        jane.focus_message(1).await?;
        jane.browser.keys("+").await?;
        jane.browser.find("react-other").await?;
        jane.browser.fill("react-other", "👩‍👩‍👧").await?;
        jane.browser.keys(Key::Enter).await?;
        until_chips(&jane, &["👍1", "👩‍👩‍👧1*"]).await?;
        // A click on a chip joins, and another one takes it back.
        jane.browser.click("reaction").await?;
        until_chips(&minsu, &["👍2*", "👩‍👩‍👧1"]).await?;
        until_chips(&jane, &["👍2*", "👩‍👩‍👧1*"]).await?;
        check_appearance(&jane.browser, "reactions-en-desktop").await?;
        check_appearance(&minsu.browser, "reactions-ko-phone").await?;
        jane.open_message_menu(1).await?;
        jane.browser.click_css(".message-menu [data-testid='show-reactions']").await?;
        jane.browser
            .until_text("reaction-people", |text| text.contains("민수") && text.contains("Jane"))
            .await?;
        check_appearance(&jane.browser, "reaction-people-en-desktop").await?;
        jane.browser.click("reactions-close").await?;
        jane.browser.click("reaction").await?;
        until_chips(&minsu, &["👍1*", "👩‍👩‍👧1"]).await?;
        minsu.browser.reload().await?;
        until_chips(&minsu, &["👍1*", "👩‍👩‍👧1"]).await
    })
    .await
}

#[tokio::test]
async fn a_reaction_without_a_network_is_shown_at_once_and_a_wrong_one_is_refused() -> Result<()> {
    BrowserTest::run("reactions-offline", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        jane.send("hello").await?;
        minsu.until_stored("hello").await?;
        minsu.browser.expect_console_error("net::ERR_INTERNET_DISCONNECTED");
        minsu.set_network(false).await?;
        minsu.until_connection("offline").await?;
        minsu.focus_message(1).await?;
        minsu.browser.keys("+").await?;
        minsu.browser.click("react-6").await?;
        until_chips(&minsu, &["🎉1*"]).await?;
        minsu.set_network(true).await?;
        until_chips(&jane, &["🎉1"]).await?;
        until_chips(&minsu, &["🎉1*"]).await?;

        jane.focus_message(1).await?;
        jane.browser.keys("+").await?;
        jane.browser.fill("react-other", "two words").await?;
        jane.browser.click("react-send").await?;
        jane.browser.find("discard").await?;
        until_chips(&jane, &["🎉1"]).await?;
        check_appearance(&jane.browser, "reaction-refused-en-desktop").await?;
        jane.browser.click("discard").await?;
        jane.browser.until_gone("discard").await
    })
    .await
}
