//! A bar chart of the ratios, each with a mark at its goal, as SVG.

use std::fmt::Write;

/// A bar of the chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) what: String,
    pub(super) ratio: f64,
    pub(super) goal: f64,
    pub(super) met: bool,
}

const WIDTH: f64 = 1_000.0;
const LABEL_WIDTH: f64 = 640.0;
const FIGURE_WIDTH: f64 = 60.0;
const ROW_HEIGHT: f64 = 30.0;
const BAR_HEIGHT: f64 = 14.0;
/// Longer bars are cut off at this ratio.
const MAX_RATIO: f64 = 3.0;
/// Width of a bar with the ratio 1.
const SCALE: f64 = (WIDTH - LABEL_WIDTH - FIGURE_WIDTH) / MAX_RATIO;

/// The chart. It has no background, and its colours are readable on light and dark pages.
pub(super) fn svg(bars: &[Bar]) -> String {
    let mut rows = String::new();
    let mut top = 8.0;
    for Bar { what, ratio, goal, met } in bars {
        let width = ratio.min(MAX_RATIO) * SCALE;
        let mark = LABEL_WIDTH + goal.min(MAX_RATIO) * SCALE;
        let (text_line, end) = (top + BAR_HEIGHT / 2.0 + 4.0, LABEL_WIDTH + width + 6.0);
        let colour = if *met { "#2e8b57" } else { "#c9622f" };
        writeln!(
            rows,
            "<text x=\"{:.0}\" y=\"{text_line:.0}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LABEL_WIDTH}\" y=\"{top:.0}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" rx=\"2\" fill=\"{colour}\"/>\
             <path d=\"M{mark:.1} {:.0}v{}\" stroke=\"#888\" stroke-width=\"2\"/>\
             <text x=\"{end:.0}\" y=\"{text_line:.0}\">{ratio:.2}</text>",
            LABEL_WIDTH - 10.0,
            escaped(what),
            top - 4.0,
            BAR_HEIGHT + 8.0,
        )
        // Writing to a string cannot fail.
        .ok();
        top += ROW_HEIGHT;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#888\" role=\"img\">\n\
         <title>Ratios, each with a mark at its goal</title>\n{rows}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_of_a_bar_is_its_ratio_up_to_the_maximum() {
        let bar = |ratio| Bar { what: "a < b".to_owned(), ratio, goal: 1.0, met: false };
        let half = svg(&[bar(0.5)]);
        assert!(half.contains(&format!("width=\"{:.1}\"", 0.5 * SCALE)), "{half}");
        assert!(half.contains("a &lt; b") && half.contains(">0.50<"), "{half}");
        assert!(svg(&[bar(40.0)]).contains(&format!("width=\"{:.1}\"", MAX_RATIO * SCALE)));
    }
}
