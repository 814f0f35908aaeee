//! One server for a test, and clients that are not ours.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use futures_util::{SinkExt, StreamExt};
use madang_hub::Hub;
use madang_hub::ports::{Clock, Store};
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use madang_shared::{Epoch, ServerFrame, Timestamp, codec};
use madang_store::sqlite::{Options, Sqlite, Synchronous};
use madang_store::{EventStream, Memory};
use madang_web::socketio::{Receipts, Settings};
use madang_web::{AppState, Connected, OpenSessions, Origins, RateLimiter, TrustedProxies, router};
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::tls::Certified;

pub(crate) const START: u64 = 1_700_000_000_000;
/// Longer than anything here takes; a test that gets here has hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(START).plus(u64::try_from(self.0.elapsed().as_millis()).unwrap())
    }
}

pub(crate) struct App {
    pub(crate) address: SocketAddr,
    pub(crate) store: Memory,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) http: reqwest::Client,
    /// None where it speaks plain HTTP.
    certified: Option<Certified>,
}

/// What is not as it is by default.
pub(crate) struct Setup {
    pub(crate) socketio: Settings,
    /// Besides its own, `http://localhost:3000`.
    pub(crate) origins: Origins,
    /// Nobody.
    pub(crate) proxies: TrustedProxies,
    pub(crate) strict_transport: Option<HeaderValue>,
    /// Whether it speaks TLS, as `localhost`.
    pub(crate) tls: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            socketio: Settings::default(),
            origins: Origins::new(["http://localhost:3000".to_owned()]).unwrap(),
            proxies: TrustedProxies::default(),
            strict_transport: None,
            tls: false,
        }
    }
}

impl App {
    /// Allows `http://localhost:3000` besides its own origin.
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// With another setup.
    pub(crate) async fn with(setup: Setup) -> Self {
        let store = Memory::new(Timestamp(START), 1);
        let tail = store.event_stream();
        Self::over(store.clone(), Arc::new(store), tail, setup).await
    }

    /// With other settings of the Socket.IO gateway, and other origins.
    pub(crate) async fn with_socketio(socketio: Settings, origins: Origins) -> Self {
        Self::with(Setup { socketio, origins, ..Setup::default() }).await
    }

    /// Over a database in a folder: reads take their time there.
    pub(crate) async fn on_disk(folder: &Path) -> Self {
        let options = Options { synchronous: Synchronous::Normal, ..Options::default() };
        let path = folder.join("madang.sqlite");
        let (store, tail) = Sqlite::open(&path, Timestamp(START), &options).unwrap();
        let memory = Memory::new(Timestamp(START), 1);
        Self::over(memory, Arc::new(store), tail, Setup::default()).await
    }

    async fn over(
        memory: Memory,
        store: Arc<dyn Store>,
        mut tail: EventStream,
        setup: Setup,
    ) -> Self {
        let hub = Arc::new(Hub::new("test", Epoch(1)));
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let state = AppState {
            hub: hub.clone(),
            store,
            clock: Arc::new(TestClock(Instant::now())),
            origins: Arc::new(setup.origins),
            proxies: Arc::new(setup.proxies),
            strict_transport: setup.strict_transport,
            socketio: Arc::new(setup.socketio),
            receipts: Receipts::default(),
            rate_limiter: Arc::new(RateLimiter::default()),
            open_sessions: OpenSessions::default(),
            stopping: stopping.clone(),
            tasks: tasks.clone(),
            drain_spread: Duration::ZERO,
        };
        let fan_out = hub.clone();
        tokio::spawn(async move { fan_out.run_fan_out().await });
        tokio::spawn(async move {
            while let Some(appended) = tail.recv().await {
                hub.publish(&appended);
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connected =
            Connected { peer: SocketAddr::from(([127, 0, 0, 1], 9)), over_tls: setup.tls };
        let app = router(state).layer(Extension(connected));
        let certified = setup.tls.then(Certified::new);
        match &certified {
            None => tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }),
            Some(certified) => {
                let listener = certified.listener(listener);
                tokio::spawn(async move { axum::serve(listener, app).await.unwrap() })
            }
        };
        let http = certified.as_ref().map_or_else(reqwest::Client::new, Certified::http);
        Self { address, store: memory, stopping, tasks, http, certified }
    }

    /// Scheme, host and port; `scheme` without its `s`.
    fn at(&self, scheme: &str) -> String {
        match &self.certified {
            None => format!("{scheme}://{}", self.address),
            Some(_) => format!("{scheme}s://localhost:{}", self.address.port()),
        }
    }

    /// The origin of its own pages.
    pub(crate) fn origin(&self) -> String {
        self.at("http")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Signs up, and answers the bearer token.
    pub(crate) async fn token(&self, name: &str) -> String {
        let body = serde_json::json!({ "name": name, "bearer": true });
        let answer = self.http.post(self.url("/api/session")).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    /// A handshake for the typed socket.
    pub(crate) fn request(&self, headers: &[(&'static str, &str)]) -> Request {
        self.request_to(SOCKET_PATH, headers)
    }

    /// A handshake for a socket.
    pub(crate) fn request_to(&self, path: &str, headers: &[(&'static str, &str)]) -> Request {
        let mut request = format!("{}{path}", self.at("ws")).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        request
    }

    pub(crate) async fn connect(&self, request: Request) -> Result<Peer, Error> {
        let connector =
            self.certified.as_ref().map_or(Connector::Plain, |it| Connector::Rustls(it.client()));
        let (stream, _) =
            connect_async_tls_with_config(request, None, false, Some(connector)).await?;
        Ok(Peer { stream })
    }

    /// Connected as a program that has a token, and welcomed.
    pub(crate) async fn peer(&self, token: &str) -> Peer {
        let bearer = format!("Bearer {token}");
        let request =
            self.request(&[("sec-websocket-protocol", SUBPROTOCOL), ("authorization", &bearer)]);
        let mut peer = self.connect(request).await.unwrap();
        peer.say(r#"{"hello":{"client":"test"}}"#).await;
        assert!(matches!(peer.hear().await, ServerFrame::Welcome(_)));
        peer
    }
}

pub(crate) struct Peer {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Peer {
    pub(crate) async fn say(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    /// Sends bytes that are no frames of ours.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> ServerFrame {
        match self.next().await {
            Some(Message::Text(text)) => codec::decode_server(&text).unwrap(),
            other => panic!("{other:?} instead of a frame"),
        }
    }

    /// The code that the server closes with, whatever comes before.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Close(None)) | None => panic!("closed without a code"),
                Some(_) => {}
            }
        }
    }

    /// The next message of whatever kind; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("an answer");
        next.map(|message| message.expect("a whole message"))
    }
}
