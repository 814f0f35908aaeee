//! Profiles: a display name and a status that others see at once, local times, and the hours without disturbance.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Sets a field that the browser formats.
async fn set(browser: &Browser, id: &str, value: &str) -> Result<()> {
    let script = "const field = document.querySelector(`[data-testid='${arguments[0]}']`); \
        field.value = arguments[1]; field.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.find(id).await?;
    browser.run_script(script, [id.into(), value.into()]).await.map(drop)
}

#[tokio::test]
async fn a_display_name_and_a_status_are_seen_by_others_at_once() -> Result<()> {
    BrowserTest::run("profiles", async |test| {
        let minsu = test.chat_page("minsu", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.send("점심 먹어요").await?;
        jane.until_stored("점심 먹어요").await?;
        let author = "document.querySelector('.chat-author > .isolated').textContent";
        let author = format!("return {author}");
        ensure!(jane.browser.eval::<String>(&author, []).await? == "minsu");

        let phone = &minsu.browser;
        phone.goto(&test.server.url("/settings/account")).await?;
        phone.find("profile-name").await?;
        let zone = phone.find("profile-zone").await?.prop("value").await?;
        ensure!(zone.as_deref().is_some_and(|zone| !zone.is_empty()), "the zone of the browser");
        phone.expect_console_error("status of 409");
        phone.fill("profile-name", "관리자").await?;
        phone.keys(Key::Enter).await?;
        phone.until_text("profile-error", |text| text.contains("서버가 쓰는 이름")).await?;
        phone.fill("profile-name", "김민수").await?;
        phone.fill("profile-emoji", "🌴").await?;
        phone.fill("profile-status", "휴가 중").await?;
        set(phone, "profile-end", "today").await?;
        set(phone, "profile-zone", "Asia/Seoul").await?;
        phone.click("profile-save").await?;
        phone.until_text("profile-saved", |text| text == "프로필을 저장했습니다.").await?;
        check_appearance(phone, "profile-ko-phone").await?;

        // Nothing is loaded again on the other screen.
        let browser = &jane.browser;
        until_true("the message has the display name", async || {
            Ok(browser.eval::<String>(&author, []).await? == "김민수")
        })
        .await?;
        browser.until_text("presence-list", |text| text.contains("김민수")).await?;
        browser.until_text("person-sign", |text| text == "🌴").await?;
        browser.click_css(".chat-author > .isolated").await?;
        browser.until_text("person-shown", |text| text == "김민수").await?;
        browser.until_text("person-handle", |text| text == "@minsu").await?;
        browser.until_text("person-status", |text| text == "🌴 휴가 중").await?;
        browser.until_text("person-local", |text| text.starts_with("Local time ")).await?;
        check_appearance(browser, "profile-card-en-desktop").await?;

        // A change while the card is open.
        phone.fill("profile-status", "돌아왔어요").await?;
        phone.click("profile-save").await?;
        browser.until_text("person-status", |text| text == "🌴 돌아왔어요").await?;
        browser.keys(Key::Escape).await?;
        // A new device gets the names with the room.
        browser.reload().await?;
        until_true("the message has the display name after a reload", async || {
            let loaded = author.replace("isolated').", "isolated')?.");
            let name: Option<String> = browser.eval(&loaded, []).await?;
            Ok(name.as_deref() == Some("김민수"))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn in_the_quiet_hours_nothing_is_pushed_and_the_inbox_counts() -> Result<()> {
    BrowserTest::run("quiet", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        // A headless browser shows no notifications, so a stub records the app's requests.
        let stub = "window.told = []; window.Notification = class { \
                static permission = 'granted'; \
                static requestPermission() { return Promise.resolve('granted'); } \
                constructor(title, options) { told.push(options.body); } \
            };";
        let script = serde_json::json!({ "source": stub });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        browser.goto(&test.server.url("/notices/settings")).await?;
        browser.click("outside").await?;
        browser.until_attribute("outside", "aria-checked", "true").await?;

        // Another device of the same person sets the hours: all of the day but its last minute before now.
        let hours = |from: &str, to: &str| {
            format!(
                "const done = arguments[0]; fetch('/api/account/profile', {{ method: 'POST', \
                headers: {{ 'content-type': 'application/json' }}, \
                body: JSON.stringify({{ time_zone: 'Etc/UTC', quiet: {{ from: {from}, to: {to} }} }}) }}) \
                .then(it => done(it.status))"
            )
        };
        let now = "(new Date().getUTCHours() * 60 + new Date().getUTCMinutes())";
        let from = format!("({now} + 1440 - 60) % 1440");
        let to = format!("({now} + 60) % 1440");
        let status: u16 = browser.eval_async(&hours(&from, &to), []).await?;
        ensure!(status == 200, "{status}");
        browser.set_visible(false).await?;
        minsu.send("@Jane 주무세요?").await?;
        browser.until_text("bell-count", |text| text == "1").await?;
        ensure!(browser.eval::<Vec<String>>("return told", []).await?.is_empty(), "in the quiet hours");

        let status: u16 = browser.eval_async(&hours("0", "0"), []).await?;
        ensure!(status == 200, "{status}");
        until_true("the hours have ended on this page", async || {
            minsu.send("@Jane 일어났어요?").await?;
            Ok(!browser.eval::<Vec<String>>("return told", []).await?.is_empty())
        })
        .await
    })
    .await
}
