//! Links of this server in messages.

use anyhow::{Result, ensure};

use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Waits until the links of this server in a drawn message are these.
async fn until_links(page: &ChatPage, seq: u64, links: &[&str]) -> Result<()> {
    let script = "return [...document.querySelectorAll(`[data-seq='${arguments[0]}'] [data-testid=permalink]`)].map((it) => it.textContent)";
    let mut last = Vec::new();
    let found = until_true(format_args!("message {seq} has the links {links:?}"), async || {
        last = page.browser.eval::<Vec<String>>(script, [seq.into()]).await?;
        Ok(last == links)
    })
    .await;
    found.map_err(|error| error.context(format!("it has {last:?}")))
}

#[tokio::test]
async fn a_link_of_this_server_is_shown_as_what_it_leads_to() -> Result<()> {
    BrowserTest::run("permalinks", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let secret = jane.create_room("lunch club").await?;
        jane.send("nothing here").await?;
        jane.open_room(FIRST_ROOM).await?;
        jane.send("the first one").await?;
        let at = |path: &str| test.server.url(path);
        let text = format!(
            "see {} and {} in {} or {}",
            at("/rooms/1/messages/1"),
            at(&format!("/rooms/{secret}/messages/1")),
            at("/settings"),
            at("/rooms/99"),
        );
        jane.send(&text).await?;
        let shown = ["Jane the first one", "lunch club · message", "Settings"];
        until_links(&jane, 2, &shown).await?;
        check_appearance(&jane.browser, "permalinks-en-desktop").await?;
        // A reader who is no member learns no name.
        until_links(&minsu, 2, &["Jane the first one", "설정"]).await?;
        check_appearance(&minsu.browser, "permalinks-ko-phone").await?;
        let plain =
            "return [...document.querySelectorAll(`[data-seq='2'] a[target=_blank]`)].length";
        ensure!(minsu.browser.eval::<usize>(plain, []).await? == 2, "the others stay links");
        // A click stays in the app.
        jane.browser.click_css("[data-seq='2'] [data-testid='permalink']:nth-of-type(1)").await?;
        let focused = "return document.activeElement.dataset.seq ?? ''";
        until_true("the message has the focus", async || {
            Ok(jane.browser.eval::<String>(focused, []).await? == "1")
        })
        .await
    })
    .await
}
