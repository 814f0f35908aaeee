//! The app over `https://` and `wss://`.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};

#[tokio::test]
async fn t2_9_people_sign_in_over_https_and_chat_over_wss() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let [certificate, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    let [certificate, key] = [&certificate, &key].map(|path| path.to_string_lossy());
    let arguments = ["--tls-certificate", &certificate, "--tls-key", &key, "--hsts-max-age", "60"];
    BrowserTest::run_with("tls", &arguments, async |test| {
        let minsu =
            test.chat_page("민수", Device::desktop(Lang::Ko).ignoring_certificate_errors()).await?;
        let jane =
            test.chat_page("Jane", Device::phone(Lang::En).ignoring_certificate_errors()).await?;
        for page in [&minsu, &jane] {
            let protocol: String = page.browser.eval("return location.protocol", []).await?;
            assert_eq!(protocol, "https:");
            // The DevTools Protocol reports cookies that scripts of the page cannot read.
            let cookies = page.browser.devtools("Network.getCookies", json!({})).await?;
            let cookies = cookies.get("cookies").and_then(Value::as_array).context("no cookies")?;
            let mut names: Vec<_> = cookies.iter().map(|cookie| &cookie["name"]).collect();
            names.sort_by_key(ToString::to_string);
            assert_eq!(names, ["__Host-madang_probe", "__Host-madang_session"]);
            for cookie in cookies {
                let attributes = (&cookie["secure"], &cookie["httpOnly"]);
                assert_eq!(attributes, (&true.into(), &true.into()), "{cookie}");
            }
        }
        minsu.send("비밀 이야기").await?;
        jane.until_stored("비밀 이야기").await?;
        jane.send("for us alone").await?;
        minsu.until_stored("for us alone").await?;

        // Secure cookies and service workers need a secure context.
        minsu.browser.until_worker_active().await?;
        minsu.browser.reload().await?;
        minsu.open_composer().await?;
        minsu.until_stored("for us alone").await?;

        jane.browser.goto(&test.server.url("/lab/echo")).await?;
        jane.browser.click("echo-toggle").await?;
        jane.browser.until_text("echo-readyState", |state| state == "1 OPEN").await?;
        let url = format!("wss://{}/ws", test.server.address());
        assert_eq!(jane.browser.text("echo-url").await?, Some(url));
        jane.browser.screenshot("tls-echo-en-phone").await
    })
    .await
}
