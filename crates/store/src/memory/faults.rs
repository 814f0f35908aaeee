//! The faults that a test can inject.

use madang_hub::ports::StoreError;
use madang_shared::Failure;

#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Every operation fails.
    pub(super) is_unavailable: bool,
    /// The number of writes that still succeed; `None` for no limit.
    pub(super) remaining_writes: Option<u64>,
}

impl Faults {
    /// Executes a read, unless the engine is unavailable.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if self.is_unavailable {
            return Err(StoreError::Unavailable("the engine was switched off".to_owned()));
        }
        read().map_err(StoreError::Refused)
    }

    /// Executes a write, unless none remains. A refused write does not count.
    pub(super) fn write<T>(
        &mut self,
        write: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.probe()?;
        let result = self.read(write)?;
        self.remaining_writes = self.remaining_writes.map(|remaining| remaining.saturating_sub(1));
        Ok(result)
    }

    /// Checks that the next write can succeed.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        if self.remaining_writes == Some(0) {
            return Err(StoreError::Unavailable("the limit of writes is reached".to_owned()));
        }
        self.read(|| Ok(()))
    }
}
