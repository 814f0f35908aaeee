//! The acts of `madang admin` beside a running server, and the set-up link.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::process::{Server, madang, output};

/// The wait for a change by another process.
const PATIENCE: Duration = Duration::from_secs(30);

fn admin(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let (first, rest) = arguments.split_first().unwrap();
    output(madang().args(["admin", first, "--data"]).arg(data).args(rest))
}

async fn sign_up(server: &Server, name: &str, invitation: Option<&str>) -> (StatusCode, Value) {
    let body = json!({ "name": name, "bearer": true, "invitation": invitation });
    let request = reqwest::Client::new().post(format!("{}/api/session", server.url)).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn get(server: &Server, path: &str, token: &str) -> (StatusCode, Value) {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url)).bearer_auth(token);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn acts_of_the_command_line_take_effect_on_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (_, mina) = sign_up(&server, "Mina", None).await;
    let token = mina["token"].as_str().unwrap();
    let people = "/api/administration/people";
    assert_eq!(get(&server, people, token).await.0, StatusCode::FORBIDDEN);

    let promoted = ["promote", "MINA", "--role", "owner", "--reason", "the first"];
    assert_eq!(admin(folder.path(), &promoted), (Some(0), String::new()));
    assert_eq!(get(&server, people, token).await.0, StatusCode::OK);
    let (code, listed) = admin(folder.path(), &["list-users"]);
    assert_eq!((code, listed.trim()), (Some(0), "1\towner\tMina\t1 sessions"));
    let (_, log) = get(&server, "/api/administration/audit", token).await;
    let entry = &log["entries"][0];
    assert_eq!((&entry["source"], &entry["reason"]), (&json!("command_line"), &json!("the first")));

    let (code, link) =
        admin(folder.path(), &["reset", "mina", "--origin", "https://chat.example/"]);
    assert_eq!(code, Some(0), "{link}");
    let secret = link.trim().strip_prefix("https://chat.example/link#").unwrap();
    let (_, log) = get(&server, "/api/administration/audit", token).await;
    let entry = &log["entries"][0];
    assert_eq!((&entry["act"], &entry["detail"]), (&json!("make_link"), &json!("recovery")));
    assert!(!log.to_string().contains(secret));
    let body = json!({ "token": secret, "bearer": true });
    let url = format!("{}/api/session/link", server.url);
    let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["user"]["name"], "Mina");
    // The link has ended all other sessions.
    assert_eq!(get(&server, people, token).await.0, StatusCode::UNAUTHORIZED);
    let token = answer["token"].as_str().unwrap();

    let renamed = ["settings", "--name", "새봄", "--access", "invited"];
    assert_eq!(admin(folder.path(), &renamed).0, Some(0));
    let followed = async {
        while get(&server, "/api/session", token).await.1["workspace"]["name"] != "새봄" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, followed).await.expect("the server follows the database");
    assert_eq!(sign_up(&server, "Theo", None).await.0, StatusCode::FORBIDDEN);
    let (code, link) = admin(folder.path(), &["invite"]);
    assert_eq!(code, Some(0), "{link}");
    let invitation = link.trim().rsplit_once('#').unwrap().1;
    let (status, theo) = sign_up(&server, "Theo", Some(invitation)).await;
    assert_eq!(status, StatusCode::CREATED);
    let theo = theo["token"].as_str().unwrap();

    let status = async || get(&server, "/api/rooms", theo).await.0;
    let why = ["--reason", "spam in every room"];
    assert_eq!(
        admin(folder.path(), &[&["ban", "theo", "--hours", "1"][..], &why].concat()).0,
        Some(0)
    );
    assert_eq!(status().await, StatusCode::FORBIDDEN);
    assert_eq!(admin(folder.path(), &[&["unban", "Theo"][..], &why].concat()).0, Some(0));
    assert_eq!(status().await, StatusCode::OK);
    assert_eq!(admin(folder.path(), &[&["mute", "Theo"][..], &why].concat()).0, Some(0));
    assert_eq!(
        admin(folder.path(), &[&["mute", "Theo", "--hours", "0"][..], &why].concat()).0,
        Some(0)
    );
    assert_eq!(admin(folder.path(), &[&["ban", "203.0.113.7"][..], &why].concat()).0, Some(0));
    assert_eq!(admin(folder.path(), &[&["unban", "203.0.113.7"][..], &why].concat()).0, Some(0));
    let (_, log) = get(&server, "/api/administration/audit", token).await;
    let acts: Vec<&str> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .take(6)
        .map(|it| it["act"].as_str().unwrap())
        .collect();
    let expected = ["end_address_ban", "ban_address", "end_silence", "silence", "end_ban", "ban"];
    assert_eq!(acts, expected);

    assert_eq!(admin(folder.path(), &["deactivate", "Theo"]).0, Some(0));
    assert_eq!(get(&server, "/api/rooms", theo).await.0, StatusCode::UNAUTHORIZED);
    for (refused, sentence) in [
        (&["deactivate", "Mina"][..], "only owner"),
        (&["promote", "Nobody"], "there is no user \"Nobody\""),
        (&["promote", "Mina", "--role", "emperor"], "there is no role \"emperor\""),
        (&["promote", "Mina", "--role", "guest"], "use the other one of promote and demote"),
        (&["settings", "--access", "private"], "not one of open, invited and closed"),
        (&["ban", "127.0.0.1", "--reason", "a mistake"], "own machine cannot be banned"),
    ] {
        let (code, text) = admin(folder.path(), refused);
        assert!(code == Some(1) && text.contains(sentence), "{refused:?}: {text}");
    }
}

#[tokio::test]
async fn an_account_is_erased_by_the_command_line_with_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (_, mina) = sign_up(&server, "Mina", None).await;
    let (_, theo) = sign_up(&server, "Theo", None).await;
    let (mina, theo) = (mina["token"].as_str().unwrap(), theo["token"].as_str().unwrap());
    assert_eq!(admin(folder.path(), &["promote", "Mina", "--role", "owner"]).0, Some(0));
    let post = json!({ "text": "a word of Theo" });
    let url = format!("{}/posts", server.url);
    let request = reqwest::Client::new().post(&url).bearer_auth(theo).json(&post);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::CREATED);

    let (code, text) = admin(folder.path(), &["erase", "Theo", "--confirm", "Thea"]);
    assert!(code == Some(1) && text.contains("nothing was erased"), "{text}");
    let (code, receipt) = admin(folder.path(), &["erase", "Theo", "--confirm", "Theo"]);
    assert_eq!(code, Some(0), "{receipt}");
    assert!(receipt.starts_with("Receipt 2-") && receipt.contains("posts: 1"), "{receipt}");
    assert!(!receipt.contains("Theo"), "{receipt}");
    assert_eq!(get(&server, "/api/rooms", theo).await.0, StatusCode::UNAUTHORIZED);
    let followed = async {
        while get(&server, "/posts", mina).await.1.to_string().contains("a word of Theo") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, followed).await.expect("the server follows the database");
    let id = receipt.lines().next().unwrap().trim_start_matches("Receipt ");
    let path = format!("/api/administration/erasures/{id}.json");
    assert_eq!(get(&server, &path, mina).await.1["user"], 2);

    let list = folder.path().join("list");
    let list = list.to_str().unwrap();
    let (code, text) = admin(folder.path(), &["erasures", "export", list]);
    assert_eq!((code, text.trim()), (Some(0), "1 erased accounts"));
    let (code, text) = admin(folder.path(), &["erasures", "apply", list]);
    assert_eq!((code, text.trim()), (Some(0), "0 accounts were erased again"));
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for word in ["a word of Theo", "Theo"] {
            let is_left = bytes.windows(word.len()).any(|it| it == word.as_bytes());
            assert!(!is_left, "{word} is left in {}", path.display());
        }
    }
}

#[tokio::test]
async fn the_first_person_with_the_setup_link_becomes_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--access", "closed"];
    let server = Server::start(folder.path(), &arguments);
    let file = folder.path().join("setup-link");
    let link = std::fs::read_to_string(&file).unwrap();
    let (address, token) = link.trim().split_once('#').unwrap();
    assert_eq!(address, format!("{}/invite", server.url));
    let (status, owner) = sign_up(&server, "Owner", Some(token)).await;
    assert_eq!(status, StatusCode::CREATED);
    let owner = owner["token"].as_str().unwrap();
    assert_eq!(get(&server, "/api/session", owner).await.1["role"], "owner");
    assert_eq!(sign_up(&server, "Second", Some(token)).await.0, StatusCode::NOT_FOUND);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    let server = Server::start(folder.path(), &arguments);
    assert!(!file.exists(), "there is an owner");
    assert_eq!(get(&server, "/api/administration/audit", owner).await.0, StatusCode::OK);
}

#[test]
fn a_folder_without_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = admin(folder.path(), &["list-users"]);
    assert!(code == Some(1) && text.contains("cannot be opened"), "{text}");
}
