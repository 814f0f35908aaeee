//! The wire, held to its word: golden samples, a schema, and arbitrary input.

mod bless;
mod codec;
mod golden;
mod names;
mod samples;
mod schema;
