//! The modules inside a package: no circles between siblings, one style of module, short files.

use std::collections::{BTreeMap, BTreeSet};

use super::{is_test, root, sources};

/// The maximum number of lines of a Rust file.
const MAX_LINES: usize = 400;
/// The median Rust file has fewer lines than this.
const MEDIAN_LINES: usize = 150;

#[test]
fn files_stay_short_enough_to_read() {
    let mut lengths = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines");
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median < MEDIAN_LINES, "the median file has {median} lines");
}

#[test]
fn a_module_with_children_is_a_mod_rs() {
    for (path, _) in sources() {
        let folder = path.strip_suffix(".rs").unwrap();
        assert!(!root().join(folder).is_dir(), "{path}: move it to {folder}/mod.rs");
    }
}

#[test]
fn no_circle_joins_sibling_files() {
    let mut circles = Vec::new();
    for (package, files) in packages() {
        let graph = Graph::of(&files);
        circles.extend(graph.circles().into_iter().map(|circle| format!("{package}: {circle:?}")));
    }
    assert!(circles.is_empty(), "files that import each other:\n{}", circles.join("\n"));
}

#[test]
fn the_search_for_circles_finds_one() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = [
        file("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
        file("a.rs", "use crate::b::Thing;\nuse crate::c;"),
        file("b.rs", "// use crate::d::Never;\nfn f() { super::c::f() }"),
        file("c/mod.rs", "use child::Part;\nuse crate::{a::{self, Other}, d};"),
        file("c/child.rs", "use super::Parent;"),
        file("d.rs", "#[cfg(test)]\nmod tests {\n    use crate::a;\n}"),
    ];
    let circles = Graph::of(&files).circles();
    assert_eq!(circles, [["a.rs", "b.rs", "c/mod.rs"].map(str::to_owned)]);
}

/// The source files of each package that are no tests, with paths from the package's `src`.
fn packages() -> BTreeMap<String, Vec<(String, String)>> {
    let mut packages: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        if let Some((package, file)) = path.split_once("/src/") {
            packages.entry(package.to_owned()).or_default().push((file.to_owned(), text));
        }
    }
    packages
}

/// Which file of a package imports from which.
struct Graph {
    /// From the module path, `["a", "b"]` for `a/b.rs` and `a/b/mod.rs`, to the file.
    files: BTreeMap<Vec<String>, String>,
    arrows: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

impl Graph {
    fn of(files: &[(String, String)]) -> Self {
        let modules = files.iter().map(|(path, _)| (module_of(path), path.clone())).collect();
        let mut graph = Self { files: modules, arrows: BTreeMap::new() };
        for (path, text) in files {
            let from = module_of(path);
            let targets = imports(text, &from);
            let targets = targets.iter().filter_map(|target| graph.module_at(target));
            // A module and its parts are one unit.
            let targets = targets.filter(|to| !to.starts_with(&from) && !from.starts_with(to));
            let targets = targets.cloned().collect();
            graph.arrows.insert(from, targets);
        }
        graph
    }

    /// The file that holds the longest beginning of a path.
    fn module_at(&self, path: &[String]) -> Option<&Vec<String>> {
        let beginnings = (1..=path.len()).rev().filter_map(|length| path.get(..length));
        let mut keys = beginnings.filter_map(|it| self.files.get_key_value(it).map(|(key, _)| key));
        keys.next()
    }

    fn reaches(&self, from: &Vec<String>) -> BTreeSet<Vec<String>> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for next in self.arrows.get(module).into_iter().flatten() {
                if reached.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        reached
    }

    fn circles(&self) -> Vec<Vec<String>> {
        let reached: BTreeMap<_, _> =
            self.files.keys().map(|module| (module, self.reaches(module))).collect();
        let mut circles = BTreeSet::new();
        for module in self.files.keys() {
            let circle = reached[module].iter().filter(|other| reached[*other].contains(module));
            let circle: Vec<String> = circle.map(|other| self.files[other].clone()).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}

fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let parts = path.split('/').filter(|part| !["lib", "main", "mod"].contains(part));
    parts.map(str::to_owned).collect()
}

/// The paths below `crate`, `self` and `super` that a file names, in `use` and in its code; neither
/// comments nor the tests at its end count.
fn imports(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code: String = text
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut found = Vec::new();
    for (start, word) in [("crate::", "crate"), ("super::", "super"), ("self::", "self")]
        .into_iter()
        .flat_map(|(pattern, word)| code.match_indices(pattern).map(move |(at, _)| (at, word)))
    {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == ':') {
            continue;
        }
        let base: Vec<String> = match word {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            _ => module.split_last().map_or(Vec::new(), |(_, parent)| parent.to_vec()),
        };
        expand(&code[start + word.len() + 2..], &base, &mut found);
    }
    found
}

/// Reads the rest of a path, a tree of braces included, and adds each path that it holds.
fn expand(rest: &str, base: &[String], found: &mut Vec<Vec<String>>) {
    let rest = rest.trim_start();
    if let Some(tree) = rest.strip_prefix('{') {
        for branch in branches(tree) {
            expand(branch, base, found);
        }
        return;
    }
    let word: String = rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
    let mut path = base.to_vec();
    match word.as_str() {
        "" => return found.push(path),
        "super" => drop(path.pop()),
        "self" => {}
        _ => path.push(word.clone()),
    }
    match rest[word.len()..].strip_prefix("::") {
        Some(rest) => expand(rest, &path, found),
        None => found.push(path),
    }
}

/// The comma-separated parts of a tree, up to its closing brace.
fn branches(tree: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, it) in tree.char_indices() {
        match it {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&tree[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}
