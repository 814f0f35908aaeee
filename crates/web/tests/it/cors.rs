//! Pages of other origins: configured origins are answered, all others are refused, over HTTP and in
//! handshakes.

use madang_shared::lab::echo::ECHO_PATH;
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use reqwest::Method;
use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN, VARY};
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::TestServer;

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
