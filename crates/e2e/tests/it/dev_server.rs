//! Development with `trunk serve` and a server beside it.

use anyhow::Result;

use crate::lab_http;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;
use crate::support::test_server::free_port;
use crate::support::trunk_serve::TrunkServe;
use crate::support::wait::until;

/// Starts a browser and signs a new user up at the address of `trunk serve`.
async fn open_chat_page(test: &BrowserTest, trunk: &TrunkServe, name: &str) -> Result<ChatPage> {
    let browser = test.browser(Device::desktop(Lang::En)).await?;
    browser.goto(&trunk.url("/")).await?;
    let page = SignInPage::new(browser).await?.sign_in(name).await?;
    page.open_composer().await?;
    Ok(page)
}

#[tokio::test]
async fn two_people_chat_through_trunk_serve_and_a_change_reloads_the_page() -> Result<()> {
    let port = free_port()?;
    let origin = format!("http://127.0.0.1:{port}");
    BrowserTest::run_with("trunk-serve", &["--allowed-origin", &origin], async move |test| {
        let trunk = TrunkServe::start(&test.server, port).await?;
        let minsu = open_chat_page(test, &trunk, "Minsu").await?;
        let jane = open_chat_page(test, &trunk, "Jane").await?;
        for (speaker, listener, text) in
            [(&minsu, &jane, "hello Jane"), (&jane, &minsu, "hello Minsu")]
        {
            speaker.send(text).await?;
            assert!(listener.until_stored(text).await?.seq.is_some());
        }

        let browser = &jane.browser;
        browser.goto(&trunk.url(lab_http::PATH)).await?;
        browser.until_text("http-sentence", |it| it.contains("plain HTTP")).await?;
        lab_http::connect(browser).await?;
        lab_http::send(browser, "through trunk").await?;
        let lines = ["#1 connected (that is you)", "#1 (you): through trunk"];
        lab_http::until_lines(browser, &lines).await?;

        let browsers = [&minsu.browser, &jane.browser];
        for browser in browsers {
            let _: () = browser.eval("window.isOld = true; return null", []).await?;
        }
        TrunkServe::touch_page()?;
        for browser in browsers {
            until("the page reloads and the app runs", async || {
                let script = "return window.isOld !== true && document.readyState === 'complete' \
                    && performance.getEntriesByName('madang:running').length > 0";
                Ok(browser.eval::<bool>(script, []).await?.then_some(()))
            })
            .await?;
            // trunk ends with this test; a page that still loads then would report an error.
            browser.goto("about:blank").await?;
        }
        Ok(())
    })
    .await
}
