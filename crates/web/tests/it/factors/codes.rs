use madang_identity::totp::TotpSecret;
use reqwest::StatusCode;
use serde_json::json;

use super::body;
use crate::test_server::{START, TestServer};

/// Switches one-time passwords on. Returns the secret and the recovery codes.
async fn switch_totp_on(server: &TestServer, token: &str) -> (TotpSecret, Vec<String>) {
    let start = body(server.post_as(token, "/api/account/totp", json!({})).await, 200).await;
    let secret = secret_of(start["secret"].as_str().unwrap());
    assert!(start["address"].as_str().unwrap().starts_with("otpauth://totp/"), "{start}");
    assert!(start["qr_path"].as_str().unwrap().starts_with('M'));
    let wrong = server.post_as(token, CONFIRM, json!({ "code": "abc" })).await;
    body(wrong, 403).await;
    let code = secret.code_at(START / 1_000);
    let codes = server.post_as(token, CONFIRM, json!({ "code": code })).await;
    let codes = body(codes, 200).await["codes"].as_array().unwrap().clone();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

const CONFIRM: &str = "/api/account/totp/confirm";

/// The secret that was shown in base32.
pub(crate) fn secret_of(text: &str) -> TotpSecret {
    let mut bytes = Vec::new();
    let (mut waiting, mut bits) = (0u32, 0);
    for c in text.chars() {
        let digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap();
        waiting = (waiting << 5) | u32::try_from(digit).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((waiting >> bits) & 0xff).unwrap());
        }
    }
    TotpSecret::from_bytes(&bytes).unwrap()
}

#[tokio::test]
async fn one_time_passwords_are_switched_on_and_off_by_codes() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    let (secret, codes) = switch_totp_on(&server, &token).await;
    assert_eq!(codes.len(), 10);
    let factors = server.factors(&token).await;
    assert_eq!((&factors["totp"], &factors["recovery_codes"]), (&json!(true), &json!(10)));
    // Somebody at an open screen replaces no secret, and does not switch it off.
    body(server.post_as(&token, "/api/account/totp", json!({})).await, 422).await;
    let used = secret.code_at(START / 1_000);
    for code in [used.as_str(), "000000", "", "0000-0000-0000-0000"] {
        let off = server.post_as(&token, "/api/account/totp/remove", json!({ "code": code })).await;
        body(off, 403).await;
    }
    let next = secret.code_at(START / 1_000 + 30);
    let path = "/api/account/recovery-codes";
    let new = body(server.post_as(&token, path, json!({ "code": next })).await, 200).await;
    let old = server.post_as(&token, path, json!({ "code": codes[0] })).await;
    body(old, 403).await;
    let recovery = new["codes"][3].as_str().unwrap().to_uppercase();
    let off = server.post_as(&token, "/api/account/totp/remove", json!({ "code": recovery }));
    assert_eq!(off.await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.factors(&token).await["totp"], false);
}

/// The challenge after the first user's password.
async fn second_step(server: &TestServer) -> String {
    let json = json!({ "name": "Mina", "password": PASSWORD, "bearer": true });
    let needed = body(server.sign_in_json("/api/session/password", json).await, 202).await;
    assert!(needed.get("token").is_none(), "{needed}");
    needed["second_step"].as_str().unwrap().to_owned()
}

const PASSWORD: &str = "orange windmill 7";

#[tokio::test]
async fn a_second_step_needs_its_challenge_and_a_code() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    let password = json!({ "password": PASSWORD });
    let set = server.post_as(&token, "/api/account/password", password).await;
    assert_eq!(set.status(), StatusCode::NO_CONTENT);
    let json = json!({ "name": "Mina", "password": PASSWORD, "bearer": true });
    body(server.sign_in_json("/api/session/password", json).await, 201).await;
    let (secret, codes) = switch_totp_on(&server, &token).await;
    let finish = async |challenge: &str, code: &str| {
        let json = json!({ "challenge": challenge, "code": code, "bearer": true });
        server.sign_in_json("/api/session/code", json).await
    };
    body(finish("nonsense", &codes[0]).await, 401).await;
    let challenge = second_step(&server).await;
    body(finish(&challenge, "000000").await, 422).await;
    let next = secret.code_at(START / 1_000 + 30);
    let session = body(finish(&challenge, &next).await, 201).await;
    assert_eq!(session["user"]["name"], "Mina");
    body(finish(&challenge, &codes[0]).await, 401).await;
    let another = second_step(&server).await;
    body(finish(&another, &next).await, 422).await;
    body(finish(&another, &codes[0]).await, 201).await;
    let guessing = second_step(&server).await;
    for _ in 0..5 {
        body(finish(&guessing, "111111").await, 422).await;
    }
    body(finish(&guessing, &codes[1]).await, 401).await;
}

#[tokio::test]
async fn an_access_token_reaches_no_factor() {
    let server = TestServer::start().await;
    let session = server.sign_up("Mina").await;
    let (secret, _) = server.issue(&session, &json!({ "name": "robot", "scope": "write" })).await;
    let read = server.http.get(server.url("/api/account/factors")).bearer_auth(&secret);
    assert_eq!(read.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let remove = server.http.delete(server.url("/api/account/passkeys/1")).bearer_auth(&secret);
    assert_eq!(remove.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    for path in [
        "/api/account/passkeys",
        "/api/account/passkeys/finish",
        "/api/account/totp",
        CONFIRM,
        "/api/account/totp/remove",
        "/api/account/recovery-codes",
    ] {
        let refused = server.post_as(&secret, path, json!({ "code": "1" })).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(server.factors(&session).await["totp"], false);
}
