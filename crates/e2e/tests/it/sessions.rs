//! Sessions: signing out, lost browser storage, another version of the protocol, refused messages.

use anyhow::Result;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{FIRST_ROOM, ShownMessage};
use crate::support::device::{Device, Lang};
use crate::support::other_version_server::OtherVersionServer;
use crate::support::wait::until_true;

/// A script that returns the number of outboxes in the browser's storage.
const OUTBOX_COUNT: &str =
    "return Object.keys(localStorage).filter(key => key.includes('outbox')).length";

#[tokio::test]
async fn signing_out_in_one_tab_shows_the_sign_in_form_in_every_tab() -> Result<()> {
    BrowserTest::run("sign-out", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.send("나는 이만").await?;
        jane.until_stored("나는 이만").await?;
        jane.until_present(&["Jane", "민수"]).await?;
        let browser = &minsu.browser;
        let first = browser.tab().await?;
        let second = browser.new_tab().await?;
        browser.goto(&test.server.url("/")).await?;
        minsu.open_composer().await?;

        browser.click("me").await?;
        browser.click("sign-out").await?;
        browser.until_animations_end().await?;
        browser.screenshot("desktop-ko-sign-out").await?;
        browser.click("sign-out-confirm").await?;
        for tab in [&second, &first] {
            browser.switch_to(tab).await?;
            browser.find("signin-name").await?;
        }
        jane.until_present(&["Jane"]).await?;
        browser.reload().await?;
        browser.find("signin-name").await?;
        assert_eq!(browser.eval::<usize>(OUTBOX_COUNT, []).await?, 0);
        Ok(())
    })
    .await
}

/// A script that delays the responses to requests for the session until the sign-in form is shown, so that the socket
/// closes first.
const LATE_ANSWERS: &str = r"
    const ask = window.fetch;
    window.fetch = (...asked) => ask(...asked).then(answer => new Promise(done => {
        const look = () => document.querySelector('[data-testid=signin-name]')
            ? done(answer) : requestAnimationFrame(look);
        new URL(answer.url).pathname === '/api/session' ? look() : done(answer);
    }));";

#[tokio::test]
async fn signing_out_clears_the_outbox_even_if_the_socket_closes_before_the_response() -> Result<()>
{
    BrowserTest::run("sign-out-late", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        minsu.send("나는 이만").await?;
        minsu.until_stored("나는 이만").await?;
        let browser = &minsu.browser;
        browser.run_script(LATE_ANSWERS, []).await?;
        browser.click("me").await?;
        browser.click("sign-out").await?;
        browser.click("sign-out-confirm").await?;
        browser.find("signin-name").await?;
        until_true("no outbox is stored", async || {
            Ok(browser.eval::<usize>(OUTBOX_COUNT, []).await? == 0)
        })
        .await
    })
    .await
}

#[tokio::test]
async fn the_session_survives_cleared_browser_storage() -> Result<()> {
    BrowserTest::run("emptied", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        minsu.browser.run_script("localStorage.clear(); sessionStorage.clear()", []).await?;
        minsu.browser.reload().await?;
        minsu.open_composer().await?;
        minsu.until_present(&["민수"]).await
    })
    .await
}

#[tokio::test]
async fn a_page_of_another_version_asks_for_a_reload() -> Result<()> {
    BrowserTest::run("version", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        test.server.kill().await?;
        let other = OtherVersionServer::start(test.server.address()).await?;
        minsu.until_connection("ended").await?;
        let badge = minsu.browser.text("badge").await?.unwrap_or_default();
        assert!(badge.contains("앱이 오래되어"), "{badge}");
        minsu.browser.screenshot("desktop-ko-version").await?;

        other.stop().await;
        test.server.restart().await?;
        minsu.browser.click("reload").await?;
        minsu.open_composer().await
    })
    .await
}

#[tokio::test]
async fn refused_messages_stay_until_they_are_retried_or_discarded() -> Result<()> {
    BrowserTest::run("refused", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        let writing = browser.tab().await?;
        let other = browser.new_tab().await?;
        browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        minsu.open_composer().await?;
        browser.switch_to(&writing).await?;
        browser.expect_console_error("net::ERR_INTERNET_DISCONNECTED");
        minsu.set_network(false).await?;
        minsu.until_connection("offline").await?;
        minsu.send("하나").await?;
        minsu.send("둘").await?;

        // Meanwhile the same user leaves the room in another tab.
        browser.switch_to(&other).await?;
        minsu.leave_room().await?;
        minsu.until_left(FIRST_ROOM).await?;
        browser.switch_to(&writing).await?;
        minsu.set_network(true).await?;
        browser.until_text("unsent", |line| line.contains("2개")).await?;
        browser.screenshot("desktop-ko-unsent").await?;

        browser.click("join-this").await?;
        let failed = |messages: &[ShownMessage]| messages.iter().all(|it| it.state == "failed");
        minsu
            .until_messages("both messages are shown as refused", |m| m.len() == 2 && failed(m))
            .await?;
        browser.until_animations_end().await?;
        browser.screenshot("desktop-ko-refused").await?;
        browser.click("retry").await?;
        minsu.until_stored("하나").await?;
        browser.click("discard").await?;
        browser.click("undo").await?;
        minsu
            .until_messages("the discarded message is back", |m| m.iter().any(|it| it.text == "둘"))
            .await?;
        browser.click("discard").await?;
        until_true("only the first message is shown", async || {
            Ok(minsu.messages().await?.iter().map(|it| it.text.as_str()).eq(["하나"]))
        })
        .await?;
        let stored = test.server.database()?.messages(FIRST_ROOM)?;
        assert_eq!(stored.len(), 1, "{stored:?}");
        Ok(())
    })
    .await
}
