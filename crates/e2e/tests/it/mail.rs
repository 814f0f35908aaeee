//! A person verifies a mail address, forgets the password, and comes back by the link in a mail.

use anyhow::{Context, Result, ensure};
use thirtyfour::Key;

use crate::smtp_server::{Behaviour, ReceivedMail, SmtpServer};
use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};

const PASSWORD: &str = "orange windmill 7";
const NEW_PASSWORD: &str = "마당에 피는 꽃들이에요";
const ADDRESS: &str = "mina.kim@example.com";
/// The origin in links: on this machine, so that the server stays open for everybody, and nobody listens there.
const ORIGIN: &str = "http://localhost:9";

/// The page of the link in a mail, at the server of the test: its configured origin is another one.
fn page_of(test: &BrowserTest, mail: &ReceivedMail) -> Result<String> {
    let (_, token) = mail.link().split_once("/link#").context("a link")?;
    Ok(test.server.url(&format!("/link#{token}")))
}

/// The way of one person, and the subjects of both mails.
async fn come_back(
    test: &BrowserTest,
    smtp: &SmtpServer,
    (name, device, look): (&str, Device, &str),
    subjects: [&str; 2],
) -> Result<()> {
    let page = test.chat_page(name, device).await?;
    let browser = &page.browser;
    browser.goto(&test.server.url("/settings/account")).await?;
    browser.fill("new-password", PASSWORD).await?;
    browser.keys(Key::Enter).await?;
    browser.until_attribute("account-secured", "data-secured", "true").await?;
    browser.expect_console_error("status of 422");
    browser.fill("new-mail", "mina@").await?;
    browser.keys(Key::Enter).await?;
    browser.until_text("mail-error", |text| text.contains("mina@example.com")).await?;
    browser.find("new-mail").await?.clear().await?;
    browser.fill("new-mail", ADDRESS).await?;
    browser.keys(Key::Enter).await?;
    browser.until_text("mail-pending", |text| text.contains(ADDRESS)).await?;
    check_appearance(browser, &format!("mail-pending-{look}")).await?;

    let mail = smtp.next_mail().await;
    ensure!(mail.subject == subjects[0] && mail.to == ADDRESS, "{mail:?}");
    browser.goto(&page_of(test, &mail)?).await?;
    browser.until_text("link-mail", |text| text.contains(ADDRESS) && text.contains(name)).await?;
    check_appearance(browser, &format!("mail-link-{look}")).await?;
    browser.click("link-submit").await?;
    browser.find("link-verified").await?;
    check_appearance(browser, &format!("mail-verified-{look}")).await?;
    browser.goto(&test.server.url("/settings/account")).await?;
    browser.until_text("mail-address", |text| text.contains(ADDRESS)).await?;
    browser.find("new-mail").await?.focus().await?;
    check_appearance(browser, &format!("mail-account-{look}")).await?;

    browser.goto(&test.server.url("/")).await?;
    browser.click("me").await?;
    browser.click("sign-out").await?;
    browser.click("sign-out-confirm").await?;
    browser.find("signin-name").await?;
    browser.goto(&test.server.url("/sign-in")).await?;
    browser.find("forgotten").await?;
    check_appearance(browser, &format!("mail-sign-in-{look}")).await?;
    browser.click("forgotten").await?;
    browser.fill("forgotten-account", ADDRESS).await?;
    check_appearance(browser, &format!("mail-forgotten-{look}")).await?;
    browser.keys(Key::Enter).await?;
    browser.until_text("forgotten-sent", |text| !text.is_empty()).await?;
    check_appearance(browser, &format!("mail-sent-{look}")).await?;

    let mail = smtp.next_mail().await;
    ensure!(mail.subject == subjects[1] && mail.text.contains("127.0.0.1"), "{mail:?}");
    browser.goto(&page_of(test, &mail)?).await?;
    browser.until_text("link-name", |text| text.contains(name)).await?;
    browser.fill("new-password", NEW_PASSWORD).await?;
    browser.keys(Key::Enter).await?;
    ChatPage::new(browser.clone()).await?;
    browser.until_text("me", |text| text.contains(name)).await?;
    Ok(())
}

fn arguments(smtp: &SmtpServer) -> Vec<String> {
    let url = smtp.url("");
    let from = "Hub <hub@example.com>";
    let pairs =
        [("--mail-server", url.as_str()), ("--mail-from", from), ("--public-origin", ORIGIN)];
    pairs.into_iter().flat_map(|(flag, value)| [flag, value]).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_in_korean_on_a_phone() -> Result<()> {
    let smtp = SmtpServer::start(Behaviour::Accept).await;
    let arguments = arguments(&smtp);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    BrowserTest::run_with("mail-ko", &arguments, async move |test| {
        let person = ("민아", Device::phone(Lang::Ko), "ko-phone");
        let subjects = ["Madang: 메일 주소 확인", "Madang: 비밀번호 다시 정하기"];
        come_back(test, &smtp, person, subjects).await
    })
    .await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_in_english_on_a_desktop() -> Result<()> {
    let smtp = SmtpServer::start(Behaviour::Accept).await;
    let arguments = arguments(&smtp);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    BrowserTest::run_with("mail-en", &arguments, async move |test| {
        let person = ("Jane", Device::desktop(Lang::En), "en-desktop");
        let subjects = ["Madang: confirm your mail address", "Madang: choose a new password"];
        come_back(test, &smtp, person, subjects).await
    })
    .await
}
