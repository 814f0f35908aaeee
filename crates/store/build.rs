//! The migrations are embedded by folder: a new file in it must compile this package again.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
