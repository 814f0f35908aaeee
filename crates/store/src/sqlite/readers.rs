//! Connections that read, beside the writer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use madang_hub::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::stop::{Stop, unavailable};

/// As many connections as permits: who holds a permit finds a connection.
#[derive(Debug)]
pub(super) struct Readers {
    permits: Arc<Semaphore>,
    free: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self { permits, free: Mutex::new(connections) }
    }

    /// Reads in one transaction, which sees one state of the database, on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped = || StoreError::Unavailable("the readers have stopped".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| stopped())?;
        let work = move || {
            let connection = self.free().pop().ok_or_else(stopped)?;
            let answer = in_transaction(&connection, read);
            // The connection goes back before the permit does, even if nobody waits any more.
            if !permit.semaphore().is_closed() {
                self.free().push(connection);
            }
            drop(permit);
            answer
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    /// Refuses later reads, and closes the connections: those in use, when they are done.
    pub(super) fn close(&self) {
        self.permits.close();
        self.free().clear();
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_transaction<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, Stop>,
) -> Result<T, StoreError> {
    // Nothing was changed, so that its rollback when it is dropped is as good as a commit.
    let transaction = connection.unchecked_transaction().map_err(|error| unavailable(&error))?;
    Ok(read(&transaction)?)
}
