//! Who one is, and what ends.

use anyhow::Result;

use crate::support::browser::{Lang, Look};
use crate::support::chat_page::{FIRST_ROOM, Shown};
use crate::support::other_server::OtherServer;
use crate::support::stage::Stage;
use crate::support::wait::until_true;

/// How many outboxes the browser keeps.
const KEPT: &str = "return Object.keys(localStorage).filter(key => key.includes('outbox')).length";

#[tokio::test]
async fn signing_out_in_one_tab_shows_the_gate_in_all_of_them() -> Result<()> {
    Stage::play("sign-out", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        minsu.say("나는 이만").await?;
        jane.until_stored("나는 이만").await?;
        jane.until_present(&["Jane", "민수"]).await?;
        let browser = &minsu.browser;
        let first = browser.tab().await?;
        let second = browser.new_tab().await?;
        browser.goto(&stage.server.url("/")).await?;
        minsu.open_composer().await?;

        browser.click("sign-out").await?;
        browser.until_still().await?;
        browser.picture("desktop-ko-sign-out").await?;
        browser.click("sign-out-confirm").await?;
        for tab in [&second, &first] {
            browser.switch_to(tab).await?;
            browser.find("signin-name").await?;
        }
        jane.until_present(&["Jane"]).await?;
        browser.reload().await?;
        browser.find("signin-name").await?;
        assert_eq!(browser.ask::<usize>(KEPT, []).await?, 0);
        Ok(())
    })
    .await
}

/// Answers that come late: after the gate is there, because the socket of the session was closed first.
const LATE_ANSWERS: &str = r"
    const ask = window.fetch;
    window.fetch = (...asked) => ask(...asked).then(answer => new Promise(done => {
        const look = () => document.querySelector('[data-testid=signin-name]')
            ? done(answer) : requestAnimationFrame(look);
        look();
    }));";

#[tokio::test]
async fn signing_out_forgets_what_was_kept_even_if_the_socket_closes_before_the_answer()
-> Result<()> {
    Stage::play("sign-out-late", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        minsu.say("나는 이만").await?;
        minsu.until_stored("나는 이만").await?;
        let browser = &minsu.browser;
        browser.run(LATE_ANSWERS, []).await?;
        browser.click("sign-out").await?;
        browser.click("sign-out-confirm").await?;
        browser.find("signin-name").await?;
        until_true("nothing is kept", async || Ok(browser.ask::<usize>(KEPT, []).await? == 0)).await
    })
    .await
}

#[tokio::test]
async fn whoever_empties_the_browsers_storage_is_still_known_by_the_cookie() -> Result<()> {
    Stage::play("emptied", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        minsu.browser.run("localStorage.clear(); sessionStorage.clear()", []).await?;
        minsu.browser.reload().await?;
        minsu.open_composer().await?;
        minsu.until_present(&["민수"]).await
    })
    .await
}

#[tokio::test]
async fn a_page_of_another_version_says_that_it_must_be_loaded_anew() -> Result<()> {
    Stage::play("version", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        stage.server.kill().await?;
        let other = OtherServer::start(stage.server.address()).await?;
        minsu.until_link("ended").await?;
        let badge = minsu.browser.text("badge").await?.unwrap_or_default();
        assert!(badge.contains("앱이 오래되어"), "{badge}");
        minsu.browser.picture("desktop-ko-version").await?;

        drop(other);
        stage.server.restart().await?;
        minsu.browser.click("reload").await?;
        minsu.open_composer().await
    })
    .await
}

#[tokio::test]
async fn what_a_room_refuses_stays_until_it_is_sent_again_or_let_go() -> Result<()> {
    Stage::play("refused", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        let writing = browser.tab().await?;
        let other = browser.new_tab().await?;
        browser.goto(&stage.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        minsu.open_composer().await?;
        browser.switch_to(&writing).await?;
        browser.forgive("net::ERR_INTERNET_DISCONNECTED");
        minsu.network(false).await?;
        minsu.until_link("offline").await?;
        minsu.say("하나").await?;
        minsu.say("둘").await?;

        // Meanwhile the same person leaves the room on another device.
        browser.switch_to(&other).await?;
        browser.click("room-leave").await?;
        browser.find(&format!("room-join-{FIRST_ROOM}")).await?;
        browser.switch_to(&writing).await?;
        minsu.network(true).await?;
        browser.until_text("unsent", |line| line.contains("2개")).await?;
        browser.picture("desktop-ko-unsent").await?;

        browser.click("join-this").await?;
        let failed = |messages: &[Shown]| messages.iter().all(|it| it.state == "failed");
        minsu.until_messages("both are there, refused", |m| m.len() == 2 && failed(m)).await?;
        browser.until_still().await?;
        browser.picture("desktop-ko-refused").await?;
        browser.click("retry").await?;
        minsu.until_stored("하나").await?;
        browser.click("discard").await?;
        until_true("only the first is there", async || {
            Ok(minsu.messages().await?.iter().map(|it| it.text.as_str()).eq(["하나"]))
        })
        .await?;
        let stored = stage.server.database()?.messages(FIRST_ROOM)?;
        assert_eq!(stored.len(), 1, "{stored:?}");
        Ok(())
    })
    .await
}
