//! The look at the console that ends every test sees what it should.

use anyhow::Result;

use crate::support::browser::{Device, Lang};
use crate::support::browser_test::BrowserTest;
use crate::support::wait::until;

#[tokio::test]
async fn console_errors_and_policy_violations_are_reported() -> Result<()> {
    BrowserTest::run("console", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        assert!(jane.browser.console_errors(false).await?.is_empty(), "nothing so far");
        jane.browser
            .run_script(
                "console.error('said on purpose'); \
                setTimeout(() => { throw new Error('thrown on purpose') }); \
                const script = document.createElement('script'); \
                script.textContent = 'window.foreign = true'; document.head.append(script)",
                [],
            )
            .await?;
        let mut seen = Vec::new();
        until("all three are in the console", async || {
            seen.extend(jane.browser.console_errors(false).await?);
            let says = |part: &str| seen.iter().any(|entry| entry.message.contains(part));
            let all = says("said on purpose")
                && says("thrown on purpose")
                && says("Content Security Policy");
            Ok(all.then_some(()))
        })
        .await?;
        let foreign: bool = jane.browser.eval("return window.foreign === true", []).await?;
        assert!(!foreign, "a script that is not ours does not run");
        Ok(())
    })
    .await
}
