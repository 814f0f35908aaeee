//! The events that announce a client, with the two parsers that a tutorial's client may have, under both settings.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::support::repository_path;
use crate::support::socketio_clients::{CLIENT_KINDS, ClientKind, SocketIoClient};
use crate::support::test_server::TestServer;

/// The tutorial's client with a parser. The versions are those of `scripts/tools.sh`.
const fn with_parser(installed_folder: &'static str) -> ClientKind {
    ClientKind {
        package: "socket.io-client (npm)",
        version: "4.5.1",
        protocol: "5",
        installed_folder,
        resumes: true,
    }
}

/// The parser of the tutorial's lock file, 4.0.4.
const OLD_PARSER: ClientKind = with_parser("MADANG_SOCKETIO_OLD_PARSER");
/// The parser of a fresh install, 4.2.7.
const NEW_PARSER: ClientKind = with_parser("MADANG_SOCKETIO_NEW_PARSER");

fn announcement(id: &Value, state: &str) -> Value {
    let data = format!("id: {} is {state}", id.as_str().unwrap_or_default());
    json!({ "data": data, "id": id })
}

async fn start(
    kind: ClientKind,
    server: &TestServer,
    name: &str,
) -> Result<(SocketIoClient, Value)> {
    let mut client = SocketIoClient::start(kind, server, name, "websocket", false)?;
    let connected = client.next_event("connect").await?;
    let id = connected.first().context("an id")?.clone();
    ensure!(connected.get(1) == Some(&Value::Null), "by the client itself: {connected:?}");
    Ok((client, id))
}

/// Receives the events of a name until one has this argument.
async fn until_event(client: &mut SocketIoClient, name: &str, argument: &Value) -> Result<()> {
    while client.next_event(name).await?.last() != Some(argument) {}
    Ok(())
}

#[tokio::test]
async fn t0_6_every_parser_receives_connected_and_disconnected() -> Result<()> {
    let server = TestServer::start(&[]).await?;
    for kind in [OLD_PARSER, NEW_PARSER] {
        let (mut client, own) = start(kind, &server, "one").await?;
        until_event(&mut client, "connected", &announcement(&own, "connected")).await?;
        let (other, id) = start(kind, &server, "two").await?;
        until_event(&mut client, "connected", &announcement(&id, "connected")).await?;
        drop(other);
        until_event(&mut client, "disconnected", &announcement(&id, "disconnected")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn t0_6_the_tutorials_names_are_for_the_parser_of_its_lock_file() -> Result<()> {
    let setting = ["--socketio-presence-events", "connect"].map(str::to_owned);
    let server = TestServer::start(&setting).await?;
    let (mut client, own) = start(OLD_PARSER, &server, "one").await?;
    until_event(&mut client, "connect", &announcement(&own, "connected")).await?;
    let (other, id) = start(OLD_PARSER, &server, "two").await?;
    until_event(&mut client, "connect", &announcement(&id, "connected")).await?;
    drop(other);
    until_event(&mut client, "disconnect", &announcement(&id, "disconnected")).await?;
    drop(client);

    // The tutorial's client does not catch the error of its parser, so the program ends; the current one disconnects.
    let (mut client, _) = start(NEW_PARSER, &server, "three").await?;
    let ended = client.next_event("disconnect").await;
    ensure!(ended.is_err_and(|error| error.to_string().contains("has ended")), "it goes on");
    let (mut client, _) = start(CLIENT_KINDS[0], &server, "four").await?;
    let reason = client.next_event("disconnect").await?;
    ensure!(reason == [json!("parse error")], "{reason:?}");
    Ok(())
}

#[test]
fn the_parser_versions_match_the_setup_script() -> Result<()> {
    let tools = std::fs::read_to_string(repository_path("scripts/tools.sh"))?;
    for line in [
        "socketio_tutorial_version=4.5.1",
        "socketio_old_parser_version=4.0.4",
        "socketio_new_parser_version=4.2.7",
    ] {
        ensure!(tools.contains(&format!("\n{line}\n")), "{line}");
    }
    Ok(())
}
