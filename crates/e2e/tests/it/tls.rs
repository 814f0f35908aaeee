//! T2.9: the app over `https://` and `wss://`.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::support::browser::{Lang, Look};
use crate::support::stage::Stage;

#[tokio::test]
async fn t2_9_people_sign_in_over_https_and_chat_over_wss() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let [certificate, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    let [certificate, key] = [&certificate, &key].map(|path| path.to_string_lossy());
    let arguments = ["--tls-certificate", &certificate, "--tls-key", &key, "--hsts-max-age", "60"];
    Stage::play_with("tls", &arguments, async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko).of_any_certificate()).await?;
        let jane = stage.person("Jane", Look::phone(Lang::En).of_any_certificate()).await?;
        for page in [&minsu, &jane] {
            let protocol: String = page.browser.ask("return location.protocol", []).await?;
            assert_eq!(protocol, "https:");
            // Before any script ran, and whatever the page says: it is Chromium that keeps it.
            let cookies = page.browser.devtools("Network.getCookies", json!({})).await?;
            let cookies = cookies.get("cookies").and_then(Value::as_array).context("no cookies")?;
            assert_eq!(cookies.len(), 1, "{cookies:?}");
            assert_eq!(cookies[0]["name"], "__Host-madang_session");
            assert_eq!(
                (&cookies[0]["secure"], &cookies[0]["httpOnly"]),
                (&true.into(), &true.into())
            );
        }
        minsu.say("비밀 이야기").await?;
        jane.until_stored("비밀 이야기").await?;
        jane.say("for us alone").await?;
        minsu.until_stored("for us alone").await?;

        // The session holds, and the app is kept on the device: both are for safe contexts.
        minsu.browser.until_on_device().await?;
        minsu.browser.reload().await?;
        minsu.open_composer().await?;
        minsu.until_stored("for us alone").await?;

        jane.browser.goto(&stage.server.url("/lab/echo")).await?;
        jane.browser.click("echo-toggle").await?;
        jane.browser.until_text("echo-readyState", |state| state == "1 OPEN").await?;
        let url = format!("wss://{}/ws", stage.server.address());
        assert_eq!(jane.browser.text("echo-url").await?, Some(url));
        jane.browser.picture("tls-echo-en-phone").await
    })
    .await
}
