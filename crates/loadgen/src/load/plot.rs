//! The ratios as bars, each with a mark where its goal is.

use std::fmt::Write;

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) what: String,
    pub(super) ratio: f64,
    pub(super) goal: f64,
    pub(super) met: bool,
}

const WIDTH: f64 = 1_000.0;
const LABELS: f64 = 640.0;
const ROW: f64 = 30.0;
const BAR: f64 = 14.0;
/// Longer bars are cut off here, with their figure beside them.
const MOST: f64 = 3.0;

/// One picture for light and dark: it has no ground of its own, and inks that are read on both.
pub(super) fn svg(bars: &[Bar]) -> String {
    let mut rows = String::new();
    let mut top = 8.0;
    let scale = (WIDTH - LABELS - 60.0) / MOST;
    for Bar { what, ratio, goal, met } in bars {
        let (long, at) = (ratio.min(MOST) * scale, LABELS + goal.min(MOST) * scale);
        let (middle, end) = (top + BAR / 2.0 + 4.0, LABELS + long + 6.0);
        let colour = if *met { "#2e8b57" } else { "#c9622f" };
        let _infallible = writeln!(
            rows,
            "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LABELS}\" y=\"{top:.0}\" width=\"{long:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{colour}\"/>\
             <path d=\"M{at:.1} {:.0}v{}\" stroke=\"#888\" stroke-width=\"2\"/>\
             <text x=\"{end:.0}\" y=\"{middle:.0}\">{ratio:.2}</text>",
            LABELS - 10.0,
            escaped(what),
            top - 4.0,
            BAR + 8.0,
        );
        top += ROW;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#888\" role=\"img\">\n\
         <title>Ratios, each with a mark where its goal is</title>\n{rows}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_ends_where_its_ratio_is_and_no_further_than_the_picture() {
        let bar = |ratio| Bar { what: "a < b".to_owned(), ratio, goal: 1.0, met: false };
        let scale = (WIDTH - LABELS - 60.0) / MOST;
        let half = svg(&[bar(0.5)]);
        assert!(half.contains(&format!("width=\"{:.1}\"", 0.5 * scale)), "{half}");
        assert!(half.contains("a &lt; b") && half.contains(">0.50<"), "{half}");
        assert!(svg(&[bar(40.0)]).contains(&format!("width=\"{:.1}\"", MOST * scale)));
    }
}
