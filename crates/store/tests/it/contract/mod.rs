//! The guarantees of [`Store`](madang_hub::ports::Store), checked against every engine. One module per
//! feature; each lists its tests once, in `on_every_engine!`. A new engine is one line of that macro and
//! one function in [`start`].

/// Registers tests that take a new [`TestStore`](crate::support::TestStore), for every engine.
macro_rules! on_every_engine {
    ($($test:ident,)+) => {
        on_every_engine!(@ sqlite [$($test)+]);
        on_every_engine!(@ inline [$($test)+]);
        on_every_engine!(@ postgres [$($test)+]);
    };
    (@ $engine:ident [$($test:ident)+]) => {
        mod $engine {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(crate::contract::start::$engine().await).await;
                }
            )+
        }
    };
}

/// Registers tests that take a new [`TestStore`](crate::support::TestStore) and a [`Shell`] of its database, for every
/// engine whose database other programs can open.
macro_rules! on_every_database {
    ($($test:ident,)+) => {
        on_every_database!(@ sqlite [$($test)+]);
        on_every_database!(@ postgres [$($test)+]);
    };
    (@ $engine:ident [$($test:ident)+]) => {
        mod $engine {
            $(
                #[tokio::test]
                async fn $test() {
                    let (test_store, shell) = crate::contract::shell::$engine().await;
                    super::$test(test_store, shell).await;
                }
            )+
        }
    };
}

mod access_tokens;
mod accounts;
mod administration;
mod audit_log;
mod bans;
mod counter;
mod delivery;
mod edits;
mod erased_texts;
pub(crate) mod erasure;
mod factor_rights;
mod factors;
mod free_space;
mod grants;
mod invitations;
mod kept_notices;
mod later;
mod leases;
pub(crate) mod mail_addresses;
mod moderation;
mod names;
mod notices;
mod order_transitions;
mod orders;
mod pins;
mod posts;
mod profiles;
mod reactions;
mod reading;
mod replies;
mod reports;
mod room_kinds;
mod room_members;
mod rooms;
mod scheduled;
mod sessions;
mod shell;
mod sign_in_again;
mod unread_from;
mod users;
mod writing;

use shell::Shell;

/// Starts each engine. Asynchronous, because some engines need a network.
mod start {
    use std::sync::Arc;

    use madang_hub::Hub;
    use madang_hub::storage::FreeSpace;
    use madang_shared::Epoch;
    use madang_store::postgres::ConnectOptions;
    use madang_store::sqlite::{InlineSqlite, Options, Sqlite, Synchronous};

    use madang_store::Postgres;
    use tempfile::TempDir;

    use crate::postgres::server::TestDatabase;
    use crate::support::{FLOOR, NOW, TestStore};

    /// The file of an SQLite database.
    pub(super) const FILE: &str = "madang.db";

    pub(super) async fn sqlite() -> TestStore {
        sqlite_in(tempfile::tempdir().expect("a folder")).await
    }

    pub(super) async fn sqlite_in(folder: TempDir) -> TestStore {
        let free_space = FreeSpace::with_floor(FLOOR);
        let options = Options {
            synchronous: Synchronous::Normal,
            free_space: free_space.clone(),
            ..Options::default()
        };
        let path = folder.path().join(FILE);
        let (store, events) = Sqlite::open(&path, NOW, &options).expect("opens");
        let store = Arc::new(store);
        let hub = Some(Hub::new("test", Epoch(1)));
        std::future::ready(TestStore { store, events, free_space, hub, _keep: Box::new(folder) })
            .await
    }

    pub(super) async fn postgres() -> TestStore {
        postgres_in(TestDatabase::new()).await
    }

    pub(super) async fn postgres_in(database: TestDatabase) -> TestStore {
        let free_space = FreeSpace::with_floor(FLOOR);
        let options = ConnectOptions { free_space: free_space.clone(), ..database.options() };
        let (store, events) = Postgres::connect(NOW, &options).expect("connects");
        let (store, hub) = (Arc::new(store), Some(Hub::new("test", Epoch(1))));
        let keep = Box::new(database);
        std::future::ready(TestStore { store, events, free_space, hub, _keep: keep }).await
    }

    pub(super) async fn inline() -> TestStore {
        let free_space = FreeSpace::with_floor(FLOOR);
        let store = InlineSqlite::open_in_memory(NOW, 1).expect("opens");
        let store = store.with_free_space(free_space.clone());
        let events = store.event_stream();
        let (store, hub) = (Arc::new(store), Some(Hub::new("test", Epoch(1))));
        std::future::ready(TestStore { store, events, free_space, hub, _keep: Box::new(()) }).await
    }
}
