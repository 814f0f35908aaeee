//! The confirmation before an act that changes who can sign in, and recovery of accounts with a second factor.

use madang_hub::accounts::{Accounts, FRESH_SESSION_MS, LinkMaker, NewLink};
use madang_shared::account::{CONFIRM_PATH, LinkKind};
use madang_shared::{Timestamp, UserId};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::factors::secret_of;
use crate::test_server::{START, TestServer};

const PASSWORD: &str = "correct horse";
const OTHER_PASSWORD: &str = "battery staple";

impl TestServer {
    async fn request(&self, method: Method, path: &str, token: &str, body: &Value) -> Response {
        let request = self.http.request(method, self.url(path)).bearer_auth(token).json(body);
        request.send().await.unwrap()
    }

    async fn post_with(&self, path: &str, token: &str, body: Value) -> u16 {
        self.request(Method::POST, path, token, &body).await.status().as_u16()
    }

    /// Whether an act needs a confirmation now.
    async fn asks(&self, token: &str) -> Value {
        self.request(Method::GET, CONFIRM_PATH, token, &json!({})).await.json().await.unwrap()
    }

    /// Switches one-time passwords on. Returns a recovery code.
    async fn switch_totp_on(&self, token: &str) -> String {
        let start = self.request(Method::POST, "/api/account/totp", token, &json!({})).await;
        let start: Value = start.json().await.unwrap();
        let secret = secret_of(start["secret"].as_str().unwrap());
        let code = json!({ "code": secret.code_at(START / 1_000) });
        let codes = self.request(Method::POST, "/api/account/totp/confirm", token, &code).await;
        let codes: Value = codes.json().await.unwrap();
        codes["codes"][0].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn acts_that_change_who_can_sign_in_ask_for_the_password_again() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    server.pass(FRESH_SESSION_MS);
    assert_eq!(server.asks(&token).await["needed"], false, "there is nothing to confirm with");
    let password = json!({ "password": PASSWORD });
    assert_eq!(server.post_with("/api/account/password", &token, password.clone()).await, 204);
    let expected = json!({ "needed": true, "password": true, "passkeys": false, "code": false });
    assert_eq!(server.asks(&token).await, expected);
    let new_token = json!({ "name": "reader", "scope": "read" });
    let acts = [
        (Method::POST, "/api/account/totp", json!({})),
        (Method::POST, "/api/account/totp/remove", json!({ "code": "1" })),
        (Method::POST, "/api/account/recovery-codes", json!({ "code": "1" })),
        (Method::POST, "/api/account/passkeys", json!({})),
        (Method::DELETE, "/api/account/passkeys/1", json!({})),
        (Method::POST, "/api/account/mail", json!({ "address": "mina@example.com" })),
        (Method::DELETE, "/api/account/mail", json!({})),
        (Method::POST, "/api/account/device", json!({})),
        (Method::POST, "/api/account/providers/company", json!({})),
        (Method::DELETE, "/api/account/providers/company", json!({})),
        (Method::POST, "/api/account/tokens", new_token.clone()),
        (Method::POST, "/api/bots/1/tokens", new_token.clone()),
    ];
    for (method, path, body) in acts {
        let answer = server.request(method, path, &token, &body).await;
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "forbidden", "{path}: {problem}");
        assert!(problem["message"].as_str().unwrap().contains("Confirm that it is you"), "{path}");
    }
    for wrong in [json!({ "password": "wrong password" }), json!({ "password": "" })] {
        assert_eq!(server.post_with(CONFIRM_PATH, &token, wrong).await, 403);
    }
    assert_eq!(server.post_with(CONFIRM_PATH, &token, password).await, 204);
    assert_eq!(server.asks(&token).await["needed"], false);
    assert_eq!(server.post_with("/api/account/tokens", &token, new_token.clone()).await, 201);
    server.pass(FRESH_SESSION_MS);
    assert_eq!(server.post_with("/api/account/tokens", &token, new_token).await, 403, "it ends");
}

#[tokio::test]
async fn the_password_alone_does_not_confirm_an_account_with_a_second_factor() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    let password = json!({ "password": PASSWORD });
    assert_eq!(server.post_with("/api/account/password", &token, password.clone()).await, 204);
    let code = server.switch_totp_on(&token).await;
    server.pass(FRESH_SESSION_MS);
    assert_eq!(server.asks(&token).await["code"], true);
    assert_eq!(server.post_with(CONFIRM_PATH, &token, password).await, 403);
    let with_code = json!({ "password": PASSWORD, "code": code });
    assert_eq!(server.post_with(CONFIRM_PATH, &token, with_code).await, 204);
}

/// Makes a recovery link in the store. Returns its token.
async fn recovery_link(server: &TestServer, removes_factors: bool) -> String {
    let token = "A".repeat(43);
    let link = NewLink {
        token: Sha256::digest(token.as_bytes()).into(),
        kind: LinkKind::Recovery,
        user: UserId(1),
        by: LinkMaker::CommandLine,
        code: None,
        removes_factors,
        at: Timestamp(START),
        expires_at: Timestamp(START).plus(3_600_000),
    };
    server.store.add_link(link).await.unwrap();
    token
}

#[tokio::test]
async fn a_recovery_link_is_no_second_factor_unless_it_removes_the_factors() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    let password = json!({ "password": PASSWORD });
    assert_eq!(server.post_with("/api/account/password", &token, password).await, 204);
    let code = server.switch_totp_on(&token).await;
    let sign_in = async |path: &str, body: Value| {
        let answer = server.http.post(server.url(path)).json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap())
    };
    let link = recovery_link(&server, false).await;
    let with_link = |password: Option<&str>| match password {
        Some(password) => json!({ "token": link, "password": password, "bearer": true }),
        None => json!({ "token": link, "bearer": true }),
    };
    let (status, problem) = sign_in("/api/session/link", with_link(None)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid")), "{problem}");
    let (status, needed) = sign_in("/api/session/link", with_link(Some(OTHER_PASSWORD))).await;
    assert_eq!(status, 202, "{needed}");
    let session = server.request(Method::GET, "/api/session", &token, &json!({})).await;
    assert!(session.json::<Value>().await.unwrap().get("user").is_none(), "the others end");
    let challenge = &needed["second_step"];
    let wrong = json!({ "challenge": challenge, "code": "000000", "bearer": true });
    assert_eq!(sign_in("/api/session/code", wrong).await.0, 422);
    let right = json!({ "challenge": challenge, "code": code, "bearer": true });
    let (status, answer) = sign_in("/api/session/code", right).await;
    assert_eq!((status, &answer["user"]["name"]), (201, &json!("Mina")));

    let link = recovery_link(&server, true).await;
    let body = json!({ "token": link, "password": PASSWORD, "bearer": true });
    assert_eq!(sign_in("/api/session/link", body).await.0, 201);
    let body = json!({ "name": "Mina", "password": PASSWORD, "bearer": true });
    assert_eq!(sign_in("/api/session/password", body).await.0, 201, "no code is asked for");
}
