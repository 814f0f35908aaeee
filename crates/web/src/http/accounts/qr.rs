//! QR codes as the path of an SVG picture, so that the app needs no code for them.

use std::fmt::Write;

use fast_qr::QRBuilder;

/// The modules of one side, and the black modules as an SVG path from the upper left corner, in units of modules; none
/// for a text that is too long.
pub(super) fn qr_code(text: &str) -> Option<(u32, String)> {
    let code = QRBuilder::new(text).build().ok()?;
    let mut path = String::new();
    for row in 0..code.size {
        let modules = code[row].iter().take(code.size).map(|module| module.value());
        let mut run = 0;
        // One rectangle for each run of black modules.
        for (column, is_black) in modules.chain([false]).enumerate() {
            if is_black {
                run += 1;
            } else if run > 0 {
                write!(path, "M{} {row}h{run}v1h-{run}z", column - run).ok()?;
                run = 0;
            }
        }
    }
    Some((u32::try_from(code.size).ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder_pattern() {
        let (side, path) = qr_code("http://127.0.0.1:5001/link#token").unwrap();
        assert!(side >= 21 && (side - 21).is_multiple_of(4), "{side}");
        assert!(path.starts_with("M0 0h7v1h-7z"), "{path}");
        assert_eq!(qr_code(&"x".repeat(10_000)), None);
    }
}
