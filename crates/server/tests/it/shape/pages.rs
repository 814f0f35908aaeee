//! The pages: the paths and links in them exist, and each has the form that its readers expect.

use std::path::Path;

use super::{files_below, read, root, sources};

/// The maximum number of lines of the architecture page, which is a map.
const MAX_ARCHITECTURE_LINES: usize = 120;

fn pages() -> Vec<String> {
    let mut pages = files_below("docs");
    pages.extend(files_below("examples"));
    pages.extend(
        ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "README.ko.md"].map(String::from),
    );
    pages.retain(|path| Path::new(path).extension().is_some_and(|it| it == "md"));
    pages
}

/// A page without its blocks of code.
fn text_of(page: &str) -> String {
    let text = read(page);
    let parts = text.split("```").step_by(2);
    parts.collect()
}

#[test]
fn the_paths_that_a_page_names_exist() {
    let mut missing = Vec::new();
    let mut named = 0;
    for page in pages() {
        let text = text_of(&page);
        for path in text.split('`').skip(1).step_by(2).filter(|text| is_path(text)) {
            named += 1;
            if !root().join(path).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(named > 200, "the paths are not read");
    assert!(missing.is_empty(), "paths to nothing:\n{}", missing.join("\n"));
}

fn is_path(text: &str) -> bool {
    let tops =
        ["bench/", "crates/", "docs/", "examples/", "frontend/", "scripts/", "shared/", ".ci/"];
    // These are made by the build.
    let made = ["frontend/dist/", "crates/websocket/fuzz/findings"];
    tops.iter().any(|top| text.starts_with(top))
        && !made.iter().any(|made| text.starts_with(made))
        && !text.contains(['*', ' ', '{', '<', '…'])
}

#[test]
fn the_links_of_a_page_lead_somewhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let folder = root().join(&page);
        let folder = folder.parent().unwrap();
        for link in text_of(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            let is_here = !target.is_empty() && !target.contains("://");
            if is_here && !folder.join(target).exists() {
                dead.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn the_architecture_page_is_a_map() {
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(lines <= MAX_ARCHITECTURE_LINES, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn a_decision_has_its_number_its_sections_and_a_line_in_the_index() {
    let index = read("docs/decisions/README.md");
    let decisions = files_below("docs/decisions");
    let decisions: Vec<&String> =
        decisions.iter().filter(|it| !it.ends_with("README.md")).collect();
    assert!(decisions.len() > 20, "the decisions are not read");
    for path in decisions {
        let name = path.rsplit('/').next().unwrap();
        let text = read(path);
        let number = name.split('-').next().unwrap();
        assert!(text.starts_with(&format!("# {number}: ")), "{path}: its title has its number");
        for section in ["\n## Context\n", "\n## Decision\n", "\n## Consequence\n", "\n## Files\n"] {
            assert!(text.contains(section), "{path}: there is no section {}", section.trim());
        }
        assert!(index.contains(&format!("({name})")), "{path}: the index does not lead to it");
    }
}

#[test]
fn every_test_that_the_table_of_behaviours_names_exists() {
    let sources: String = sources().into_iter().map(|(_, text)| text).collect();
    let table = read("docs/rows.md");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| T")).collect();
    assert!(rows.len() > 20, "the table is not read");
    for row in rows {
        let named: Vec<&str> =
            row.split('`').filter(|part| part.starts_with('t') && part.contains('_')).collect();
        assert!(!named.is_empty(), "{row}");
        for test in named {
            assert!(sources.contains(&format!("fn {test}(")), "there is no test {test}");
        }
    }
}

#[test]
fn every_line_of_a_migration_guide_leads_to_a_file() {
    for guide in ["from-flask-socketio", "from-node-socket.io", "from-flask-sock"] {
        let [english, korean] = ["", ".ko"].map(|language| {
            let page = read(&format!("docs/{guide}{language}.md"));
            let rows = page.lines().filter(|line| line.starts_with("| ")).skip(2);
            rows.map(last_path).collect::<Vec<String>>()
        });
        assert!(english.len() >= 8, "{guide}: the table is not read");
        assert_eq!(english, korean, "{guide}: both languages lead to the same files");
    }
}

/// The file that the last cell of a row names; it exists.
fn last_path(row: &str) -> String {
    let path = row.split('`').nth_back(1).unwrap_or_else(|| panic!("no path in {row}"));
    assert!(is_path(path) && root().join(path).exists(), "{row} leads to nothing");
    path.to_owned()
}
