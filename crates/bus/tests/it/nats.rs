//! The bus over NATS.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use madang_bus::{NatsBus, NatsBusError, NatsOptions, SignIn};
use madang_hub::bus::Bus;
use madang_hub::nodes::NodeId;
use madang_hub::ports::{NewUser, Store, Write};
use madang_hub::{Effect, Hub, PendingHello, Session};
use madang_shared::chat::ChatCommand;
use madang_shared::{
    ClientFrame, CommandId, Epoch, Hello, RoomId, ServerFrame, Subscription, Timestamp, Topic,
    User, codec,
};
use madang_store::InlineSqlite;
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinHandle;

use crate::nats_server::NatsServer;

const TIMEOUT: Duration = Duration::from_secs(30);
const START: Timestamp = Timestamp(1_700_000_000_000);

async fn connect(server: &NatsServer) -> NatsBus {
    NatsBus::connect(&NatsOptions::parse(&server.url()).unwrap()).await.expect("connects")
}

pub(crate) async fn next(messages: &mut Receiver<Bytes>) -> Bytes {
    tokio::time::timeout(TIMEOUT, messages.recv()).await.expect("in time").expect("a message")
}

#[tokio::test]
async fn a_message_reaches_all_nodes_and_those_of_another_subject_do_not() {
    let server = NatsServer::start().await;
    let (a, b) = (connect(&server).await, connect(&server).await);
    let options = NatsOptions::parse(&server.url()).unwrap().with_subject("other".to_owned());
    let other = NatsBus::connect(&options).await.unwrap();
    let (mut at_a, mut at_b, mut at_other) = (a.listen(), b.listen(), other.listen());
    a.send(Bytes::from_static(b"one"));
    other.send(Bytes::from_static(b"another"));
    a.send(Bytes::from_static(b"two"));
    for messages in [&mut at_a, &mut at_b] {
        assert_eq!(next(messages).await, "one");
        assert_eq!(next(messages).await, "two");
    }
    assert_eq!(next(&mut at_other).await, "another");
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_the_start_without_showing_it() {
    let arguments = ["--user", "node", "--pass", "right"].map(str::to_owned).to_vec();
    let server = NatsServer::start_with(|_| arguments).await;
    let options = NatsOptions::parse(&server.url()).unwrap();
    let password = |password: &str| {
        let (user, password) = ("node".to_owned(), password.to_owned());
        options.clone().with_sign_in(SignIn::Password { user, password })
    };
    assert!(NatsBus::connect(&password("right")).await.is_ok());
    let error = NatsBus::connect(&password("a-secret")).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("refuses the user") && !text.contains("a-secret"), "{text}");
}

#[tokio::test]
async fn an_address_without_nats_is_an_error_that_names_it() {
    let mut server = NatsServer::start().await;
    server.stop().await;
    let options = NatsOptions::parse(&server.url()).unwrap();
    let Err(NatsBusError::Refused { address, .. }) = NatsBus::connect(&options).await else {
        panic!("there is no server");
    };
    assert_eq!(address, server.url());
}

#[tokio::test]
async fn a_missing_credentials_file_is_an_error_that_names_it() {
    let options = NatsOptions::parse("nats://127.0.0.1:1").unwrap();
    let file = SignIn::CredentialsFile(Path::new("/missing/node.creds").to_owned());
    let error = NatsBus::connect(&options.with_sign_in(file)).await.unwrap_err();
    assert!(error.to_string().contains("/missing/node.creds"), "{error}");
}

/// The interval of polls in this test, in milliseconds.
const POLL_MS: u64 = 300;
const ROOM: Topic = Topic::Room(RoomId(1));

/// One node, with its tasks.
struct Node {
    hub: Arc<Hub>,
    store: Arc<dyn Store>,
    tasks: Vec<JoinHandle<()>>,
}

impl Node {
    fn start(id: u64, store: &InlineSqlite, bus: NatsBus) -> Self {
        let hub = Arc::new(Hub::new("test", Epoch(id)).with_shared_log(NodeId(id), POLL_MS));
        let store: Arc<dyn Store> = Arc::new(store.clone());
        let bus = Arc::new(bus);
        let messages = bus.listen();
        let tasks = vec![
            tokio::spawn({
                let hub = hub.clone();
                async move { hub.run_sender(&*bus).await }
            }),
            tokio::spawn({
                let hub = hub.clone();
                async move { hub.run_listener(messages, |_| ()).await }
            }),
            tokio::spawn({
                let (hub, store) = (hub.clone(), store.clone());
                async move { hub.run_follower(&*store, |_| ()).await }
            }),
            tokio::spawn({
                let hub = hub.clone();
                async move {
                    let mut ticks = tokio::time::interval(Duration::from_millis(100));
                    for tick in 0.. {
                        ticks.tick().await;
                        hub.tick(START.plus(tick * 100));
                    }
                }
            }),
        ];
        Self { hub, store, tasks }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A connection to a node that follows the room.
struct Reader<'n> {
    node: &'n Node,
    session: Session,
    seqs: Vec<u64>,
}

impl<'n> Reader<'n> {
    fn open(node: &'n Node, user: &User) -> Self {
        let topics = vec![Subscription { topic: ROOM, from: None }];
        let hello = ClientFrame::Hello(Hello { client: "test".into(), topics, ..Hello::default() });
        let pending = PendingHello::new(START).receive(&codec::encode_client(&hello)).unwrap();
        let (session, effects) = pending.welcome(node.hub.clone(), user.clone(), None, None, START);
        let mut reader = Self { node, session, seqs: Vec::new() };
        reader.execute(effects);
        reader
    }

    fn execute(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Request(request) => {
                    let user = self.session.user();
                    let answered = request.execute(&self.node.hub, &self.node.store, user);
                    let response = answered.now_or_never().expect("answered at once");
                    let effects = self.session.on_response(START, response);
                    self.execute(effects);
                }
                Effect::Send(frame) => {
                    let text = std::str::from_utf8(frame.bytes()).unwrap();
                    if let Ok(ServerFrame::Event { seq, .. }) = codec::decode_server(text) {
                        self.seqs.push(seq.0);
                    }
                }
                Effect::Close(code) => panic!("closed with {code:?}"),
            }
        }
    }

    /// Waits for the events up to a seq, which come in order and once.
    async fn receive_up_to(&mut self, seq: u64) {
        let received = async {
            while self.seqs.last() < Some(&seq) {
                self.session.wakeups().changed().await;
                let effects = self.session.on_wake();
                self.execute(effects);
            }
        };
        tokio::time::timeout(TIMEOUT, received).await.expect("in time");
        assert_eq!(self.seqs, (1..=seq).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_nats_server_that_goes_away_and_comes_back_loses_no_event() {
    let mut server = NatsServer::start().await;
    let store = InlineSqlite::open_in_memory(START, 1).unwrap();
    let new = NewUser { name: "w".into(), name_key: "w".into(), token: [1; 32], at: START };
    let author = store.sign_up_now(new).unwrap();
    store.take_events();
    let a = Node::start(1, &store, connect(&server).await);
    let b = Node::start(2, &store, connect(&server).await);
    let mut reader = Reader::open(&b, &author);
    let post = |number: u64| {
        let command = CommandId::new(START, u128::from(number) << 64);
        let message = ChatCommand::post(RoomId(1), format!("message {number}"));
        let write = Write::of_command(author.clone(), command, START, message.into()).unwrap();
        assert!(store.commit_now(vec![write]).pop().unwrap().is_ok());
        a.hub.publish_and_announce(&store.take_events());
    };
    post(1);
    reader.receive_up_to(1).await;

    server.stop().await;
    post(2);
    reader.receive_up_to(2).await;

    server.restart().await;
    let mut advances = b.hub.advances();
    // NATS repeats no lost message, so messages are posted until the connection is back.
    let mut last = 2;
    while advances.try_recv().is_err() {
        last += 1;
        post(last);
        reader.receive_up_to(last).await;
        assert!(last < 300, "the connection does not come back");
    }
}
