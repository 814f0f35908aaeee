//! The PostgreSQL engine over links that swallow bytes. The proxy takes them, so no time limit of the system applies.

use std::sync::Arc;
use std::time::Duration;

use madang_hub::ports::{NewUser, Store, StoreError, Write};
use madang_loadgen::{FaultProxy, LinkDirection, LinkMode, PostgresServer};
use madang_shared::counter::CounterCommand;
use madang_shared::{CommandId, Timestamp, Topic, User};
use madang_store::postgres::ConnectOptions;
use madang_store::{EventStream, Postgres};
use tokio::time::timeout;
use tokio_postgres::NoTls;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// Far above the engine's own limits, so that the speed of the machine does not matter.
const BOUNDED: Duration = Duration::from_mins(1);

/// A node whose link to PostgreSQL is a proxy.
struct LinkedStore {
    store: Arc<Postgres>,
    proxy: FaultProxy,
    _events: EventStream,
}

impl LinkedStore {
    async fn connect(server: &PostgresServer) -> Self {
        let proxy = FaultProxy::start(&[server.address()], 7).await.unwrap();
        let options = ConnectOptions::new(PostgresServer::url_at(proxy.address()));
        let (store, events) = Postgres::connect(NOW, &options).unwrap();
        Self { store: Arc::new(store), proxy, _events: events }
    }

    async fn user(&self, name: &str) -> User {
        let mut token = [7; 32];
        name.bytes().zip(&mut token).for_each(|(byte, place)| *place = byte);
        let (name, name_key) = (name.to_owned(), madang_hub::policy::name_key(name));
        self.store.sign_up(NewUser { name, name_key, token, at: NOW }).await.unwrap()
    }

    async fn add(&self, author: &User, number: u128) -> Result<(), StoreError> {
        self.store.commit(vec![add_one(author, number)]).await.remove(0).map(drop)
    }

    /// Repeats a command until it is stored, as clients do.
    async fn add_at_last(&self, author: &User, number: u128) {
        let stored = timeout(BOUNDED, async { while self.add(author, number).await.is_err() {} });
        stored.await.expect("stored in time");
    }
}

fn add_one(author: &User, number: u128) -> Write {
    let id = CommandId(Uuid::from_u128(number));
    let command = CounterCommand::Add { amount: 1 };
    Write::of_command(author.clone(), id, NOW, command.into()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_and_writes_over_a_link_that_swallows_bytes_fail_in_time_and_succeed_afterwards() {
    let server = PostgresServer::start().await.unwrap();
    let nodes = [LinkedStore::connect(&server).await, LinkedStore::connect(&server).await];
    let users = [nodes[0].user("Mina").await, nodes[0].user("Theo").await];
    tokio::join!(
        check_direction(&nodes[0], &users[0], LinkDirection::ToTarget),
        check_direction(&nodes[1], &users[1], LinkDirection::ToClient),
    );
    let heads = nodes[0].store.heads(vec![Topic::Counter]).await.unwrap();
    assert_eq!(heads[0].0, 4, "a repeated command counts once");
}

async fn check_direction(node: &LinkedStore, user: &User, direction: LinkDirection) {
    node.add(user, 1).await.unwrap();
    node.proxy.set(LinkMode::HalfOpen(direction));
    let both = async { tokio::join!(node.store.heads(vec![Topic::Counter]), node.add(user, 2)) };
    let (read, written) = timeout(BOUNDED, both).await.expect("an answer in time");
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{direction:?}: {read:?}");
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{direction:?}: {written:?}");
    node.proxy.set(LinkMode::Pass);
    node.add_at_last(user, 2).await;
    // One connection without an answer is enough: no reader waits for its own.
    let heads = node.store.heads(vec![Topic::Counter]).await;
    assert!(heads.is_ok(), "{direction:?}: {heads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_vanishes_in_a_transaction_holds_its_locks_for_a_short_time() {
    let server = PostgresServer::start().await.unwrap();
    let (vanished, other) =
        (LinkedStore::connect(&server).await, LinkedStore::connect(&server).await);
    let mina = other.user("Mina").await;
    other.add(&mina, 1).await.unwrap();
    vanished.add(&mina, 2).await.unwrap();
    // The node waits for the lock of the topic when its link breaks. The server gives it the lock, and waits for it.
    let url = PostgresServer::url_at(server.address());
    let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let holding = client.transaction().await.unwrap();
    holding.query("SELECT 1 FROM topics FOR UPDATE", &[]).await.unwrap();
    let (store, write) = (vanished.store.clone(), add_one(&mina, 3));
    let writing = tokio::spawn(async move { store.commit(vec![write]).await.remove(0) });
    let locks = "SELECT 1 FROM pg_locks WHERE NOT granted";
    let waits =
        timeout(BOUNDED, async { while holding.query(locks, &[]).await.unwrap().is_empty() {} });
    waits.await.expect("the node waits for the lock");
    vanished.proxy.set(LinkMode::Partition);
    holding.rollback().await.unwrap();
    other.add_at_last(&mina, 4).await;
    assert!(matches!(writing.await.unwrap(), Err(StoreError::Unavailable(_))));
}
