//! The server binary for tests of the load programs.

use std::path::PathBuf;
use std::process::Command;

/// The path of the server binary. `MADANG_BIN` names one that is already built, as in `just test`. Otherwise
/// it is built here, with the profile of this test, into the same target folder: cargo gives a test only the
/// binaries of its own package, and a binary that is already in the folder may be outdated.
pub(crate) fn server_binary() -> PathBuf {
    if let Some(binary) = std::env::var_os("MADANG_BIN") {
        return binary.into();
    }
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.ancestors().find(|folder| folder.join("crates/server").is_dir()).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--package", "madang", "--profile", profile])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .current_dir(root)
        .status()
        .unwrap();
    assert!(built.success(), "the server cannot be built");
    folder.join("madang")
}
