//! A server for one test, and a foreign WebSocket client.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Extension;
use futures_util::{SinkExt, StreamExt};
use madang_hub::Hub;
use madang_hub::accounts::DAY_MS;
use madang_hub::budgets::Budgets;
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::{BudgetRates, Resource};
use madang_hub::bus::{Bus, InProcess};
use madang_hub::nodes::{NodeId, POLL_WITH_BUS_MS};
use madang_hub::ports::{Clock, SessionLimits, Store};
use madang_hub::storage::FreeSpace;
use madang_mail::Mailer;
use madang_shared::account::Secret;
use madang_shared::apps::Apps;
use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use madang_shared::workspace::Workspace;
use madang_shared::{Epoch, ServerFrame, Timestamp, codec};
use madang_store::sqlite::{Options, Sqlite, Synchronous};
use madang_store::{EventStream, InlineSqlite};
use madang_web::socketio::Settings;
use madang_web::{
    AddressBans, AppState, AuditFollower, ConnectionInfo, MailQueue, OpenSessions, Origins,
    SignInLimits, SignInProviders, TrustedProxies, router,
};
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

use crate::tls::TestCertificate;

/// The origin in the links of mails.
pub(crate) const MAIL_ORIGIN: &str = "https://hub.example";
pub(crate) const START: u64 = 1_700_000_000_000;
/// Limit for each wait; a test that reaches it has hung.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

struct TestClock {
    started: Instant,
    /// Added to the time that has passed.
    ahead_ms: AtomicU64,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap();
        Timestamp(START).plus(passed + self.ahead_ms.load(Ordering::Relaxed))
    }
}

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) store: InlineSqlite,
    pub(crate) hub: Arc<Hub>,
    clock: Arc<TestClock>,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) http: reqwest::Client,
    /// None for plain HTTP.
    certificate: Option<TestCertificate>,
}

/// The settings of a test server.
pub(crate) struct TestSettings {
    pub(crate) socketio: Settings,
    /// None by default.
    pub(crate) providers: SignInProviders,
    /// The facts about the server; every app is on by default.
    pub(crate) workspace: Workspace,
    /// By default the server's own and `http://localhost:3000`.
    pub(crate) origins: Origins,
    /// None by default.
    pub(crate) proxies: TrustedProxies,
    pub(crate) strict_transport: Option<HeaderValue>,
    /// Whether the server uses TLS, as `localhost`.
    pub(crate) tls: bool,
    pub(crate) budgets: BudgetRates,
    /// Of the engine in memory; no floor by default.
    pub(crate) free_space: FreeSpace,
    /// The token of the set-up link, as a server of one machine has it; none by default.
    pub(crate) set_up_token: Option<String>,
    /// The mail server; none by default.
    pub(crate) mailer: Option<Mailer>,
}

impl Default for TestSettings {
    fn default() -> Self {
        Self {
            socketio: Settings::default(),
            providers: SignInProviders::default(),
            workspace: Workspace { apps: Apps::all(), ..Workspace::default() },
            origins: Origins::new(["http://localhost:3000".to_owned()]).unwrap(),
            proxies: TrustedProxies::default(),
            strict_transport: None,
            tls: false,
            budgets: BudgetRates::default(),
            free_space: FreeSpace::default(),
            set_up_token: None,
            mailer: None,
        }
    }
}

fn open_in_memory() -> InlineSqlite {
    InlineSqlite::open_in_memory(Timestamp(START), 1).unwrap()
}

impl TestServer {
    /// Starts a server with the default settings.
    pub(crate) async fn start() -> Self {
        Self::with_settings(TestSettings::default()).await
    }

    /// Starts a server with these settings.
    pub(crate) async fn with_settings(settings: TestSettings) -> Self {
        let store = open_in_memory().with_free_space(settings.free_space.clone());
        let tail = store.event_stream();
        Self::on_store(store.clone(), Arc::new(store), tail, settings).await
    }

    /// Sets the clock ahead.
    pub(crate) fn pass(&self, ms: u64) {
        self.clock.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Waits until the strangers of this machine have spent their budget of a resource.
    pub(crate) async fn until_in_debt(&self, resource: Resource) {
        let network = Network::of(Ipv4Addr::LOCALHOST.into());
        let spent = async {
            loop {
                let now = self.clock.now();
                if self.hub.budgets().stranger(network, now).wait(resource, now).is_some() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(TEST_TIMEOUT, spent).await.expect("the budget is spent");
    }

    /// Starts a server with these settings of the gateway and these origins.
    pub(crate) async fn with_socketio(socketio: Settings, origins: Origins) -> Self {
        Self::with_settings(TestSettings { socketio, origins, ..TestSettings::default() }).await
    }

    /// Starts two nodes on one database, which a bus connects. The events of all commits go to the first node, as if it had
    /// committed them.
    pub(crate) async fn two_nodes() -> [Self; 2] {
        let store = open_in_memory();
        let tail = store.event_stream();
        // The sender of this stream is gone, so it has no events.
        let no_tail = open_in_memory().event_stream();
        let first = Self::on_node(store.clone(), tail, NodeId(1)).await;
        let second = Self::on_node(store, no_tail, NodeId(2)).await;
        let bus = InProcess::default();
        for node in [&first, &second] {
            let (hub, messages, bus) = (node.hub.clone(), bus.listen(), bus.clone());
            tokio::spawn(async move { hub.run_listener(messages, |_| ()).await });
            let hub = node.hub.clone();
            tokio::spawn(async move { hub.run_sender(&bus).await });
            let (hub, store) = (node.hub.clone(), node.store.clone());
            tokio::spawn(async move { hub.run_follower(&store, |_| ()).await });
        }
        [first, second]
    }

    async fn on_node(store: InlineSqlite, tail: EventStream, node: NodeId) -> Self {
        let hub = |hub: Hub| hub.with_shared_log(node, POLL_WITH_BUS_MS);
        let epoch = Epoch(node.0);
        Self::with_hub(store.clone(), Arc::new(store), tail, (epoch, &hub), TestSettings::default())
            .await
    }

    /// Starts a server on a database, whose reads take time.
    pub(crate) async fn on_disk(folder: &Path) -> Self {
        let options = Options { synchronous: Synchronous::Normal, ..Options::default() };
        let path = folder.join("madang.sqlite");
        let (store, tail) = Sqlite::open(&path, Timestamp(START), &options).unwrap();
        Self::on_store(open_in_memory(), Arc::new(store), tail, TestSettings::default()).await
    }

    async fn on_store(
        memory: InlineSqlite,
        store: Arc<dyn Store>,
        tail: EventStream,
        settings: TestSettings,
    ) -> Self {
        Self::with_hub(memory, store, tail, (Epoch(1), &|hub| hub), settings).await
    }

    async fn with_hub(
        memory: InlineSqlite,
        store: Arc<dyn Store>,
        mut tail: EventStream,
        (epoch, change): (Epoch, &dyn Fn(Hub) -> Hub),
        settings: TestSettings,
    ) -> Self {
        let budgets = Budgets::new(Box::new(settings.budgets));
        let hub = Hub::new("test", epoch).with_workspace(settings.workspace).with_budgets(budgets);
        let hub = Arc::new(change(hub));
        let clock = Arc::new(TestClock { started: Instant::now(), ahead_ms: AtomicU64::default() });
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let open_sessions = OpenSessions::default();
        let bans = AddressBans::default();
        let affected = (open_sessions.clone(), bans.clone());
        let follower = AuditFollower::start(hub.clone(), store.clone(), affected, clock.clone());
        tokio::spawn(follower.await.unwrap().run(stopping.clone()));
        let mail = settings.mailer.map(|mailer| {
            let (queue, jobs) = MailQueue::new(mailer, MAIL_ORIGIN.to_owned());
            tokio::spawn(jobs.run(store.clone(), clock.clone(), stopping.clone()));
            queue
        });
        let state = AppState {
            hub: hub.clone(),
            store,
            free_space: settings.free_space,
            clock: clock.clone(),
            origins: Arc::new(settings.origins),
            proxies: Arc::new(settings.proxies),
            strict_transport: settings.strict_transport,
            socketio: Arc::new(settings.socketio),
            sign_ins: SignInLimits::default(),
            providers: Arc::new(settings.providers),
            mail,
            session_limits: SessionLimits { idle_ms: 30 * DAY_MS, max_ms: 180 * DAY_MS },
            started_at: Timestamp(START),
            set_up_token: settings.set_up_token.map(|token| Arc::new(Secret(token))),
            open_sessions,
            bans,
            stopping: stopping.clone(),
            tasks: tasks.clone(),
            drain_spread: Duration::ZERO,
        };
        let fan_out = hub.clone();
        tokio::spawn(async move { fan_out.run_fan_out().await });
        let published = hub.clone();
        tokio::spawn(async move {
            while let Some(appended) = tail.recv().await {
                published.publish_and_announce(&appended);
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connection =
            ConnectionInfo { peer: SocketAddr::from(([127, 0, 0, 1], 9)), over_tls: settings.tls };
        let service = router(state).layer(Extension(connection));
        let certificate = settings.tls.then(TestCertificate::new);
        match &certificate {
            None => tokio::spawn(async move { axum::serve(listener, service).await.unwrap() }),
            Some(certificate) => {
                let listener = certificate.listener(listener);
                tokio::spawn(async move { axum::serve(listener, service).await.unwrap() })
            }
        };
        let http = certificate.as_ref().map_or_else(reqwest::Client::new, TestCertificate::http);
        Self { address, store: memory, hub, clock, stopping, tasks, http, certificate }
    }

    /// The base address. `scheme` is without the `s` of its TLS form.
    fn base_url(&self, scheme: &str) -> String {
        match &self.certificate {
            None => format!("{scheme}://{}", self.address),
            Some(_) => format!("{scheme}s://localhost:{}", self.address.port()),
        }
    }

    /// The origin of the server's own pages.
    pub(crate) fn origin(&self) -> String {
        self.base_url("http")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Signs a user up. Returns the bearer token.
    pub(crate) async fn sign_up(&self, name: &str) -> String {
        let body = serde_json::json!({ "name": name, "bearer": true });
        let answer = self.http.post(self.url("/api/session")).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    /// A handshake for the app's socket.
    pub(crate) fn socket_request(&self, headers: &[(&'static str, &str)]) -> Request {
        self.request_to(SOCKET_PATH, headers)
    }

    /// A handshake for a socket.
    pub(crate) fn request_to(&self, path: &str, headers: &[(&'static str, &str)]) -> Request {
        let mut request = format!("{}{path}", self.base_url("ws")).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        request
    }

    pub(crate) async fn connect(&self, request: Request) -> Result<TestConnection, Error> {
        let connector =
            self.certificate.as_ref().map_or(Connector::Plain, |it| Connector::Rustls(it.client()));
        let (stream, _) =
            connect_async_tls_with_config(request, None, false, Some(connector)).await?;
        Ok(TestConnection { stream })
    }

    /// Connects a program with a bearer token, and waits for the welcome.
    pub(crate) async fn connect_as(&self, token: &str) -> TestConnection {
        let bearer = format!("Bearer {token}");
        let request = self
            .socket_request(&[("sec-websocket-protocol", SUBPROTOCOL), ("authorization", &bearer)]);
        let mut peer = self.connect(request).await.unwrap();
        peer.send_text(r#"{"hello":{"client":"test"}}"#).await;
        assert!(matches!(peer.receive_frame().await, ServerFrame::Welcome(_)));
        peer
    }
}

pub(crate) struct TestConnection {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl TestConnection {
    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    /// Sends raw bytes.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
    }

    /// Receives the next frame. Answers the pings before it: on a busy machine a test may take longer than the interval
    /// of the pings.
    pub(crate) async fn receive_frame(&mut self) -> ServerFrame {
        loop {
            match self.receive().await {
                Some(Message::Text(text)) => match codec::decode_server(&text).unwrap() {
                    ServerFrame::Ping { nonce } => {
                        self.send_text(&format!(r#"{{"pong":{{"nonce":{nonce}}}}}"#)).await;
                    }
                    frame => return frame,
                },
                other => panic!("{other:?} instead of a frame"),
            }
        }
    }

    /// Receives until the server closes. Returns the close code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.receive().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Close(None)) | None => panic!("closed without a code"),
                Some(_) => {}
            }
        }
    }

    /// Receives the next message of any kind; none at the end of the stream.
    pub(crate) async fn receive(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(TEST_TIMEOUT, self.stream.next()).await.expect("an answer");
        next.map(|message| message.expect("a whole message"))
    }
}
