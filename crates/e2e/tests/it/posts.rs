//! The page `/feed`: posts from screens and over HTTP show on every open screen.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;
use crate::support::wait::{until, until_true};

/// A post as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct PostCard {
    text: Option<String>,
    author: String,
    state: String,
    edited: bool,
}

async fn post_cards(browser: &Browser) -> Result<Vec<PostCard>> {
    let script = "return [...document.querySelectorAll('[data-testid=\"post\"]')].map(post => ({ \
        text: post.querySelector('.post-text')?.textContent ?? null, \
        author: post.querySelector('.post-author').textContent, \
        state: post.dataset.state, \
        edited: post.querySelector('[data-testid=\"edited\"]') !== null }))";
    browser.eval(script, []).await
}

/// Waits until the page shows exactly these texts, all stored.
async fn until_posts(browser: &Browser, texts: &[&str]) -> Result<Vec<PostCard>> {
    until(format_args!("the posts are {texts:?}"), async || {
        let post_cards = post_cards(browser).await?;
        let shown: Vec<&str> = post_cards.iter().filter_map(|card| card.text.as_deref()).collect();
        let stored = post_cards.iter().all(|card| card.state == "stored");
        ensure!(shown == texts && stored, "{post_cards:?}");
        Ok(Some(post_cards))
    })
    .await
}

async fn open_feed(server: &TestServer, page: &ChatPage) -> Result<()> {
    page.browser.goto(&server.url("/feed")).await?;
    page.browser.find("post-composer").await?;
    page.until_connection("live").await
}

async fn write(browser: &Browser, text: &str) -> Result<()> {
    let composer = browser.find("post-composer").await?;
    composer.send_keys(text).await?;
    browser.click("post-send").await
}

/// A program that posts over HTTP with a session token.
struct HttpClient<'a> {
    server: &'a TestServer,
    http: reqwest::Client,
    token: String,
}

impl<'a> HttpClient<'a> {
    fn new(server: &'a TestServer, token: String) -> Self {
        Self { server, http: reqwest::Client::new(), token }
    }

    /// Uses the session of a browser's user.
    async fn as_user_of(server: &'a TestServer, browser: &Browser) -> Result<Self> {
        let answer = browser.devtools("Network.getCookies", json!({})).await?;
        let cookies = answer.get("cookies").and_then(Value::as_array).context("no cookies")?;
        let is_session = |cookie: &&Value| cookie.get("name") == Some(&json!("madang_session"));
        let session = cookies.iter().find(is_session).and_then(|cookie| cookie.get("value"));
        let token = session.and_then(Value::as_str).context("no session")?;
        Ok(Self::new(server, token.to_owned()))
    }

    async fn call(&self, method: Method, path: &str, text: Option<&str>) -> Result<StatusCode> {
        let request = self.http.request(method, self.server.url(path)).bearer_auth(&self.token);
        let request = match text {
            Some(text) => request.json(&json!({ "text": text })),
            None => request,
        };
        Ok(request.send().await?.status())
    }

    async fn post(&self, text: &str) -> Result<()> {
        let status = self.call(Method::POST, "/posts", Some(text)).await?;
        ensure!(status == StatusCode::CREATED, "{status}");
        Ok(())
    }
}

#[tokio::test]
async fn t4_1_open_feeds_change_without_a_reload() -> Result<()> {
    BrowserTest::run("feed", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        minsu.open_app("feed").await?;
        minsu.browser.find("feed-empty").await?;
        open_feed(&test.server, &jane).await?;

        write(&minsu.browser, "마당을 쓸었습니다. https://example.com/마당 참고").await?;
        let composer = jane.browser.find("post-composer").await?;
        composer.send_keys("Tea at four?" + Key::Control + Key::Enter).await?;
        for page in [&minsu, &jane] {
            let wanted = ["Tea at four?", "마당을 쓸었습니다. https://example.com/마당"];
            until(format_args!("both posts are shown"), async || {
                let post_cards = post_cards(&page.browser).await?;
                let shown = post_cards.len() == 2
                    && post_cards.iter().zip(wanted).all(|(card, wanted)| {
                        card.state == "stored"
                            && card.text.as_deref().is_some_and(|text| text.starts_with(wanted))
                    });
                Ok(shown.then_some(()))
            })
            .await?;
        }

        // Users can edit only their own posts. The editor opens in place, and Escape closes it.
        let own: u64 = minsu
            .browser
            .eval("return document.querySelectorAll('[data-testid=\"edit\"]').length", [])
            .await?;
        assert_eq!(own, 1);
        minsu.browser.click("edit").await?;
        minsu.browser.until_focus("editor").await?;
        minsu.browser.keys(Key::Escape).await?;
        minsu.browser.until_gone("editor").await?;
        minsu.browser.until_focus("edit").await?;
        minsu.browser.click("edit").await?;
        minsu.browser.until_focus("editor").await?;
        minsu.browser.chord(Key::Control, "a").await?;
        minsu.browser.insert_text("마당을 다 쓸었습니다.").await?;
        minsu.browser.chord(Key::Control, Key::Enter).await?;
        for page in [&minsu, &jane] {
            let post_cards =
                until_posts(&page.browser, &["Tea at four?", "마당을 다 쓸었습니다."]).await?;
            assert_eq!(
                post_cards.iter().map(|card| card.edited).collect::<Vec<_>>(),
                [false, true]
            );
            assert_eq!(post_cards[1].author, "민수");
        }

        // Deleting requires a confirmation.
        minsu.browser.click("delete").await?;
        minsu.browser.click("delete-cancel").await?;
        minsu.browser.click("delete").await?;
        minsu.browser.click("delete-confirm").await?;
        for page in [&minsu, &jane] {
            until_posts(&page.browser, &["Tea at four?"]).await?;
        }

        // A post that is written while the server is down shows as pending, and is stored after the restart.
        test.server.kill().await?;
        jane.until_connection("waiting").await?;
        write(&jane.browser, "I'll bring cups").await?;
        until_true("the post is pending", async || {
            Ok(post_cards(&jane.browser).await?.first().is_some_and(|card| card.state == "pending"))
        })
        .await?;
        test.server.restart().await?;
        for page in [&minsu, &jane] {
            until_posts(&page.browser, &["I'll bring cups", "Tea at four?"]).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t4_1_older_posts_load_on_request() -> Result<()> {
    BrowserTest::run("feed-older", async |test| {
        let token = TestClient::sign_up(&test.server, "program").await?.token.context("a token")?;
        let program = HttpClient::new(&test.server, token);
        for n in 1..=35 {
            program.post(&format!("post {n}")).await?;
        }
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        open_feed(&test.server, &minsu).await?;
        until_true("the first page of posts is shown", async || {
            Ok(post_cards(&minsu.browser).await?.len() == 30)
        })
        .await?;
        minsu.browser.click("older-posts").await?;
        minsu.browser.until_gone("older-posts").await?;
        let texts: Vec<String> = (1..=35).rev().map(|n| format!("post {n}")).collect();
        until_posts(&minsu.browser, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        Ok(())
    })
    .await
}

/// Records every greeting that the page shows from now on.
async fn record_greetings(browser: &Browser) -> Result<()> {
    let script = "const seen = window.seen = new Set(); \
        new MutationObserver(() => document.querySelectorAll('[data-testid=\"greeting\"]') \
            .forEach(it => seen.add(it.textContent))) \
            .observe(document.body, { childList: true, subtree: true })";
    browser.run_script(script, []).await
}

async fn greetings(browser: &Browser) -> Result<Vec<String>> {
    browser.eval("return [...window.seen]", []).await
}

async fn until_greeting(browser: &Browser, greeting: &str) -> Result<()> {
    until(format_args!("{greeting:?} shows"), async || {
        let seen = greetings(browser).await?;
        ensure!(seen.iter().any(|seen| seen == greeting), "{seen:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn t4_2_a_greeting_reaches_everyone_or_everyone_but_the_sending_screen() -> Result<()> {
    BrowserTest::run("feed-greetings", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        open_feed(&test.server, &jane).await?;
        record_greetings(&jane.browser).await?;
        let other_tab = minsu.browser.tab().await?;
        open_feed(&test.server, &minsu).await?;
        record_greetings(&minsu.browser).await?;
        let this_tab = minsu.browser.new_tab().await?;
        open_feed(&test.server, &minsu).await?;
        record_greetings(&minsu.browser).await?;

        let (to_all, to_others) =
            ("👋 민수 님이 모두에게 인사합니다", "👋 민수 님이 다른 모두에게 인사합니다");
        minsu.browser.click("greetings").await?;
        minsu.browser.click("greet-others").await?;
        minsu.browser.find("greeted-others").await?;
        minsu.browser.click("greet-all").await?;
        // The second greeting has arrived here, so the first one would have arrived before it.
        until_greeting(&minsu.browser, to_all).await?;
        assert_eq!(greetings(&minsu.browser).await?, [to_all]);
        minsu.browser.screenshot("feed-greeting-ko-desktop").await?;
        until_greeting(&jane.browser, "👋 민수 greets everyone else").await?;
        until_greeting(&jane.browser, "👋 민수 greets everyone").await?;
        jane.browser.screenshot("feed-greeting-en-phone").await?;
        minsu.browser.switch_to(&other_tab).await?;
        until_greeting(&minsu.browser, to_others).await?;
        until_greeting(&minsu.browser, to_all).await?;
        minsu.browser.switch_to(&this_tab).await?;
        minsu.browser.until_gone("greeting").await?;
        assert_eq!(greetings(&minsu.browser).await?, [to_all]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t4_3_a_post_over_http_shows_on_every_open_screen() -> Result<()> {
    BrowserTest::run("feed-http", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        open_feed(&test.server, &jane).await?;
        let first_tab = minsu.browser.tab().await?;
        open_feed(&test.server, &minsu).await?;
        let second_tab = minsu.browser.new_tab().await?;
        open_feed(&test.server, &minsu).await?;
        let screens = async |texts: &[&str]| -> Result<()> {
            until_posts(&jane.browser, texts).await?;
            for tab in [&first_tab, &second_tab] {
                minsu.browser.switch_to(tab).await?;
                until_posts(&minsu.browser, texts).await?;
            }
            Ok(())
        };
        let caller = HttpClient::as_user_of(&test.server, &minsu.browser).await?;
        caller.post("배포가 끝났습니다").await?;
        screens(&["배포가 끝났습니다"]).await?;
        let text = Some("배포가 잘 끝났습니다");
        assert_eq!(caller.call(Method::PUT, "/posts/1", text).await?, StatusCode::OK);
        screens(&["배포가 잘 끝났습니다"]).await?;
        let deleted = caller.call(Method::DELETE, "/posts/1", None).await?;
        assert_eq!(deleted, StatusCode::NO_CONTENT);
        screens(&[]).await
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_in_the_feed() -> Result<()> {
    BrowserTest::run("feed-axe", async |test| {
        let token = TestClient::sign_up(&test.server, "하늘").await?.token.context("a token")?;
        let haneul = HttpClient::new(&test.server, token);
        for text in [
            "오늘 저녁 여섯 시에 마당에서 별을 봅니다.\n담요를 하나씩 가져오세요.",
            "The map is here: https://example.com/map?q=yard. Come early, the gate is small.",
        ] {
            haneul.post(text).await?;
        }
        for (device, lang, theme, view) in [
            (Device::desktop(Lang::Ko), "ko", "light", "feed-ko-desktop-light"),
            (Device::desktop(Lang::En), "en", "dark", "feed-en-desktop-dark"),
            (Device::phone(Lang::Ko), "ko", "dark", "feed-ko-phone-dark"),
            (Device::phone(Lang::En), "en", "light", "feed-en-phone-light"),
        ] {
            let page = test.chat_page(view, device).await?;
            let browser: &Rc<Browser> = &page.browser;
            let script = "localStorage.setItem('madang.theme', arguments[0])";
            browser.run_script(script, [Value::from(theme)]).await?;
            open_feed(&test.server, &page).await?;
            write(browser, if lang == "ko" { "저도 갈게요!" } else { "I will be there!" }).await?;
            until_true("the post is stored", async || {
                let post_cards = post_cards(browser).await?;
                Ok(post_cards
                    .first()
                    .is_some_and(|card| card.author == view && card.state == "stored"))
            })
            .await?;
            browser.until_animations_end().await?;
            browser.screenshot(view).await?;
            let found = axe::violations(browser).await?;
            ensure!(found.is_empty(), "{view}: axe finds\n{found}");
            browser.click("edit").await?;
            browser.until_focus("editor").await?;
            browser.until_animations_end().await?;
            browser.screenshot(&format!("{view}-editing")).await?;
            let found = axe::violations(browser).await?;
            ensure!(found.is_empty(), "{view}, editing: axe finds\n{found}");
            let too_wide: bool = browser
                .eval("return document.documentElement.scrollWidth > innerWidth", [])
                .await?;
            ensure!(!too_wide, "{view}: the page is wider than the window");
        }
        Ok(())
    })
    .await
}
