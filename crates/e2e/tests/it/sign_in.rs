//! The sign-in form.

use anyhow::Result;

use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until;

#[tokio::test]
async fn t2_7_a_taken_name_is_refused_in_any_case_and_any_unicode_form() -> Result<()> {
    BrowserTest::run("taken", async |test| {
        // A name is taken from the first use of its session on.
        let _connected = TestClient::connect(&test.server, "Zoë 민수").await?;
        for (lang, sentence) in [
            (Lang::Ko, "이미 있거나 비슷해 보이는 이름이 있습니다. 다른 이름을 골라 주세요."),
            (Lang::En, "That name is taken, or looks like one that is. Please choose another."),
        ] {
            let form = test.sign_in_page(Device::desktop(lang)).await?;
            form.browser.expect_console_error("status of 409");
            let decomposed = "ZOE\u{308} \u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}";
            for taken in ["Zoë 민수", "zOË  민수 ", decomposed] {
                form.submit_name(taken).await?;
                assert_eq!(form.error().await?, sentence, "{taken}");
                form.browser.until_focus("signin-name").await?;
            }
            form.browser.screenshot(&format!("sign-in-{}-taken", lang.code())).await?;
            // Typing clears the error.
            form.browser.keys("x").await?;
            form.browser.until_text("signin-error", str::is_empty).await?;
            let free = format!("free {}", lang.code());
            let page = form.sign_in(&free).await?;
            page.until_present_first(&free).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_invisible_or_too_long_name_is_refused() -> Result<()> {
    BrowserTest::run("invalid", async |test| {
        let form = test.sign_in_page(Device::desktop(Lang::En)).await?;
        for (name, part) in [("", "at least one visible"), ("\u{3164}", "at least one visible")] {
            form.submit_name(name).await?;
            let error = form.error().await?;
            assert!(error.contains(part), "{name:?}: {error}");
        }
        form.submit_name(&"가".repeat(33)).await?;
        let names_the_limit = async || {
            let error = form.browser.text("signin-error").await?;
            Ok(error.filter(|error| error.contains("32")))
        };
        until("the error names the limit", names_the_limit).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_browser_that_blocks_cookies_is_told_and_the_name_stays_free() -> Result<()> {
    BrowserTest::run("cookies", async |test| {
        for (lang, sentence) in [(Lang::Ko, "쿠키를 허용하고"), (Lang::En, "Allow cookies")]
        {
            let form = test.sign_in_page(Device::desktop(lang).blocking_cookies()).await?;
            form.browser.expect_console_error("status of 400");
            form.submit_name("Mina").await?;
            let error = form.error().await?;
            assert!(error.contains(sentence), "{error}");
            form.browser.until_focus("signin-name").await?;
            form.browser.screenshot(&format!("sign-in-{}-cookies", lang.code())).await?;
        }
        TestClient::connect(&test.server, "Mina").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_sign_up_above_the_limit_is_told_when_to_try_again() -> Result<()> {
    BrowserTest::run_with("crowded", &["--sign-ups-per-hour", "1"], async |test| {
        TestClient::sign_up(&test.server, "the first").await?;
        for (code, device, sentence) in [
            ("ko", Device::phone(Lang::Ko), "60분 뒤에 다시"),
            ("en", Device::desktop(Lang::En), "Try again in 60 min"),
        ] {
            let form = test.sign_in_page(device).await?;
            form.browser.expect_console_error("status of 429");
            form.submit_name("one more").await?;
            let error = form.error().await?;
            assert!(error.contains(sentence), "{error}");
            form.browser.until_focus("signin-name").await?;
            form.browser.until_animations_end().await?;
            form.browser.screenshot(&format!("sign-in-{code}-crowded")).await?;
        }
        Ok(())
    })
    .await
}
