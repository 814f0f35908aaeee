//! The registration of features: one name, in the same place in every layer.

use super::{files_below, read, root};

/// The module and the row of each feature in the shared table.
fn features() -> Vec<(String, String)> {
    let table = read("shared/src/features/mod.rs");
    let (_, table) = table.split_once("features! {").expect("the table of features");
    let (table, _) = table.split_once("\n}\n").expect("the end of the table");
    let rows = table.split("\n    }").filter_map(|row| row.split_once(" {\n"));
    rows.map(|(name, row)| {
        let (_, name) = name.split_once(" in crate::").expect("a row names its module");
        (name.to_owned(), row.to_owned())
    })
    .collect()
}

#[test]
fn a_feature_has_a_file_of_its_name_in_every_layer() {
    let features = features();
    assert!(features.len() >= 11, "the table is not read");
    for (name, row) in features {
        let is_durable = row.contains("Durable");
        let layers = [
            (true, format!("shared/src/{name}")),
            (true, format!("crates/hub/src/{name}")),
            (is_durable, format!("crates/store/src/rules/{name}")),
            (row.contains("topic"), format!("crates/client/src/views/{name}")),
            (row.contains("topic"), format!("frontend/src/features/{name}")),
        ];
        let is_there = |file: &str| {
            root().join(format!("{file}.rs")).is_file()
                || root().join(format!("{file}/mod.rs")).is_file()
        };
        for (_, file) in layers.iter().filter(|(is_needed, _)| *is_needed) {
            assert!(is_there(file), "{name}: there is no {file}.rs and no {file}/mod.rs");
        }
        // A feature without a topic may be a page of the lab.
        let in_app = ["features", "lab"].map(|folder| format!("frontend/src/{folder}/{name}"));
        assert!(in_app.iter().any(|file| is_there(file)), "{name}: there is none of {in_app:?}");
    }
}

/// The rules of the features are written once for all engines.
#[test]
fn no_rule_of_the_store_names_an_engine() {
    for file in files_below("crates/store/src/rules") {
        let text = read(&file);
        for engine in ["rusqlite", "postgres", "sqlite_", "PRAGMA", "crate::sqlite", "INSERT OR"] {
            assert!(!text.contains(engine), "{file} names an engine: {engine}");
        }
    }
}
