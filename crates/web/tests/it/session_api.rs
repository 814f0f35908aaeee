//! `/api/session`, `/http-call` and the health checks.

use madang_shared::session::{SIGN_UP_BURST, SIGN_UPS_PER_HOUR};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::test_server::TestServer;

#[tokio::test]
async fn the_session_cookie_is_hidden_from_scripts() {
    let server = TestServer::start().await;
    let answer = server
        .http
        .post(server.url("/api/session"))
        .json(&json!({ "name": "민수" }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["user"]["name"], "민수");
    assert!(body.get("token").is_none(), "a browser gets the token in a cookie only");

    let pair = cookie.split(';').next().unwrap();
    let who = |cookie: String| {
        server.http.get(server.url("/api/session")).header("cookie", cookie).send()
    };
    let me: Value = who(format!("other=1; {pair}")).await.unwrap().json().await.unwrap();
    assert_eq!(me["user"]["name"], "민수");

    let out =
        server.http.delete(server.url("/api/session")).header("cookie", pair).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let nobody: Value = who(pair.to_owned()).await.unwrap().json().await.unwrap();
    assert!(nobody.get("user").is_none(), "{nobody}");
}

#[tokio::test]
async fn a_second_sign_up_in_one_browser_ends_the_first_session() {
    let server = TestServer::start().await;
    let sign_up = async |name: &str, header: (&str, String)| {
        let request = server.http.post(server.url("/api/session")).header(header.0, header.1);
        let answer = request.json(&json!({ "name": name })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().to_owned()
    };
    let is_signed_in = async |cookie: &str| {
        let request = server.http.get(server.url("/api/session")).header("cookie", cookie);
        let session: Value = request.send().await.unwrap().json().await.unwrap();
        session.get("user").is_some()
    };
    let first = sign_up("Mina", ("x-nothing", String::new())).await;
    let second = sign_up("Theo", ("cookie", first.clone())).await;
    assert!(!is_signed_in(&first).await && is_signed_in(&second).await);
    // A program's bearer token is no cookie that the answer replaces.
    let program = server.sign_up("Robot").await;
    sign_up("Anna", ("authorization", format!("Bearer {program}"))).await;
    let request = server.http.get(server.url("/api/session")).bearer_auth(program);
    let session: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(session["user"]["name"], "Robot");
}

#[tokio::test]
async fn a_name_is_unique_and_an_invalid_name_is_explained() {
    let server = TestServer::start().await;
    let token = server.sign_up("Jane").await;
    // A name belongs to its user from the first use of the session.
    let who = server.http.get(server.url("/api/session")).bearer_auth(token).send().await.unwrap();
    assert_eq!(who.status(), StatusCode::OK);
    let cases = [
        (json!({ "name": "jANE" }), 409, "name_taken"),
        (json!({ "name": "Ｊａｎｅ" }), 409, "name_taken"),
        (json!({ "name": "J\u{430}ne" }), 422, "invalid"),
        (json!({ "name": "Jan\u{FFFC}" }), 422, "invalid"),
        (json!({ "name": "Admin" }), 409, "name_taken"),
        (json!({ "name": "@관리자" }), 409, "name_taken"),
        (json!({ "name": " " }), 422, "invalid"),
        (json!({ "name": "x".repeat(33) }), 422, "too_long"),
        (json!({ "nom": "x" }), 400, "malformed"),
        (json!({ "name": "x".repeat(20_000) }), 413, "too_long"),
    ];
    for (body, status, code) in cases {
        let answer = server.http.post(server.url("/api/session")).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        let failure: Value = answer.json().await.unwrap();
        assert_eq!(failure["code"], code);
        assert!(failure["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
}

#[tokio::test]
async fn a_sign_up_that_needs_a_cookie_is_refused_if_the_browser_sends_none_back() {
    let server = TestServer::start().await;
    let url = server.url("/api/session");
    let first = server.http.get(&url).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    let probe = first.headers()["set-cookie"].to_str().unwrap();
    assert!(
        probe.starts_with("madang_probe=")
            && probe.contains("HttpOnly")
            && probe.contains("Path=/"),
        "{probe}"
    );
    assert!(!probe.contains("Max-Age"), "{probe}");
    let sign_up = |cookie: Option<&str>| {
        let body = json!({ "name": "Mina", "needs_cookie": true });
        let request = server.http.post(&url).json(&body);
        cookie.map_or(request.try_clone().unwrap(), |it| request.header("cookie", it)).send()
    };
    for _ in 0..2 {
        let refused = sign_up(None).await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        let again = refused.headers()["set-cookie"].to_str().unwrap();
        assert!(again.starts_with("madang_probe="), "a second request can succeed: {again}");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "unsupported");
        assert!(problem["message"].as_str().unwrap().contains("cookie"), "{problem}");
    }
    // The name is still free.
    let pair = probe.split(';').next().unwrap();
    let signed_up = sign_up(Some(pair)).await.unwrap();
    assert_eq!(signed_up.status(), StatusCode::CREATED);
    let session = signed_up.headers()["set-cookie"].to_str().unwrap();
    let session = session.split(';').next().unwrap().to_owned();

    let who = |cookie: String| server.http.get(&url).header("cookie", cookie).send();
    let known = who(format!("{pair}; {session}")).await.unwrap();
    assert_eq!((known.status().as_u16(), known.headers().get("set-cookie")), (200, None));
    let unknown = who(pair.to_owned()).await.unwrap();
    assert_eq!((unknown.status().as_u16(), unknown.headers().get("set-cookie")), (200, None));
    let out = server.http.delete(&url).header("cookie", session).send().await.unwrap();
    let cookies: Vec<_> =
        out.headers().get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|it| it.starts_with("madang_probe=1")), "{cookies:?}");
}

#[tokio::test]
async fn a_name_whose_session_was_never_used_can_be_signed_up_again() {
    let server = TestServer::start().await;
    let lost = server.sign_up("Mina").await;
    let found = server.sign_up("mina").await;
    let who = |token: &str| server.http.get(server.url("/api/session")).bearer_auth(token).send();
    let nobody: Value = who(&lost).await.unwrap().json().await.unwrap();
    assert!(nobody.get("user").is_none(), "{nobody}");
    let me: Value = who(&found).await.unwrap().json().await.unwrap();
    assert_eq!(me["user"], json!({ "id": 1, "name": "mina" }));
    let body = json!({ "name": "MINA", "bearer": true });
    let taken = server.http.post(server.url("/api/session")).json(&body).send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::CONFLICT);
    // A socket uses a session too.
    let theo = server.sign_up("Theo").await;
    server.connect_as(&theo).await;
    let body = json!({ "name": "Theo", "bearer": true });
    let taken = server.http.post(server.url("/api/session")).json(&body).send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn sign_ups_of_one_address_are_limited_and_sessions_continue() {
    let server = TestServer::start().await;
    let first = server.sign_up("user 0").await;
    // A name is taken from the first use of its session on.
    let who = || server.http.get(server.url("/api/session")).bearer_auth(&first).send();
    assert_eq!(who().await.unwrap().status(), StatusCode::OK);
    let sign_up = |name: &str| {
        server.http.post(server.url("/api/session")).json(&json!({ "name": name })).send()
    };
    // Tries at a taken name take no place from the others behind the address.
    for _ in 0..2 * SIGN_UP_BURST {
        assert_eq!(sign_up("user 0").await.unwrap().status(), StatusCode::CONFLICT);
    }
    for number in 1..SIGN_UP_BURST {
        server.sign_up(&format!("user {number}")).await;
    }
    // An invalid name does not count against the limit, and is refused as invalid.
    assert_eq!(sign_up(" ").await.unwrap().status().as_u16(), 422);
    let refused = sign_up("one more").await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3_600 / u64::from(SIGN_UPS_PER_HOUR)).contains(&wait), "{wait} s");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["retry"]), (&json!("rate_limited"), &json!(true)));

    assert_eq!(who().await.unwrap().status(), StatusCode::OK, "the session continues");
}

#[tokio::test]
async fn sign_ups_at_the_same_time_share_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::on_disk(folder.path()).await;
    let sign_ups = (0..3 * SIGN_UP_BURST).map(|number| {
        let body = json!({ "name": format!("user {number}"), "bearer": true });
        server.http.post(server.url("/api/session")).json(&body).send()
    });
    let answers = futures_util::future::join_all(sign_ups).await;
    let created = answers.iter().flatten().filter(|it| it.status() == StatusCode::CREATED).count();
    // A slow test gains a sign-up every 18 seconds.
    assert!((1..=SIGN_UP_BURST as usize + 10).contains(&created), "{created}");
}

#[tokio::test]
async fn a_foreign_page_cannot_sign_a_user_up() {
    let server = TestServer::start().await;
    let post = |origin: &'static str| {
        server
            .http
            .post(server.url("/api/session"))
            .header("origin", origin)
            .json(&json!({ "name": "x" }))
            .send()
    };
    assert_eq!(post("https://evil.example").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(post("http://localhost:3000").await.unwrap().status(), StatusCode::CREATED);
}

#[tokio::test]
async fn t0_1_http_call_answers_a_sentence() {
    let server = TestServer::start().await;
    let body: Value =
        server.http.get(server.url("/http-call")).send().await.unwrap().json().await.unwrap();
    assert!(body["data"].as_str().is_some_and(|sentence| sentence.len() > 10));
}

#[tokio::test]
async fn readiness_follows_the_store_and_health_does_not() {
    let server = TestServer::start().await;
    let status = |path: &'static str| async {
        server.http.get(server.url(path)).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status("/healthz").await, status("/readyz").await), (200, 200));
    server.store.set_unavailable(true);
    assert_eq!((status("/healthz").await, status("/readyz").await), (200, 503));
    let body = json!({ "name": "x" });
    let answer = server.http.post(server.url("/api/session")).json(&body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 503);
    assert!(
        !answer.text().await.unwrap().contains("switched off"),
        "details of the engine stay in the log"
    );
}
