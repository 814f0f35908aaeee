//! What every test stands on.

pub(crate) mod axe;
pub(crate) mod browser;
pub(crate) mod chat_page;
pub(crate) mod chromedriver;
pub(crate) mod clients;
pub(crate) mod database;
pub(crate) mod elsewhere;
pub(crate) mod exchange;
pub(crate) mod newer;
pub(crate) mod other_server;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod sign_in_page;
pub(crate) mod stage;
pub(crate) mod trunk;
pub(crate) mod wait;

use std::path::PathBuf;

/// A path within the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", path].iter().collect()
}
