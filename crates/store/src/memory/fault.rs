//! The troubles that a test can ask for.

use madang_hub::ports::StoreError;
use madang_shared::Failure;

#[derive(Debug, Default)]
pub(super) struct Fault {
    /// Nothing works.
    pub(super) down: bool,
    /// Room for this many more writes; none for no bound.
    pub(super) room: Option<u64>,
}

impl Fault {
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if self.down {
            return Err(StoreError::Unavailable("switched off".to_owned()));
        }
        read().map_err(StoreError::Refused)
    }

    /// A refused write takes no room.
    pub(super) fn write<T>(
        &mut self,
        write: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.probe()?;
        let made = self.read(write)?;
        self.room = self.room.map(|room| room.saturating_sub(1));
        Ok(made)
    }

    /// Whether the next write could be made.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        if self.room == Some(0) {
            return Err(StoreError::Unavailable("no room is left".to_owned()));
        }
        self.read(|| Ok(()))
    }
}
