//! The look at the console that ends every test sees what it should.

use anyhow::Result;

use crate::support::browser::{Lang, Look};
use crate::support::stage::Stage;
use crate::support::wait::until;

#[tokio::test]
async fn errors_and_violations_of_the_policy_are_seen_in_the_console() -> Result<()> {
    Stage::play("console", async |stage| {
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        assert!(jane.browser.complaints(false).await?.is_empty(), "nothing so far");
        jane.browser
            .run(
                "console.error('said on purpose'); \
                setTimeout(() => { throw new Error('thrown on purpose') }); \
                const script = document.createElement('script'); \
                script.textContent = 'window.foreign = true'; document.head.append(script)",
                [],
            )
            .await?;
        let mut seen = Vec::new();
        until("all three are in the console", async || {
            seen.extend(jane.browser.complaints(false).await?);
            let says = |part: &str| seen.iter().any(|entry| entry.message.contains(part));
            let all = says("said on purpose")
                && says("thrown on purpose")
                && says("Content Security Policy");
            Ok(all.then_some(()))
        })
        .await?;
        let foreign: bool = jane.browser.ask("return window.foreign === true", []).await?;
        assert!(!foreign, "a script that is not ours does not run");
        Ok(())
    })
    .await
}
