//! Passkeys, one-time passwords and an identity provider, in the browser.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use madang_identity::totp::TotpSecret;
use serde_json::json;
use thirtyfour::Key;

use crate::provider::{CLIENT_ID, CLIENT_SECRET, TestProvider};
use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;

/// The address of the server by a name, which passkeys need.
fn at_localhost(test: &BrowserTest, path: &str) -> String {
    format!("http://localhost:{}{path}", test.server.address().port())
}

/// Gives the browser an authenticator. It verifies its user, but waits for the user's presence if told so.
async fn add_authenticator(browser: &Browser, is_present: bool) -> Result<String> {
    browser.devtools("WebAuthn.enable", json!({})).await?;
    let options = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true,
        "automaticPresenceSimulation": is_present,
    });
    let added =
        browser.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await?;
    let id = added.get("authenticatorId").and_then(|id| id.as_str()).context("no authenticator")?;
    Ok(id.to_owned())
}

async fn set_presence(browser: &Browser, authenticator: &str, is_present: bool) -> Result<()> {
    let parameters = json!({ "authenticatorId": authenticator, "enabled": is_present });
    browser.devtools("WebAuthn.setAutomaticPresenceSimulation", parameters).await?;
    Ok(())
}

async fn sign_out(browser: &Browser) -> Result<()> {
    browser.click("me").await?;
    browser.click("sign-out").await?;
    browser.click("sign-out-confirm").await?;
    browser.find("signin-name").await?;
    Ok(())
}

const PASSWORD: &str = "orange windmill 7";

#[tokio::test]
async fn a_passkey_and_a_code_sign_in() -> Result<()> {
    BrowserTest::run("factors", async |test| {
        let browser = test.browser(Device::desktop(Lang::Ko)).await?;
        browser.goto(&at_localhost(test, "/")).await?;
        let page = SignInPage::new(browser.clone()).await?.sign_in("민아").await?;
        page.open_composer().await?;
        let authenticator = add_authenticator(&browser, true).await?;

        browser.goto(&at_localhost(test, "/settings/account")).await?;
        browser.fill("new-password", PASSWORD).await?;
        browser.keys(Key::Enter).await?;
        // Then the page is drawn again.
        browser.until_attribute("account-secured", "data-secured", "true").await?;
        browser.fill("passkey-name", "시험 기기").await?;
        browser.click("add-passkey").await?;
        browser.until_text("passkeys", |text| text.contains("시험 기기")).await?;

        browser.click("totp-on").await?;
        browser.find("totp-secret").await?;
        axe::check_appearance(&browser, "factors-secret-ko").await?;
        let secret = TotpSecret::from_bytes(&test.server.database()?.totp_secret()?);
        let code = secret.context("a secret")?.code_at(now());
        browser.fill("totp-code", &code).await?;
        browser.keys(Key::Enter).await?;
        let codes = browser.until_text("recovery-codes", |text| !text.is_empty()).await?;
        let recovery: String = codes.chars().take(19).collect();
        axe::check_appearance(&browser, "factors-codes-ko").await?;
        browser.click("codes-kept").await?;
        browser.find("totp-is-on").await?;

        // The password asks for a code; a recovery code counts, and a wrong one does not.
        set_presence(&browser, &authenticator, false).await?;
        sign_out(&browser).await?;
        browser.goto(&at_localhost(test, "/sign-in")).await?;
        browser.find("passkey-sign-in").await?;
        axe::check_appearance(&browser, "factors-sign-in-ko").await?;
        browser.fill("sign-in-name", "민아").await?;
        browser.fill("password", PASSWORD).await?;
        browser.keys(Key::Enter).await?;
        browser.expect_console_error("422");
        browser.fill("second-step-code", "000000").await?;
        browser.keys(Key::Enter).await?;
        browser.until_text("act-error", |text| text.contains("코드")).await?;
        browser.find("second-step-code").await?.clear().await?;
        browser.fill("second-step-code", &recovery.to_uppercase()).await?;
        browser.keys(Key::Enter).await?;
        ChatPage::new(browser.clone()).await?.open_composer().await?;

        // The passkey signs in alone. Its user accepts the offer in the field for the name at once.
        sign_out(&browser).await?;
        set_presence(&browser, &authenticator, true).await?;
        browser.goto(&at_localhost(test, "/sign-in")).await?;
        ChatPage::new(browser.clone()).await?.open_composer().await?;
        // A browser that offers nothing has the button.
        let script = "PublicKeyCredential.isConditionalMediationAvailable = async () => false";
        let parameters = json!({ "source": script });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", parameters).await?;
        sign_out(&browser).await?;
        browser.goto(&at_localhost(test, "/sign-in")).await?;
        browser.click("passkey-sign-in").await?;
        ChatPage::new(browser.clone()).await?.open_composer().await?;

        browser.goto(&at_localhost(test, "/settings/account")).await?;
        browser.find("totp-is-on").await?;
        browser.click("remove-passkey").await?;
        browser.until_gone("passkey").await
    })
    .await
}

#[tokio::test]
async fn passkeys_say_what_they_need_at_an_address() -> Result<()> {
    BrowserTest::run("factors-address", async |test| {
        let page = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let browser = &page.browser;
        browser.goto(&test.server.url("/settings/account")).await?;
        browser.until_text("passkeys-unavailable", |text| text.contains("public_origins")).await?;
        axe::check_appearance(browser, "factors-address-en-phone").await
    })
    .await
}

#[tokio::test]
async fn a_provider_signs_a_person_in() -> Result<()> {
    let provider = TestProvider::start(now()).await;
    provider.change(|behaviour| {
        behaviour.person = json!({ "sub": "1", "preferred_username": "민아", "groups": [] });
    });
    let folder = tempfile::tempdir()?;
    let [config, secret] = ["config.toml", "secret"].map(|name| folder.path().join(name));
    std::fs::write(&secret, CLIENT_SECRET)?;
    let settings = format!(
        "[[oidc]]\nid = 'company'\nname = '우리 회사'\nissuer = '{}'\nclient_id = '{CLIENT_ID}'\n\
         client_secret_file = '{}'\naccounts = 'everybody'\n",
        provider.issuer(),
        secret.display()
    );
    std::fs::write(&config, settings)?;
    let config = config.to_string_lossy().into_owned();
    BrowserTest::run_with("provider", &["--config", &config], async move |test| {
        let browser = test.browser(Device::phone(Lang::Ko)).await?;
        let (refused, right) = ("another", CLIENT_ID);
        for audience in [refused, right] {
            provider.lie(move |claims| claims["aud"] = json!(audience));
            browser.goto(&test.server.url("/sign-in")).await?;
            let words = browser.until_text("provider", |text| !text.is_empty()).await?;
            assert_eq!(words, "우리 회사 계정으로 로그인");
            browser.click("provider").await?;
            if audience == refused {
                browser.find("provider-failure").await?;
                let hash: String = browser.eval("return location.hash", []).await?;
                assert_eq!(hash, "", "the failure is taken out of the address");
                axe::check_appearance(&browser, "factors-provider-ko-phone").await?;
            }
        }
        ChatPage::new(browser.clone()).await?;
        browser.until_text("me", |text| text.contains("민아")).await?;
        Ok(())
    })
    .await
}

/// The time of the machine, which the server and its provider use too.
#[expect(clippy::disallowed_methods, reason = "the server under test reads the same clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
