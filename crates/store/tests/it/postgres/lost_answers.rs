//! A connection that dies between a commit and its answer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Seq, Topic};
use madang_store::LogChange;
use madang_store::postgres::ConnectOptions;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::server::TestDatabase;
use super::start_with;
use crate::support::{is_unavailable, post};

/// The name of the socket of PostgreSQL in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A proxy that cuts a connection when the server answers the commit of a transaction that has inserted rows.
struct CuttingProxy {
    folder: TempDir,
    cuts: Arc<AtomicBool>,
}

impl CuttingProxy {
    fn start(server: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("a socket");
        let (cuts, server) = (Arc::new(AtomicBool::new(false)), server.join(SOCKET));
        let proxy = Self { folder, cuts: cuts.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&server).await.expect("the server runs");
                tokio::spawn(relay(client, server, cuts.clone()));
            }
        });
        proxy
    }
}

async fn relay(client: UnixStream, server: UnixStream, cuts: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        let (mut buffer, mut seen) = (vec![0; 64 * 1024], Vec::new());
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            // An answer may come in two parts.
            seen.extend_from_slice(&buffer[..count]);
            let contains = |tag: &[u8]| seen.windows(tag.len()).any(|part| part == tag);
            if contains(b"COMMIT\0") {
                if contains(b"INSERT 0 1\0") && cuts.swap(false, Ordering::SeqCst) {
                    return;
                }
                seen.clear();
            }
            if to_client.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = answers => {}
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_heads_of_a_commit_without_an_answer_come_before_later_events() {
    let database = TestDatabase::new();
    let proxy = CuttingProxy::start(TestDatabase::socket_folder());
    let direct = database.options();
    let folder = TestDatabase::socket_folder().display().to_string();
    let url = direct.url.replace(&folder, &proxy.folder.path().display().to_string());
    let (_, mut node) = start_with(&ConnectOptions { url, ..direct });
    let mina = node.user("Mina").await;
    node.receive(1).await;

    proxy.cuts.store(true, Ordering::SeqCst);
    let message = post(&mina, 1, FIRST_ROOM, "hello @Mina");
    let unanswered = node.store.commit(vec![message.clone()]).await;
    assert!(is_unavailable(&unanswered[0]), "{unanswered:?}");
    // The client sends the command again, and the store knows it.
    let committed = node.commit(message).await;
    assert_eq!(committed.seq, Seq(1));
    node.commit(post(&mina, 2, FIRST_ROOM, "later")).await;
    let heads = loop {
        match node.events.next().await.expect("the engine lives") {
            LogChange::Unanswered(heads) => break heads,
            LogChange::Appended(events) => {
                let is_room = events.iter().any(|event| event.topic == Topic::Room(FIRST_ROOM));
                assert!(!is_room, "{events:?}");
            }
            LogChange::Replaced(replaced) => panic!("{replaced:?}"),
        }
    };
    assert!(heads.contains(&(Topic::Room(FIRST_ROOM), Seq(1))), "{heads:?}");
    assert_eq!(node.receive(1).await[0].entry.seq, Seq(2));
}
