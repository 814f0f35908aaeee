//! Acknowledged durable messages a second, with 256 senders: `cargo bench -p madang-store -- sqlite 5`, or `postgres 5`
//! beside a bare loop of the same statements on the same server, in turns.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a measurement prints its figures, and fails on any error"
)]

#[expect(dead_code, reason = "the measurement has one database")]
#[path = "../tests/it/postgres/server.rs"]
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use madang_hub::chat::{ChatChange, NewMessage};
use madang_hub::features::Change;
use madang_hub::ports::{NewUser, Store, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{CommandId, Timestamp, User};
use madang_store::Postgres;
use madang_store::postgres::ConnectOptions;
use madang_store::sqlite::{Options, Sqlite};
use tokio_postgres::NoTls;
use uuid::Uuid;

use server::TestServer;

const SENDERS: u64 = 256;
const NOW: Timestamp = Timestamp(1_800_000_000_000);

#[tokio::main]
async fn main() {
    let seconds = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(5);
    let time = Duration::from_secs(seconds);
    if std::env::args().any(|it| it == "postgres") {
        return measure_postgres(time).await;
    }
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let path = folder.path().join("writes.db");
    let (store, mut events) = Sqlite::open(&path, NOW, &Options::default()).expect("opens");
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    measure("sqlite", Arc::new(store), time, 0).await;
}

async fn measure_postgres(time: Duration) {
    let server = tokio::task::spawn_blocking(|| TestServer::start(true)).await.expect("starts");
    server.execute("CREATE DATABASE writes".to_owned());
    let options = ConnectOptions::new(server.url("writes"));
    let (store, mut events) = Postgres::connect(NOW, &options).expect("connects");
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let store = Arc::new(store);
    let mut ratios = Vec::new();
    for round in 0..3 {
        let bare = bare_loop(&server.url("writes"), round, time).await;
        let rate = measure("postgres", store.clone(), time, round).await;
        ratios.push(rate / bare);
        println!("ratio: {:.2}", rate / bare);
    }
    println!("ratios to the bare loop: {ratios:.2?}");
    store.close().await;
}

/// One program that executes the statements of a message, one after the other, in transactions of 256 messages.
async fn bare_loop(url: &str, round: u64, time: Duration) -> f64 {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connects");
    tokio::spawn(connection);
    let begun = Instant::now();
    for _ in 0..1_000 {
        client.query_one("SELECT 1", &[]).await.expect("answers");
    }
    println!(
        "a round trip without preparation: {:.0} us",
        begun.elapsed().as_micros() as f64 / 1_000.0
    );
    let prepare = |sql: &'static str| client.prepare(sql);
    let applied = prepare(
        "SELECT topics.name, commands.seq, log.content, fingerprint \
        FROM commands LEFT JOIN topics ON topics.id = commands.topic_id \
        LEFT JOIN log ON log.topic_id = commands.topic_id AND log.seq = commands.seq \
        WHERE author_id = $1 AND command = $2",
    )
    .await
    .expect("prepared");
    let member = prepare("SELECT read_up_to FROM members WHERE user_id = $1 AND room_id = $2")
        .await
        .expect("prepared");
    let head = prepare("UPDATE topics SET head = head + 1 WHERE name = $1 RETURNING id, head")
        .await
        .expect("prepared");
    let message = prepare(
        "INSERT INTO messages (room_id, seq, author_id, at, command, text) \
        VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .await
    .expect("prepared");
    let log = prepare("INSERT INTO log (topic_id, seq, at, content) VALUES ($1, $2, $3, $4)")
        .await
        .expect("prepared");
    let command = prepare(
        "INSERT INTO commands (author_id, command, topic_id, seq) \
        VALUES ($1, $2, $3, $4)",
    )
    .await
    .expect("prepared");
    let author = client
        .query_one(
            "INSERT INTO users (name, name_key, made_at) VALUES ($1, $1, 0) RETURNING id",
            &[&format!("bare {round}")],
        )
        .await
        .expect("inserted");
    let author: i64 = author.get(0);
    client
        .execute("INSERT INTO members (user_id, room_id, read_up_to) VALUES ($1, 1, 0)", &[&author])
        .await
        .expect("joined");
    let (begun, mut messages) = (Instant::now(), 0_u64);
    let (room, at) = (1_i64, i64::try_from(NOW.0).expect("a time"));
    let text = "message 1 with some words in it, as people write them";
    let content = format!(
        r#"{{"chat":{{"posted":{{"seq":1,"author":{{"id":{author},"name":"sender"}},"at":{at},"text":"{text}"}}}}}}"#
    );
    while begun.elapsed() < time {
        client.batch_execute("BEGIN").await.expect("begun");
        for _ in 0..256 {
            messages += 1;
            let id = Uuid::from_u64_pair(round + 1, messages).into_bytes().to_vec();
            client.query(&applied, &[&author, &id]).await.expect("found");
            client.query(&member, &[&author, &room]).await.expect("found");
            let row = client.query_one(&head, &[&"room:1"]).await.expect("reserved");
            let (topic, seq): (i64, i64) = (row.get(0), row.get(1));
            client
                .execute(&message, &[&room, &seq, &author, &at, &id, &text])
                .await
                .expect("stored");
            client.execute(&log, &[&topic, &seq, &at, &content]).await.expect("stored");
            client.execute(&command, &[&author, &id, &topic, &seq]).await.expect("stored");
        }
        client.batch_execute("COMMIT").await.expect("committed");
    }
    let rate = messages as f64 / begun.elapsed().as_secs_f64();
    println!("bare loop: {rate:.0} durable messages a second");
    rate
}

/// Each sender waits for the acknowledgement of its message before it sends the next one.
async fn measure(name: &str, store: Arc<dyn Store>, time: Duration, round: u64) -> f64 {
    let mut users = Vec::new();
    for number in 0..SENDERS {
        let name = format!("sender {round} {number}");
        let mut token = [0; 32];
        token
            .iter_mut()
            .zip((round * SENDERS + number).to_be_bytes())
            .for_each(|(to, from)| *to = from);
        let new = NewUser { name_key: name.clone(), name, token, at: NOW };
        users.push(store.sign_up(new).await.expect("a new user"));
    }
    let (ended, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let send = |user: User| {
        let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
        let acknowledged = Arc::clone(&acknowledged);
        tokio::spawn(async move {
            let mut number = 0;
            while !ended.load(Ordering::Relaxed) {
                number += 1;
                for result in store.commit(vec![message(&user, number)]).await {
                    result.expect("stored");
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    };
    let senders: Vec<_> = users.into_iter().map(send).collect();
    tokio::time::sleep(time).await;
    ended.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.expect("a sender");
    }
    let messages = acknowledged.load(Ordering::Relaxed) as f64;
    let rate = messages / begun.elapsed().as_secs_f64();
    let cpu = (cpu_seconds() - cpu) * 1e6 / messages;
    println!(
        "{name}: {rate:.0} acknowledged messages a second, {cpu:.1} us of processor time for each"
    );
    rate
}

fn message(author: &User, number: u64) -> Write {
    let text = format!("message {number} with some words in it, as people write them");
    let change = ChatChange::Post { room: FIRST_ROOM, message: NewMessage::of(text) };
    let command = CommandId(Uuid::from_u64_pair(author.id.0, number));
    let author = author.clone();
    Write {
        author,
        command,
        at: NOW,
        fingerprint: None,
        network: None,
        change: Change::Chat(change),
    }
}

/// The processor time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks: f64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
    ticks / 100.0
}
