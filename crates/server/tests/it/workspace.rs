//! The facts about the server, from its configuration.

use crate::process::Server;

#[tokio::test]
async fn the_facts_about_the_server_come_from_the_file_and_flags_win() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("madang.toml");
    std::fs::write(
        &file,
        "name = \"  파일의   이름 \"\nmoods = true\napps = [\"price\", \"orders\"]",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let cases: [(&[&str], &str); 4] = [
        (
            &[],
            r#"{"workspace":{"moods":false,"apps":["feed","orders","price","counter"],"price":true,"socketio":true}}"#,
        ),
        (
            &["--config", file],
            r#"{"workspace":{"name":"파일의 이름","moods":true,"apps":["orders","price"],"price":true,"socketio":true}}"#,
        ),
        (
            &["--config", file, "--name", "깃발", "--moods", "false", "--price-source", "off"],
            r#"{"workspace":{"name":"깃발","moods":false,"apps":["orders","price"],"price":false,"socketio":true}}"#,
        ),
        (
            &["--config", file, "--apps", "counter,feed"],
            r#"{"workspace":{"name":"파일의 이름","moods":true,"apps":["feed","counter"],"price":false,"socketio":true}}"#,
        ),
    ];
    for (number, (arguments, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(&folder.path().join(number.to_string()), arguments);
        let answer = reqwest::get(format!("{}/api/session", server.url)).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), expected, "{arguments:?}");
    }
}
