//! The completion of mentions: by keyboard and by touch, by handle, display name and initial consonants.

use anyhow::Result;
use thirtyfour::Key;

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until_true;

/// Waits until the list has these people.
async fn until_people(page: &ChatPage, people: &[&str]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=completion] .palette-name')].map((it) => it.textContent)";
    let mut last = Vec::new();
    let found = until_true(format_args!("the list has {people:?}"), async || {
        last = page.browser.eval::<Vec<String>>(script, []).await?;
        Ok(last == people)
    })
    .await;
    found.map_err(|error| error.context(format!("it has {last:?}")))
}

/// Types a text at the end of the composer.
async fn type_text(page: &ChatPage, text: &str) -> Result<()> {
    page.browser.find("composer").await?.focus().await?;
    page.browser.insert_text(text).await
}

#[tokio::test]
async fn a_mention_is_completed_by_the_keyboard() -> Result<()> {
    BrowserTest::run("completion", async |test| {
        // Nobody of them is here, and nobody has written: the members of the room are asked for.
        for name in ["민수", "Minji", "김 영희"] {
            TestClient::sign_up(&test.server, name).await?;
        }
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        type_text(&jane, "mail me@").await?;
        until_people(&jane, &[]).await?;
        jane.browser.fill("composer", "").await?;
        type_text(&jane, "hello @").await?;
        until_people(&jane, &["민수", "Minji", "김 영희"]).await?;
        check_appearance(&jane.browser, "completion-en-desktop").await?;
        type_text(&jane, "ㅁㅅ").await?;
        until_people(&jane, &["민수"]).await?;
        jane.browser.keys(Key::Enter).await?;
        jane.until_composer_text("hello @민수 ").await?;
        until_people(&jane, &[]).await?;
        // The list names the chosen person to screen readers.
        type_text(&jane, "and @").await?;
        until_people(&jane, &["민수", "Minji", "김 영희"]).await?;
        jane.browser.keys(Key::Down).await?;
        let chosen = "const it = document.getElementById('composer').getAttribute('aria-activedescendant'); \
            return document.getElementById(it)?.textContent ?? ''";
        until_true("the second person is chosen", async || {
            Ok(jane.browser.eval::<String>(chosen, []).await?.contains("Minji"))
        })
        .await?;
        jane.browser.keys(Key::Tab).await?;
        jane.until_composer_text("hello @민수 and @Minji ").await?;
        jane.browser.until_focus("composer").await?;
        // Escape closes the list alone, and Enter sends then.
        type_text(&jane, "@m").await?;
        until_people(&jane, &["Minji"]).await?;
        jane.browser.keys(Key::Escape).await?;
        until_people(&jane, &[]).await?;
        jane.browser.keys(Key::Enter).await?;
        jane.until_stored("hello @민수 and @Minji @m").await?;
        // A handle that is typed whole is sent.
        type_text(&jane, "@MINJI").await?;
        until_people(&jane, &["Minji"]).await?;
        jane.browser.keys(Key::Enter).await?;
        jane.until_stored("@MINJI").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_mention_is_completed_by_touch_and_undone() -> Result<()> {
    BrowserTest::run("completion-touch", async |test| {
        let _jane = TestClient::connect(&test.server, "Jane").await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        type_text(&minsu, "점심 @ja").await?;
        until_people(&minsu, &["Jane"]).await?;
        check_appearance(&minsu.browser, "completion-ko-phone").await?;
        minsu.browser.click_css("[data-testid=completion] [role=option]").await?;
        minsu.until_composer_text("점심 @Jane ").await?;
        minsu.browser.until_focus("composer").await?;
        minsu.browser.chord(Key::Control, "z").await?;
        minsu.until_composer_text("점심 @ja").await?;
        Ok(())
    })
    .await
}
