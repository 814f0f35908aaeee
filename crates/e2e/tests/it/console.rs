//! The check of the console at the end of every test finds errors.

use anyhow::Result;

use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until;

#[tokio::test]
async fn console_errors_and_policy_violations_are_reported() -> Result<()> {
    BrowserTest::run("console", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        assert!(jane.browser.console_errors(false).await?.is_empty(), "no errors yet");
        jane.browser
            .run_script(
                "console.error('said on purpose'); \
                setTimeout(() => { throw new Error('thrown on purpose') }); \
                const script = document.createElement('script'); \
                script.textContent = 'window.foreign = true'; document.head.append(script)",
                [],
            )
            .await?;
        let mut entries = Vec::new();
        until("all three are in the console", async || {
            entries.extend(jane.browser.console_errors(false).await?);
            let says = |part: &str| entries.iter().any(|entry| entry.message.contains(part));
            let all = says("said on purpose")
                && says("thrown on purpose")
                && says("Content Security Policy");
            Ok(all.then_some(()))
        })
        .await?;
        let foreign: bool = jane.browser.eval("return window.foreign === true", []).await?;
        assert!(!foreign, "an inline script without permission does not run");
        Ok(())
    })
    .await
}
