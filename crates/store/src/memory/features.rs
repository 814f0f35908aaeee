//! The features in this engine; see the table in [`crate::features`].

use madang_shared::Failure;

use super::state::State;

features! {
    dispatch { writes: &mut State; reads: &State; error: Failure; snapshots: infallible; }
}

features! {
    topics_without_id {}
}
