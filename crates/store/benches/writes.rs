//! Acknowledged durable messages a second, with 256 senders. Arguments: `sqlite` SECONDS.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement prints its figures, and fails on any error"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use madang_hub::chat::ChatChange;
use madang_hub::features::Change;
use madang_hub::ports::{NewUser, Store, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{CommandId, Timestamp, User};
use madang_store::sqlite::{Options, Sqlite};
use uuid::Uuid;

const SENDERS: u64 = 256;
const NOW: Timestamp = Timestamp(1_800_000_000_000);

#[tokio::main]
async fn main() {
    let seconds = std::env::args().filter_map(|it| it.parse().ok()).next().unwrap_or(5);
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let path = folder.path().join("writes.db");
    let (store, mut events) = Sqlite::open(&path, NOW, &Options::default()).expect("opens");
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    measure("sqlite", Arc::new(store), Duration::from_secs(seconds)).await;
}

/// Each sender waits for the acknowledgement of its message before it sends the next one.
async fn measure(name: &str, store: Arc<dyn Store>, time: Duration) {
    let mut users = Vec::new();
    for number in 0..SENDERS {
        let name = format!("sender {number}");
        let mut token = [0; 32];
        token.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
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
    #[expect(clippy::cast_precision_loss, reason = "a count of messages")]
    let messages = acknowledged.load(Ordering::Relaxed) as f64;
    let rate = messages / begun.elapsed().as_secs_f64();
    let cpu = (cpu_seconds() - cpu) * 1e6 / messages;
    println!(
        "{name}: {rate:.0} acknowledged messages a second, {cpu:.1} us of processor time for each"
    );
}

fn message(author: &User, number: u64) -> Write {
    let text = format!("message {number} with some words in it, as people write them");
    let change = ChatChange::Post {
        room: FIRST_ROOM,
        text,
        sentiment: None,
        guest: None,
        mentions: Vec::new(),
    };
    let command = CommandId(Uuid::from_u64_pair(author.id.0, number));
    let author = author.clone();
    Write { author, command, at: NOW, fingerprint: None, change: Change::Chat(change) }
}

/// The processor time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks: f64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
    ticks / 100.0
}
