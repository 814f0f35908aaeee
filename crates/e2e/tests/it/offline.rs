//! The app on the device: without a network, after an update, and after somebody has signed out.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::support::browser::{Browser, Lang, Look};
use crate::support::chat_page::{ChatPage, FIRST_ROOM, texts};
use crate::support::newer::NewerFiles;
use crate::support::sign_in_page::SignInPage;
use crate::support::stage::Stage;
use crate::support::wait::{until, until_true};

/// What of people's words and names lies in the browser's storage and caches.
async fn lies_around(browser: &Browser, word: &str) -> Result<bool> {
    let script = "const [word, done] = arguments; (async () => { \
        const texts = [JSON.stringify(localStorage)]; \
        for (const name of await caches.keys()) { const cache = await caches.open(name); \
            for (const request of await cache.keys()) { \
                texts.push(request.url, await (await cache.match(request)).text()); } } \
        done(texts.some(text => text.includes(word))); })()";
    browser.ask_later(script, [Value::from(word)]).await
}

#[tokio::test]
async fn without_a_server_the_last_timeline_shows_and_says_that_it_is_kept() -> Result<()> {
    Stage::play("offline", async |stage| {
        let minsu = stage.person("민수", Look::phone(Lang::Ko)).await?;
        minsu.say("마당에서 나눈 말").await?;
        minsu.until_stored("마당에서 나눈 말").await?;
        minsu.browser.until_on_device().await?;
        stage.server.kill().await?;
        minsu.browser.goto(&stage.server.url("/")).await?;

        minsu.until_messages("it is there", |all| texts(all) == ["마당에서 나눈 말"]).await?;
        minsu.browser.until_text("kept", |line| line.contains("저장해 둔 대화")).await?;
        minsu.browser.until_still().await?;
        minsu.browser.picture("phone-ko-kept").await?;
        // One can write, too.
        minsu.say("이따 보내질 말").await?;

        stage.server.restart().await?;
        minsu.browser.run("dispatchEvent(new Event('online'))", []).await?;
        minsu.until_stored("이따 보내질 말").await?;
        minsu.browser.until_gone("kept").await?;
        assert_eq!(stage.server.database()?.messages(FIRST_ROOM)?.len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_comes_back_sees_what_was_missed_and_nothing_twice() -> Result<()> {
    Stage::play("back", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        minsu.say("하나").await?;
        minsu.until_stored("하나").await?;
        minsu.browser.until_on_device().await?;
        minsu.browser.goto("about:blank").await?;
        jane.until_stored("하나").await?;
        jane.say("two").await?;
        jane.until_stored("two").await?;
        minsu.browser.goto(&stage.server.url("/")).await?;
        minsu.until_messages("both are there", |all| texts(all) == ["하나", "two"]).await?;
        minsu.browser.until_gone("kept").await
    })
    .await
}

#[tokio::test]
async fn signing_out_leaves_nothing_of_what_was_said_and_the_next_user_starts_anew() -> Result<()> {
    Stage::play("left", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let browser = Rc::clone(&minsu.browser);
        let room = minsu.create_room("비밀스러운 방").await?;
        minsu.say("비밀스러운 말").await?;
        minsu.until_stored("비밀스러운 말").await?;
        browser.until_on_device().await?;
        browser.reload().await?;
        minsu.until_in(room).await?;
        minsu.until_stored("비밀스러운 말").await?;
        ensure!(lies_around(&browser, "비밀스러운").await?, "it was kept");
        browser.click("sign-out").await?;
        browser.click("sign-out-confirm").await?;
        let gate = SignInPage::new(browser.clone()).await?;
        ensure!(!lies_around(&browser, "비밀스러운").await?, "what was said lies around");
        ensure!(!lies_around(&browser, "민수").await?, "the name lies around");

        let jane: ChatPage = gate.sign_in("Jane").await?;
        stage.server.kill().await?;
        browser.goto(&stage.server.url("/")).await?;
        browser.find("badge").await?;
        assert_eq!(texts(&jane.messages().await?), Vec::<&str>::new());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_old_one() -> Result<()> {
    Stage::play("newer", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.until_on_device().await?;
        let newer = NewerFiles::copy(&stage.server).await?;
        stage.server.kill().await?;
        let newer = newer.serve(stage.server.address()).await?;
        // It has the app's files and no hub.
        browser.forgive("/api/session");
        let version = "return document.documentElement.dataset.version ?? 'first'";
        browser.reload().await?;
        browser.find("badge").await?;
        let shown: String = browser.ask(version, []).await?;
        assert_eq!(shown, "first", "what is kept starts at once");
        let names = "const done = arguments[0]; caches.keys().then(names => done(names.length))";
        until_true("the new one is kept beside it", async || {
            Ok(browser.ask_later::<usize>(names, []).await? == 2)
        })
        .await?;
        // The button of a page that has to be loaded anew does this.
        browser.run("dispatchEvent(new Event('madang:reload'))", []).await?;
        until_true("the new one is there", async || {
            Ok(browser.ask::<String>(version, []).await? == "second")
        })
        .await?;
        browser.find("badge").await?;

        // And back, as if the operator had thought better of it.
        drop(newer);
        stage.server.restart().await?;
        browser.run("dispatchEvent(new Event('madang:reload'))", []).await?;
        until_true("the first is there again", async || {
            Ok(browser.ask::<String>(version, []).await? == "first")
        })
        .await?;
        minsu.open_composer().await
    })
    .await
}

#[derive(Deserialize)]
struct Installable {
    #[serde(default)]
    errors: Vec<Value>,
    #[serde(default)]
    url: String,
}

#[tokio::test]
async fn the_app_can_be_installed_under_a_name_in_the_readers_language() -> Result<()> {
    Stage::play("manifest", async |stage| {
        for (lang, name) in [(Lang::Ko, "마당 Madang"), (Lang::En, "Madang")] {
            let page = stage.visitor(Look::desktop(lang)).await?;
            page.browser.until_on_device().await?;
            // The browser reads it when it has the time.
            let file = format!("/manifest.{}.webmanifest", lang.code());
            let answer = until(format!("{file} is read"), async || {
                let ask = page.browser.devtools("Page.getAppManifest", serde_json::json!({}));
                let answer = ask.await?;
                let manifest: Installable = serde_json::from_value(answer.clone())?;
                ensure!(manifest.errors.is_empty(), "{:?}", manifest.errors);
                Ok(manifest.url.ends_with(&file).then_some(answer))
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
                let size: String = page.browser.ask_later(load, [icon.clone()]).await?;
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
async fn what_is_typed_at_the_gate_before_the_app_runs_is_not_lost() -> Result<()> {
    Stage::play("early", async |stage| {
        let browser = stage.browser(Look::desktop(Lang::Ko)).await?;
        // The app's module does not come for now.
        let blocked = serde_json::json!({ "urls": ["*.wasm"] });
        browser.devtools("Network.enable", serde_json::json!({})).await?;
        browser.devtools("Network.setBlockedURLs", blocked).await?;
        browser.forgive("net::ERR_BLOCKED_BY_CLIENT");
        browser.forgive("Failed to fetch");
        browser.goto(&stage.server.url("/")).await?;
        until("the field has the focus", async || {
            ensure!(browser.focus().await? == "early-name");
            Ok(Some(()))
        })
        .await?;
        browser.until_still().await?;
        browser.picture("desktop-ko-early").await?;
        browser.insert("일찍 온 사람").await?;
        let typed: String =
            browser.ask("return document.getElementById('early-name').value", []).await?;
        assert_eq!(typed, "일찍 온 사람");
        // Now it comes.
        browser.devtools("Network.setBlockedURLs", serde_json::json!({ "urls": [] })).await?;
        let start = "const module = document.querySelector('script[type=module]'); \
            const again = document.createElement('script'); again.type = 'module'; \
            again.textContent = module.textContent; module.replaceWith(again)";
        browser.run("document.querySelector('#early-gate form').requestSubmit()", []).await?;
        browser.run(start, []).await?;
        let page = ChatPage::new(browser).await?;
        page.open_composer().await?;
        page.until_present(&["일찍 온 사람"]).await
    })
    .await
}
