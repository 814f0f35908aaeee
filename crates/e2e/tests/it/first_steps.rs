//! The card with the first steps of a newcomer.

use anyhow::{Result, ensure};

use crate::appearance::{AxeFindings, languages_and_themes, set_language_and_theme};
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Signs a newcomer up, and opens the first room.
async fn newcomer(
    test: &BrowserTest,
    name: &str,
    device: Device,
    is_phone: bool,
) -> Result<ChatPage> {
    let form = test.sign_in_page(device).await?;
    form.submit_name(name).await?;
    let page = ChatPage::new(form.browser).await?;
    if is_phone {
        page.open_room(FIRST_ROOM).await?;
    }
    page.open_composer().await?;
    Ok(page)
}

/// Whether the card is exactly as high as the place that was kept for it, so that it moved no message.
async fn fits_its_place(browser: &Browser) -> Result<bool> {
    let script = "const it = document.querySelector('.first-steps'); \
        return it.offsetHeight <= parseFloat(getComputedStyle(it).minBlockSize) + 0.5";
    browser.eval(script, []).await
}

#[tokio::test]
async fn a_newcomer_takes_the_first_steps_in_place_and_the_card_is_gone() -> Result<()> {
    BrowserTest::run("first-steps", async |test| {
        let jane = newcomer(test, "Jane", Device::desktop(Lang::En), false).await?;
        let browser = &jane.browser;
        browser.find("first-steps").await?;
        ensure!(fits_its_place(browser).await?, "the card is higher than its place");
        browser.click("step-hello").await?;
        browser.until_focus("composer").await?;
        jane.send("Hello!").await?;
        browser.until_attribute("step-hello", "data-done", "true").await?;
        browser.click("step-invite").await?;
        browser.until_attribute("step-invite", "data-done", "true").await?;
        ensure!(fits_its_place(browser).await?, "the card grew");
        // The browser remembers the steps.
        browser.reload().await?;
        browser.until_attribute("step-hello", "data-done", "true").await?;
        browser.until_attribute("step-invite", "data-done", "true").await?;
        browser.until_attribute("step-room", "data-done", "false").await?;

        browser.click("step-room").await?;
        browser.until_focus("room-create-name").await?;
        browser.insert_text("Jane's room").await?;
        browser.click("room-create-submit").await?;
        until_true("the new room is open", async || Ok(jane.room().await? != FIRST_ROOM)).await?;
        ensure!(!browser.has("first-steps").await?, "only the first room has the card");
        jane.open_room(FIRST_ROOM).await?;
        browser.until_attribute("step-room", "data-done", "true").await?;

        // A headless browser refuses notifications.
        browser.click("step-notify").await?;
        browser.until_gone("first-steps").await?;
        browser.reload().await?;
        jane.until_stored("Hello!").await?;
        ensure!(!browser.has("first-steps").await?, "the card stays gone");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_first_steps_fit_each_screen_and_can_be_dismissed() -> Result<()> {
    BrowserTest::run("first-steps-axe", async |test| {
        let desktop = newcomer(test, "지우", Device::desktop(Lang::Ko), false).await?;
        let phone = newcomer(test, "하늘", Device::phone(Lang::Ko), true).await?;
        let mut found = AxeFindings::default();
        for (browser, device) in [(&desktop.browser, "desktop"), (&phone.browser, "phone")] {
            for (lang, theme) in languages_and_themes() {
                set_language_and_theme(browser, lang, theme).await?;
                browser.find("first-steps").await?;
                let view = format!("first-steps-{device}-{}-{theme}", lang.code());
                ensure!(fits_its_place(browser).await?, "{view}");
                found.check(browser, &view).await?;
            }
            browser.click("steps-dismiss").await?;
            browser.until_gone("first-steps").await?;
        }
        found.finish()
    })
    .await
}
