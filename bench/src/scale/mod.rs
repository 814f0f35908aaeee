//! A simulator of larger installations than the ones that were measured: what a number of users needs.
//!
//! Its inputs are measured constants and a model of the users ([`inputs`], `bench/scale.json`). [`prediction`] computes
//! the costs of any load; [`users`] computes the load of a number of users and the machines that it needs; [`walls`]
//! finds the number of users at which a single part is full; [`page`] prints all of it. A measurement compares the
//! predictions with three real nodes (`just scale-check`).

pub mod inputs;
pub mod page;
pub mod prediction;
pub mod users;
pub mod walls;

pub use inputs::ScaleInputs;
pub use prediction::{Load, Prediction};
