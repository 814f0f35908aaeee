//! QR codes, as the path of an SVG picture.

use std::fmt::Write;

use fast_qr::QRBuilder;

/// A QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrCode {
    /// The modules of one side, without the quiet zone.
    pub side: usize,
    /// The black modules as an SVG path in units of modules, from the upper left corner.
    pub path: String,
}

impl QrCode {
    /// The QR code of a text; none for a text that is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).build().ok()?;
        let side = code.size;
        let mut path = String::new();
        for row in 0..side {
            let modules = code[row].iter().take(side).map(|module| module.value());
            let mut run = 0;
            // One rectangle for each run of black modules.
            for (column, is_black) in modules.chain([false]).enumerate() {
                if is_black {
                    run += 1;
                } else if run > 0 {
                    let start = column - run;
                    write!(path, "M{start} {row}h{run}v1h-{run}z").ok()?;
                    run = 0;
                }
            }
        }
        Some(Self { side, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_the_finder_pattern() {
        let code = QrCode::of("otpauth://totp/Madang:Mina?secret=ABC").unwrap();
        assert!(code.path.starts_with("M0 0h7v1h-7z"), "{}", code.path);
        assert!(code.side >= 21 && (code.side - 21).is_multiple_of(4));
        assert_eq!(QrCode::of(&"x".repeat(10_000)), None);
    }
}
