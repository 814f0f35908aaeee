//! The page about several nodes, and its example files: the settings in them exist, and both languages agree.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::process::{madang, output};

const PAGES: [&str; 2] = ["docs/operate-nodes.md", "docs/operate-nodes.ko.md"];
const EXAMPLES: [&str; 4] = ["madang@.service", "node.env", "compose.yaml", "Caddyfile"];
/// Variables of the example files themselves.
const OF_EXAMPLES: [&str; 3] = ["MADANG_HOST", "MADANG_NODES", "MADANG_SITE"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn blocks(page: &str) -> Vec<String> {
    read(page).split("```").skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words of a text that begin with `start`.
fn names(text: &str, start: &str) -> BTreeSet<String> {
    let is_of_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    let parts = text.split(|it| !is_of_name(it)).filter(|part| part.starts_with(start));
    parts.map(str::to_owned).collect()
}

#[test]
fn both_languages_have_the_same_commands() {
    let [english, korean] = PAGES.map(blocks);
    assert!(english.len() >= 8, "the blocks are not read");
    assert_eq!(english, korean);
}

#[test]
fn the_settings_of_the_page_and_its_examples_exist() {
    let help: String =
        ["serve", "move"].map(|task| output(madang().args([task, "--help"])).1).concat();
    let examples = EXAMPLES.map(|name| read(&format!("examples/nodes/{name}")));
    let texts = PAGES.map(read).into_iter().chain(examples).collect::<String>();
    let variables = names(&texts, "MADANG_");
    assert!(variables.len() > 5, "the variables are not read");
    for variable in variables.iter().filter(|it| !OF_EXAMPLES.contains(&it.as_str())) {
        assert!(help.contains(variable.as_str()), "there is no setting {variable}");
    }
    let commands = texts
        .lines()
        .filter(|line| line.contains("madang serve ") || line.contains("madang move "));
    for line in commands {
        let line = line.split_once("madang ").unwrap().1.split('`').next().unwrap();
        for flag in names(line, "--") {
            assert!(help.contains(&flag), "there is no flag {flag}: {line}");
        }
    }
}

#[test]
fn nats_reads_its_example() {
    let (code, text) = output(
        Command::new("nats-server").arg("-t").arg("-c").arg(path("examples/nodes/nats.conf")),
    );
    assert_eq!(code, Some(0), "{text}");
}
