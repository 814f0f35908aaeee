//! The client of one user: `input` (inputs and outputs), `state_machine` (commands, timers, the
//! socket), `incoming` (frames from the server), and `offline_cache`.

mod incoming;
mod input;
mod offline_cache;
mod state_machine;

pub use input::{Input, InputContext, Output};
pub use offline_cache::CachedState;
pub use state_machine::{CaughtUp, Client};
