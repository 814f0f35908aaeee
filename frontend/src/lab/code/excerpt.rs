//! Cuts an excerpt out of a source file while the app is compiled. An excerpt is always that of the same commit, a
//! missing one is an error of the compiler, and the rest of the file is not in the app.

#![expect(
    clippy::indexing_slicing,
    reason = "while the app is compiled, an index out of bounds is an error of the compiler"
)]

/// The beginning of the line with `name`.
pub(super) const fn start(source: &str, name: &str) -> usize {
    let mut at = find(source.as_bytes(), name.as_bytes(), 0);
    while at > 0 && source.as_bytes()[at - 1] != b'\n' {
        at -= 1;
    }
    at
}

/// The end of the first `last` after `from`, without its line break.
pub(super) const fn end(source: &str, from: usize, last: &str) -> usize {
    find(source.as_bytes(), last.as_bytes(), from) + last.len() - 1
}

/// The bytes from `from` on.
pub(super) const fn cut<const LENGTH: usize>(source: &str, from: usize) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let mut index = 0;
    while index < LENGTH {
        bytes[index] = source.as_bytes()[from + index];
        index += 1;
    }
    bytes
}

/// The excerpt as text.
pub(super) const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A name and an end are whole characters.
        Err(_) => "",
    }
}

const fn find(source: &[u8], name: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        assert!(at + name.len() <= source.len(), "the source has no such name");
        let mut same = 0;
        while same < name.len() && source[at + same] == name[same] {
            same += 1;
        }
        if same == name.len() {
            return at;
        }
        at += 1;
    }
}

/// The excerpt of a file of this repository from the line with a name to the first end after it.
macro_rules! excerpt {
    ($path:literal, $name:literal, $end:literal) => {{
        const SOURCE: &str = include_str!(concat!("../../../../", $path));
        const FROM: usize = start(SOURCE, $name);
        const BYTES: [u8; end(SOURCE, FROM, $end) - FROM] = cut(SOURCE, FROM);
        Excerpt { path: $path, text: text(&BYTES) }
    }};
}
pub(super) use excerpt;

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! 앞\n\n/// A.\npub fn one() {\n    a\n}\n\nfn two() {\n    나\n}\n";

    #[test]
    fn an_excerpt_is_the_whole_item() {
        for (name, excerpt) in
            [("fn one", "pub fn one() {\n    a\n}"), ("fn two", "fn two() {\n    나\n}")]
        {
            let from = start(FILE, name);
            let to = end(FILE, from, "\n}\n");
            assert_eq!(FILE.get(from..to), Some(excerpt));
        }
        let from = start(FILE, "fn two");
        assert_eq!(text(&cut::<8>(FILE, from)), "fn two()");
    }

    #[test]
    #[should_panic(expected = "the source has no such name")]
    fn a_name_that_is_gone_is_an_error() {
        start(FILE, "fn three");
    }
}
