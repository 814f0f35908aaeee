//! The page `/lab/http`: HTTP and WebSocket side by side.

use std::rc::Rc;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::appearance::check_page;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::other_origin::OtherOrigin;
use crate::support::test_server::TestServer;
use crate::support::wait::until;

pub(crate) const PATH: &str = "/lab/http";

/// Starts a browser with a new user, on the page.
async fn open_page(test: &BrowserTest, name: &str, device: Device) -> Result<Rc<Browser>> {
    let ChatPage { browser } = test.chat_page(name, device).await?;
    browser.goto(&test.server.url(PATH)).await?;
    browser.find("side-toggle").await?;
    Ok(browser)
}

/// Opens the page's own WebSocket connection.
pub(crate) async fn connect(browser: &Browser) -> Result<()> {
    browser.click("side-toggle").await?;
    browser.until_attribute("side-state", "data-on", "true").await
}

pub(crate) async fn send(browser: &Browser, text: &str) -> Result<()> {
    let field = browser.find("side-field").await?;
    Ok(field.send_keys(text.to_owned() + Key::Enter).await?)
}

/// Waits until the page shows exactly these lines.
pub(crate) async fn until_lines(browser: &Browser, wanted: &[&str]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=\"side-line\"]')] \
        .map(line => line.textContent)";
    until(format_args!("the lines are {wanted:?}"), async || {
        let lines: Vec<String> = browser.eval(script, []).await?;
        ensure!(lines == wanted, "the lines are {lines:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn t0_1_the_http_response_is_shown_in_red() -> Result<()> {
    BrowserTest::run("side-http", async |test| {
        let jane = open_page(test, "Jane", Device::desktop(Lang::En)).await?;
        let title = jane.find_css("#http-title").await?.text().await?;
        assert_eq!(title, "HTTP communication");
        let sentence = jane.until_text("http-sentence", |it| it.contains("plain HTTP")).await?;
        let script = "const done = arguments[0]; fetch('/http-call').then(it => it.json()) \
            .then(it => done(it.data))";
        assert_eq!(sentence, jane.eval_async::<String>(script, []).await?);
        let script = "const canvas = document.createElement('canvas').getContext('2d'); \
            const line = document.querySelector('[data-testid=\"http-sentence\"]'); \
            canvas.fillStyle = getComputedStyle(line).color; canvas.fillRect(0, 0, 1, 1); \
            return [...canvas.getImageData(0, 0, 1, 1).data]";
        let [red, green, blue, _] = jane.eval::<[u16; 4]>(script, []).await?;
        ensure!(
            red > 150 && red > 4 * green && red > 4 * blue,
            "{red}, {green}, {blue} is not red"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t0_2_a_button_opens_and_closes_a_connection_and_leaving_closes_it() -> Result<()> {
    BrowserTest::run("side-toggle", async |test| {
        let minsu = open_page(test, "민수", Device::desktop(Lang::Ko)).await?;
        let jane = open_page(test, "Jane", Device::desktop(Lang::En)).await?;
        connect(&minsu).await?;
        connect(&jane).await?;
        jane.click("side-toggle").await?;
        jane.until_attribute("side-state", "data-on", "false").await?;
        let own =
            ["#2 connected (that is you)", "Your connection is closed: 1000, closed normally"];
        until_lines(&jane, &own).await?;
        // Opening another page of the app closes the connection, and so does leaving the app.
        connect(&jane).await?;
        jane.click("rail-learn").await?;
        jane.find("T0").await?;
        jane.goto(&test.server.url(PATH)).await?;
        connect(&jane).await?;
        jane.goto("about:blank").await?;
        let mut lines = vec!["#1 연결됨 (나)".to_owned()];
        for id in [2, 3, 4] {
            lines.extend([format!("#{id} 연결됨"), format!("#{id} 연결 끊김")]);
        }
        until_lines(&minsu, &lines.iter().map(String::as_str).collect::<Vec<_>>()).await
    })
    .await
}

#[tokio::test]
async fn t0_3_t0_4_joins_leaves_and_messages_reach_everybody() -> Result<()> {
    BrowserTest::run("side-chat", async |test| {
        let minsu = open_page(test, "민수", Device::desktop(Lang::Ko)).await?;
        let jane = open_page(test, "Jane", Device::phone(Lang::En)).await?;
        connect(&minsu).await?;
        connect(&jane).await?;
        let state = jane.until_text("side-state", |it| it.contains("#2")).await?;
        assert_eq!(state, "It is on. You are connection #2, one of 2.");
        send(&jane, "hello").await?;
        until_lines(&minsu, &["#1 연결됨 (나)", "#2 연결됨", "#2: hello"]).await?;
        send(&minsu, "안녕하세요").await?;
        until_lines(&jane, &["#2 connected (that is you)", "#2 (you): hello", "#1: 안녕하세요"])
            .await?;
        minsu.screenshot("side-by-side-ko-desktop").await?;
        jane.screenshot("side-by-side-en-phone").await?;
        jane.click("side-toggle").await?;
        let expected =
            ["#1 연결됨 (나)", "#2 연결됨", "#2: hello", "#1 (나): 안녕하세요", "#2 연결 끊김"];
        until_lines(&minsu, &expected).await?;
        minsu.until_text("side-state", |it| it.contains("1개")).await?;

        test.server.kill().await?;
        minsu.until_attribute("side-state", "data-on", "false").await?;
        test.server.restart().await?;
        connect(&minsu).await
    })
    .await
}

/// Whether a page of another origin gets the response over HTTP, and the first message of a WebSocket.
async fn fetch_from_other_origin(browser: &Browser, server: &TestServer) -> Result<(bool, bool)> {
    let script = "const [http, ws, done] = arguments; \
        const asked = fetch(http).then(it => it.json()).then(it => it.data !== '', () => false); \
        const heard = new Promise(tell => { const socket = new WebSocket(ws); \
            socket.onmessage = () => { tell(true); socket.close(); }; \
            socket.onerror = () => tell(false); }); \
        Promise.all([asked, heard]).then(done)";
    let socket = format!("ws://{}/lab/http/socket", server.address());
    browser.eval_async(script, [server.url("/http-call").into(), socket.into()]).await
}

/// The statuses of a read with the browser's cookies, and of a sign-up without them.
async fn use_session_api(browser: &Browser, server: &TestServer) -> Result<[u16; 2]> {
    let script = "const [url, done] = arguments; \
        const headers = { 'content-type': 'application/json' }; \
        const body = JSON.stringify({ name: 'development', bearer: true }); \
        Promise.all([fetch(url, { credentials: 'include' }), fetch(url, { method: 'POST', headers, body })]) \
            .then(answers => done(answers.map(it => it.status)))";
    browser.eval_async(script, [server.url("/api/session").into()]).await
}

#[tokio::test]
async fn t0_5_pages_of_this_machine_are_served_without_cookies_and_foreign_pages_are_not()
-> Result<()> {
    BrowserTest::run("side-origins", async |test| {
        let ChatPage { browser } = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        assert_eq!(use_session_api(&browser, &test.server).await?[0], 200, "the server's own page");
        let elsewhere = OtherOrigin::start().await?;
        browser.goto(&elsewhere.origin).await?;
        assert_eq!(fetch_from_other_origin(&browser, &test.server).await?, (true, true));
        assert_eq!(use_session_api(&browser, &test.server).await?, [200, 201]);
        // A page from no server has the origin `null`.
        browser.goto("data:text/html,<title>foreign</title>").await?;
        browser.expect_console_error("has been blocked by CORS policy");
        browser.expect_console_error("Failed to load resource");
        browser.expect_console_error("WebSocket connection to");
        assert_eq!(fetch_from_other_origin(&browser, &test.server).await?, (false, false));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_on_the_http_page() -> Result<()> {
    BrowserTest::run("axe-side", async |test| {
        check_page(test, "side", open_page, async |browser| {
            browser.find("side-toggle").await?;
            connect(browser).await?;
            send(browser, "안녕, hello").await?;
            browser.until_text("side-lines", |lines| lines.contains("hello")).await?;
            Ok(())
        })
        .await
    })
    .await
}
