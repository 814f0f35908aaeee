//! The port between the store and an engine: the turn in which the engine executes reads and writes.

use crate::error::StatementError;
use crate::readers::ReadPayer;
use crate::rules::WriteInput;
use crate::transaction::Transaction;
use futures_util::future::BoxFuture;
use madang_hub::erasure::ErasureRecord;
use madang_hub::ports::{StoreError, TopicEvent};

/// Applies one input inside the transaction of the group, and adds the events that it appended.
pub(crate) type Apply<I, T> =
    fn(&dyn Transaction, I, &mut Vec<TopicEvent>) -> Result<T, StatementError>;

/// The result of a write in the caller's order.
pub(crate) type WriteResults<T> = Vec<Result<T, StoreError>>;

/// The connections that read, of which each lane has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadLane {
    /// The reads of users.
    Users,
    /// The reads of sign-in sessions, which wait for no other read.
    SignIns,
}

/// The way in which an engine executes reads and writes: in threads of its own, or in the caller's turn.
pub trait Connections: Send + Sync + 'static {
    /// Reads in a transaction, which sees one state of the database, the current or a later one. The
    /// read runs even if the future is not polled.
    fn read<T: Send + 'static>(
        &self,
        lane: ReadLane,
        payer: ReadPayer,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>>;

    /// Takes a batch of writes at once, before the future is polled, so that the order of the calls is
    /// kept. The batch is applied even if the future is dropped.
    fn write<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> BoxFuture<'static, WriteResults<T>>;

    /// A function that takes a batch of one later, for a write that depends on a read.
    fn deferred_write<I: WriteInput, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static;

    /// The number of times that commits by other programs were found.
    fn external_revision(&self) -> u64;

    /// Lists an erased account beside the database, where the restoration of an older copy leaves it. Without such a place,
    /// the operator keeps the list.
    ///
    /// # Errors
    /// If the list cannot be written.
    fn list_erasure(&self, _record: &ErasureRecord) -> Result<(), StoreError> {
        Ok(())
    }

    /// # Errors
    /// If damage of the database was found.
    fn check_damage(&self) -> Result<(), StoreError>;
}

/// The result of a batch of one.
pub(crate) fn only<T>(mut results: WriteResults<T>) -> Result<T, StoreError> {
    let missing = || Err(StoreError::Unavailable("the writer gave no answer".to_owned()));
    results.pop().unwrap_or_else(missing)
}
