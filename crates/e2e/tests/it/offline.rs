//! The cached app: without a network, after an update, after signing out, and before it runs.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM, texts};
use crate::support::device::{Device, Lang};
use crate::support::newer_app_server::NewerApp;
use crate::support::sign_in_page::SignInPage;
use crate::support::wait::{until, until_true};

/// Whether the browser's storage or caches contain a word.
async fn is_stored_in_browser(browser: &Browser, word: &str) -> Result<bool> {
    let script = "const [word, done] = arguments; (async () => { \
        const texts = [JSON.stringify(localStorage)]; \
        for (const name of await caches.keys()) { const cache = await caches.open(name); \
            for (const request of await cache.keys()) { \
                texts.push(request.url, await (await cache.match(request)).text()); } } \
        done(texts.some(text => text.includes(word))); })()";
    browser.eval_async(script, [Value::from(word)]).await
}

#[tokio::test]
async fn without_a_server_the_cached_timeline_is_shown_and_marked() -> Result<()> {
    BrowserTest::run("offline", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        minsu.send("마당에서 나눈 말").await?;
        minsu.until_stored("마당에서 나눈 말").await?;
        minsu.browser.until_worker_active().await?;
        test.server.kill().await?;
        minsu.browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;

        minsu
            .until_messages("the cached message is shown", |all| texts(all) == ["마당에서 나눈 말"])
            .await?;
        minsu.browser.until_text("cached", |line| line.contains("저장해 둔 대화")).await?;
        minsu.browser.until_animations_end().await?;
        minsu.browser.screenshot("phone-ko-kept").await?;
        // Writing is possible, too.
        minsu.send("이따 보내질 말").await?;

        test.server.restart().await?;
        minsu.browser.run_script("dispatchEvent(new Event('online'))", []).await?;
        minsu.until_stored("이따 보내질 말").await?;
        minsu.browser.until_gone("cached").await?;
        assert_eq!(test.server.database()?.messages(FIRST_ROOM)?.len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_returning_user_gets_missed_messages_exactly_once() -> Result<()> {
    BrowserTest::run("back", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.send("하나").await?;
        minsu.until_stored("하나").await?;
        minsu.browser.until_worker_active().await?;
        minsu.browser.goto("about:blank").await?;
        jane.until_stored("하나").await?;
        jane.send("two").await?;
        jane.until_stored("two").await?;
        minsu.browser.goto(&test.server.url("/")).await?;
        minsu
            .until_messages("both messages are shown", |all| texts(all) == ["하나", "two"])
            .await?;
        minsu.browser.until_gone("cached").await
    })
    .await
}

#[tokio::test]
async fn signing_out_removes_all_cached_messages_and_names() -> Result<()> {
    BrowserTest::run("left", async |test| {
        let minsu = test.chat_page("한은밀", Device::desktop(Lang::Ko)).await?;
        let browser = Rc::clone(&minsu.browser);
        let room = minsu.create_room("비밀스러운 방").await?;
        minsu.send("비밀스러운 말").await?;
        minsu.until_stored("비밀스러운 말").await?;
        browser.until_worker_active().await?;
        browser.reload().await?;
        minsu.until_room_open(room).await?;
        minsu.until_stored("비밀스러운 말").await?;
        ensure!(is_stored_in_browser(&browser, "비밀스러운").await?, "the message was cached");
        browser.click("me").await?;
        browser.click("sign-out").await?;
        browser.click("sign-out-confirm").await?;
        let form = SignInPage::new(browser.clone()).await?;
        ensure!(
            !is_stored_in_browser(&browser, "비밀스러운").await?,
            "the message is still in the browser's storage"
        );
        ensure!(
            !is_stored_in_browser(&browser, "한은밀").await?,
            "the name is still in the browser's storage"
        );

        let jane: ChatPage = form.sign_in("Jane").await?;
        test.server.kill().await?;
        browser.goto(&test.server.url("/")).await?;
        browser.find("badge").await?;
        assert_eq!(texts(&jane.messages().await?), Vec::<&str>::new());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_version_replaces_the_old_one() -> Result<()> {
    BrowserTest::run("newer", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.until_worker_active().await?;
        let newer = NewerApp::copy(&test.server).await?;
        test.server.kill().await?;
        let newer = newer.serve(test.server.address()).await?;
        // This server has the app's files and no API.
        browser.expect_console_error("/api/session");
        let version = "return document.documentElement.dataset.version ?? 'first'";
        browser.reload().await?;
        browser.find("badge").await?;
        let shown: String = browser.eval(version, []).await?;
        assert_eq!(shown, "first", "the cached version starts first");
        let names = "const done = arguments[0]; caches.keys().then(names => done(names.length))";
        until_true("the new version is cached beside the old one", async || {
            Ok(browser.eval_async::<usize>(names, []).await? == 2)
        })
        .await?;
        // The reload button of the app dispatches this event.
        browser.run_script("dispatchEvent(new Event('madang:reload'))", []).await?;
        until_true("the new version runs", async || {
            Ok(browser.eval::<String>(version, []).await? == "second")
        })
        .await?;
        browser.find("badge").await?;

        // A rollback of the server brings the first version back.
        newer.stop().await;
        test.server.restart().await?;
        browser.run_script("dispatchEvent(new Event('madang:reload'))", []).await?;
        until_true("the first version runs again", async || {
            Ok(browser.eval::<String>(version, []).await? == "first")
        })
        .await?;
        minsu.open_composer().await
    })
    .await
}

#[derive(Deserialize)]
struct ManifestResponse {
    #[serde(default)]
    errors: Vec<Value>,
    #[serde(default)]
    url: String,
}

#[tokio::test]
async fn the_app_is_installable_with_a_name_in_the_browser_language() -> Result<()> {
    BrowserTest::run("manifest", async |test| {
        for (lang, name) in [(Lang::Ko, "마당 Madang"), (Lang::En, "Madang")] {
            let page = test.sign_in_page(Device::desktop(lang)).await?;
            page.browser.until_worker_active().await?;
            // The browser reads the manifest at some time after the load.
            let file = format!("/manifest.{}.webmanifest", lang.code());
            let answer = until(format!("{file} is read"), async || {
                let ask = page.browser.devtools("Page.getAppManifest", serde_json::json!({}));
                let answer = ask.await?;
                let manifest: ManifestResponse = serde_json::from_value(answer.clone())?;
                ensure!(manifest.errors.is_empty(), "{:?}", manifest.errors);
                ensure!(manifest.url.ends_with(&file), "the manifest is {:?}", manifest.url);
                Ok(Some(answer))
            })
            .await?;
            let text = answer.get("data").and_then(Value::as_str).context("no manifest")?;
            let named: Value = serde_json::from_str(text)?;
            assert_eq!(named["name"], name);
            let icons = named["icons"].as_array().context("no icons")?.clone();
            for icon in icons {
                let load = "const [icon, done] = arguments; const it = new Image(); \
                    it.onload = () => done(`${it.naturalWidth}x${it.naturalHeight}`); \
                    it.onerror = () => done('nothing'); it.src = icon.src";
                let size: String = page.browser.eval_async(load, [icon.clone()]).await?;
                ensure!(icon["sizes"] == "any" || icon["sizes"] == size, "{icon}: {size}");
            }
            let errors = page
                .browser
                .devtools("Page.getInstallabilityErrors", serde_json::json!({}))
                .await?;
            let errors = errors["installabilityErrors"].as_array().cloned().unwrap_or_default();
            ensure!(errors.is_empty(), "{errors:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_name_typed_before_the_app_runs_is_kept() -> Result<()> {
    BrowserTest::run("early", async |test| {
        let browser = test.browser(Device::desktop(Lang::Ko)).await?;
        // The app's module is blocked at first.
        let blocked = serde_json::json!({ "urls": ["*.wasm"] });
        browser.devtools("Network.enable", serde_json::json!({})).await?;
        browser.devtools("Network.setBlockedURLs", blocked).await?;
        browser.expect_console_error("net::ERR_BLOCKED_BY_CLIENT");
        browser.expect_console_error("Failed to fetch");
        browser.goto(&test.server.url("/")).await?;
        until("the field has the focus", async || {
            ensure!(browser.focus().await? == "early-name");
            Ok(Some(()))
        })
        .await?;
        browser.until_animations_end().await?;
        browser.screenshot("desktop-ko-early").await?;
        browser.insert_text("일찍 온 사람").await?;
        let typed: String =
            browser.eval("return document.getElementById('early-name').value", []).await?;
        assert_eq!(typed, "일찍 온 사람");
        // The module loads now.
        browser.devtools("Network.setBlockedURLs", serde_json::json!({ "urls": [] })).await?;
        let start = "const module = document.querySelector('script[type=module]'); \
            const again = document.createElement('script'); again.type = 'module'; \
            again.textContent = module.textContent; module.replaceWith(again)";
        browser
            .run_script("document.querySelector('#early-gate form').requestSubmit()", [])
            .await?;
        browser.run_script(start, []).await?;
        let page = ChatPage::new(browser).await?;
        page.open_composer().await?;
        page.until_present(&["일찍 온 사람"]).await
    })
    .await
}
