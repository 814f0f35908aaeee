//! Tests of the binary as a process, of the shape of the workspace, and of the size of the app.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod acts;
mod admin;
mod app_client;
mod certificates;
mod configuration;
mod connections;
mod disk;
mod echo_log;
mod failover;
#[cfg(target_os = "linux")]
mod gateway_memory;
mod lifecycle;
mod mail;
mod moving;
mod nodes_page;
mod postgres;
mod process;
mod redirect;
mod shape;
mod size;
mod tls;
mod version_0_1;
mod workspace;
