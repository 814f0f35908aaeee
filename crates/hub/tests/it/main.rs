//! Tests of the domain through its public interface, without sockets, clocks or disks.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "an unexpected value must fail the test; clippy exempts test functions only, not their helpers"
)]

mod apps;
mod budgets;
mod fan_out;
mod names;
mod nodes;
mod notices;
mod orders;
mod policy;
mod presence;
mod price;
mod read_count;
mod redaction;
mod session;
mod shared_state;
mod simulation;
mod sinks;
mod test_server;
