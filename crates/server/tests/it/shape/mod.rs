//! The shape of the workspace, kept true: packages, modules, names, pages, and the places where a
//! feature is registered.

mod design;
mod features;
mod modules;
mod names;
mod packages;
mod pages;

use std::path::{Path, PathBuf};

/// The folders with code of ours.
const CODE: [&str; 5] = ["bench", "crates", "frontend", "scripts", "shared"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder that `git` would track: its path from the root, with `/`.
fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !["target", "dist", "node_modules", "findings"].contains(&name) {
                    folders.push(path);
                }
            } else {
                let path = path.strip_prefix(root()).unwrap().to_str().unwrap();
                found.push(path.replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Every Rust file of the project, and its text.
fn sources() -> Vec<(String, String)> {
    let files = CODE.iter().flat_map(|folder| files_below(folder));
    let rust = files.filter(|path| Path::new(path).extension().is_some_and(|it| it == "rs"));
    rust.map(|path| (path.clone(), read(&path))).collect()
}

/// Whether a Rust file is a test, or only used by tests.
fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.starts_with("crates/e2e/")
}
