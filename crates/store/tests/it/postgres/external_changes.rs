//! Rows that other programs change without an event.

use std::time::{Duration, Instant};

use madang_hub::Hub;
use madang_hub::ports::Recovery;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::counter::CounterCommand;
use madang_shared::{Epoch, Snapshot, Topic};

use super::server::TestDatabase;
use super::start;
use crate::support::{post, write};

const ROOM: Topic = Topic::Room(FIRST_ROOM);

#[tokio::test]
async fn a_state_is_read_again_after_a_change_by_another_program_alone() {
    let database = TestDatabase::new();
    let (_, test_store) = start(&database);
    let hub = Hub::new("test", Epoch(1));
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;
    let open = || test_store.store.open(mina.id, hub.begin_state_read(ROOM), None);
    open().await.expect("readable");
    let begun = Instant::now();
    // The changes of this server have events, and are no changes by another program.
    for number in 2.. {
        test_store.commit(write(&mina, number, CounterCommand::Add { amount: 1 })).await;
        open().await.expect("readable");
        if begun.elapsed() > Duration::from_millis(1_200) {
            break;
        }
    }
    assert_eq!(hub.shared_states_read(), 1);

    database.shell("UPDATE users SET name = 'Minah' WHERE name = 'Mina'");
    loop {
        let Recovery::State(state) = open().await.expect("readable") else { panic!("no state") };
        match state.snapshot().expect("a frame") {
            Snapshot::Chat(chat) if chat.page.messages[0].author.name == "Minah" => break,
            _ => {}
        }
    }
}
