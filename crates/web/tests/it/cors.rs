//! Pages of other origins: configured origins are answered, all others are refused, over HTTP and in
//! handshakes.

use madang_shared::lab::echo::ECHO_PATH;
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use madang_shared::session::CurrentSession;
use madang_web::Origins;
use reqwest::Method;
use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN, VARY};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::{TestServer, TestSettings};

const LISTED: &str = "http://localhost:3000";
const FOREIGN: [&str; 3] = ["http://localhost:3001", "https://evil.example", "null"];
const READABLE: [&str; 3] = ["/http-call", "/lab/transports/poll", "/lab/transports/time"];
const SOCKETS: [&str; 4] = [SOCKET_PATH, ECHO_PATH, "/lab/http/socket", "/lab/transports/socket"];

#[tokio::test]
async fn t0_5_pages_of_listed_origins_read_plain_answers_and_others_get_none() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.address);
    for path in READABLE {
        for method in [Method::GET, Method::OPTIONS] {
            let send = |origin: &str| {
                server.http.request(method.clone(), server.url(path)).header(ORIGIN, origin).send()
            };
            for origin in [LISTED, &own] {
                let answer = send(origin).await.unwrap();
                assert!(answer.status().is_success(), "{method} {path} from {origin}");
                assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], *origin);
                let vary = answer.headers()[VARY].to_str().unwrap();
                assert!(vary.contains("origin"), "caches separate the origins: {vary}");
            }
            for origin in FOREIGN {
                let answer = send(origin).await.unwrap();
                assert_eq!(answer.status().as_u16(), 403, "{method} {path} from {origin}");
                assert!(!answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
            }
        }
        let program = server.http.get(server.url(path)).send().await.unwrap();
        assert_eq!(program.status().as_u16(), 200, "a program sends no origin");
        assert!(!program.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    // A configured page may read the session, because its visitors sign in there; no other page may.
    let may_read_session = async |origin: &str| {
        let answer =
            server.http.get(server.url("/api/session")).header(ORIGIN, origin).send().await;
        answer.unwrap().headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
    };
    assert!(may_read_session(LISTED).await);
    for origin in FOREIGN {
        assert!(!may_read_session(origin).await, "{origin}");
    }
}

#[tokio::test]
async fn t0_5_pages_of_listed_origins_open_sockets_and_others_do_not() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.address);
    for path in SOCKETS {
        let opens = async |origin: Option<&str>| {
            let mut headers = vec![("sec-websocket-protocol", SUBPROTOCOL)];
            if path != SOCKET_PATH {
                headers.clear();
            }
            headers.extend(origin.map(|origin| ("origin", origin)));
            match server.connect(server.request_to(path, &headers)).await {
                Ok(_) => 101,
                Err(Error::Http(response)) => response.status().as_u16(),
                Err(error) => panic!("{error}"),
            }
        };
        for origin in [None, Some(LISTED), Some(own.as_str())] {
            assert_eq!(opens(origin).await, 101, "{path} from {origin:?}");
        }
        for origin in FOREIGN {
            assert_eq!(opens(Some(origin)).await, 403, "{path} from {origin}");
        }
    }
}

/// A server that listens on loopback, with no origin configured.
async fn on_loopback() -> TestServer {
    let origins = Origins::default().listening_on([127, 0, 0, 1].into());
    TestServer::with_settings(TestSettings { origins, ..TestSettings::default() }).await
}

/// Origins of development servers on the same machine.
const DEVELOPMENT: [&str; 3] =
    ["http://localhost:3000", "http://127.0.0.1:8080", "https://[::1]:3000"];

#[tokio::test]
async fn t0_5_a_development_page_uses_http_with_a_token_of_its_own() {
    let server = on_loopback().await;
    for (number, origin) in DEVELOPMENT.iter().enumerate() {
        let send = |method: Method, path: &str| {
            server.http.request(method, server.url(path)).header(ORIGIN, *origin)
        };
        let read = send(Method::GET, "/http-call").send().await.unwrap();
        assert_eq!(read.status().as_u16(), 200, "{origin}");
        assert_eq!(read.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], *origin);

        let body = json!({ "name": format!("program {number}"), "bearer": true });
        let signed_up = send(Method::POST, "/api/session").json(&body).send().await.unwrap();
        assert_eq!(signed_up.status().as_u16(), 201, "{origin}");
        let signed_up: Value = signed_up.json().await.unwrap();
        let token = signed_up["token"].as_str().unwrap();
        let post = send(Method::POST, "/posts").bearer_auth(token).json(&json!({ "text": "a" }));
        let posted = post.send().await.unwrap();
        assert_eq!(posted.status().as_u16(), 201, "{origin}");
        assert_eq!(posted.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], *origin);
        for path in [ECHO_PATH, "/lab/http/socket", "/lab/transports/socket"] {
            let request = server.request_to(path, &[("origin", origin)]);
            assert!(server.connect(request).await.is_ok(), "{path} from {origin}");
        }
    }
}

#[tokio::test]
async fn t0_5_a_development_page_reaches_no_session_by_cookie() {
    let server = on_loopback().await;
    let token = server.sign_up("Mina").await;
    let cookie = format!("madang_session={token}");
    for origin in DEVELOPMENT {
        let send = |method: Method, path: &str| {
            let request = server.http.request(method, server.url(path)).header(ORIGIN, origin);
            request.header("cookie", cookie.as_str())
        };
        let who = send(Method::GET, "/api/session").send().await.unwrap();
        assert!(!who.headers().contains_key("set-cookie"), "{origin}");
        let session: CurrentSession = who.json().await.unwrap();
        assert_eq!(session.user, None, "{origin}");
        let read = send(Method::GET, "/posts").send().await.unwrap();
        assert_eq!(read.status().as_u16(), 401, "{origin}");
        let post = send(Method::POST, "/posts").json(&json!({ "text": "not mine" }));
        assert_eq!(post.send().await.unwrap().status().as_u16(), 401, "{origin}");
        // A cookie would replace that of the page on the server's own port: cookies know no ports.
        let out = send(Method::DELETE, "/api/session").send().await.unwrap();
        assert_eq!(out.status().as_u16(), 204, "{origin}");
        assert!(!out.headers().contains_key("set-cookie"), "{origin}");
        let sign_up = send(Method::POST, "/api/session").json(&json!({ "name": "Theo" }));
        let refused = sign_up.send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 403, "{origin}");
        assert!(!refused.headers().contains_key("set-cookie"), "{origin}");
        let problem: Value = refused.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("`bearer`"), "{problem}");
        let headers =
            [("sec-websocket-protocol", SUBPROTOCOL), ("origin", origin), ("cookie", &cookie)];
        let socket = server.connect(server.request_to(SOCKET_PATH, &headers)).await;
        assert!(matches!(socket, Err(Error::Http(refused)) if refused.status() == 403), "{origin}");
    }
    let who = server.http.get(server.url("/api/session")).header("cookie", cookie);
    assert_eq!(who.send().await.unwrap().status().as_u16(), 200, "the session lives");
}

#[tokio::test]
async fn t0_5_pages_of_other_machines_are_refused_on_loopback_too() {
    let server = on_loopback().await;
    for origin in ["https://evil.example", "http://localhost.evil.example:3000", "null"] {
        let send = |method: Method, path: &str| {
            server.http.request(method, server.url(path)).header(ORIGIN, origin)
        };
        for request in [
            send(Method::GET, "/http-call"),
            send(Method::POST, "/api/session").json(&json!({ "name": "x", "bearer": true })),
            send(Method::POST, "/posts").json(&json!({ "text": "x" })),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 403, "{origin}");
            assert!(!answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "{origin}");
        }
        for path in SOCKETS {
            let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", origin)];
            let refused = server.connect(server.request_to(path, &headers)).await;
            assert!(matches!(refused, Err(Error::Http(it)) if it.status() == 403), "{path}");
        }
    }
}
