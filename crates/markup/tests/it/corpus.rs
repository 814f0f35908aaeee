//! The corpus: texts with their nodes (`corpus.txt`).

use std::path::Path;

use crate::notation::notation;

/// A text of the corpus.
struct Sample {
    name: String,
    text: String,
}

/// Reads the corpus: `@@ name`, the text, a line `=>`, and the nodes. `{U+202E}` stands for a character that is not seen.
fn samples(corpus: &str) -> Vec<Sample> {
    let sections = corpus.split("\n@@ ").skip(1);
    let sample = |section: &str| {
        let (name, rest) = section.split_once('\n').unwrap();
        let (text, _) = rest.split_once("\n=>\n").unwrap();
        Sample { name: name.to_owned(), text: with_characters(text) }
    };
    sections.map(sample).collect()
}

fn with_characters(text: &str) -> String {
    let mut parts = text.split("{U+");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        whole.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        whole.push_str(rest);
    }
    whole
}

/// A text with the characters that are not seen as in the corpus.
fn without_characters(text: &str) -> String {
    let hidden = |c: char| match c {
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' => {
            format!("{{U+{:X}}}", u32::from(c))
        }
        c => c.to_string(),
    };
    text.chars().map(hidden).collect()
}

#[test]
fn every_text_of_the_corpus_has_its_nodes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/corpus.txt");
    let corpus = std::fs::read_to_string(&path).unwrap();
    let samples = samples(&corpus);
    assert!(samples.len() >= 200, "{} texts", samples.len());
    let head = corpus.split("\n@@ ").next().unwrap();
    let section = |Sample { name, text }: &Sample| {
        let nodes = notation(text);
        format!("\n@@ {name}\n{}\n=>\n{}", without_characters(text), without_characters(&nodes))
    };
    let actual = format!("{head}{}", samples.iter().map(section).collect::<String>());
    if std::env::var_os("MADANG_BLESS").is_some() {
        std::fs::write(&path, &actual).unwrap();
        return;
    }
    for (expected, actual) in corpus.split("\n@@ ").zip(actual.split("\n@@ ")) {
        assert_eq!(expected, actual);
    }
}
