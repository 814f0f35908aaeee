//! The PostgreSQL engine, beyond the contract.

mod connecting;
mod external_changes;
mod groups;
mod losses;
mod lost_answers;
mod nodes;
mod orders;
pub(crate) mod server;
mod tls;
mod tls_server;

use std::sync::Arc;

use madang_hub::storage::FreeSpace;
use madang_store::Postgres;
use madang_store::postgres::ConnectOptions;
use server::TestDatabase;

use crate::support::{NOW, TestStore};

/// A node over a database, which may have others.
pub(crate) fn start(database: &TestDatabase) -> (Arc<Postgres>, TestStore) {
    start_with(&database.options())
}

fn start_with(options: &ConnectOptions) -> (Arc<Postgres>, TestStore) {
    let (store, events) = Postgres::connect(NOW, options).expect("connects");
    let store = Arc::new(store);
    let (free_space, keep) = (FreeSpace::default(), Box::new(()));
    (store.clone(), TestStore { store, events, free_space, hub: None, _keep: keep })
}
