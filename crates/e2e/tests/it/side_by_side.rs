//! HTTP and WebSocket side by side.

use std::rc::Rc;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::looks::walk;
use crate::support::browser::{Browser, Lang, Look};
use crate::support::chat_page::ChatPage;
use crate::support::elsewhere::Elsewhere;
use crate::support::server::Server;
use crate::support::stage::Stage;
use crate::support::wait::until;

pub(crate) const PATH: &str = "/lab/http";

/// Somebody who looks at the page.
async fn visitor(stage: &Stage, name: &str, look: Look) -> Result<Rc<Browser>> {
    let ChatPage { browser } = stage.person(name, look).await?;
    browser.goto(&stage.server.url(PATH)).await?;
    browser.find("side-toggle").await?;
    Ok(browser)
}

/// Turns the chat on.
pub(crate) async fn turn_on(browser: &Browser) -> Result<()> {
    browser.click("side-toggle").await?;
    browser.until_attribute("side-state", "data-on", "true").await
}

pub(crate) async fn say(browser: &Browser, text: &str) -> Result<()> {
    let field = browser.find("side-field").await?;
    Ok(field.send_keys(text.to_owned() + Key::Enter).await?)
}

/// Waits for the lines to be these.
pub(crate) async fn until_lines(browser: &Browser, wanted: &[&str]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=\"side-line\"]')] \
        .map(line => line.textContent)";
    until(format_args!("the lines are {wanted:?}"), async || {
        let lines: Vec<String> = browser.ask(script, []).await?;
        ensure!(lines == wanted, "the lines are {lines:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn t0_1_the_answer_to_a_plain_request_is_shown_in_red() -> Result<()> {
    Stage::play("side-http", async |stage| {
        let jane = visitor(stage, "Jane", Look::desktop(Lang::En)).await?;
        let title = jane.find_css("#http-title").await?.text().await?;
        assert_eq!(title, "HTTP communication");
        let sentence = jane.until_text("http-sentence", |it| it.contains("plain HTTP")).await?;
        let script = "const done = arguments[0]; fetch('/http-call').then(it => it.json()) \
            .then(it => done(it.data))";
        assert_eq!(sentence, jane.ask_later::<String>(script, []).await?);
        let script = "const canvas = document.createElement('canvas').getContext('2d'); \
            const line = document.querySelector('[data-testid=\"http-sentence\"]'); \
            canvas.fillStyle = getComputedStyle(line).color; canvas.fillRect(0, 0, 1, 1); \
            return [...canvas.getImageData(0, 0, 1, 1).data]";
        let [red, green, blue, _] = jane.ask::<[u16; 4]>(script, []).await?;
        ensure!(red > 150 && red > 4 * green && red > 4 * blue, "{red}, {green}, {blue} is no red");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t0_2_a_button_opens_a_connection_and_closes_it_and_so_does_leaving() -> Result<()> {
    Stage::play("side-toggle", async |stage| {
        let minsu = visitor(stage, "민수", Look::desktop(Lang::Ko)).await?;
        let jane = visitor(stage, "Jane", Look::desktop(Lang::En)).await?;
        turn_on(&minsu).await?;
        turn_on(&jane).await?;
        jane.click("side-toggle").await?;
        jane.until_attribute("side-state", "data-on", "false").await?;
        let own =
            ["#2 connected (that is you)", "Your connection is closed: 1000, closed normally"];
        until_lines(&jane, &own).await?;
        // Going to another page of the app is leaving, and so is closing the tab.
        turn_on(&jane).await?;
        jane.click("page-lab").await?;
        jane.find("T0").await?;
        jane.goto(&stage.server.url(PATH)).await?;
        turn_on(&jane).await?;
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
async fn t0_3_t0_4_everybody_sees_who_comes_who_goes_and_what_is_said() -> Result<()> {
    Stage::play("side-chat", async |stage| {
        let minsu = visitor(stage, "민수", Look::desktop(Lang::Ko)).await?;
        let jane = visitor(stage, "Jane", Look::phone(Lang::En)).await?;
        turn_on(&minsu).await?;
        turn_on(&jane).await?;
        let state = jane.until_text("side-state", |it| it.contains("#2")).await?;
        assert_eq!(state, "It is on. You are connection #2, one of 2.");
        say(&jane, "hello").await?;
        until_lines(&minsu, &["#1 연결됨 (나)", "#2 연결됨", "#2: hello"]).await?;
        say(&minsu, "안녕하세요").await?;
        until_lines(&jane, &["#2 connected (that is you)", "#2 (you): hello", "#1: 안녕하세요"])
            .await?;
        minsu.picture("side-by-side-ko-desktop").await?;
        jane.picture("side-by-side-en-phone").await?;
        jane.click("side-toggle").await?;
        let heard =
            ["#1 연결됨 (나)", "#2 연결됨", "#2: hello", "#1 (나): 안녕하세요", "#2 연결 끊김"];
        until_lines(&minsu, &heard).await?;
        minsu.until_text("side-state", |it| it.contains("1개")).await?;

        stage.server.kill().await?;
        minsu.until_attribute("side-state", "data-on", "false").await?;
        stage.server.restart().await?;
        turn_on(&minsu).await
    })
    .await
}

/// What a page of another origin gets of a server: the sentence over HTTP, the first word of a socket.
async fn from_elsewhere(browser: &Browser, server: &Server) -> Result<(bool, bool)> {
    let script = "const [http, ws, done] = arguments; \
        const asked = fetch(http).then(it => it.json()).then(it => it.data !== '', () => false); \
        const heard = new Promise(tell => { const socket = new WebSocket(ws); \
            socket.onmessage = () => { tell(true); socket.close(); }; \
            socket.onerror = () => tell(false); }); \
        Promise.all([asked, heard]).then(done)";
    let socket = format!("ws://{}/lab/http/socket", server.address());
    browser.ask_later(script, [server.url("/http-call").into(), socket.into()]).await
}

#[tokio::test]
async fn t0_5_it_works_from_listed_origins_only() -> Result<()> {
    Stage::play("side-origins", async |stage| {
        let browser = stage.browser(Look::desktop(Lang::En)).await?;
        let elsewhere = Elsewhere::start().await?;
        let allowing =
            Server::start(&["--allowed-origin".to_owned(), elsewhere.origin.clone()]).await?;
        browser.goto(&elsewhere.origin).await?;
        browser.forgive("has been blocked by CORS policy");
        browser.forgive("Failed to load resource");
        browser.forgive("WebSocket connection to");
        assert_eq!(from_elsewhere(&browser, &allowing).await?, (true, true));
        assert_eq!(from_elsewhere(&browser, &stage.server).await?, (false, false));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_beside_http() -> Result<()> {
    Stage::play("axe-side", async |stage| {
        walk(stage, "side", visitor, async |browser| {
            browser.find("side-toggle").await?;
            turn_on(browser).await?;
            say(browser, "안녕, hello").await?;
            browser.until_text("side-lines", |lines| lines.contains("hello")).await?;
            Ok(())
        })
        .await
    })
    .await
}
