//! Connecting with TLS and a password.

use madang_store::Postgres;
use madang_store::postgres::{ConnectError, ConnectOptions};

use super::server::TestServer;
use super::tls_server::{PASSWORD, TlsServer, free_port};
use crate::support::NOW;

/// The sentence of a connection that must fail. It does not show the password.
fn refused(options: &ConnectOptions) -> String {
    let error = Postgres::connect(NOW, options).expect_err("must not connect");
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    let text = format!("{error} {error:?} {options:?}");
    assert!(!text.contains(PASSWORD) && !text.contains("wrong-word"), "{text}");
    error.to_string()
}

/// One server for all cases, because its start costs more than they do.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_tls_checks_authority_name_and_password() {
    let server = TlsServer::start();
    let options = |host: &str, parameters: &str| ConnectOptions {
        password: Some(PASSWORD.to_owned()),
        certificates: Some(server.authority()),
        readers: 1,
        ..ConnectOptions::new(server.url(host, parameters))
    };
    for mode in ["?sslmode=require", "?sslmode=verify-full", "?sslmode=verify-ca", ""] {
        let right = options("localhost", mode);
        let (store, _events) = Postgres::connect(NOW, &right).expect(mode);
        let all_encrypted =
            "DO $$ BEGIN ASSERT (SELECT count(*) = 3 AND bool_and(ssl) FROM pg_stat_ssl
            JOIN pg_stat_activity USING (pid) WHERE application_name = 'madang'); END $$";
        server.server.execute(all_encrypted.to_owned());
        store.close().await;
        let ended = "DO $$ BEGIN WHILE EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'madang') LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$";
        server.server.execute(ended.to_owned());
        let other =
            ConnectOptions { certificates: Some(server.other_authority()), ..right.clone() };
        assert!(refused(&other).contains("certificate"), "{mode}");
        let public = ConnectOptions { certificates: None, ..right };
        assert!(refused(&public).contains("certificate"), "{mode}");
        // The certificate is for localhost.
        assert!(refused(&options("127.0.0.1", mode)).contains("certificate"), "{mode}");
    }
    let wrong = ConnectOptions {
        password: Some("wrong-word".to_owned()),
        ..options("localhost", "?sslmode=require")
    };
    assert!(refused(&wrong).contains("password"));
    let missing = ConnectOptions { password: None, ..options("localhost", "?sslmode=require") };
    assert!(refused(&missing).contains("password"));

    let plain = options("localhost", "?sslmode=disable");
    Postgres::connect(NOW, &plain).expect("the operator has switched TLS off for this connection");
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let port = free_port();
    let listening = ["-c", "listen_addresses=127.0.0.1", "-p"].map(str::to_owned);
    let listening: Vec<String> = listening.into_iter().chain([port.to_string()]).collect();
    let server = TestServer::launch_on(port, |_| listening);
    let url = format!("postgres://madang@localhost:{port}/postgres?sslmode=require");
    assert!(refused(&ConnectOptions::new(url)).contains("TLS"));
    drop(server);
}
