//! `madang admin`: acts of the operator on the server's own machine.

use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Server, madang, output};

fn claim_links(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    output(madang().args(["admin", "claim-links", "--data"]).arg(data).args(arguments))
}

async fn post(server: &Server, path: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", server.url)).json(&body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn every_name_without_a_way_back_gets_a_claim_link() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, text) = claim_links(&data, &[]);
    assert!(code == Some(1) && text.contains("there is no database"), "{text}");
    assert!(!data.exists(), "nothing is created");
    let server = Server::start(&data, &[]);
    for name in ["민아", "Theo"] {
        let (status, _) =
            post(&server, "/api/session", json!({"name": name, "bearer": true})).await;
        assert_eq!(status, 201);
    }
    let (code, text) = claim_links(&data, &[]);
    assert!(code == Some(1) && text.contains("another server uses the data folder"), "{text}");
    server.signal("TERM");
    assert!(server.wait().success());

    for arguments in [["--days", "0"], ["--origin", "chat.example"]] {
        let (code, text) = claim_links(&data, &arguments);
        assert!(code == Some(1) && text.contains(arguments[0]), "{text}");
    }
    let (code, text) = claim_links(&data, &["--origin", "https://chat.example/"]);
    assert_eq!(code, Some(0), "{text}");
    let links: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.split_once("\thttps://chat.example/link#")).collect();
    let names: Vec<&str> = links.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["민아", "Theo"], "{text}");

    let server = Server::start(&data, &[]);
    let body = json!({"token": links[0].1, "password": "열 글자가 넘는 말", "bearer": true});
    let (status, answer) = post(&server, "/api/session/link", body.clone()).await;
    assert_eq!((status, &answer["user"]["name"]), (201, &json!("민아")));
    assert_eq!(post(&server, "/api/session/link", body).await.0, 404);
    server.signal("TERM");
    assert!(server.wait().success());

    let (_, text) = claim_links(&data, &[]);
    assert!(text.contains("Theo\thttp://127.0.0.1:5001/link#") && !text.contains("민아"), "{text}");
}
