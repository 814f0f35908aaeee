//! Clients of Socket.IO, unmodified, and people in the app. What is tested here is what
//! `docs/compatibility.md` says: the table is made by the test, and `MADANG_BLESS=1` writes it down.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::browser::{Browser, Lang, Look};
use crate::support::chat_page::FIRST_ROOM;
use crate::support::clients::{ForeignClient, KINDS, Kind, folder};
use crate::support::in_repository;
use crate::support::program::Program;
use crate::support::server::Server;
use crate::support::stage::Stage;
use crate::support::wait::until;

const TRANSPORTS: [(&str, &str); 3] = [
    ("websocket", "WebSocket"),
    ("polling", "long polling"),
    ("both", "long polling, then WebSocket"),
];
const BEGIN: &str = "<!-- made by the test -->\n";
const END: &str = "<!-- until here -->";

struct Chatting {
    kind: Kind,
    transport: (&'static str, &'static str),
    name: String,
    client: ForeignClient,
}

#[tokio::test]
async fn t0_6_t1_3_clients_of_every_generation_chat_with_the_app() -> Result<()> {
    Stage::play("socketio-clients", async |stage| {
        let mina = stage.person("미나", Look::desktop(Lang::Ko)).await?;
        let mut chatting = Vec::new();
        for (index, kind) in KINDS.into_iter().enumerate() {
            for transport in TRANSPORTS {
                let name = format!("{}번 {}", index + 1, transport.0);
                let mut client =
                    ForeignClient::start(kind, &stage.server, &name, transport.0, false)?;
                client.hear("connect").await?;
                chatting.push(Chatting { kind, transport, name, client });
            }
        }
        for Chatting { name, client, .. } in &mut chatting {
            let text = format!("안녕, {name}");
            client.say(&text).await?;
            let ack = client.hear("ack").await?;
            ensure!(ack[0]["ok"] == json!(true), "{name}: {ack:?}");
            let shown = mina.until_stored(&text).await?;
            ensure!(shown.author.starts_with(name.as_str()), "{shown:?}");
            ensure!(shown.author.ends_with("Socket.IO"), "nobody is taken for a user: {shown:?}");
        }
        mina.say("모두 반가워요").await?;
        let names: Vec<String> = chatting.iter().map(|one| one.name.clone()).collect();
        let mut rows = Vec::new();
        for Chatting { kind, transport, name, client } in &mut chatting {
            // Everybody's, in the order in which they spoke; then the app's.
            for speaker in &names {
                let heard = client.hear("my response").await?;
                ensure!(heard[0]["user_name"] == json!(speaker), "{name} heard {heard:?}");
            }
            let last = client.hear("my response").await?;
            let said = json!({ "user_name": "미나", "message": "모두 반가워요" });
            ensure!(last[0] == said, "{name} heard {last:?}");
            let over = if transport.0 == "polling" { "polling" } else { "websocket" };
            ensure!(last[1] == json!(over), "{name} is over {last:?}");
            rows.push(row(*kind, transport.1));
        }
        let confirmed = format!("seq={0} asked={1} confirmed={1}", names.len() + 1, names.len());
        until("every client confirmed what the app said", async || {
            Ok(stage.server.log().contains(&confirmed).then_some(()))
        })
        .await?;
        compare(&rows)
    })
    .await
}

fn row(kind: Kind, transport: &str) -> String {
    let Kind { package, version, protocol, resumes, .. } = kind;
    let resumed = if resumes { "yes" } else { "no `auth`; see below" };
    format!("| {package} | {version} | {protocol} | {transport} | yes | yes | yes | {resumed} |\n")
}

/// Compares the rows with those on the page, or writes them there.
fn compare(rows: &[String]) -> Result<()> {
    let path = in_repository("docs/compatibility.md");
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
        "docs/compatibility.md says something else; MADANG_BLESS=1 writes it anew"
    );
    Ok(())
}

#[tokio::test]
async fn clients_that_bring_positions_miss_nothing_when_the_server_is_killed() -> Result<()> {
    let server = Server::start(&[]).await?;
    for kind in KINDS.into_iter().filter(|kind| kind.resumes) {
        for (transport, _) in TRANSPORTS {
            let joined = come_back(&server, kind, transport).await;
            joined.with_context(|| format!("{kind:?} over {transport}:\n{}", server.log()))?;
        }
    }
    Ok(())
}

async fn come_back(server: &Server, kind: Kind, transport: &str) -> Result<()> {
    let name = format!("{} {transport}", kind.version);
    let mut client = ForeignClient::start(kind, server, &name, transport, true)?;
    client.hear("connect").await?;
    client.say("before").await?;
    until_said(&mut client, "before").await?;
    server.kill().await?;
    client.hear("disconnect").await?;
    server.restart().await?;
    let mut program = Program::connect(server, &format!("Mina {name}")).await?;
    let texts: Vec<String> = (0..30).map(|number| format!("{name}: {number}")).collect();
    for text in &texts {
        program.say(FIRST_ROOM, text.as_str()).await?;
    }
    let mut messages = Vec::new();
    for _ in &texts {
        let heard = client.hear("my response").await?;
        messages.extend(heard.first().map(|said| said["message"].clone()));
    }
    let mut expected: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    if kind.is_python() {
        // It runs its handlers on threads of their own: each once, but in whatever order.
        for list in [&mut messages, &mut expected] {
            list.sort_by_key(ToString::to_string);
        }
    }
    ensure!(messages == expected, "{name} heard {messages:?}");
    Ok(())
}

async fn until_said(client: &mut ForeignClient, text: &str) -> Result<()> {
    loop {
        let heard = client.hear("my response").await?;
        if heard.first().is_some_and(|said| said["message"] == json!(text)) {
            return Ok(());
        }
    }
}

#[test]
fn the_versions_are_those_that_the_set_up_installs() -> Result<()> {
    let tools = std::fs::read_to_string(in_repository("scripts/tools.sh"))?;
    for Kind { version, package, .. } in KINDS {
        ensure!(tools.contains(&format!("_version={version}\n")), "{package} {version}");
    }
    Ok(())
}

/// An example's page, served by the example's own server.
struct Pages {
    url: String,
    _process: Child,
}

impl Pages {
    async fn serve(example: &str, modules: &[&str], server: &Server) -> Result<Self> {
        let modules: Vec<PathBuf> = modules.iter().map(|it| folder(it)).collect::<Result<_>>()?;
        let mut process = Command::new("node")
            .arg(in_repository("examples/serve.mjs"))
            .arg(in_repository("examples").join(example))
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
        let shown: Value = browser.ask(script, []).await?;
        Ok((shown == *wanted).then_some(()))
    })
    .await
}

#[tokio::test]
async fn t0_6_a_react_page_of_another_port_chats_with_the_default_configuration() -> Result<()> {
    Stage::play("socketio-react", async |stage| {
        let modules = ["MADANG_REACT", "MADANG_SOCKETIO_4"];
        let pages = Pages::serve("socketio-react", &modules, &stage.server).await?;
        let mina = stage.person("미나", Look::desktop(Lang::Ko)).await?;
        let page = stage.browser(Look::desktop(Lang::En)).await?;
        page.goto(&pages.url).await?;
        let sentence =
            "return document.getElementById('sentence').textContent.includes('plain HTTP')";
        until_page(&page, "the red sentence", sentence, &json!(true)).await?;
        page.click_css("#toggle").await?;
        page.find_css("#text").await?.send_keys("from React".to_owned() + Key::Enter).await?;
        let lines = "return [...document.querySelectorAll('#lines li')] \
            .map(line => line.firstChild.textContent)";
        until_page(&page, "its own line", lines, &json!(["from React"])).await?;
        mina.until_stored("from React").await?;
        mina.say("앱에서").await?;
        until_page(&page, "both lines", lines, &json!(["from React", "앱에서"])).await?;
        mina.browser.picture("socketio-app").await?;
        page.picture("socketio-react").await?;
        page.click_css("#toggle").await?;
        let state = "return document.getElementById('state').textContent";
        until_page(&page, "off", state, &json!("off")).await
    })
    .await
}

#[tokio::test]
async fn t1_3_a_jquery_page_with_socket_io_1_7_3_chats_with_the_default_configuration() -> Result<()>
{
    Stage::play("socketio-jquery", async |stage| {
        let modules = ["MADANG_JQUERY", "MADANG_SOCKETIO_1"];
        let pages = Pages::serve("socketio-jquery", &modules, &stage.server).await?;
        let mina = stage.person("미나", Look::desktop(Lang::Ko)).await?;
        let page = stage.browser(Look::desktop(Lang::En)).await?;
        page.goto(&pages.url).await?;
        page.find_css("body[data-connected]").await?;
        page.find_css("#name").await?.send_keys("민수").await?;
        page.find_css("#text").await?.send_keys("jQuery에서".to_owned() + Key::Enter).await?;
        let lines =
            "return [...document.querySelectorAll('#messages p')].map(line => line.textContent)";
        until_page(&page, "its own line", lines, &json!(["민수 jQuery에서"])).await?;
        let shown = mina.until_stored("jQuery에서").await?;
        ensure!(shown.author.starts_with("민수"), "{shown:?}");
        mina.say("앱에서").await?;
        let both = json!(["민수 jQuery에서", "미나 앱에서"]);
        until_page(&page, "both lines", lines, &both).await?;
        let empty: bool = page.ask("return document.getElementById('empty') === null", []).await?;
        ensure!(empty, "the placeholder is gone");
        page.picture("socketio-jquery").await
    })
    .await
}
