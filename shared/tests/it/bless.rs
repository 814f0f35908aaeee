//! Comparison with the samples in `shared/wire`, which show every change of the wire as a diff.

use std::path::Path;

/// Compares a text with a file in `shared/wire`. `MADANG_BLESS=1` writes the file instead.
pub(crate) fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wire").join(name);
    if std::env::var_os("MADANG_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "the wire has changed: shared/wire/{name} says otherwise. If that is meant, write it anew with \
         MADANG_BLESS=1 and say in the changelog what older peers will see.\n--- now\n{actual}"
    );
}
