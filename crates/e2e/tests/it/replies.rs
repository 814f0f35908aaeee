//! Replies: the quote of the message that is answered, the bar above the composer, and the notice.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until_true;

/// Waits until the quote in a drawn message has a text.
async fn until_quote(page: &ChatPage, seq: u64, wanted: &str) -> Result<()> {
    let script = "return document.querySelector(`[data-seq='${arguments[0]}'] [data-testid=quote]`)?.textContent ?? ''";
    let mut last = String::new();
    let found = until_true(format_args!("message {seq} quotes {wanted:?}"), async || {
        last = page.browser.eval(script, [seq.into()]).await?;
        Ok(last.contains(wanted))
    })
    .await;
    found.map_err(|error| error.context(format!("the quote is {last:?}")))
}

/// Waits until a message has the focus.
async fn until_message_focus(page: &ChatPage, seq: u64) -> Result<()> {
    let script = "return document.activeElement.dataset.seq ?? ''";
    until_true(format_args!("message {seq} has the focus"), async || {
        Ok(page.browser.eval::<String>(script, []).await? == seq.to_string())
    })
    .await
}

#[tokio::test]
async fn a_reply_quotes_the_message_as_it_is_now_and_notifies_its_author() -> Result<()> {
    BrowserTest::run("replies", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        jane.send("lunch at **noon**?").await?;
        minsu.until_stored("lunch at noon?").await?;
        minsu.send("다른 이야기").await?;

        minsu.open_message_menu(1).await?;
        minsu.browser.click_css(".message-menu [data-testid='reply']").await?;
        minsu.browser.until_focus("composer").await?;
        minsu.browser.until_text("reply-bar", |text| text.contains("lunch at noon?")).await?;
        check_appearance(&minsu.browser, "replying-ko-phone").await?;
        minsu.send("좋아요, 12시에 봐요").await?;
        minsu.browser.until_gone("reply-bar").await?;
        for page in [&jane, &minsu] {
            page.until_stored("좋아요, 12시에 봐요").await?;
            until_quote(page, 3, "lunch at noon?").await?;
        }
        check_appearance(&minsu.browser, "reply-ko-phone").await?;
        // By the keyboard, to a reply; the next message is none.
        jane.focus_message(3).await?;
        jane.browser.keys("r").await?;
        jane.browser.until_focus("composer").await?;
        jane.browser.until_text("reply-bar", |text| text.contains("민수")).await?;
        check_appearance(&jane.browser, "replying-en-desktop").await?;
        jane.send("see you").await?;
        jane.send("by the station").await?;
        for page in [&jane, &minsu] {
            page.until_stored("by the station").await?;
            until_quote(page, 4, "좋아요").await?;
        }
        let quotes = "return document.querySelectorAll('[data-testid=quote]').length";
        ensure!(jane.browser.eval::<usize>(quotes, []).await? == 2, "a message quotes by itself");

        // The quote follows its message, on every screen.
        jane.focus_message(1).await?;
        jane.browser.keys("e").await?;
        jane.browser.find("editor").await?;
        jane.browser.fill("editor", "lunch at one?").await?;
        jane.browser.keys(Key::Enter).await?;
        for page in [&jane, &minsu] {
            until_quote(page, 3, "lunch at one?").await?;
        }
        check_appearance(&jane.browser, "reply-en-desktop").await?;

        // It leads there.
        jane.browser.click_css("[data-seq='3'] [data-testid='quote']").await?;
        until_message_focus(&jane, 1).await?;

        // Its author is told.
        jane.browser.click("bell").await?;
        jane.browser.until_text("notices", |text| text.contains("replied to you")).await?;
        check_appearance(&jane.browser, "reply-notice-en-desktop").await?;

        // A deleted message is in no quote.
        minsu.open_message_menu(3).await?;
        minsu.browser.click_css(".message-menu [data-testid='delete-message']").await?;
        minsu.browser.click("message-delete-confirm").await?;
        until_quote(&minsu, 4, "삭제").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_reply_without_a_network_survives_a_reload_and_escape_ends_one() -> Result<()> {
    BrowserTest::run("replies-offline", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        for text in ["하나", "둘"] {
            minsu.send(text).await?;
            jane.until_stored(text).await?;
        }
        // The composer has the focus at first; ㄱ is the key R of a Korean keyboard.
        jane.focus_message(1).await?;
        jane.browser.keys("ㄱ").await?;
        jane.browser.find("reply-bar").await?;
        jane.browser.keys(Key::Escape).await?;
        jane.browser.until_gone("reply-bar").await?;

        jane.browser.expect_console_error("net::ERR_INTERNET_DISCONNECTED");
        jane.set_network(false).await?;
        jane.until_connection("offline").await?;
        jane.focus_message(2).await?;
        jane.browser.keys("r").await?;
        jane.browser.until_focus("composer").await?;
        // The answered message is part of the draft.
        jane.browser.reload().await?;
        jane.browser.until_text("reply-bar", |text| text.contains("둘")).await?;
        jane.send("three").await?;
        jane.until_messages("the reply waits", |messages| {
            messages.iter().any(|it| it.text == "three" && it.state == "pending")
        })
        .await?;
        let waits = "return document.querySelector('[data-state=pending] [data-testid=quote]')?.textContent ?? ''";
        until_true("the reply that waits quotes", async || {
            Ok(jane.browser.eval::<String>(waits, []).await?.contains('둘'))
        })
        .await?;
        check_appearance(&jane.browser, "reply-offline-en-desktop").await?;
        jane.browser.reload().await?;
        jane.set_network(true).await?;
        jane.until_stored("three").await?;
        until_quote(&minsu, 3, "둘").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_reply_to_an_old_message_shows_it_without_its_page() -> Result<()> {
    BrowserTest::run("replies-old", async |test| {
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "the first of all").await?;
        let texts = (2..=80).map(|n| format!("message {n}"));
        minsu.send_all(FIRST_ROOM, texts).await?;
        minsu.reply(FIRST_ROOM, 1, "remember this?").await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.until_stored("remember this?").await?;
        until_quote(&jane, 81, "the first of all").await?;
        // It arrives while the page is open, too.
        minsu.reply(FIRST_ROOM, 2, "and this?").await?;
        until_quote(&jane, 82, "message 2").await?;
        jane.browser.click_css("[data-seq='81'] [data-testid='quote']").await?;
        until_message_focus(&jane, 1).await
    })
    .await
}
