//! The mail address of an account, and recovery by it, with a mail server on loopback.

use std::time::{Duration, Instant};

use madang_hub::accounts::{FRESH_SESSION_MS, MailAddressStore, MailRecipientRequest};
use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_hub::mail_limits::MAX_MAILS;
use madang_hub::profiles::{CheckedProfileChange, Profiles};
use madang_mail::{MailServerSettings, MailTiming, Mailer};
use madang_shared::administration::AdministrationAct;
use madang_shared::profile::ProfileChange;
use madang_shared::roles::Role;
use madang_shared::{Timestamp, UserId};
use reqwest::header::{ACCEPT_LANGUAGE, USER_AGENT};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::smtp_server::{Behaviour, ReceivedMail, SmtpServer};
use crate::test_server::{MAIL_ORIGIN, START, TEST_TIMEOUT, TestServer, TestSettings};

const PASSWORD: &str = "correct horse";
const OTHER_PASSWORD: &str = "battery staple";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0";
const ADDRESS: &str = "Mina@example.com";

/// A server that sends mail.
async fn start(behaviour: Behaviour) -> (SmtpServer, TestServer) {
    let smtp = SmtpServer::start(behaviour).await;
    let settings = MailServerSettings {
        url: smtp.url(""),
        password: None,
        from: "hub@example.com".into(),
        timing: MailTiming { waits: vec![Duration::ZERO; 2], ..MailTiming::default() },
    };
    let mailer = Some(Mailer::new(&settings).unwrap());
    let settings = TestSettings { mailer, ..TestSettings::default() };
    (smtp, TestServer::with_settings(settings).await)
}

impl TestServer {
    async fn request_as(&self, method: Method, path: &str, token: &str, body: Value) -> Response {
        let request = self.http.request(method, self.url(path)).json(&body);
        let request = request.header(USER_AGENT, FIREFOX).header(ACCEPT_LANGUAGE, "ko,en;q=0.5");
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        request.send().await.unwrap()
    }

    async fn status(&self, method: Method, path: &str, token: &str, body: Value) -> u16 {
        self.request_as(method, path, token, body).await.status().as_u16()
    }

    async fn own_mail(&self, token: &str) -> Value {
        self.request_as(Method::GET, "/api/account/mail", token, Value::Null)
            .await
            .json()
            .await
            .unwrap()
    }

    async fn set_mail(&self, token: &str, address: &str) -> u16 {
        let body = json!({ "address": address });
        self.status(Method::POST, "/api/account/mail", token, body).await
    }

    /// Status and body of the answer to somebody who has forgotten the password.
    async fn recover(&self, account: &str) -> (u16, String) {
        let body = json!({ "account": account });
        let answer = self.request_as(Method::POST, "/api/session/recovery", "", body).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn open_mail_link(&self, mail: &ReceivedMail) -> u16 {
        let body = json!({ "token": token_of(mail) });
        self.status(Method::POST, "/api/mail/verify", "", body).await
    }

    /// Signs a user with a password up, and verifies the address.
    async fn with_address(&self, smtp: &SmtpServer, name: &str, address: &str) -> String {
        let token = self.sign_up(name).await;
        let password = json!({ "password": PASSWORD });
        assert_eq!(self.status(Method::POST, "/api/account/password", &token, password).await, 204);
        assert_eq!(self.set_mail(&token, address).await, 202);
        assert_eq!(self.open_mail_link(&smtp.next_mail().await).await, 204);
        token
    }

    async fn act_of_operator(&self, act: AdministrationAct) {
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
        self.store.administer(act).await.unwrap();
    }

    /// Waits for the numbers of sent mails and of those that were given up. `token` is that of an administrator.
    async fn until_counts(&self, token: &str, sent: u64, failed: u64) {
        let expected = json!({ "sent": sent, "failed": failed });
        let started = Instant::now();
        loop {
            let path = "/api/administration/health";
            let health = self.request_as(Method::GET, path, token, Value::Null).await;
            let health: Value = health.json().await.unwrap();
            if health["mails"] == expected {
                return;
            }
            assert!(started.elapsed() < TEST_TIMEOUT, "{health}");
            tokio::task::yield_now().await;
        }
    }
}

fn token_of(mail: &ReceivedMail) -> &str {
    let page = format!("{MAIL_ORIGIN}/link#");
    mail.link().strip_prefix(&page).unwrap_or_else(|| panic!("{}", mail.text))
}

#[tokio::test]
async fn an_address_is_verified_by_its_link_and_recovers_the_account() {
    let (smtp, server) = start(Behaviour::Accept).await;
    let token = server.sign_up("Mina").await;
    assert_eq!(server.own_mail(&token).await, json!({ "is_available": true }));
    assert_eq!(server.set_mail(&token, ADDRESS).await, 202);
    let pending = json!({ "is_available": true, "pending": ADDRESS });
    assert_eq!(server.own_mail(&token).await, pending);
    let mail = smtp.next_mail().await;
    assert_eq!((&*mail.to, &*mail.subject), (ADDRESS, "Madang: 메일 주소 확인"));
    for words in ["Mina 계정", "Windows의 Firefox, 127.0.0.1", "아무것도 바뀌지 않습니다"]
    {
        assert!(mail.text.contains(words), "{}", mail.text);
    }
    // The page of the link reads it, which uses nothing up, and shows no session.
    let body = json!({ "token": token_of(&mail) });
    for _ in 0..2 {
        let read = server.request_as(Method::POST, "/api/links", "", body.clone()).await;
        let read: Value = read.json().await.unwrap();
        let found = (&read["kind"], &read["name"], &read["address"]);
        assert_eq!(found, (&json!("mail"), &json!("Mina"), &json!(ADDRESS)));
    }
    let sign_in = json!({ "token": token_of(&mail), "password": PASSWORD, "bearer": true });
    let refused = server.status(Method::POST, "/api/session/link", "", sign_in).await;
    assert_eq!(refused, 404, "it signs nobody in");
    assert_eq!(server.open_mail_link(&mail).await, 204);
    assert_eq!(server.open_mail_link(&mail).await, 404, "once");
    let verified = json!({ "is_available": true, "address": ADDRESS });
    assert_eq!(server.own_mail(&token).await, verified);

    assert_eq!(server.recover("mina@EXAMPLE.com").await.0, 202);
    let mail = smtp.next_mail().await;
    assert_eq!((&*mail.to, &*mail.subject), (ADDRESS, "Madang: 비밀번호 다시 정하기"));
    assert!(mail.text.contains("Windows의 Firefox, 127.0.0.1"), "{}", mail.text);
    let body = json!({ "token": token_of(&mail), "password": OTHER_PASSWORD, "bearer": true });
    assert_eq!(server.status(Method::POST, "/api/session/link", "", body.clone()).await, 201);
    assert_eq!(server.status(Method::POST, "/api/session/link", "", body).await, 404, "once");
    let gone = server.status(Method::GET, "/api/account/mail", &token, Value::Null).await;
    assert_eq!(gone, 401, "the other sessions end");
    let body = json!({ "name": "Mina", "password": OTHER_PASSWORD, "bearer": true });
    assert_eq!(server.status(Method::POST, "/api/session/password", "", body).await, 201);
}

#[tokio::test]
async fn the_answer_is_the_same_for_every_account() {
    let (smtp, server) = start(Behaviour::Accept).await;
    server.with_address(&smtp, "Mina", ADDRESS).await;
    let pending = server.sign_up("Pending").await;
    assert_eq!(server.set_mail(&pending, "pending@example.com").await, 202);
    smtp.next_mail().await;
    server.sign_up("Without").await;
    let gone = server.with_address(&smtp, "Gone", "gone@example.com").await;
    let gone: Value = server
        .request_as(Method::GET, "/api/session", &gone, Value::Null)
        .await
        .json()
        .await
        .unwrap();
    let user = UserId(gone["user"]["id"].as_u64().unwrap());
    server.act_of_operator(AdministrationAct::Deactivate { user }).await;
    let expected = (202, String::new());
    for account in [
        "Pending",
        "pending@example.com",
        "Without",
        "nobody",
        "Gone",
        "gone@example.com",
        "",
        "\0",
    ] {
        assert_eq!(server.recover(account).await, expected, "{account:?}");
    }
    // The requests before were taken from the queue first.
    assert_eq!(server.recover("Mina").await, expected);
    let mail = smtp.next_mail().await;
    assert_eq!(mail.to, ADDRESS);
    assert!(smtp.has_no_mail().await);
    assert_eq!(server.recover(&"x".repeat(255)).await.0, 422);
}

#[tokio::test]
async fn the_profile_decides_about_the_language() {
    let (smtp, server) = start(Behaviour::Accept).await;
    server.with_address(&smtp, "Mina", ADDRESS).await;
    let change = ProfileChange { language: Some("en-GB".into()), ..ProfileChange::default() };
    let change = CheckedProfileChange::new(UserId(1), change, Timestamp(START)).unwrap();
    server.store.change_profile(change).await.unwrap();
    assert_eq!(server.recover("Mina").await.0, 202);
    let mail = smtp.next_mail().await;
    assert_eq!(mail.subject, "Madang: choose a new password");
    for words in ["Hello Mina", "Firefox on Windows, 127.0.0.1", "Nothing changes."] {
        assert!(mail.text.contains(words), "{}", mail.text);
    }
}

#[tokio::test]
async fn requests_for_links_are_slowed_down_and_mails_are_limited() {
    let (smtp, server) = start(Behaviour::Accept).await;
    let token = server.with_address(&smtp, "Mina", ADDRESS).await;
    // One mail was for the verification.
    let mut answers = Vec::new();
    for _ in 0..8 {
        let (status, _) = server.recover("Mina").await;
        if status == 429 {
            server.pass(60_000);
        }
        answers.push(status);
    }
    assert_eq!(answers, [202, 202, 202, 202, 202, 429, 202, 429]);
    for _ in 1..MAX_MAILS {
        smtp.next_mail().await;
    }
    assert!(smtp.has_no_mail().await, "the others are not sent");
    // Another account and another address are free.
    assert_eq!(server.set_mail(&token, "new@example.com").await, 429, "the same account is not");
    let theo = server.sign_up("Theo").await;
    assert_eq!(server.set_mail(&theo, ADDRESS).await, 429, "nor is the same address");
    assert_eq!(server.set_mail(&theo, "theo@example.com").await, 202);
    assert_eq!(smtp.next_mail().await.to, "theo@example.com");
    server.pass(3_600_000);
    assert_eq!(server.recover("Mina").await.0, 202);
    assert_eq!(smtp.next_mail().await.to, ADDRESS);
}

#[tokio::test]
async fn an_address_belongs_to_the_first_account_that_opens_its_link() {
    let (smtp, server) = start(Behaviour::Accept).await;
    server.with_address(&smtp, "Mina", ADDRESS).await;
    let theo = server.sign_up("Theo").await;
    assert_eq!(server.set_mail(&theo, ADDRESS).await, 202, "nobody learns of it but the owner");
    let mail = smtp.next_mail().await;
    let body = json!({ "token": token_of(&mail) });
    let refused = server.request_as(Method::POST, "/api/mail/verify", "", body).await;
    assert_eq!(refused.status().as_u16(), 409);
    for wrong in ["", "theo", "theo@example", "a@b.kr\r\nBcc: c@d.kr"] {
        assert_eq!(server.set_mail(&theo, wrong).await, 422, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_address_is_confirmed_first() {
    let (smtp, server) = start(Behaviour::Accept).await;
    let token = server.with_address(&smtp, "Mina", ADDRESS).await;
    server.pass(FRESH_SESSION_MS);
    let remove = || server.status(Method::DELETE, "/api/account/mail", &token, Value::Null);
    assert_eq!((server.set_mail(&token, "new@example.com").await, remove().await), (403, 403));
    let password = json!({ "password": PASSWORD });
    assert_eq!(server.status(Method::POST, "/api/account/confirm", &token, password).await, 204);
    assert_eq!(remove().await, 204);
    assert_eq!(server.own_mail(&token).await, json!({ "is_available": true }));
    let account =
        MailRecipientRequest { name_key: "mina".into(), address_key: None, at: Timestamp(START) };
    assert_eq!(server.store.mail_recipient(account).await.unwrap(), None);
}

#[tokio::test]
async fn mails_are_counted_and_a_failing_server_delays_no_answer() {
    let (smtp, server) = start(Behaviour::FailFirst(2)).await;
    let token = server.sign_up("Mina").await;
    server.act_of_operator(AdministrationAct::SetRole { user: UserId(1), role: Role::Owner }).await;
    assert_eq!(server.set_mail(&token, ADDRESS).await, 202);
    let mail = smtp.next_mail().await;
    assert_eq!((smtp.recipients(), &*mail.to), (3, ADDRESS), "the third attempt");
    server.until_counts(&token, 1, 0).await;
    assert_eq!(server.open_mail_link(&mail).await, 204);
    smtp.behave(Behaviour::Refuse);
    assert_eq!(server.recover("Mina").await.0, 202);
    server.until_counts(&token, 1, 1).await;
    smtp.behave(Behaviour::Hang);
    let before = smtp.connections();
    assert_eq!(server.recover("Mina").await.0, 202, "nobody waits for the mail server");
    while smtp.connections() == before {
        tokio::task::yield_now().await;
    }
    smtp.behave(Behaviour::Accept);
    assert_eq!(server.recover("Mina").await.0, 202);
    assert_eq!(smtp.next_mail().await.to, ADDRESS, "one that hangs delays no other");
}

#[tokio::test]
async fn a_server_without_mail_offers_none() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    assert_eq!(server.own_mail(&token).await, json!({ "is_available": false }));
    let methods = server.request_as(Method::GET, "/api/session/methods", "", Value::Null).await;
    assert_eq!(methods.json::<Value>().await.unwrap().get("mail"), None);
    assert_eq!(server.set_mail(&token, ADDRESS).await, 404);
    let (status, problem) = server.recover("Mina").await;
    assert!(status == 404 && problem.contains("ask an administrator"), "{problem}");
    let remove = server.status(Method::DELETE, "/api/account/mail", &token, Value::Null).await;
    assert_eq!(remove, 204, "an address of before can be removed");
    let (_, server) = start(Behaviour::Accept).await;
    let methods = server.request_as(Method::GET, "/api/session/methods", "", Value::Null).await;
    assert_eq!(methods.json::<Value>().await.unwrap()["mail"], true);
}
