//! The administration: the set-up of a server, an invitation, and a person who is put out while looking.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};

use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Joins under a name, by the invitation whose page is open.
pub(crate) async fn submit(browser: &Rc<Browser>, name: &str) -> Result<ChatPage> {
    let address: String = browser.eval("return location.href", []).await?;
    ensure!(!address.contains('#'), "the token stays in the address: {address}");
    browser.find("invite-name").await?.focus().await?;
    browser.insert_text(name).await?;
    browser.click("invite-submit").await?;
    ChatPage::new(browser.clone()).await
}

#[tokio::test]
async fn an_owner_sets_the_server_up_invites_a_person_and_puts_the_person_out() -> Result<()> {
    BrowserTest::run_with("administration", &["--access", "invited"], async |test| {
        let browser = test.browser(Device::desktop(Lang::Ko)).await?;
        let link = test.server.set_up_link()?;
        browser.goto(&link).await?;
        browser.until_text("invite-title", |text| text == "서버를 시작해요").await?;
        check_appearance(&browser, "desktop-ko-set-up").await?;
        browser.find("setup-name").await?.focus().await?;
        browser.insert_text("새봄식당").await?;
        browser.find("setup-password").await?.focus().await?;
        browser.insert_text("orange windmill 7").await?;
        let owner = submit(&browser, "주인").await?;
        browser.click("me").await?;
        browser.click("own-administration").await?;
        browser.find("people").await?;
        browser.until_gone("own-administration").await?;

        browser.click("admin-invitations").await?;
        browser.click("invite-make").await?;
        let made = browser.find("invite-link").await?;
        let link = made.prop("value").await?.context("a link")?;
        check_appearance(&browser, "desktop-ko-invitations").await?;

        let guest = test.browser(Device::desktop(Lang::En)).await?;
        guest.goto(&link).await?;
        guest.until_text("invite-about", |text| text == "주인 invites you as member.").await?;
        check_appearance(&guest, "desktop-en-invitation").await?;
        let jane = submit(&guest, "Jane").await?;
        jane.send("hello").await?;
        jane.until_stored("hello").await?;

        browser.click("admin-people").await?;
        until_true("the person is listed without a reload", async || {
            browser.has("deactivate-2").await
        })
        .await?;
        check_appearance(&browser, "desktop-ko-people").await?;
        browser.click("deactivate-2").await?;
        browser.click("deactivate-confirm").await?;
        guest.find("signin-name").await?;
        browser.find("reactivate-2").await?;

        browser.click("admin-settings").await?;
        check_appearance(&browser, "desktop-ko-admin-settings").await?;
        browser.click("admin-rooms").await?;
        browser.find("admin-room-list").await?;
        browser.click("admin-audit").await?;
        browser.find("audit").await?;
        check_appearance(&browser, "desktop-ko-audit").await?;
        browser.click("rail-chat").await?;
        owner.open_composer().await?;
        Ok(())
    })
    .await
}
