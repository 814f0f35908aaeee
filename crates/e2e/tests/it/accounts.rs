//! Accounts: a guest account gets a password, a second device joins by a code, a recovery link lets somebody in again.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

const PASSWORD: &str = "마당에 피는 꽃들이에요";
/// The same, as a Mac sends it.
const PASSWORD_APART: &str = "\u{1106}\u{1161}\u{1103}\u{1161}\u{11bc}\u{110b}\u{1166} \u{1111}\u{1175}\u{1102}\u{1173}\u{11ab} \u{1101}\u{1169}\u{11be}\u{1103}\u{1173}\u{11af}\u{110b}\u{1175}\u{110b}\u{1166}\u{110b}\u{116d}";

/// Signs in with a name and a password on the page that the gate leads to.
async fn sign_in(browser: &Browser, name: &str, password: &str) -> Result<()> {
    browser.fill("sign-in-name", name).await?;
    browser.fill("password", password).await?;
    browser.keys(Key::Enter).await
}

#[tokio::test]
async fn a_guest_account_is_secured_and_used_on_a_second_browser_and_device() -> Result<()> {
    BrowserTest::run("accounts", async |test| {
        let mina = test.chat_page("민아", Device::desktop(Lang::Ko)).await?;
        mina.send("내가 쓴 글").await?;
        mina.until_stored("내가 쓴 글").await?;
        let first = &mina.browser;
        first.click("me").await?;
        first.click("own-settings").await?;
        first.click("to-account").await?;
        first.until_attribute("account-secured", "data-secured", "false").await?;
        check_appearance(first, "account-ko-desktop").await?;
        first.expect_console_error("status of 422");
        first.fill("new-password", "1234567890").await?;
        first.keys(Key::Enter).await?;
        first.until_text("password-error", |text| text.contains("흔한")).await?;
        first.fill("new-password", PASSWORD).await?;
        first.keys(Key::Enter).await?;
        first.until_attribute("account-secured", "data-secured", "true").await?;
        first.until_text("password-saved", |text| text == "비밀번호를 저장했습니다.").await?;

        // A second browser signs in with the password.
        let second = test.browser(Device::phone(Lang::En)).await?;
        second.goto(&test.server.url("/")).await?;
        second.find("signin-name").await?;
        second.click_css("#name-hint a").await?;
        second.find("sign-in-name").await?;
        check_appearance(&second, "sign-in-en-phone").await?;
        second.expect_console_error("status of 401");
        sign_in(&second, "민아", "a wrong password").await?;
        second.until_text("password-error", |text| text.contains("is wrong")).await?;
        sign_in(&second, "민아", PASSWORD_APART).await?;
        let phone = ChatPage::new(second.clone()).await?;
        phone.open_room(FIRST_ROOM).await?;
        phone.until_stored("내가 쓴 글").await?;

        // A third one is let in by the first.
        first.reload().await?;
        until_true("both devices are listed", async || {
            first.eval("return document.querySelectorAll('[data-testid=device]').length === 2", []).await
        })
        .await?;
        first.click("show-code").await?;
        let code = first.until_text("device-letters", |text| text.len() == 9).await?;
        check_appearance(first, "account-code-ko-desktop").await?;
        let third = test.browser(Device::desktop(Lang::Ko)).await?;
        third.goto(&test.server.url("/sign-in")).await?;
        check_appearance(&third, "sign-in-ko-desktop").await?;
        third.fill("device-code", &code.to_lowercase()).await?;
        third.keys(Key::Enter).await?;
        third.until_text("device-waiting", |text| text.starts_with("민아")).await?;
        first.until_text("device-question", |text| text.contains("Linux의 Chrome(127.0.0.1)")).await?;
        first.click("confirm-device").await?;
        ChatPage::new(third.clone()).await?;
        ensure!(third.eval::<bool>("return location.pathname !== '/sign-in'", []).await?);

        // The others are signed out from here, and the way back is known.
        // A device may be loading the members at that moment.
        third.expect_console_error("/api/rooms/1/members");
        first.click("end-others").await?;
        for browser in [&second, &third] {
            browser.find("signin-name").await?;
        }
        first.click("me").await?;
        first.click("sign-out").await?;
        first.until_text("sign-out-cancel", |text| !text.is_empty()).await?;
        until_true("the question names the way back", async || {
            let script = "return document.querySelector('dialog[open]')?.innerText.includes('다시 로그인할 수 있습니다')";
            first.eval(script, []).await
        })
        .await?;
        first.click("sign-out-confirm").await?;
        first.find("signin-name").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recovery_link_lets_its_user_in_once() -> Result<()> {
    BrowserTest::run("recovery", async |test| {
        let owner = test.chat_page("관리하는 사람", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        test.server.database()?.execute("UPDATE users SET role = 'owner' WHERE id = 1")?;
        let script = "const done = arguments[0]; fetch('/api/users/2/recovery', \
            { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }) \
            .then(it => it.json()).then(it => done(it.link))";
        let link: String = owner.browser.eval_async(script, []).await?;
        let phone = test.browser(Device::phone(Lang::Ko)).await?;
        phone.expect_console_error("status of 404");
        for _ in 0..2 {
            // Reading it does not use it up.
            phone.goto("about:blank").await?;
            phone.goto(&link).await?;
            phone.until_text("link-name", |text| text == "Jane 이름으로 들어갑니다.").await?;
            ensure!(phone.eval::<bool>("return location.hash === ''", []).await?);
        }
        check_appearance(&phone, "link-ko-phone").await?;
        phone.fill("new-password", PASSWORD).await?;
        phone.keys(Key::Enter).await?;
        ChatPage::new(phone.clone()).await?;
        jane.browser.find("signin-name").await?;
        let again = test.browser(Device::desktop(Lang::En)).await?;
        again.expect_console_error("status of 404");
        again.goto(&link).await?;
        again.until_text("link-refused", |text| text.contains("used already")).await?;
        check_appearance(&again, "link-refused-en-desktop").await?;
        Ok(())
    })
    .await
}
