//! The packages: which may know which, and what they inherit from the workspace.

use std::collections::{BTreeMap, BTreeSet};

use super::root;

fn manifests() -> BTreeMap<String, toml::Table> {
    let mut folders = vec![root().join("shared"), root().join("frontend"), root().join("bench")];
    folders.extend(
        std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()),
    );
    let manifests = folders.into_iter().map(|folder| {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        (manifest["package"]["name"].as_str().unwrap().to_owned(), manifest)
    });
    manifests.collect()
}

fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut tables = vec![manifest];
    tables.extend(
        manifest
            .get("target")
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(|targets| targets.values().filter_map(toml::Value::as_table)),
    );
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            names.extend(
                table
                    .get(kind)
                    .and_then(toml::Value::as_table)
                    .into_iter()
                    .flat_map(|table| table.keys().cloned()),
            );
        }
    }
    names
}

#[test]
fn packages_know_only_what_they_may() {
    // Each package may depend on these packages of ours, and on none of those of others.
    let rules: &[(&str, &[&str], &[&str])] = &[
        ("madang-shared", &[], &["tokio", "axum", "leptos", "rusqlite", "gloo-net"]),
        (
            "madang-client",
            &["madang-shared"],
            &["tokio", "axum", "leptos", "gloo-net", "rand", "getrandom"],
        ),
        (
            "madang-hub",
            &["madang-shared", "madang-sentiment"],
            &["axum", "rusqlite", "async-nats", "tungstenite", "reqwest"],
        ),
        (
            "madang-sentiment",
            &[],
            &["tokio", "axum", "leptos", "rusqlite", "reqwest", "rand", "getrandom"],
        ),
        (
            "madang-identity",
            &[],
            &["axum", "hyper", "rusqlite", "leptos", "openidconnect", "webauthn-rs"],
        ),
        (
            "madang-markup",
            &["madang-shared"],
            &["tokio", "axum", "leptos", "rusqlite", "reqwest", "rand", "getrandom"],
        ),
        ("madang-mail", &[], &["axum", "rusqlite", "reqwest", "native-tls", "openssl"]),
        ("madang-bus", &["madang-hub"], &["axum", "rusqlite", "tungstenite", "reqwest"]),
        (
            "madang-store",
            &["madang-shared", "madang-hub", "madang-markup"],
            &["axum", "tungstenite", "reqwest"],
        ),
        ("madang-prices", &[], &["axum", "rusqlite", "native-tls", "openssl"]),
        ("madang-websocket", &[], &["axum", "rusqlite", "tungstenite", "tokio-tungstenite"]),
        (
            "madang-web",
            &["madang-shared", "madang-hub", "madang-identity", "madang-mail", "madang-websocket"],
            &["rusqlite", "async-nats", "tungstenite", "tokio-tungstenite"],
        ),
        (
            "madang",
            &[
                "madang-shared",
                "madang-hub",
                "madang-bus",
                "madang-identity",
                "madang-mail",
                "madang-prices",
                "madang-store",
                "madang-web",
            ],
            &["rusqlite"],
        ),
        ("madang-app", &["madang-shared", "madang-client"], &["tokio", "axum", "rusqlite"]),
        ("madang-loadgen", &["madang-shared", "madang-client"], &["axum"]),
        ("madang-bench", &["madang-shared", "madang-loadgen"], &["axum"]),
        ("madang-e2e", &["madang-shared", "madang-client"], &["axum"]),
    ];
    let manifests = manifests();
    assert_eq!(
        manifests.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        rules.iter().map(|(name, _, _)| *name).collect(),
        "every package has a rule"
    );
    for (name, may, must_not) in rules {
        for dependency in dependencies(&manifests[*name]) {
            let ours = dependency.starts_with("madang");
            assert!(
                !ours || may.contains(&dependency.as_str()),
                "{name} must not know {dependency}"
            );
            assert!(!must_not.contains(&dependency.as_str()), "{name} must not know {dependency}");
        }
    }
}

#[test]
fn there_is_one_provider_of_cryptography() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"ring\""), "the lock file is not read");
    for other in ["aws-lc-rs", "aws-lc-sys", "openssl-sys", "native-tls"] {
        let line = format!("name = \"{other}\"\n");
        assert!(!lock.contains(&line), "with {other} rustls would not know what to use");
    }
}

#[test]
fn members_inherit_what_the_workspace_says() {
    for (name, manifest) in manifests() {
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{name}: lints");
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            let inherited = manifest["package"].get(key).and_then(|value| value.get("workspace"));
            assert_eq!(inherited.and_then(toml::Value::as_bool), Some(true), "{name}: {key}");
        }
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (dependency, value) in
                manifest.get(kind).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(
                    inherited || value.get("path").is_some(),
                    "{name}: {dependency} has a version of its own"
                );
            }
        }
    }
}

fn toml_file(path: &str) -> toml::Table {
    toml::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// `bench/` is a workspace of its own, which cannot inherit from the main one. Equal versions and profiles let
/// both workspaces share compiled dependencies.
#[test]
fn the_bench_workspace_repeats_the_lints_profiles_and_versions_of_the_main_one() {
    let [main, bench] = ["Cargo.toml", "bench/Cargo.toml"].map(toml_file);
    for table in ["package", "lints"] {
        assert_eq!(main["workspace"][table], bench["workspace"][table], "{table}");
    }
    let external = |(_, value): &(&String, &toml::Value)| value.get("path").is_none();
    for (name, value) in
        bench["workspace"]["dependencies"].as_table().unwrap().iter().filter(external)
    {
        let main = main["workspace"]["dependencies"].get(name);
        assert!(main.is_none_or(|main| main == value), "{name} differs from the main workspace");
    }
    assert_eq!(main["profile"]["release"], bench["profile"]["release"]);
    assert_eq!(main["profile"]["dev"]["debug"], bench["profile"]["dev"]["debug"]);
    for (name, value) in bench["profile"]["dev"]["package"].as_table().unwrap() {
        assert_eq!(main["profile"]["dev"]["package"].get(name), Some(value), "{name}");
    }
    let [main, bench] = ["Cargo.lock", "bench/Cargo.lock"].map(locked_packages);
    assert!(bench.len() > 50, "the lock file of bench is not read");
    let differing: Vec<_> = bench.difference(&main).collect();
    assert!(differing.is_empty(), "bench/Cargo.lock has versions of its own: {differing:?}");
}

/// Name, version and checksum of each package in a lock file, without our own packages.
fn locked_packages(path: &str) -> BTreeSet<[String; 3]> {
    let file = toml_file(path);
    let packages = file["package"].as_array().unwrap().iter();
    let packages = packages.filter(|package| package.get("source").is_some());
    let field = |package: &toml::Value, name: &str| package[name].as_str().unwrap().to_owned();
    packages
        .map(|package| ["name", "version", "checksum"].map(|name| field(package, name)))
        .collect()
}
