//! A standby of PostgreSQL takes over while servers run, and lacks what clients know.

use std::collections::VecDeque;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::app_client::{AppClient, posted_text, sign_up};
use crate::postgres::server::TestServer;
use crate::process::Server;

/// The texts of the messages in a state.
fn texts(state: &Value) -> Vec<&str> {
    let messages = state["snapshot"]["chat"]["page"]["messages"].as_array().unwrap();
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

/// Posts until the server stores the message. Returns the frames that came before its acknowledgement.
async fn post_until_stored(client: &mut AppClient, text: &str) -> Vec<Value> {
    let (mut frames, mut id) = (Vec::new(), None);
    loop {
        match id {
            Some(id) => client.send_post(id, 1, text).await,
            None => id = Some(client.post(1, text).await),
        }
        loop {
            let frame = client.next().await;
            if frame.get("ack").is_some() {
                return frames;
            }
            let is_refused = frame["error"]["about"].get("command").is_some();
            frames.push(frame);
            if is_refused {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_lacks_messages_takes_over_and_every_client_gets_its_state_without_a_restart()
 {
    let primary = TestServer::launch(false, None);
    primary.execute("CREATE DATABASE chat".to_owned());
    let standby = TestServer::launch(false, Some(&primary));
    let hosts = [&primary, &standby].map(|server| server.socket_folder().display().to_string());
    let url = format!("host={} user=madang dbname=chat", hosts.join(","));
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let start = || {
        let log = std::fs::File::options().append(true).create(true).open(&log).unwrap();
        Server::start_with(folder.path(), &[], &[("MADANG_DATABASE", &url)], Stdio::from(log))
    };
    // The second server only reads.
    let [first, second] = [start(), start()];
    let (mina, theo) = (sign_up(&first, "민아").await, sign_up(&second, "테오").await);
    let room = json!({ "topic": "room:1" });
    let mut author = AppClient::connect(&first, &mina, std::slice::from_ref(&room)).await;
    let mut reader = AppClient::connect(&second, &theo, &[room]).await;
    let mut epochs = Vec::new();
    for client in [&mut author, &mut reader] {
        epochs.push(client.until("snapshot").await["position"]["epoch"].as_u64().unwrap());
    }
    for text in ["one", "two"] {
        author.post(1, text).await;
        assert_eq!(posted_text(&author.until("event").await), Some(text));
        assert_eq!(posted_text(&reader.until("event").await), Some(text));
    }
    let wait = "DO $$ BEGIN WHILE {} LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$";
    let until =
        |server: &TestServer, condition: &str| server.execute(wait.replace("{}", condition));
    // The standby has everything so far, and nothing after it.
    until(
        &primary,
        "(SELECT coalesce(min(replay_lsn), '0/0') FROM pg_stat_replication) < pg_current_wal_lsn()",
    );
    standby.execute("ALTER SYSTEM SET primary_conninfo = ''".to_owned());
    standby.execute("SELECT pg_reload_conf()".to_owned());
    until(&primary, "EXISTS (SELECT 1 FROM pg_stat_replication)");
    for text in ["lost one", "lost two", "lost three"] {
        author.post(1, text).await;
        author.until("ack").await;
        assert_eq!(posted_text(&reader.until("event").await), Some(text));
    }
    let known = json!({ "topic": "room:1", "from": { "epoch": epochs[0], "seq": 5 } });
    primary.kill();
    standby.execute("SELECT pg_promote()".to_owned());

    // No event of the new log comes before the new state. Event and acknowledgement have no order.
    let mut frames = VecDeque::from(post_until_stored(&mut author, "three").await);
    let mut shown = None;
    while shown.as_ref().and_then(|shown: &Vec<String>| shown.last()).is_none_or(|it| it != "three")
    {
        let frame = match frames.pop_front() {
            Some(frame) => frame,
            None => author.next().await,
        };
        if let Some(state) = frame.get("reset") {
            assert_ne!(state["position"]["epoch"].as_u64(), Some(epochs[0]));
            shown = Some(texts(state).into_iter().map(str::to_owned).collect());
        } else if let Some(event) = frame.get("event") {
            let text = posted_text(event).unwrap();
            match &mut shown {
                Some(shown) => shown.push(text.to_owned()),
                None => assert!(text.starts_with("lost"), "{text}"),
            }
        }
    }
    assert_eq!(shown.unwrap(), ["one", "two", "three"]);

    let (mut shown, mut position) = (None, 0);
    while shown.as_ref().is_none_or(|shown: &Vec<String>| shown.len() < 3) {
        let frame = reader.next().await;
        if let Some(state) = frame.get("reset") {
            assert_ne!(state["position"]["epoch"].as_u64(), Some(epochs[1]));
            position = state["position"]["seq"].as_u64().unwrap();
            shown = Some(texts(state).into_iter().map(str::to_owned).collect());
        } else if let Some(event) = frame.get("event") {
            let shown =
                shown.as_mut().expect("the new state comes before the events of the new log");
            position += 1;
            assert_eq!(event["seq"].as_u64(), Some(position));
            shown.push(posted_text(event).unwrap().to_owned());
        }
    }
    assert_eq!(shown.unwrap(), ["one", "two", "three"]);

    // A client that was away has a position that the new log does not know.
    let mut late = AppClient::connect(&second, &theo, &[known]).await;
    assert_eq!(texts(&late.until("reset").await), ["one", "two", "three"]);
    post_until_stored(&mut late, "four").await;
    assert_eq!(posted_text(&author.until("event").await), Some("four"));
    drop((first, second));
    let logged = std::fs::read_to_string(&log).unwrap();
    assert_eq!(logged.matches("the log was replaced").count(), 2, "{logged}");
    assert_eq!(
        logged.matches("a standby has taken over").count(),
        1,
        "one node draws the epochs: {logged}"
    );
}
