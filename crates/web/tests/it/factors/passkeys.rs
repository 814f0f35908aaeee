use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use madang_identity::passkeys::PasskeyChallenge;
use madang_web::Origins;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::body;
use crate::authenticator::Authenticator;
use crate::test_server::{TestServer, TestSettings};

fn decode(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The challenge that the browser signs, from the options.
fn challenge_in(start: &Value) -> [u8; 32] {
    let options: Value = serde_json::from_str(start["options"].as_str().unwrap()).unwrap();
    let text = options["challenge"].as_str().unwrap();
    decode(text).try_into().unwrap()
}

/// An authenticator of the server at its loopback name.
fn authenticator(server: &TestServer) -> Authenticator {
    let origin = format!("http://localhost:{}", server.address.port());
    Authenticator { origin: origin.leak(), relying_party: "localhost", ..Authenticator::new() }
}

fn at_localhost(server: &TestServer, request: RequestBuilder) -> RequestBuilder {
    request.header("host", format!("localhost:{}", server.address.port()))
}

async fn localhost_post(
    server: &TestServer,
    token: Option<&str>,
    path: &str,
    json: Value,
) -> Response {
    let request = at_localhost(server, server.http.post(server.url(path))).json(&json);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.unwrap()
}

/// Registers a passkey, with an authenticator whose handle is that of the options.
async fn register(server: &TestServer, token: &str, authenticator: &mut Authenticator) -> Value {
    let start = localhost_post(server, Some(token), "/api/account/passkeys", json!({})).await;
    let start = body(start, 200).await;
    let options: Value = serde_json::from_str(start["options"].as_str().unwrap()).unwrap();
    let handle = options["user"]["id"].as_str().unwrap();
    authenticator.user_handle = Some(decode(handle));
    let challenge = PasskeyChallenge(challenge_in(&start));
    json!({
        "challenge": start["challenge"],
        "credential": authenticator.registration(challenge).to_string(),
        "name": "전화",
    })
}

async fn sign_in_body(server: &TestServer, authenticator: &Authenticator) -> Value {
    let start = localhost_post(server, None, "/api/session/passkey", json!({})).await;
    let start = body(start, 200).await;
    let challenge = PasskeyChallenge(challenge_in(&start));
    json!({
        "challenge": start["challenge"],
        "credential": authenticator.assertion(challenge).to_string(),
        "bearer": true,
    })
}

const FINISH_PASSKEY: &str = "/api/account/passkeys/finish";
const FINISH_SIGN_IN: &str = "/api/session/passkey/finish";

#[tokio::test]
async fn a_passkey_is_registered_signs_in_and_is_removed() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    let mut phone = authenticator(&server);
    let registration = register(&server, &token, &mut phone).await;
    let done = localhost_post(&server, Some(&token), FINISH_PASSKEY, registration.clone()).await;
    assert_eq!(done.status(), StatusCode::CREATED);
    let twice = localhost_post(&server, Some(&token), FINISH_PASSKEY, registration).await;
    body(twice, 401).await;
    let factors = server.factors(&token).await;
    assert_eq!(factors["passkeys"][0]["name"], "전화", "{factors}");

    phone.counter = 2;
    let sign_in = sign_in_body(&server, &phone).await;
    let session = localhost_post(&server, None, FINISH_SIGN_IN, sign_in.clone()).await;
    let session = body(session, 201).await;
    assert_eq!(session["user"]["name"], "Mina");
    assert_eq!(server.user_of(session["token"].as_str().unwrap()).await.as_deref(), Some("Mina"));
    let replayed = localhost_post(&server, None, FINISH_SIGN_IN, sign_in).await;
    body(replayed, 401).await;
    // A signature that does not count on: the counter stands still.
    let copied = sign_in_body(&server, &phone).await;
    body(localhost_post(&server, None, FINISH_SIGN_IN, copied).await, 401).await;

    let id = server.factors(&token).await["passkeys"][0]["id"].as_u64().unwrap();
    let other = server.sign_up("Theo").await;
    let remove = |token: &str| {
        let path = format!("/api/account/passkeys/{id}");
        server.http.delete(server.url(&path)).bearer_auth(token).send()
    };
    assert_eq!(remove(&other).await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(remove(&token).await.unwrap().status(), StatusCode::NO_CONTENT);
    phone.counter = 3;
    let removed = sign_in_body(&server, &phone).await;
    body(localhost_post(&server, None, FINISH_SIGN_IN, removed).await, 401).await;
}

#[tokio::test]
async fn a_registration_belongs_to_the_user_that_began_it() {
    let server = TestServer::start().await;
    let [mina, theo] = [server.sign_up("Mina").await, server.sign_up("Theo").await];
    let mut phone = authenticator(&server);
    let registration = register(&server, &mina, &mut phone).await;
    let stolen = localhost_post(&server, Some(&theo), FINISH_PASSKEY, registration).await;
    body(stolen, 401).await;
    assert_eq!(server.factors(&theo).await["passkeys"], json!([]));
    // A challenge of a sign-in is none of a registration.
    let start = localhost_post(&server, None, "/api/session/passkey", json!({})).await;
    let start = body(start, 200).await;
    let mut registration = register(&server, &mina, &mut phone).await;
    registration["challenge"] = start["challenge"].clone();
    body(localhost_post(&server, Some(&mina), FINISH_PASSKEY, registration).await, 401).await;
    for bad in [json!({}), json!({ "challenge": "x", "name": "x", "credential": "{}" })] {
        body(localhost_post(&server, Some(&mina), FINISH_PASSKEY, bad).await, 400).await;
    }
    let stranger = localhost_post(&server, None, "/api/account/passkeys", json!({})).await;
    body(stranger, 401).await;
}

#[tokio::test]
async fn passkeys_need_a_name_and_the_refusal_says_what_to_set() {
    let origins = ["http://localhost:3000", "https://chat.example"].map(str::to_owned);
    let settings =
        TestSettings { origins: Origins::new(origins).unwrap(), ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    let start = async |host: &str| {
        let request = server.http.post(server.url("/api/session/passkey")).header("host", host);
        request.send().await.unwrap()
    };
    let address = format!("127.0.0.1:{}", server.address.port());
    let refused = body(start(&address).await, 400).await;
    assert!(refused["message"].as_str().unwrap().contains("public_origins"), "{refused}");
    // The proxy of a configured origin ends TLS, also if it does not say so.
    body(start("chat.example").await, 200).await;
    body(start("localhost").await, 200).await;
    let methods = async |host: &str| {
        let request = server.http.get(server.url("/api/session/methods")).header("host", host);
        body(request.send().await.unwrap(), 200).await
    };
    assert_eq!(methods(&address).await, json!({ "passkeys": false, "providers": [] }));
    assert_eq!(methods("chat.example").await["passkeys"], true);
}
