//! Two clients of the session and the hub, over the in-memory store: no panic, every request gets
//! exactly one answer, the app can parse every frame, and events come without a gap.
//!
//! An input consists of lines. `~` advances the clock by five seconds; `!` makes the store fail
//! until the next `!`; `@` reconnects the first client. Any other line is a frame, sent by the
//! second client if it begins with `>`.
#![no_main]

mod client;

use std::sync::Arc;

use client::Client;
use libfuzzer_sys::fuzz_target;
use madang_hub::Hub;
use madang_hub::ports::NewUser;
use madang_shared::{Epoch, Timestamp, User};
use madang_store::InlineSqlite;

const START: Timestamp = Timestamp(1_700_000_000_000);
/// Bounds the length of a run.
const MAX_LINES: usize = 64;

/// The server that the clients share.
pub struct TestServer {
    store: InlineSqlite,
    hub: Arc<Hub>,
}

impl TestServer {
    fn user(&self, name: &str, first: u8) -> User {
        let new =
            NewUser { name: name.into(), name_key: name.into(), token: [first; 32], at: START };
        let user = self.store.sign_up_now(new).unwrap();
        self.publish();
        user
    }

    fn publish(&self) {
        self.hub.publish(&self.store.take_events());
    }
}

fuzz_target!(|input: &str| {
    let server = TestServer {
        store: InlineSqlite::open_in_memory(START, 1).unwrap(),
        hub: Arc::new(Hub::new("fuzz", Epoch(1))),
    };
    let users = [server.user("민수", 1), server.user("Ann", 2)];
    let mut now = START;
    let mut is_down = false;
    let mut clients = users.clone().map(|user| Client::new(&server, user, now));
    for line in input.lines().take(MAX_LINES) {
        match line {
            "~" => {
                now = now.plus(5_000);
                server.hub.tick(now);
            }
            "!" => {
                is_down = !is_down;
                server.store.set_unavailable(is_down);
            }
            "@" => clients[0] = Client::new(&server, users[0].clone(), now),
            line => {
                let (client, line) = match line.strip_prefix('>') {
                    Some(line) => (&mut clients[1], line),
                    None => (&mut clients[0], line),
                };
                client.send(&server, now, line);
            }
        }
        for client in &mut clients {
            client.settle(&server, now);
        }
    }
});
