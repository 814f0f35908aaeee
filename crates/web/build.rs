//! The app's files are compiled in: when they change, so must this crate.

fn main() {
    println!("cargo::rerun-if-changed=../../frontend/dist");
}
