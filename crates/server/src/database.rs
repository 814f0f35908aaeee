//! The database of the server: a file in the data folder, or PostgreSQL.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use futures_util::future::BoxFuture;
use madang_hub::ports::Store;
use madang_hub::storage::FreeSpace;
use madang_shared::{Epoch, Timestamp};
use madang_store::postgres::ConnectOptions;
use madang_store::sqlite::{Options, Sqlite, Synchronous};
use madang_store::{EventStream, Postgres};

use crate::config::{AdminSettings, Config};
use crate::{data_folder, disk};

/// The file of the database in the data folder.
pub(crate) const DATABASE: &str = "madang.sqlite";

/// An open database.
pub(crate) struct Database {
    pub(crate) store: Arc<dyn Store>,
    /// Of the disk of a file.
    pub(crate) free_space: FreeSpace,
    /// The folder whose disk is watched; `None` for PostgreSQL, which has its own disk.
    pub(crate) folder: Option<PathBuf>,
    /// The epoch of the whole log; 0 for a file, whose log is never replaced while a server runs.
    pub(crate) log_epoch: Epoch,
    close: Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>,
    _lock: Option<File>,
}

impl Database {
    /// Opens the database of the configuration, and creates a missing schema.
    pub(crate) fn open(config: &Config, now: Timestamp) -> Result<(Self, EventStream)> {
        match &config.postgres {
            Some(options) => Self::connect(options, now),
            None => Self::open_in(&config.data, config.synchronous, config.min_free_space, now),
        }
    }

    /// Opens the database for an act of the operator.
    pub(crate) fn open_for_admin(
        settings: &AdminSettings,
        now: Timestamp,
    ) -> Result<(Self, EventStream)> {
        match &settings.postgres {
            Some(options) => Self::connect(options, now),
            None => Self::open_in(&settings.folder, Synchronous::Full, 0, now),
        }
    }

    /// Waits until the database is closed.
    pub(crate) async fn close(self) {
        (self.close)().await;
    }

    fn open_in(
        folder: &Path,
        synchronous: Synchronous,
        min_free_space: u32,
        now: Timestamp,
    ) -> Result<(Self, EventStream)> {
        data_folder::create(folder)?;
        let lock = data_folder::lock(folder)?;
        let free_space = disk::measured(folder, min_free_space);
        let options = Options { synchronous, free_space: free_space.clone(), ..Options::default() };
        let (store, events) = Sqlite::open(&folder.join(DATABASE), now, &options)?;
        let to_close = store.clone();
        let database = Self {
            store: Arc::new(store),
            free_space,
            folder: Some(folder.to_owned()),
            log_epoch: Epoch(0),
            close: Box::new(move || Box::pin(async move { to_close.close().await })),
            _lock: Some(lock),
        };
        Ok((database, events))
    }

    fn connect(options: &ConnectOptions, now: Timestamp) -> Result<(Self, EventStream)> {
        let (store, events) = Postgres::connect(now, options)?;
        let log_epoch = store.log_epoch();
        let to_close = store.clone();
        let database = Self {
            store: Arc::new(store),
            free_space: options.free_space.clone(),
            folder: None,
            log_epoch,
            close: Box::new(move || Box::pin(async move { to_close.close().await })),
            _lock: None,
        };
        Ok((database, events))
    }
}
