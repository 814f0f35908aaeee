//! The slots of the lab's pages: shares of visitors and of users.

use madang_shared::lab::echo::{ECHO_PATH, MAX_ECHO_CONNECTIONS};
use madang_shared::lab::{SLOT_SHARES, chat};
use madang_web::TrustedProxies;
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::{TestServer, TestSettings};

#[tokio::test]
async fn one_visitor_has_a_share_of_the_connections_and_a_user_another() {
    let proxies = TrustedProxies::new(["127.0.0.1"]).unwrap();
    let server =
        TestServer::with_settings(TestSettings { proxies, ..TestSettings::default() }).await;
    let token = server.sign_up("Mina").await;
    let bearer = format!("Bearer {token}");
    for path in [ECHO_PATH, chat::PATH, "/lab/transports/socket"] {
        let refused = async |headers: &[(&'static str, &str)]| match server
            .connect(server.request_to(path, headers))
            .await
        {
            Err(Error::Http(response)) => {
                assert_eq!(response.status().as_u16(), 503, "{path}");
                let body = response.into_body().unwrap_or_default();
                String::from_utf8(body).unwrap()
            }
            other => panic!("{path} {headers:?}: {:?}", other.map(|_| ())),
        };
        let mut all = Vec::new();
        let stranger = [("x-forwarded-for", "2001:db8::1")];
        for _ in 0..MAX_ECHO_CONNECTIONS / SLOT_SHARES {
            all.push(server.connect(server.request_to(path, &stranger)).await.unwrap());
        }
        for neighbour in ["2001:db8::1", "2001:db8::2"] {
            let text = refused(&[("x-forwarded-for", neighbour)]).await;
            assert!(text.contains("Your network has too many connections"), "{text}");
        }
        // A user of the same network, from any address.
        for number in 0..MAX_ECHO_CONNECTIONS / SLOT_SHARES {
            let from = format!("2001:db8:0:{number}::1");
            let headers = [("x-forwarded-for", from.as_str()), ("authorization", bearer.as_str())];
            all.push(server.connect(server.request_to(path, &headers)).await.unwrap());
        }
        let headers = [("x-forwarded-for", "192.0.2.1"), ("authorization", bearer.as_str())];
        assert!(refused(&headers).await.contains("You have too many connections"));
        for network in 1..=2 * MAX_ECHO_CONNECTIONS / SLOT_SHARES {
            let from = format!("192.0.2.{network}");
            let request = server.request_to(path, &[("x-forwarded-for", from.as_str())]);
            all.push(server.connect(request).await.unwrap());
        }
        let last = [("x-forwarded-for", "198.51.100.1")];
        assert!(refused(&last).await.contains("All connections of this page"));
        drop(all.pop());
        while server.connect(server.request_to(path, &last)).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
