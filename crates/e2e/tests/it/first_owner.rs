//! A fresh server on this machine: a person with nothing but a name becomes its owner, and the administrator's page.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;
use crate::support::wait::{until, until_true};

const PASSWORD: &str = "orange windmill 7";

#[tokio::test]
async fn a_person_at_the_machine_makes_a_fresh_server_their_own() -> Result<()> {
    BrowserTest::run("first owner", async |test| {
        let browser = test.browser(Device::phone(Lang::Ko)).await?;
        browser.goto(&test.server.url("/")).await?;
        SignInPage::new(browser.clone())
            .await?
            .sign_in("민아")
            .await?
            .open_room(FIRST_ROOM)
            .await?;
        browser.goto(&test.server.url("/settings/workspace")).await?;
        browser.find("ownership").await?;
        check_appearance(&browser, "phone-ko-ownership").await?;

        browser.click("make-mine").await?;
        browser.until_text("invite-title", |text| text == "서버를 시작해요").await?;
        let address: String = browser.eval("return location.href", []).await?;
        ensure!(!address.contains('#'), "the token stays in the address: {address}");
        check_appearance(&browser, "phone-ko-set-up-own").await?;
        // An owner needs a way back; a short password is refused before anything is stored.
        browser.fill("setup-name", "새봄식당").await?;
        browser.fill("setup-password", "짧아요").await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("invite-error", |text| text.contains("열 글자")).await?;
        browser.find("setup-password").await?.clear().await?;
        browser.fill("setup-password", PASSWORD).await?;
        browser.keys(Key::Enter).await?;
        ChatPage::new(browser.clone()).await?;

        browser.goto(&test.server.url("/admin")).await?;
        browser.find("people").await?;
        browser.goto(&test.server.url("/settings/workspace")).await?;
        browser.find("settings-search").await?;
        ensure!(!browser.has("ownership").await?, "the offer is over");
        let theo = test.browser(Device::desktop(Lang::En)).await?;
        theo.goto(&test.server.url("/")).await?;
        SignInPage::new(theo.clone()).await?.sign_in("Theo").await?.open_composer().await?;
        theo.goto(&test.server.url("/admin")).await?;
        theo.find("admin-forbidden").await?;
        ensure!(!theo.has("ownership").await?, "there is an owner");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_administrator_sees_the_server_and_helps_a_person_to_sign_in() -> Result<()> {
    BrowserTest::run("administrator", async |test| {
        let browser = test.browser(Device::desktop(Lang::En)).await?;
        browser.goto(&test.server.set_up_link()?).await?;
        browser.until_text("invite-title", |text| text == "Set up this server").await?;
        browser.fill("invite-name", "Owner").await?;
        browser.fill("setup-password", PASSWORD).await?;
        browser.keys(Key::Enter).await?;
        ChatPage::new(browser.clone()).await?;
        let theo = test.browser(Device::phone(Lang::Ko)).await?;
        theo.goto(&test.server.url("/")).await?;
        let room = SignInPage::new(theo.clone()).await?.sign_in("테오").await?;
        room.open_room(FIRST_ROOM).await?;
        room.open_composer().await?;
        room.send("안녕하세요").await?;
        room.until_stored("안녕하세요").await?;

        browser.goto(&test.server.url("/admin")).await?;
        browser.find("people").await?;
        browser.click("admin-health").await?;
        // The rate needs two reports, and the second one comes without a reload.
        browser.until_text("health-deliveries", |text| text.parse::<u64>().is_ok()).await?;
        check_appearance(&browser, "desktop-en-health").await?;
        browser.click("admin-storage").await?;
        browser.until_text("storage-people", |text| text.contains("테오")).await?;
        check_appearance(&browser, "desktop-en-storage").await?;

        browser.click("admin-people").await?;
        browser.find("person-2").await?;
        let choose = "const select = document.querySelector('[data-testid=people-role]'); select.value = 'owner'; \
            select.dispatchEvent(new Event('change', { bubbles: true }))";
        browser.run_script(choose, []).await?;
        until_true("the filter hides the others", async || Ok(!browser.has("person-2").await?))
            .await?;
        browser.run_script(&choose.replace("'owner'", "''"), []).await?;
        browser.click("more-2").await?;
        browser.find("person-sessions").await?;
        check_appearance(&browser, "desktop-en-person").await?;
        browser.click("reset-make").await?;
        // The list is drawn again when the act is in the audit log, so no element of it is kept here.
        let value = "return document.querySelector('[data-testid=reset-link]')?.value ?? null";
        let link: String =
            until("there is a link", async || browser.eval(value, []).await).await?;
        browser.click("end-person-sessions").await?;
        theo.find("signin-name").await?;
        // The link is told once, so it stays when the list is drawn again.
        browser.until_text("details-2", |text| text.contains("Not signed in anywhere")).await?;
        let kept: Option<String> = browser.eval(value, []).await?;
        ensure!(kept.as_ref() == Some(&link), "{kept:?} instead of {link}");
        theo.goto(&link).await?;
        theo.until_text("link-name", |text| text.contains("테오")).await?;
        check_appearance(&theo, "phone-ko-recovery").await?;
        theo.fill("new-password", PASSWORD).await?;
        theo.keys(Key::Enter).await?;
        ChatPage::new(theo.clone()).await?.open_room(FIRST_ROOM).await?;

        browser.click("admin-audit").await?;
        browser.fill("audit-person", "테오").await?;
        browser.until_text("audit", |text| text.contains("Signed devices out")).await?;
        check_appearance(&browser, "desktop-en-audit-filter").await?;
        Ok(())
    })
    .await
}
