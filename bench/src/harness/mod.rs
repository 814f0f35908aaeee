//! Subscribers of one stream and the workload that is published to it: the core of every fan-out measurement.
//!
//! Reading order: [`HarnessConfig`], [`FanOutHarness`] with its publishing methods, then its parts:
//! `receiver` and `decoder` (received frames), `delivery_ledger` with `subscribers` and `publications` (the
//! accounting), and `workload` (published messages).

mod config;
mod decoder;
mod delivery_ledger;
mod error;
mod fan_out_harness;
mod publications;
mod publish;
mod receiver;
mod subscribers;
mod workload;

pub use config::{HarnessConfig, Protocol};
pub use delivery_ledger::{DeliverySummary, Latencies};
pub use error::HarnessError;
pub use fan_out_harness::FanOutHarness;
