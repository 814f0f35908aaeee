//! A page that the browser translates: its texts stay live, and names are not translated.

use anyhow::Result;

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until;

/// Translates as Chrome does: now and after every change, each text is replaced by two elements with the translation,
/// unless an element around it forbids it.
const TRANSLATE: &str = "
    const translate = () => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const texts = [];
        while (walker.nextNode()) texts.push(walker.currentNode);
        for (const text of texts) {
            const forbidden = 'font, script, style, textarea, [translate=no], .notranslate';
            if (text.data.trim() === '' || text.parentElement.closest(forbidden)) continue;
            const [outer, inner] = [document.createElement('font'), document.createElement('font')];
            inner.textContent = `«${text.data}»`;
            outer.append(inner);
            text.replaceWith(outer);
        }
    };
    translate();
    new MutationObserver(translate).observe(document.body, { childList: true, subtree: true });";

/// Waits until the first element that matches a selector has a text.
async fn until_text(browser: &Browser, css: &str, wanted: &str) -> Result<()> {
    let script = "return document.querySelector(arguments[0])?.textContent ?? null";
    until(format_args!("{css} is {wanted:?}"), async || {
        let text: Option<String> = browser.eval(script, [css.into()]).await?;
        anyhow::ensure!(text.as_deref() == Some(wanted), "it is {text:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn the_texts_of_a_translated_page_go_on_changing() -> Result<()> {
    BrowserTest::run("translated", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let mut minsu = TestClient::connect(&test.server, "Minsu").await?;
        minsu.send(FIRST_ROOM, "before").await?;
        jane.until_stored("before").await?;
        let browser = &jane.browser;
        browser.run_script(TRANSLATE, []).await?;
        until_text(browser, ".chat-author", "Minsu").await?;
        jane.until_stored("«before»").await?;

        // The header, unread counts, and labels after a change of language.
        let other = jane.create_room("Garden").await?;
        until_text(browser, ".header-title", "«Garden»").await?;
        for (text, count) in [("one", "«1»"), ("two", "«2»")] {
            minsu.send(FIRST_ROOM, text).await?;
            until_text(browser, &format!("[data-testid='unread-{FIRST_ROOM}']"), count).await?;
        }
        jane.open_room(FIRST_ROOM).await?;
        jane.until_stored("«two»").await?;
        until_text(browser, "[data-testid='fold-here']", "«Here now»«1»").await?;
        jane.choose("lang-ko").await?;
        until_text(browser, ".members .column-title", "«멤버»").await?;
        until_text(browser, "[data-testid='fold-here']", "«지금 여기»«1»").await?;
        jane.open_room(other).await?;
        until_text(browser, ".header-title", "«Garden»").await?;

        // Numbers, and the state of the connection.
        browser.click("rail-apps").await?;
        browser.click_css("a[href='/counter']").await?;
        until_text(browser, ".counter-number", "«0»").await?;
        for number in ["«1»", "«2»"] {
            browser.click("add+1").await?;
            until_text(browser, ".counter-number", number).await?;
        }
        until_text(browser, ".header-title", "«함께 세는 수»").await?;
        test.server.kill().await?;
        jane.until_connection("waiting").await?;
        let is_waiting = |text: &str| text.contains("초 뒤 다시 연결»");
        browser.until_text("badge", is_waiting).await?;
        test.server.restart().await?;
        jane.until_connection("live").await?;
        browser.until_gone("reconnect-now").await
    })
    .await
}
