//! Names and sentences: one public type per name, no banned words, no riddles.

use std::collections::BTreeMap;

use super::{CODE, files_below, is_test, read, sources};

/// Words that name nothing: bare participles, and images where the field has a word of its own.
/// docs/glossary.md has the words to use.
const BANNED: [&str; 43] = [
    "agreed",
    "allowances",
    "arriving",
    "asked",
    "bells",
    "book",
    "courtyard",
    "desk",
    "doer",
    "door",
    "ear",
    "edge",
    "fault",
    "gate",
    "glance",
    "goodbye",
    "heard",
    "house",
    "judgement",
    "kept",
    "keeper",
    "known",
    "letters",
    "line",
    "mailbox",
    "missed",
    "outlet",
    "outside",
    "own",
    "placed",
    "place",
    "said",
    "seen",
    "speech",
    "stage",
    "standing",
    "taken",
    "told",
    "tray",
    "way",
    "whereabouts",
    "wire",
    "yard",
];

#[test]
fn no_type_and_no_file_has_a_banned_name() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let file = path.rsplit('/').find(|part| *part != "mod.rs").unwrap();
        let file = file.strip_suffix(".rs").unwrap_or(file);
        if BANNED.contains(&file) {
            found.push(format!("{path}: the file"));
        }
        for (kind, name) in definitions(&text) {
            if BANNED.contains(&name.to_lowercase().as_str()) {
                found.push(format!("{path}: {kind} {name}"));
            }
        }
    }
    assert!(found.is_empty(), "names to replace, see docs/glossary.md:\n{}", found.join("\n"));
}

/// The kind and the name of each type and module that a file defines.
fn definitions(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line
            .trim_start()
            .split(|it: char| !it.is_alphanumeric() && it != '_')
            .filter(|word| !word.is_empty())
            .collect();
        let words = match words.as_slice() {
            ["pub", "crate" | "super", rest @ ..] | ["pub", rest @ ..] | rest => rest,
        };
        if let [kind @ ("struct" | "enum" | "trait" | "type" | "mod"), name, ..] = words {
            found.push((*kind, *name));
        }
    }
    found
}

#[test]
fn a_public_type_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let public: String = text
            .lines()
            // The name of a type in a macro is a variable.
            .filter(|line| line.trim_start().starts_with("pub ") && !line.contains('$'))
            .flat_map(|line| [line, "\n"])
            .collect();
        for (kind, name) in definitions(&public) {
            if kind != "mod" {
                places.entry(name.to_owned()).or_default().push(path.clone());
            }
        }
    }
    assert!(places.len() > 200, "the public types are not read");
    let double: Vec<String> = places
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    assert!(double.is_empty(), "one name, one type:\n{}", double.join("\n"));
}

/// Clauses in place of a noun, at the beginning of a sentence.
const OPENINGS: [&str; 7] =
    ["Who ", "Whom ", "Whose ", "Whoever ", "What ", "Whatever ", "Whomever "];
/// Words that a plain sentence does not need, anywhere in it.
const WORDS: [&str; 12] = [
    "whoever",
    "whomever",
    "whatever ",
    "nobody else's",
    " anew",
    "does no harm",
    " stands in ",
    " stand in ",
    " goes on ",
    " lives on",
    " live on",
    " so many ",
];

#[test]
fn the_subject_of_a_sentence_is_a_noun() {
    let mut found = Vec::new();
    let mut files: Vec<String> = CODE.iter().flat_map(|folder| files_below(folder)).collect();
    files.extend(files_below("docs").into_iter().chain(files_below("examples")));
    files.extend(["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "justfile"].map(String::from));
    for path in files.iter().filter(|path| holds_prose(path)) {
        for (number, line) in read(path).lines().enumerate() {
            let prose = prose(path, line);
            if prose.is_some_and(is_riddle) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "sentences to write again:\n{}", found.join("\n"));
}

fn holds_prose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    let extension = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
    // A migration that was released is never changed, not even its comments.
    let is_released = path.contains("/migrations/") && !path.contains("/V11__");
    ["rs", "md", "mjs", "js", "css", "sh", "sql", "toml", "py", "justfile"].contains(&extension)
        && !is_released
        && !path.ends_with("shape/names.rs")
}

/// The English on a line: a comment, or a line of a page.
fn prose<'l>(path: &str, line: &'l str) -> Option<&'l str> {
    let line = line.trim_start();
    let markers: &[&str] = match path.rsplit('.').next() {
        Some("md") => &[""],
        Some("rs" | "mjs" | "js") => &["//!", "///", "//", "*"],
        Some("css") => &["/*", "*"],
        Some("sql") => &["--"],
        _ => &["#"],
    };
    markers.iter().find_map(|marker| line.strip_prefix(marker))
}

fn is_riddle(prose: &str) -> bool {
    let prose = prose.trim_start_matches([' ', '-', '*', '#', '|']);
    let sentences = prose.split(". ").map(|sentence| sentence.trim_start_matches(['*', '(']));
    let mut statements = sentences.filter(|sentence| !sentence.contains('?'));
    statements.any(|sentence| OPENINGS.iter().any(|opening| sentence.starts_with(opening)))
        || WORDS.iter().any(|word| prose.to_lowercase().contains(word))
}

#[test]
fn the_search_for_riddles_finds_them() {
    for riddle in [
        "What comes due has no author.",
        "It is full. Whoever comes next waits.",
        "- **Who asks**",
        "The page is loaded anew.",
        "An early wake does no harm.",
        "The result stands in the table.",
    ] {
        assert!(is_riddle(riddle), "{riddle}");
    }
    for plain in ["What is a topic?", "Scheduled notices have no author.", "A new answer"] {
        assert!(!is_riddle(plain), "{plain}");
    }
}
