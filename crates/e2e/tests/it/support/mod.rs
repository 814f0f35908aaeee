//! Servers, clients, browsers and page objects that the tests share.

pub(crate) mod axe;
pub(crate) mod browser;
pub(crate) mod browser_test;
pub(crate) mod chat_page;
pub(crate) mod chromedriver;
pub(crate) mod cluster;
pub(crate) mod database;
pub(crate) mod device;
pub(crate) mod list_position;
pub(crate) mod newer_app_server;
pub(crate) mod other_origin;
pub(crate) mod other_version_server;
pub(crate) mod palette_png;
pub(crate) mod sign_in_page;
pub(crate) mod socketio_clients;
pub(crate) mod stub_exchange;
pub(crate) mod test_client;
pub(crate) mod test_server;
pub(crate) mod trunk_serve;
pub(crate) mod wait;

use std::path::PathBuf;

/// The absolute path of a file in the repository.
pub(crate) fn repository_path(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", path].iter().collect()
}
