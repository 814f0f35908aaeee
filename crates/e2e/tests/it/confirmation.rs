//! The page of the account asks for the password again before it changes how one signs in, and keeps what is typed.

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

const PASSWORD: &str = "orange windmill 7";

#[tokio::test]
async fn an_act_asks_for_the_password_again_and_other_fields_keep_their_text() -> Result<()> {
    BrowserTest::run("confirmation", async |test| {
        let page = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let browser = &page.browser;
        browser.goto(&test.server.url("/settings/account")).await?;
        browser.find("new-password").await?;
        browser.fill("token-name", "reader").await?;
        browser.fill("new-password", PASSWORD).await?;
        browser.keys(Key::Enter).await?;
        browser.until_attribute("account-secured", "data-secured", "true").await?;
        let kept = browser.find("token-name").await?.prop("value").await?;
        ensure!(kept.as_deref() == Some("reader"), "the name of the token is {kept:?}");

        // The session is too old now.
        test.server.database()?.execute("UPDATE sessions SET made_at = 1")?;
        browser.click("make-token").await?;
        browser.find("confirm-password").await?;
        check_appearance(browser, "phone-en-confirmation").await?;
        browser.expect_console_error("status of 403");
        browser.fill("confirm-password", "another one").await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("confirm-error", |text| text.contains("is wrong")).await?;
        browser.fill("confirm-password", PASSWORD).await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("token-secret", |text| text.starts_with("mdg_")).await?;
        browser.until_gone("confirm-password").await?;
        // It is not asked again for some minutes.
        browser.fill("token-name", "second").await?;
        browser.click("make-token").await?;
        browser.until_text("tokens", |text| text.contains("second")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_passkey_confirms_and_is_renamed() -> Result<()> {
    BrowserTest::run("confirmation-passkey", async |test| {
        let browser = test.browser(Device::desktop(Lang::Ko)).await?;
        let address = format!("http://localhost:{}", test.server.address().port());
        browser.goto(&address).await?;
        crate::support::sign_in_page::SignInPage::new(browser.clone())
            .await?
            .sign_in("민아")
            .await?
            .open_composer()
            .await?;
        browser.devtools("WebAuthn.enable", json!({})).await?;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
        });
        browser.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await?;
        browser.goto(&format!("{address}/settings/account")).await?;
        browser.fill("passkey-name", "내 노트북").await?;
        browser.click("add-passkey").await?;
        browser.until_text("passkeys", |text| text.contains("내 노트북")).await?;
        browser.click("rename-passkey").await?;
        browser.fill("passkey-rename", "새 노트북").await?;
        check_appearance(&browser, "desktop-ko-passkey-rename").await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("passkeys", |text| text.contains("새 노트북")).await?;

        test.server.database()?.execute("UPDATE sessions SET made_at = 1")?;
        browser.click("show-code").await?;
        browser.find("confirm-passkey").await?;
        ensure!(!browser.has("confirm-password").await?, "there is no password");
        check_appearance(&browser, "desktop-ko-confirmation-passkey").await?;
        browser.click("confirm-passkey").await?;
        browser.find("device-letters").await?;
        Ok(())
    })
    .await
}
