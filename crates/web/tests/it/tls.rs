//! T2.9: the server over TLS, with its stricter rules.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use futures_util::{SinkExt, StreamExt};
use madang_shared::chat::ChatEvent;
use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::lab::echo::ECHO_PATH;
use madang_shared::limits::{COMMAND_BURST, SOCKET_PATH, SUBPROTOCOL};
use madang_shared::session::CurrentSession;
use madang_shared::{Event, ServerFrame};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::socketio::test_client::SocketIoClient;
use crate::test_server::{TestServer, TestSettings};

/// A self-signed certificate for `localhost`.
pub(crate) struct TestCertificate {
    certificate: CertificateDer<'static>,
    server: Arc<ServerConfig>,
}

impl TestCertificate {
    pub(crate) fn new() -> Self {
        let generated = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = generated.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(generated.signing_key.serialize_der().into());
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        Self { certificate, server: Arc::new(server) }
    }

    pub(crate) fn listener(&self, tcp: TcpListener) -> impl Listener<Addr = SocketAddr> {
        TlsListener { tcp, acceptor: TlsAcceptor::from(self.server.clone()) }
    }

    /// The configuration of a client that trusts only this certificate.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }

    pub(crate) fn http(&self) -> reqwest::Client {
        let config = Arc::unwrap_or_clone(self.client());
        reqwest::Client::builder().use_preconfigured_tls(config).build().unwrap()
    }
}

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, peer) = self.tcp.accept().await.unwrap();
        (self.acceptor.accept(stream).await.unwrap(), peer)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

async fn tls_server() -> TestServer {
    TestServer::with_settings(TestSettings { tls: true, ..TestSettings::default() }).await
}

#[tokio::test]
async fn t2_9_people_chat_over_tls_in_order_and_without_a_hole() {
    const WRITERS: u32 = 4;
    // Within the burst of the rate limit.
    const EACH: u32 = COMMAND_BURST - 10;
    let server = tls_server().await;
    let mut reader = server.connect_as(&server.sign_up("reader").await).await;
    reader.send_text(r#"{"subscribe":{"topic":"room:1"}}"#).await;
    assert!(matches!(reader.receive_frame().await, ServerFrame::Snapshot(_)));
    // The reader does not read while more bytes are sent than the system's buffers hold, so that written frames, unsent
    // frames and frames from the log must fit together.
    let long = "\u{1F600}".repeat(MAX_MESSAGE_CHARS - 10);
    for writer in 0..WRITERS {
        let mut peer = server.connect_as(&server.sign_up(&format!("writer {writer}")).await).await;
        for number in 0..EACH {
            let text = format!("{} {long}", writer * EACH + number);
            peer.send_text(&format!(
                r#"{{"command":{{"id":"01977000-0000-7000-8000-{number:012}","command":{{"chat":{{"post":{{"room":1,"text":"{text}"}}}}}}}}}}"#
            ))
            .await;
        }
        let mut acknowledged = 0;
        while acknowledged < EACH {
            match peer.receive_frame().await {
                ServerFrame::Ack { .. } => acknowledged += 1,
                // On a slow machine, a connection lives long enough for one.
                ServerFrame::Ping { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
    for number in 0..WRITERS * EACH {
        let (seq, event) = loop {
            if let ServerFrame::Event { seq, event: Event::Chat(event), .. } =
                reader.receive_frame().await
            {
                break (seq.0, event);
            }
        };
        let ChatEvent::Posted(message) = event else { panic!("{event:?}") };
        assert_eq!(seq, u64::from(number) + 1);
        assert!(message.text.starts_with(&format!("{number} ")));
    }
}

#[tokio::test]
async fn t2_9_the_echo_and_clients_of_socket_io_work_over_tls() {
    let server = tls_server().await;
    let mut echo = server.connect(server.request_to(ECHO_PATH, &[])).await.unwrap().stream;
    for length in [0, 1, 60_000] {
        let text = "x".repeat(length);
        echo.send(Message::text(text.clone())).await.unwrap();
        let Some(Ok(Message::Text(answer))) = echo.next().await else { panic!("no answer") };
        assert!(answer.as_str() == format!("Echo: {text}"), "{length}");
    }
    echo.close(None).await.unwrap();
    while let Some(Ok(_)) = echo.next().await {}

    let mut client = SocketIoClient::connect(&server).await;
    client.emit(&json!(["data", "안녕"])).await;
    assert_eq!(client.receive("data").await, json!({ "data": "안녕", "id": client.id }));
    let polling = server.http.get(server.url("/socket.io/?EIO=4&transport=polling")).send().await;
    assert!(polling.unwrap().text().await.unwrap().starts_with("0{"));
}

#[tokio::test]
async fn over_tls_the_cookie_is_secure_and_a_cookie_of_plain_http_is_ignored() {
    let server = tls_server().await;
    let body = json!({ "name": "Mina" });
    let answer = server.http.post(server.url("/api/session")).json(&body).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-madang_session="), "{cookie}");
    for part in ["; Secure", "; HttpOnly", "; Path=/;", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let who = async |cookie: &str| {
        let answer = server.http.get(server.url("/api/session")).header("cookie", cookie).send();
        answer.await.unwrap().json::<CurrentSession>().await.unwrap().user
    };
    assert!(who(pair).await.is_some());
    let planted = pair.replace("__Host-", "");
    assert_eq!(who(&planted).await, None, "an attacker in the network can set this cookie");

    let origin = server.origin();
    let headers =
        [("sec-websocket-protocol", SUBPROTOCOL), ("cookie", pair), ("origin", origin.as_str())];
    let mut peer = server.connect(server.socket_request(&headers)).await.unwrap();
    peer.send_text(r#"{"hello":{"client":"test"}}"#).await;
    assert!(matches!(peer.receive_frame().await, ServerFrame::Welcome(_)));
}

#[tokio::test]
async fn over_tls_pages_of_plain_http_are_foreign() {
    let server = tls_server().await;
    let own = server.origin();
    let plain = own.replace("https://", "http://");
    for (origin, expected) in
        [(own.as_str(), 101), (plain.as_str(), 403), ("http://localhost:3000", 101)]
    {
        for path in [SOCKET_PATH, ECHO_PATH] {
            let mut headers = vec![("origin", origin)];
            headers
                .extend((path == SOCKET_PATH).then_some(("sec-websocket-protocol", SUBPROTOCOL)));
            let status = match server.connect(server.request_to(path, &headers)).await {
                Ok(_) => 101,
                Err(Error::Http(response)) => response.status().as_u16(),
                Err(error) => panic!("{error}"),
            };
            assert_eq!(status, expected, "{path} from {origin}");
        }
    }
}

#[tokio::test]
async fn strict_transport_security_is_sent_only_over_https_and_only_if_configured() {
    for (tls, set, expected) in [(true, true, true), (true, false, false), (false, true, false)] {
        let strict_transport = set.then(|| HeaderValue::from_static("max-age=60"));
        let server = TestServer::with_settings(TestSettings {
            strict_transport,
            tls,
            ..TestSettings::default()
        })
        .await;
        let answer = server.http.get(server.url("/healthz")).send().await.unwrap();
        let sent = answer.headers().get("strict-transport-security");
        assert_eq!(sent.is_some_and(|sent| sent == "max-age=60"), expected, "{tls} {set}");
        assert!(expected || sent.is_none());
    }
}
