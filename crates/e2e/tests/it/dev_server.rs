//! Development: `trunk serve` alone, with a server beside it.

use anyhow::Result;

use crate::side_by_side;
use crate::support::browser::{Lang, Look};
use crate::support::chat_page::ChatPage;
use crate::support::server::free_port;
use crate::support::sign_in_page::SignInPage;
use crate::support::stage::Stage;
use crate::support::trunk::TrunkServe;
use crate::support::wait::until;

/// A browser with somebody signed in at the address of `trunk serve`.
async fn person(stage: &Stage, trunk: &TrunkServe, name: &str) -> Result<ChatPage> {
    let browser = stage.browser(Look::desktop(Lang::En)).await?;
    browser.goto(&trunk.url("/")).await?;
    let page = SignInPage::new(browser).await?.sign_in(name).await?;
    page.open_composer().await?;
    Ok(page)
}

#[tokio::test]
async fn two_people_chat_through_trunk_serve_and_a_change_reloads_the_page() -> Result<()> {
    let port = free_port()?;
    let origin = format!("http://127.0.0.1:{port}");
    Stage::play_with("trunk-serve", &["--allowed-origin", &origin], async move |stage| {
        let trunk = TrunkServe::start(&stage.server, port).await?;
        let minsu = person(stage, &trunk, "Minsu").await?;
        let jane = person(stage, &trunk, "Jane").await?;
        for (speaker, listener, text) in
            [(&minsu, &jane, "hello Jane"), (&jane, &minsu, "hello Minsu")]
        {
            speaker.say(text).await?;
            assert!(listener.until_stored(text).await?.seq.is_some());
        }

        let browser = &jane.browser;
        browser.goto(&trunk.url(side_by_side::PATH)).await?;
        browser.until_text("http-sentence", |it| it.contains("plain HTTP")).await?;
        side_by_side::turn_on(browser).await?;
        side_by_side::say(browser, "through trunk").await?;
        let lines = ["#1 connected (that is you)", "#1 (you): through trunk"];
        side_by_side::until_lines(browser, &lines).await?;

        let _: () = browser.ask("window.isOld = true; return null", []).await?;
        TrunkServe::touch_page()?;
        until("the page reloads", async || {
            let script = "return window.isOld !== true && document.readyState === 'complete'";
            Ok(browser.ask::<bool>(script, []).await?.then_some(()))
        })
        .await
    })
    .await
}
