//! The client of one user.

mod incoming;
mod input;
mod offline_cache;
mod state_machine;

pub use input::{Input, InputContext, Output};
pub use offline_cache::CachedState;
pub use state_machine::{CaughtUp, Client};
