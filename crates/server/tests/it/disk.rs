//! The floor of free disk space.

use std::fs::File;

use crate::process::Server;

#[tokio::test]
async fn below_the_floor_the_server_serves_and_stores_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = File::create(&path).unwrap();
    // No disk has this much.
    let arguments = ["--min-free-space", "4294967295"];
    let server = Server::start_logging(&folder.path().join("data"), &arguments, log.into());
    let client = reqwest::Client::new();
    let body = serde_json::json!({ "name": "Mina", "bearer": true });
    let sign_up = client.post(format!("{}/api/session", server.url)).json(&body);
    assert_eq!(sign_up.send().await.unwrap().status().as_u16(), 503);
    let ready = client.get(format!("{}/readyz", server.url)).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
    assert!(ready.text().await.unwrap().contains("the disk is almost full"));
    let read = client.get(format!("{}/api/session", server.url));
    assert_eq!(read.send().await.unwrap().status().as_u16(), 200);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    let log = std::fs::read_to_string(path).unwrap();
    assert_eq!(log.matches("the disk is almost full").count(), 1, "{log}");
}
