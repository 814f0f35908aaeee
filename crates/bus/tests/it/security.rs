//! TLS and credentials of NATS.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use madang_bus::{NatsBus, NatsOptions, SignIn};
use madang_hub::bus::Bus;
use nkeys::KeyPair;
use rcgen::CertificateParams;
use tempfile::TempDir;

use crate::nats::next;
use crate::nats_server::NatsServer;

/// Writes a certificate for `localhost` with its key. Returns their paths.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let paths = ["pem", "key"].map(|ending| folder.join(format!("{name}.{ending}")));
    fs::write(&paths[0], certificate.pem()).unwrap();
    fs::write(&paths[1], key.serialize_pem()).unwrap();
    let [certificate, key] = paths;
    (certificate, key)
}

async fn refused(options: &NatsOptions) -> String {
    let error = NatsBus::connect(options).await.expect_err("must be refused");
    let text = format!("{error} {error:?} {options:?}");
    assert!(!text.contains("a-secret") && !text.contains("SUA"), "{text}");
    error.to_string()
}

/// A message reaches its sender.
async fn check_bus(options: &NatsOptions) {
    let bus = NatsBus::connect(options).await.expect("connects");
    let mut messages = bus.listen();
    bus.send(Bytes::from_static(b"hello"));
    assert_eq!(next(&mut messages).await, "hello");
}

#[tokio::test]
async fn a_connection_with_tls_checks_authority_and_name() {
    let files = TempDir::new().unwrap();
    let (authority, key) = certificate(files.path(), "server");
    let (other, _) = certificate(files.path(), "other");
    let arguments = ["--tls", "--tlscert"].map(str::to_owned).into_iter();
    let arguments = arguments.chain([authority.display().to_string(), "--tlskey".to_owned()]);
    let arguments = arguments.chain([key.display().to_string()]).collect();
    let server = NatsServer::start_with(|_| arguments).await;
    let options = |scheme: &str, host: &str| {
        NatsOptions::parse(&format!("{scheme}://{host}:{}", server.port)).unwrap()
    };
    for scheme in ["tls", "nats"] {
        let right = options(scheme, "localhost");
        check_bus(&right.clone().with_root_certificates(authority.clone())).await;
        refused(&right.clone().with_root_certificates(other.clone())).await;
        refused(&right).await;
        // The certificate is for localhost.
        refused(&options(scheme, "127.0.0.1").with_root_certificates(authority.clone())).await;
    }
    let plain = NatsServer::start().await;
    let options = NatsOptions::parse(&format!("tls://localhost:{}", plain.port)).unwrap();
    let sentence = refused(&options.with_root_certificates(authority)).await;
    assert!(sentence.to_lowercase().contains("tls"), "{sentence}");
}

#[tokio::test]
async fn a_user_with_a_password_in_the_address_signs_in() {
    let arguments = ["--user", "node", "--pass", "p@ss/word"].map(str::to_owned).to_vec();
    let server = NatsServer::start_with(|_| arguments).await;
    let options = |user: &str| {
        let host = format!("127.0.0.1:{}", server.port);
        NatsOptions::parse(&format!("nats://{user}@{host}")).unwrap()
    };
    check_bus(&options("node:p%40ss%2Fword")).await;
    for wrong in ["node:a-secret", "other:p%40ss%2Fword"] {
        assert!(refused(&options(wrong)).await.contains("refuses the user"));
    }
    refused(&NatsOptions::parse(&server.url()).unwrap()).await;
}

/// A token of NATS, which `issuer` signs for `subject`.
fn token(issuer: &KeyPair, subject: &KeyPair, kind: &str, facts: &str) -> String {
    let claims = format!(
        r#"{{"jti":"test","iat":1700000000,"iss":"{}","name":"{kind}","sub":"{}","nats":{{{facts}"type":"{kind}","version":2}}}}"#,
        issuer.public_key(),
        subject.public_key()
    );
    let header = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;
    let signed = [header, &claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// A credentials file of a user whom `account` admits, in the form in which `nsc` writes it.
fn credentials(path: &Path, account: &KeyPair) {
    let user = KeyPair::new_user();
    let facts = r#""pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"#;
    let content = format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
        -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        token(account, &user, "user", facts),
        user.seed().unwrap()
    );
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn a_credentials_file_signs_in_and_one_of_another_account_does_not() {
    let files = TempDir::new().unwrap();
    let (operator, account) = (KeyPair::new_operator(), KeyPair::new_account());
    let limits = r#""limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,
        "conn":-1,"leaf":-1},"#;
    let configuration = format!(
        "operator: {}\nresolver: MEMORY\nresolver_preload: {{ {}: {} }}\n",
        token(&operator, &operator, "operator", ""),
        account.public_key(),
        token(&operator, &account, "account", limits)
    );
    let path = files.path().join("server.conf");
    fs::write(&path, configuration).unwrap();
    let arguments = vec!["--config".to_owned(), path.display().to_string()];
    let server = NatsServer::start_with(|_| arguments).await;
    let options = |name: &str, account: &KeyPair| {
        let path = files.path().join(name);
        credentials(&path, account);
        NatsOptions::parse(&server.url()).unwrap().with_sign_in(SignIn::CredentialsFile(path))
    };
    check_bus(&options("right.creds", &account)).await;
    let other = refused(&options("other.creds", &KeyPair::new_account())).await;
    assert!(other.contains("refuses"), "{other}");
    refused(&NatsOptions::parse(&server.url()).unwrap()).await;
    let broken = files.path().join("broken.creds");
    fs::write(&broken, "a-secret, but no credentials").unwrap();
    let broken = SignIn::CredentialsFile(broken);
    let options = NatsOptions::parse(&server.url()).unwrap().with_sign_in(broken);
    assert!(refused(&options).await.contains("broken.creds"));
}
