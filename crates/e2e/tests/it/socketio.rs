//! Unmodified Socket.IO clients beside users of the app. The test compares its results with the table in
//! `docs/compatibility.md`; with `MADANG_BLESS=1` it writes the table.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::repository_path;
use crate::support::socketio_clients::{
    CLIENT_KINDS, ClientKind, SocketIoClient, installed_folder,
};
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;
use crate::support::wait::until;

const TRANSPORTS: [(&str, &str); 3] = [
    ("websocket", "WebSocket"),
    ("polling", "long polling"),
    ("both", "long polling, then WebSocket"),
];
const BEGIN: &str = "<!-- made by the test -->\n";
const END: &str = "<!-- until here -->";

struct ConnectedClient {
    kind: ClientKind,
    transport: (&'static str, &'static str),
    name: String,
    client: SocketIoClient,
}

#[tokio::test]
async fn t0_6_t1_3_clients_of_every_generation_chat_with_the_app() -> Result<()> {
    BrowserTest::run("socketio-clients", async |test| {
        let mina = test.chat_page("미나", Device::desktop(Lang::Ko)).await?;
        let mut chatting = Vec::new();
        for (index, kind) in CLIENT_KINDS.into_iter().enumerate() {
            for transport in TRANSPORTS {
                let name = format!("{}번 {}", index + 1, transport.0);
                let mut client =
                    SocketIoClient::start(kind, &test.server, &name, transport.0, false)?;
                client.next_event("connect").await?;
                chatting.push(ConnectedClient { kind, transport, name, client });
            }
        }
        for ConnectedClient { name, client, .. } in &mut chatting {
            let text = format!("안녕, {name}");
            client.send(&text).await?;
            let ack = client.next_event("ack").await?;
            ensure!(ack[0]["ok"] == json!(true), "{name}: {ack:?}");
            let shown = mina.until_stored(&text).await?;
            ensure!(shown.author.starts_with(name.as_str()), "{shown:?}");
            ensure!(
                shown.author.ends_with("Socket.IO"),
                "the author is marked as a guest: {shown:?}"
            );
        }
        mina.send("모두 반가워요").await?;
        let names: Vec<String> = chatting.iter().map(|one| one.name.clone()).collect();
        let mut rows = Vec::new();
        for ConnectedClient { kind, transport, name, client } in &mut chatting {
            // The messages of all clients in the order of sending, then the app's message.
            for sender in &names {
                let received = client.next_event("my response").await?;
                ensure!(received[0]["user_name"] == json!(sender), "{name} received {received:?}");
            }
            let last = client.next_event("my response").await?;
            let response = json!({ "user_name": "미나", "message": "모두 반가워요" });
            ensure!(last[0] == response, "{name} received {last:?}");
            let over = if transport.0 == "polling" { "polling" } else { "websocket" };
            ensure!(last[1] == json!(over), "{name} uses {last:?}");
            rows.push(table_row(*kind, transport.1));
        }
        let confirmed =
            format!("seq={0} requested={1} confirmed={1}", names.len() + 1, names.len());
        until("every client confirmed the app's message", async || {
            Ok(test.server.log().contains(&confirmed).then_some(()))
        })
        .await?;
        check_table(&rows)
    })
    .await
}

fn table_row(kind: ClientKind, transport: &str) -> String {
    let ClientKind { package, version, protocol, resumes, .. } = kind;
    let resumed = if resumes { "yes" } else { "no `auth`; see below" };
    format!("| {package} | {version} | {protocol} | {transport} | yes | yes | yes | {resumed} |\n")
}

/// Compares the rows with those in the document, or writes them there.
fn check_table(rows: &[String]) -> Result<()> {
    let path = repository_path("docs/compatibility.md");
    let page = std::fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).context("the page has no table")?;
    let (_, after) = rest.split_once(END).context("the table has no end")?;
    let head = "| client | version | protocol | transport | to the app and to each other | from the app | \
        acknowledged both ways | resumes |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    let made = format!("{before}{BEGIN}\n{head}{}\n{END}{after}", rows.concat());
    if std::env::var_os("MADANG_BLESS").is_some() {
        return Ok(std::fs::write(&path, made)?);
    }
    ensure!(
        page == made,
        "docs/compatibility.md differs from the results; run the test with MADANG_BLESS=1 to write them"
    );
    Ok(())
}

#[tokio::test]
async fn clients_that_resume_miss_nothing_when_the_server_is_killed() -> Result<()> {
    let server = TestServer::start(&[]).await?;
    for kind in CLIENT_KINDS.into_iter().filter(|kind| kind.resumes) {
        for (transport, _) in TRANSPORTS {
            let joined = resume_after_kill(&server, kind, transport).await;
            joined.with_context(|| format!("{kind:?} over {transport}:\n{}", server.log()))?;
        }
    }
    Ok(())
}

async fn resume_after_kill(server: &TestServer, kind: ClientKind, transport: &str) -> Result<()> {
    let name = format!("{} {transport}", kind.version);
    let mut client = SocketIoClient::start(kind, server, &name, transport, true)?;
    client.next_event("connect").await?;
    client.send("before").await?;
    until_message(&mut client, "before").await?;
    server.kill().await?;
    client.next_event("disconnect").await?;
    server.restart().await?;
    let mut program = TestClient::connect(server, &format!("Mina {name}")).await?;
    let texts: Vec<String> = (0..30).map(|number| format!("{name}: {number}")).collect();
    for text in &texts {
        program.send(FIRST_ROOM, text.as_str()).await?;
    }
    let mut messages = Vec::new();
    for _ in &texts {
        let received = client.next_event("my response").await?;
        messages.extend(received.first().map(|response| response["message"].clone()));
    }
    let mut expected: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    if kind.is_python() {
        // The Python client runs handlers on several threads: each message once, in any order.
        for list in [&mut messages, &mut expected] {
            list.sort_by_key(ToString::to_string);
        }
    }
    ensure!(messages == expected, "{name} received {messages:?}");
    Ok(())
}

async fn until_message(client: &mut SocketIoClient, text: &str) -> Result<()> {
    loop {
        let received = client.next_event("my response").await?;
        if received.first().is_some_and(|response| response["message"] == json!(text)) {
            return Ok(());
        }
    }
}

#[test]
fn the_client_versions_match_the_setup_script() -> Result<()> {
    let tools = std::fs::read_to_string(repository_path("scripts/tools.sh"))?;
    for ClientKind { version, package, .. } in CLIENT_KINDS {
        ensure!(tools.contains(&format!("_version={version}\n")), "{package} {version}");
    }
    Ok(())
}

/// The page of an example, served by the server of the examples.
struct ExamplePage {
    url: String,
    _process: Child,
}

impl ExamplePage {
    async fn serve(example: &str, modules: &[&str], server: &TestServer) -> Result<Self> {
        let modules: Vec<PathBuf> =
            modules.iter().map(|it| installed_folder(it)).collect::<Result<_>>()?;
        let mut process = Command::new("node")
            .arg(repository_path("examples/serve.mjs"))
            .arg(repository_path("examples").join(example))
            .args(["0", &server.url("")])
            .env("MADANG_MODULES", std::env::join_paths(modules)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("no standard output")?;
        let url = BufReader::new(output).lines().next_line().await?.context("no address")?;
        let port = server.address().port();
        Ok(Self { url: format!("{url}/?server=localhost:{port}"), _process: process })
    }
}

async fn until_page(browser: &Browser, what: &str, script: &str, wanted: &Value) -> Result<()> {
    until(what, async || {
        let shown: Value = browser.eval(script, []).await?;
        Ok((shown == *wanted).then_some(()))
    })
    .await
}

#[tokio::test]
async fn t0_6_a_react_page_of_another_port_chats_with_the_default_configuration() -> Result<()> {
    BrowserTest::run("socketio-react", async |test| {
        let modules = ["MADANG_REACT", "MADANG_SOCKETIO_4"];
        let example = ExamplePage::serve("socketio-react", &modules, &test.server).await?;
        let mina = test.chat_page("미나", Device::desktop(Lang::Ko)).await?;
        let page = test.browser(Device::desktop(Lang::En)).await?;
        page.goto(&example.url).await?;
        let sentence =
            "return document.getElementById('sentence').textContent.includes('plain HTTP')";
        until_page(&page, "the page shows the response", sentence, &json!(true)).await?;
        page.click_css("#toggle").await?;
        page.find_css("#text").await?.send_keys("from React".to_owned() + Key::Enter).await?;
        let lines = "return [...document.querySelectorAll('#lines li')] \
            .map(line => line.firstChild.textContent)";
        until_page(&page, "the page shows its own message", lines, &json!(["from React"])).await?;
        mina.until_stored("from React").await?;
        mina.send("앱에서").await?;
        until_page(&page, "the page shows both messages", lines, &json!(["from React", "앱에서"]))
            .await?;
        mina.browser.screenshot("socketio-app").await?;
        page.screenshot("socketio-react").await?;
        page.click_css("#toggle").await?;
        let state = "return document.getElementById('state').textContent";
        until_page(&page, "off", state, &json!("off")).await
    })
    .await
}

#[tokio::test]
async fn t1_3_a_jquery_page_with_socket_io_1_7_3_chats_with_the_default_configuration() -> Result<()>
{
    BrowserTest::run("socketio-jquery", async |test| {
        let modules = ["MADANG_JQUERY", "MADANG_SOCKETIO_1"];
        let example = ExamplePage::serve("socketio-jquery", &modules, &test.server).await?;
        let mina = test.chat_page("미나", Device::desktop(Lang::Ko)).await?;
        let page = test.browser(Device::desktop(Lang::En)).await?;
        page.goto(&example.url).await?;
        page.find_css("body[data-connected]").await?;
        page.find_css("#name").await?.send_keys("민수").await?;
        page.find_css("#text").await?.send_keys("jQuery에서".to_owned() + Key::Enter).await?;
        let lines =
            "return [...document.querySelectorAll('#messages p')].map(line => line.textContent)";
        until_page(&page, "the page shows its own message", lines, &json!(["민수 jQuery에서"]))
            .await?;
        let shown = mina.until_stored("jQuery에서").await?;
        ensure!(shown.author.starts_with("민수"), "{shown:?}");
        mina.send("앱에서").await?;
        let both = json!(["민수 jQuery에서", "미나 앱에서"]);
        until_page(&page, "the page shows both messages", lines, &both).await?;
        let empty: bool = page.eval("return document.getElementById('empty') === null", []).await?;
        ensure!(empty, "the placeholder is gone");
        page.screenshot("socketio-jquery").await
    })
    .await
}
