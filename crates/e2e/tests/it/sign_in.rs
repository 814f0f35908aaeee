//! The sign-in form.

use anyhow::{Result, ensure};

use crate::layout::{layout_faults, set_size};
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;
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

#[tokio::test]
async fn the_page_names_the_server_and_nothing_moves_when_the_name_arrives() -> Result<()> {
    let name = "개발팀 <마당>";
    BrowserTest::run_with("gate", &["--name", name], async move |test| {
        for (lang, device) in [(Lang::Ko, Device::desktop(Lang::Ko)), (Lang::En, Device::phone(Lang::En))] {
            let SignInPage { browser } = test.sign_in_page(device).await?;
            browser.until_text("server-name", |text| text == name).await?;
            let host = browser.text("server-host").await?.unwrap_or_default();
            ensure!(test.server.url("/") == format!("http://{host}/"), "{host}");
            let shifts = "const done = arguments[0]; let sum = 0; \
                const count = list => list.getEntries().forEach(it => sum += it.value); \
                new PerformanceObserver(count).observe({ type: 'layout-shift', buffered: true }); \
                requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum))))";
            let moved: f64 = browser.eval_async(shifts, []).await?;
            ensure!(moved < 0.001, "the page moved by {moved}");
            // The words say what each choice is.
            browser.click("theme-dark").await?;
            browser.until_attribute("theme-dark", "aria-pressed", "true").await?;
            let other = if lang == Lang::Ko { "lang-en" } else { "lang-ko" };
            browser.click(other).await?;
            browser.until_attribute(other, "aria-pressed", "true").await?;
            let title = "return document.querySelector('.gate-about h1').innerText.trim()";
            let title: String = browser.eval(title, []).await?;
            ensure!(title == if lang == Lang::Ko { "Madang" } else { "마당" }, "{title}");
            for (width, height) in [(320, 568), (390, 844), (844, 390), (1440, 900)] {
                set_size(&browser, width, height, width < 1000).await?;
                browser.until_animations_end().await?;
                browser.screenshot(&format!("gate-{}-{width}", lang.code())).await?;
                // On a desktop, a pointer hits smaller targets.
                if width < 1000 {
                    let faults = layout_faults(&browser).await?;
                    ensure!(faults.is_empty(), "{width} x {height}: {faults:?}");
                }
            }
        }
        Ok(())
    })
    .await
}
