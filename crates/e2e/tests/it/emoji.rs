//! Emoji: the picker in the message field and for reactions, by touch and by keyboard, the completion of short codes, and both
//! without a network.

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::layout::layout_faults;
use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// The first emoji of the grid.
const FIRST: &str = "[data-testid=emoji-grid] [role=option]";

async fn until_texts(browser: &Browser, css: &str, wanted: &[&str]) -> Result<()> {
    let script =
        "return [...document.querySelectorAll(arguments[0])].map((it) => it.textContent.trim())";
    let mut last = Vec::new();
    let found = until_true(format_args!("{css} begins with {wanted:?}"), async || {
        last = browser.eval::<Vec<String>>(script, [css.into()]).await?;
        last.truncate(8);
        Ok(if wanted.is_empty() {
            last.is_empty()
        } else {
            last.iter().zip(wanted).all(|(is, wanted)| is == wanted) && last.len() >= wanted.len()
        })
    })
    .await;
    found.map_err(|error| error.context(format!("they are {last:?}")))
}

/// Waits until the grid begins with these emoji.
async fn until_grid(browser: &Browser, emoji: &[&str]) -> Result<()> {
    until_texts(browser, FIRST, emoji).await
}

/// Waits until the list above the composer begins with these emoji.
async fn until_completed(page: &ChatPage, emoji: &[&str]) -> Result<()> {
    until_texts(&page.browser, "[data-testid=completion] .completion-emoji", emoji).await
}

async fn until_reaction(page: &ChatPage, emoji: &str) -> Result<()> {
    until_texts(&page.browser, "[data-testid=reaction] .reaction-emoji", &[emoji]).await
}

async fn check_layout(browser: &Browser, view: &str) -> Result<()> {
    browser.until_animations_end().await?;
    let faults = layout_faults(browser).await?;
    ensure!(faults.is_empty(), "{view}: {faults:#?}");
    Ok(())
}

/// Types a text at the end of the composer.
async fn type_text(page: &ChatPage, text: &str) -> Result<()> {
    page.browser.find("composer").await?.focus().await?;
    page.browser.insert_text(text).await
}

/// The label of the focused element.
async fn focused_label(browser: &Browser) -> Result<String> {
    browser.eval("return document.activeElement?.getAttribute('aria-label') ?? ''", []).await
}

#[tokio::test]
async fn an_emoji_is_found_in_korean_on_a_phone_with_the_chosen_skin_tone() -> Result<()> {
    BrowserTest::run("emoji-phone", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        type_text(&minsu, "점심").await?;
        browser.click("emoji").await?;
        until_grid(browser, &["😀", "😃", "😄"]).await?;
        // The keyboard of the phone stays away.
        browser.until_focus("emoji-title").await?;
        check_layout(browser, "the picker").await?;
        check_appearance(browser, "emoji-ko-phone").await?;
        browser.fill("emoji-search", "피자").await?;
        until_grid(browser, &["🍕"]).await?;
        browser.fill("emoji-search", "ㅍㅈ").await?;
        until_true("initial consonants find it, too", async || {
            browser.eval("return document.querySelector('[data-testid=emoji-grid]').textContent.includes('🍕')", []).await
        })
        .await?;
        browser.fill("emoji-search", "vlwk").await?;
        until_grid(browser, &["🍕"]).await?;
        browser.click_css(FIRST).await?;
        minsu.until_composer_text("점심🍕").await?;
        browser.until_focus("composer").await?;
        browser.chord(Key::Control, "z").await?;
        minsu.until_composer_text("점심").await?;

        // The last emoji is the first one now, and the skin tone is remembered.
        browser.click("emoji").await?;
        until_grid(browser, &["🍕"]).await?;
        browser.click_css("[data-testid=emoji-tone]:nth-child(6)").await?;
        browser.fill("emoji-search", "올린 엄지").await?;
        until_grid(browser, &["👍🏿"]).await?;
        check_layout(browser, "found emoji").await?;
        check_appearance(browser, "emoji-found-ko-phone").await?;
        browser.click_css(FIRST).await?;
        minsu.until_composer_text("점심👍🏿").await?;
        browser.reload().await?;
        browser.click("emoji").await?;
        until_grid(browser, &["👍🏿", "🍕"]).await?;
        browser.fill("emoji-search", "없는 이름").await?;
        until_grid(browser, &[]).await?;
        browser.until_text("emoji-found", |text| text == "찾는 이모지가 없습니다.").await?;
        check_appearance(browser, "emoji-nothing-ko-phone").await?;
        browser.click("emoji-close").await?;
        browser.until_gone("emoji-picker").await
    })
    .await
}

#[tokio::test]
async fn a_reaction_is_found_in_english_by_the_keyboard() -> Result<()> {
    BrowserTest::run("emoji-keyboard", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        jane.send("lunch at noon?").await?;
        jane.until_stored("lunch at noon?").await?;
        jane.focus_message(1).await?;
        browser.keys("+").await?;
        browser.tab_to("react-more").await?;
        browser.keys(Key::Enter).await?;
        browser.until_focus("emoji-search").await?;
        browser.keys("family man woman").await?;
        until_grid(browser, &["👨‍👩‍👦"]).await?;
        browser.keys(Key::Enter).await?;
        until_reaction(&jane, "👨‍👩‍👦").await?;

        // The arrow keys lead through the grid, and back to the field.
        jane.focus_message(1).await?;
        browser.keys("+").await?;
        browser.click("react-more").await?;
        until_grid(browser, &["👨‍👩‍👦"]).await?;
        browser.click_css("[data-testid=emoji-group]:nth-child(2)").await?;
        until_grid(browser, &["😀"]).await?;
        check_appearance(browser, "emoji-en-desktop").await?;
        browser.find("emoji-search").await?.focus().await?;
        browser.keys(Key::Down).await?;
        ensure!(focused_label(browser).await? == "grinning face");
        browser.keys(Key::Right).await?;
        ensure!(focused_label(browser).await? == "grinning face with big eyes");
        browser.keys(Key::Down).await?;
        browser.keys(Key::Up).await?;
        ensure!(focused_label(browser).await? == "grinning face with big eyes");
        browser.keys(Key::Up).await?;
        browser.until_focus("emoji-search").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("emoji-picker").await?;

        // Escape gives the focus back to the button.
        browser.click("emoji").await?;
        browser.until_focus("emoji-search").await?;
        browser.keys(Key::Escape).await?;
        browser.until_focus("emoji").await
    })
    .await
}

#[tokio::test]
async fn a_short_code_becomes_an_emoji() -> Result<()> {
    BrowserTest::run("emoji-completion", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        type_text(&jane, "yes :tad").await?;
        until_completed(&jane, &["🎉"]).await?;
        check_appearance(&jane.browser, "emoji-completion-en-desktop").await?;
        jane.browser.keys(Key::Enter).await?;
        jane.until_composer_text("yes 🎉").await?;
        type_text(&jane, " :피자").await?;
        until_completed(&jane, &["🍕"]).await?;
        jane.browser.keys(Key::Tab).await?;
        jane.until_composer_text("yes 🎉 🍕").await?;
        jane.browser.until_focus("composer").await?;
        jane.browser.fill("composer", "").await?;
        // The second colon is enough, and undo brings the code back.
        jane.browser.keys(":smile:").await?;
        jane.until_composer_text("😄").await?;
        jane.browser.chord(Key::Control, "z").await?;
        jane.until_composer_text(":smile:").await?;
        jane.browser.fill("composer", "").await?;
        jane.browser.keys(":no_such_code: at 12:30 `:smile:` http://a.b/:smile:").await?;
        until_completed(&jane, &[]).await?;
        jane.until_composer_text(":no_such_code: at 12:30 `:smile:` http://a.b/:smile:").await?;
        jane.browser.fill("composer", "").await?;
        // Escape closes the list alone, and Enter sends then.
        type_text(&jane, "note :he").await?;
        jane.browser.find("completion").await?;
        jane.browser.keys(Key::Escape).await?;
        jane.browser.until_gone("completion").await?;
        jane.browser.keys(Key::Enter).await?;
        jane.until_stored("note :he").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn emoji_are_there_without_a_server_and_a_failed_load_is_repeated() -> Result<()> {
    BrowserTest::run("emoji-offline", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.until_worker_active().await?;
        // A server that does not answer, as the page sees it.
        browser.devtools("Network.enable", json!({})).await?;
        browser.devtools("Network.setBypassServiceWorker", json!({ "bypass": true })).await?;
        browser.devtools("Network.setBlockedURLs", json!({ "urls": ["*/emoji-*.txt"] })).await?;
        browser.expect_console_error("net::ERR_BLOCKED_BY_CLIENT");
        browser.click("emoji").await?;
        browser.find("emoji-failed").await?;
        check_appearance(browser, "emoji-failed-ko-desktop").await?;
        browser.keys(Key::Escape).await?;
        type_text(&minsu, ":피자").await?;
        browser.find("emoji-failed").await?;
        check_appearance(browser, "emoji-completion-failed-ko-desktop").await?;
        browser.devtools("Network.setBlockedURLs", json!({ "urls": [] })).await?;
        browser.click("emoji-retry").await?;
        until_completed(&minsu, &["🍕"]).await?;
        browser.keys(Key::Enter).await?;
        minsu.until_composer_text("🍕").await?;

        browser.devtools("Network.setBypassServiceWorker", json!({ "bypass": false })).await?;
        test.server.kill().await?;
        browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        browser.click("emoji").await?;
        until_grid(browser, &["🍕"]).await?;
        browser.click_css(FIRST).await?;
        minsu.until_composer_text("🍕🍕").await?;
        test.server.restart().await
    })
    .await
}
