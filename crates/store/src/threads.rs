//! The connections of a database that is served by threads: one writes, others read.

use std::io;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::erasure::ErasureRecord;
use madang_hub::ports::StoreError;

use crate::connections::{Apply, Connections, ReadLane, WriteResults};
use crate::error::StatementError;
use crate::external_revision::ExternalRevision;
use crate::readers::{EngineErrors, ReadConnection, ReadPayer, ReaderPool};
use crate::rules::WriteInput;
use crate::store::EngineStore;
use crate::transaction::Transaction;
use crate::writer_handle::WriterHandle;

/// An engine whose connections belong to threads.
pub trait ThreadedEngine: Send + Sync + 'static {
    /// Its errors.
    type Errors: EngineErrors;

    /// Ends what feeds the writer. Called before the writer ends.
    fn close(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// See [`Connections::list_erasure`].
    ///
    /// # Errors
    /// If the list cannot be written.
    fn list_erasure(&self, _record: &ErasureRecord) -> Result<(), StoreError> {
        Ok(())
    }

    /// # Errors
    /// If damage of the database was found.
    fn check_damage(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The threads of a database.
#[derive(Debug)]
pub struct DatabaseThreads<E: ThreadedEngine> {
    pub(crate) engine: E,
    pub(crate) readers: Readers<E::Errors>,
    pub(crate) writer: WriterHandle,
    /// The number of changes by other programs.
    pub(crate) revision: ExternalRevision,
}

/// The threads that read.
#[derive(Debug)]
pub(crate) struct Readers<E> {
    pub(crate) users: ReaderPool<E>,
    /// One reader for the sessions, so that a sign-in waits for no other read.
    sign_ins: ReaderPool<E>,
}

impl<E: EngineErrors> Readers<E> {
    /// Starts a thread for each connection.
    pub(crate) fn start<C: ReadConnection>(
        name: &str,
        users: Vec<C>,
        sign_ins: C,
        errors: &E,
    ) -> io::Result<Self> {
        let start = |connections| ReaderPool::start(name, connections, errors.clone());
        Ok(Self { users: start(users)?, sign_ins: start(vec![sign_ins])? })
    }
}

impl<E: ThreadedEngine> EngineStore<DatabaseThreads<E>> {
    /// Finishes the waiting writes, refuses later ones, and closes the connections. The caller must read or drop the
    /// event stream meanwhile.
    pub async fn close(&self) {
        let DatabaseThreads { engine, readers: Readers { users, sign_ins }, writer, .. } =
            &*self.connections;
        users.close();
        sign_ins.close();
        engine.close().await;
        writer.close().await;
        users.closed().await;
        sign_ins.closed().await;
    }
}

impl<E: ThreadedEngine> Connections for DatabaseThreads<E> {
    fn read<T: Send + 'static>(
        &self,
        lane: ReadLane,
        payer: ReadPayer,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let readers = match lane {
            ReadLane::Users => &self.readers.users,
            ReadLane::SignIns => &self.readers.sign_ins,
        };
        readers.read(payer, read).boxed()
    }

    fn write<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> BoxFuture<'static, WriteResults<T>> {
        self.writer.enqueue(inputs, apply).boxed()
    }

    fn deferred_write<I: WriteInput, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        self.writer.deferred(apply)
    }

    fn external_revision(&self) -> u64 {
        self.revision.get()
    }

    fn list_erasure(&self, record: &ErasureRecord) -> Result<(), StoreError> {
        self.engine.list_erasure(record)
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        self.engine.check_damage()
    }
}
