//! Passwords, sessions and one-time links over HTTP.

use std::time::{Duration, Instant};

use madang_hub::accounts::{Accounts, LinkMaker, NewLink};
use madang_shared::account::{
    AccountInfo, DeviceCode, DeviceState, DeviceTicket, LinkInfo, LinkKind, MIN_PASSWORD_CHARS,
};
use madang_shared::{Timestamp, UserId};
use reqwest::header::{COOKIE, SET_COOKIE, USER_AGENT};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::test_server::{START, TEST_TIMEOUT, TestServer};

const PASSWORD: &str = "correct horse";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

impl TestServer {
    fn post_json(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(self.url(path)).json(body)
    }

    async fn set_password(&self, token: &str, password: &str) -> Response {
        let body = json!({ "password": password });
        self.post_json("/api/account/password", &body).bearer_auth(token).send().await.unwrap()
    }

    async fn sign_in(&self, name: &str, password: &str) -> Response {
        let body = json!({ "name": name, "password": password, "bearer": true });
        self.post_json("/api/session/password", &body).send().await.unwrap()
    }

    /// Signs in with a right password. Returns the token.
    async fn signed_in(&self, name: &str, password: &str) -> String {
        let answer = self.sign_in(name, password).await;
        assert_eq!(answer.status().as_u16(), 201);
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    async fn account(&self, token: &str) -> AccountInfo {
        let request = self.http.get(self.url("/api/account")).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn session(&self, token: &str) -> Value {
        let request = self.http.get(self.url("/api/session")).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Makes a link in the store. Returns its token.
    async fn link(&self, kind: LinkKind, user: u64) -> String {
        let token = format!("{user:A<43}");
        let link = NewLink {
            token: Sha256::digest(token.as_bytes()).into(),
            kind,
            user: UserId(user),
            by: LinkMaker::CommandLine,
            code: None,
            removes_factors: false,
            at: Timestamp(START),
            expires_at: Timestamp(START).plus(3_600_000),
        };
        self.store.add_link(link).await.unwrap();
        token
    }
}

async fn problem(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    let text = |field: &str| problem[field].as_str().unwrap().to_owned();
    (status, text("code"), text("message"))
}

/// Waits for a condition.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < TEST_TIMEOUT, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_guest_account_is_secured_and_signed_in_elsewhere() {
    let server = TestServer::start().await;
    let token = server.sign_up("민아").await;
    let session = server.session(&token).await;
    assert_eq!((&session["user"]["name"], session.get("secured")), (&json!("민아"), None));
    assert!(!server.account(&token).await.secured);
    assert_eq!(server.set_password(&token, "마당에 피는 꽃들이에요").await.status().as_u16(), 204);
    assert_eq!(server.session(&token).await["secured"], json!(true));
    // Typed on a Mac, which sends letters apart, and with a name in another form.
    let apart: String =
        unicode_normalization::UnicodeNormalization::nfd("마당에 피는 꽃들이에요").collect();
    let second = server.signed_in("민아", &apart).await;
    assert_ne!(second, token);
    let [first, again] = [&token, &second].map(|token| server.session(token));
    assert_eq!(first.await["user"], again.await["user"]);
    let account = server.account(&second).await;
    let current: Vec<bool> = account.sessions.iter().map(|it| it.current).collect();
    assert_eq!(current.iter().filter(|it| **it).count(), 1);
    assert_eq!((account.sessions.len(), account.has_password), (2, true));
    assert!(!account.needs_current_password, "the session has just begun");
    assert!(account.attempts[0].succeeded && account.attempts[0].network == "127.0.0.1");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_one_answer() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    server.sign_up("Guest").await;
    assert_eq!(server.set_password(&token, PASSWORD).await.status().as_u16(), 204);
    let expected = "The name or the password is wrong.".to_owned();
    let expected = (401, "unauthenticated".to_owned(), expected);
    for (name, password) in [
        ("Mina", "wrong password"),
        ("Mina", ""),
        ("Mina", "correct horse\0"),
        ("Mina", " correct horse"),
        ("nobody", PASSWORD),
        ("nobody\0", PASSWORD),
        ("", PASSWORD),
        ("Guest", PASSWORD),
        ("Guest", ""),
    ] {
        let answer = server.sign_in(name, password).await;
        assert!(answer.headers().get(SET_COOKIE).is_none());
        assert_eq!(problem(answer).await, expected, "{name:?} {password:?}");
    }
    let long = "x".repeat(300);
    for name in ["Mina", "nobody"] {
        assert_eq!(problem(server.sign_in(name, &long).await).await.1, "too_long");
    }
    let huge = "x".repeat(20_000);
    assert_eq!(server.sign_in("Mina", &huge).await.status().as_u16(), 413);
    for body in [json!({}), json!({ "name": "Mina" }), json!({ "name": "Mina", "password": 1 })] {
        let answer = server.post_json("/api/session/password", &body).send().await.unwrap();
        assert_eq!(problem(answer).await.1, "malformed", "{body}");
    }
    let account = || server.account(&token);
    until("the wrong attempts are recorded", async || account().await.attempts.len() == 4).await;
    assert!(account().await.attempts.iter().all(|it| !it.succeeded));
}

#[tokio::test]
async fn new_passwords_have_rules_and_a_changed_one_ends_the_other_sessions() {
    let server = TestServer::start().await;
    let first = server.sign_up("Mina").await;
    for bad in ["short", "1234567890", "Password123", "a\0aaaaaaaaaaa"] {
        let (status, code, message) = problem(server.set_password(&first, bad).await).await;
        assert_eq!((status, code.as_str()), (422, "invalid"), "{bad}");
        assert!(!message.contains(bad), "{message}");
    }
    let (_, _, message) = problem(server.set_password(&first, "short").await).await;
    assert!(message.contains(&MIN_PASSWORD_CHARS.to_string()), "{message}");
    assert_eq!(server.set_password(&first, PASSWORD).await.status().as_u16(), 204);
    let second = server.signed_in("Mina", PASSWORD).await;
    let mut socket = server.connect_as(&first).await;
    let change = async |current: &str| {
        let body = json!({ "password": "battery staple", "current": current });
        let request = server.post_json("/api/account/password", &body).bearer_auth(&second);
        request.send().await.unwrap()
    };
    assert_eq!(problem(change("wrong password").await).await.1, "forbidden");
    assert_eq!(change(PASSWORD).await.status().as_u16(), 204);
    assert!(server.session(&first).await.get("user").is_none());
    assert!(server.session(&second).await.get("user").is_some());
    socket.close_code().await;
    assert_eq!(server.sign_in("Mina", PASSWORD).await.status().as_u16(), 401);
    server.signed_in("Mina", "battery staple").await;
    let nobody = server.set_password("", "battery staple").await;
    assert_eq!(problem(nobody).await.1, "unauthenticated");
}

#[tokio::test]
async fn a_thousand_wrong_passwords_lock_nobody_else_out() {
    let server = TestServer::start().await;
    for name in ["Mina", "Theo"] {
        let token = server.sign_up(name).await;
        assert_eq!(server.set_password(&token, PASSWORD).await.status().as_u16(), 204);
    }
    let known = server.signed_in_browser("Mina", PASSWORD, None).await;
    let mut refused = 0;
    for _ in 0..50 {
        let tries = (0..20).map(|_| server.sign_in("Mina", "wrong password"));
        for answer in futures_util::future::join_all(tries).await {
            match answer.status().as_u16() {
                429 => refused += 1,
                status => assert_eq!(status, 401),
            }
        }
    }
    assert!(refused > 900, "{refused} of 1,000 were refused without being checked");
    let waits = server.sign_in("Mina", PASSWORD).await;
    let wait: u64 = waits.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait <= 60, "{wait} s");
    assert_eq!(problem(waits).await.1, "rate_limited");
    // A device that the account knows passes from the same network, and so does everybody else.
    server.signed_in_browser("Mina", PASSWORD, Some(&known)).await;
    server.signed_in("Theo", PASSWORD).await;
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(answer: &Response) -> String {
    let lines = answer.headers().get_all(SET_COOKIE).into_iter();
    let pairs: Vec<_> =
        lines.map(|line| line.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

impl TestServer {
    /// Signs in as a browser does. Returns its cookies.
    async fn signed_in_browser(&self, name: &str, password: &str, cookie: Option<&str>) -> String {
        let cookie =
            cookie.map_or("madang_probe=1".to_owned(), |it| format!("{it}; madang_probe=1"));
        let body = json!({ "name": name, "password": password, "needs_cookie": true });
        let request = self.post_json("/api/session/password", &body).header(COOKIE, cookie);
        let answer = request.header(USER_AGENT, FIREFOX).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        for line in answer.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
        }
        let cookies = cookies(&answer);
        assert!(answer.json::<Value>().await.unwrap().get("token").is_none());
        cookies
    }
}

#[tokio::test]
async fn a_browser_gets_a_new_token_and_its_old_session_ends() {
    let server = TestServer::start().await;
    let mina = server.sign_up("Mina").await;
    assert_eq!(server.set_password(&mina, PASSWORD).await.status().as_u16(), 204);
    let body = json!({ "name": "Mina", "password": PASSWORD, "needs_cookie": true });
    let without = server.post_json("/api/session/password", &body).send().await.unwrap();
    assert!(cookies(&without).starts_with("madang_probe="));
    assert_eq!(problem(without).await.1, "unsupported");
    let first = server.signed_in_browser("Mina", PASSWORD, None).await;
    let second = server.signed_in_browser("Mina", PASSWORD, Some(&first)).await;
    let of = async |cookie: &str| -> Value {
        let request = server.http.get(server.url("/api/session")).header(COOKIE, cookie);
        request.send().await.unwrap().json().await.unwrap()
    };
    assert!(of(&first).await.get("user").is_none() && of(&second).await.get("user").is_some());
    // A token that somebody else has put into the browser is not taken over.
    let planted = format!("madang_session={}", "A".repeat(43));
    let third = server.signed_in_browser("Mina", PASSWORD, Some(&planted)).await;
    assert!(!third.contains(&planted) && of(&planted).await.get("user").is_none());
    let account = server.http.get(server.url("/api/account")).header(COOKIE, &third);
    let account: AccountInfo = account.send().await.unwrap().json().await.unwrap();
    assert_eq!(account.sessions[0].device, "Firefox on Linux");
    // A foreign page does not sign its visitor in as somebody else.
    let foreign =
        server.post_json("/api/session/password", &body).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_and_all_together() {
    let server = TestServer::start().await;
    let first = server.sign_up("Mina").await;
    assert_eq!(server.set_password(&first, PASSWORD).await.status().as_u16(), 204);
    let others =
        [server.signed_in("Mina", PASSWORD).await, server.signed_in("Mina", PASSWORD).await];
    let theo = server.sign_up("Theo").await;
    let foreign = server.account(&theo).await.sessions.remove(0).id;
    let end = async |id: &str| {
        let path = format!("/api/account/sessions{id}");
        let request = server.http.delete(server.url(&path)).bearer_auth(&first);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(end(&format!("/{foreign}")).await, 404);
    assert_eq!(end("/x").await, 404);
    let of_other = server.account(&others[0]).await.sessions.into_iter().find(|it| it.current);
    let mut socket = server.connect_as(&others[0]).await;
    assert_eq!(end(&format!("/{}", of_other.unwrap().id)).await, 204);
    socket.close_code().await;
    assert!(server.session(&others[0]).await.get("user").is_none());
    assert_eq!(end("").await, 204);
    assert!(server.session(&others[1]).await.get("user").is_none());
    assert_eq!(server.account(&first).await.sessions.len(), 1);
    assert!(server.session(&theo).await.get("user").is_some());
}

#[tokio::test]
async fn a_link_is_read_often_and_used_once() {
    let server = TestServer::start().await;
    let old = server.sign_up("Mina").await;
    let link = server.link(LinkKind::Recovery, 1).await;
    for _ in 0..2 {
        let read = server.post_json("/api/links", &json!({ "token": link })).send().await.unwrap();
        let read: LinkInfo = read.json().await.unwrap();
        assert_eq!((read.kind, read.name.as_str()), (LinkKind::Recovery, "Mina"));
    }
    let sign_in = |password: &str| {
        let body = json!({ "token": link, "password": password, "bearer": true });
        server.post_json("/api/session/link", &body).send()
    };
    let bad = sign_in("short").await.unwrap();
    assert_eq!(problem(bad).await.1, "invalid", "the link is not used up");
    let answer = sign_in(PASSWORD).await.unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    assert!(server.session(&old).await.get("user").is_none());
    assert_eq!(problem(sign_in(PASSWORD).await.unwrap()).await.1, "not_found");
    server.signed_in("Mina", PASSWORD).await;
    for token in ["", "x", &"A".repeat(43), &link] {
        let read = server.post_json("/api/links", &json!({ "token": token })).send().await.unwrap();
        assert_eq!(problem(read).await.1, "not_found", "{token}");
    }
    let page = server.http.get(server.url("/api/links")).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 405);
    let made = server.post_json("/api/users/1/recovery", &json!({})).bearer_auth(&old).send().await;
    assert_eq!(problem(made.unwrap()).await.1, "unauthenticated");
    let mina = server.signed_in("Mina", PASSWORD).await;
    let made =
        server.post_json("/api/users/1/recovery", &json!({})).bearer_auth(&mina).send().await;
    assert_eq!(problem(made.unwrap()).await.1, "forbidden");
}

#[tokio::test]
async fn a_second_device_joins_by_a_code() {
    let server = TestServer::start().await;
    let mina = server.sign_up("Mina").await;
    let post = async |path: &str, token: &str, body: Value| {
        server.post_json(path, &body).bearer_auth(token).send().await.unwrap()
    };
    let state = async || -> DeviceState {
        let request = server.http.get(server.url("/api/account/device")).bearer_auth(&mina);
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(state().await, DeviceState { open: false, waiting: None });
    let code: DeviceCode =
        post("/api/account/device", &mina, json!({})).await.json().await.unwrap();
    let start = format!("{}/link#", server.origin());
    assert!(code.link.0.starts_with(&start), "{:?}", code.link.0);
    assert!(!format!("{code:?}").contains(&code.code.0));
    let typed = code.code.0.to_lowercase().replace(' ', "-");
    let request = server.post_json("/api/session/device", &json!({ "code": typed }));
    let ticket = request.header(USER_AGENT, FIREFOX).send().await.unwrap();
    let ticket: DeviceTicket = ticket.json().await.unwrap();
    assert_eq!(ticket.name, "Mina");
    let finish = || {
        let body = json!({ "ticket": ticket.ticket, "bearer": true });
        server.post_json("/api/session/device/finish", &body).send()
    };
    assert_eq!(finish().await.unwrap().status().as_u16(), 202);
    let waiting = state().await.waiting.unwrap();
    assert_eq!(
        (waiting.device.as_str(), waiting.network.as_str()),
        ("Firefox on Linux", "127.0.0.1")
    );
    let confirm = async |id: &str| {
        let answer = post("/api/account/device/confirm", &mina, json!({ "id": id })).await;
        answer.status().as_u16()
    };
    assert_eq!(confirm("0").await, 404);
    assert_eq!(finish().await.unwrap().status().as_u16(), 202);
    assert_eq!(confirm(&waiting.id).await, 204);
    let answer = finish().await.unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    let answer: Value = answer.json().await.unwrap();
    let token = answer["token"].as_str().unwrap();
    assert_eq!(server.session(token).await["user"]["name"], "Mina");
    assert_eq!(problem(finish().await.unwrap()).await.1, "not_found");
    assert_eq!(server.account(token).await.attempts[0].method, "device");
    // The code is used up, and guesses are slowed down.
    let mut codes = Vec::new();
    for _ in 0..7 {
        let guess = server.post_json("/api/session/device", &json!({ "code": typed })).send().await;
        codes.push(problem(guess.unwrap()).await.1);
    }
    assert_eq!(codes[..5], ["not_found"; 5]);
    assert_eq!(codes[5..], ["rate_limited"; 2]);
}
