//! The design: components name roles of `tokens.css`, and its colours can be told apart and read.

use std::collections::BTreeMap;
use std::path::Path;

use super::{files_below, read};

const TOKENS: &str = "frontend/style/tokens.css";

/// The surfaces of the app, from the lowest.
const SURFACES: [&str; 4] = ["--surface-rail", "--surface-sunken", "--surface", "--surface-raised"];

/// The surfaces that texts and inputs are drawn on.
const TEXT_SURFACES: [&str; 5] =
    ["--surface-sunken", "--surface", "--surface-raised", "--accent-soft", "--attention-soft"];

/// The colours of texts on every one of these surfaces.
const TEXTS: [&str; 6] =
    ["--text", "--text-muted", "--accent", "--attention-text", "--danger", "--warning"];

/// The colours under a text in `--text-on-fill`.
const FILLS: [&str; 5] =
    ["--accent", "--accent-hover", "--attention", "--danger", "--danger-hover"];

/// The minimum contrast of a text (WCAG 1.4.3), and of a line that shows an input or the focus (1.4.11).
const TEXT_CONTRAST: f64 = 4.5;
const INPUT_CONTRAST: f64 = 3.0;

/// The minimum contrast between neighbouring surfaces, so that they can be told apart without a line.
const SURFACE_CONTRAST: f64 = 1.2;

/// Every style sheet except the tokens, and its text without comments.
fn sheets() -> Vec<(String, String)> {
    let files = files_below("frontend").into_iter();
    let is_sheet = |path: &String| Path::new(path).extension().is_some_and(|it| it == "css");
    let sheets = files.filter(|path| is_sheet(path) && path != TOKENS);
    sheets.map(|path| (path.clone(), without_comments(&read(&path)))).collect()
}

fn without_comments(css: &str) -> String {
    let rest =
        |part: &str| part.split_once("*/").map_or(String::new(), |(_, rest)| rest.to_owned());
    css.split("/*")
        .enumerate()
        .map(|(i, part)| if i == 0 { part.into() } else { rest(part) })
        .collect()
}

/// The values of a property in a sheet.
fn values<'s>(css: &'s str, property: &'s str) -> impl Iterator<Item = &'s str> {
    let declarations = css.split(['{', '}', ';']).filter_map(|part| part.split_once(':'));
    declarations.filter(move |(name, _)| name.trim() == property).map(|(_, value)| value.trim())
}

/// Fails with the values that no rule accepts.
fn every_value(property: &str, accepts: impl Fn(&str) -> bool) {
    let mut found = 0;
    let mut bad = Vec::new();
    for (path, css) in sheets() {
        for value in values(&css, property) {
            found += 1;
            if !accepts(value) {
                bad.push(format!("{path}: {property}: {value}"));
            }
        }
    }
    assert!(found > 0, "{property}: the sheets are not read");
    assert!(bad.is_empty(), "use a token of {TOKENS}:\n{}", bad.join("\n"));
}

#[test]
fn colours_are_written_in_the_tokens_alone() {
    let mut bad = Vec::new();
    let sheets = sheets();
    assert!(sheets.len() > 20, "the sheets are not read");
    for (path, css) in sheets {
        for line in css.lines().filter(|line| has_colour(line)) {
            bad.push(format!("{path}: {}", line.trim()));
        }
    }
    assert!(bad.is_empty(), "use a role of {TOKENS}:\n{}", bad.join("\n"));
}

/// Whether a line of CSS has a colour of its own. Colours of the system and `currentcolor` are none.
fn has_colour(line: &str) -> bool {
    let functions = [
        "rgb(",
        "rgba(",
        "hsl(",
        "hsla(",
        "hwb(",
        "lab(",
        "lch(",
        "oklab(",
        "oklch(",
        "light-dark(",
    ];
    let is_hex = |rest: &str| {
        let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
        [3, 4, 6, 8].contains(&digits)
    };
    let value = line.split_once(": ").map_or("", |(_, value)| value);
    functions.iter().any(|function| value.contains(function))
        || value.split('#').skip(1).any(is_hex)
        || value
            .split([' ', ';', ',', '(', ')'])
            .any(|word| ["white", "black", "red"].contains(&word))
}

#[test]
fn the_search_for_colours_finds_them() {
    for line in ["color: #fff;", "background: rgb(0 0 0 / 5%);", "border: 1px solid black;"] {
        assert!(has_colour(line), "{line}");
    }
    for line in ["color: var(--text);", "border: 1px solid CanvasText;", "#splash svg {"] {
        assert!(!has_colour(line), "{line}");
    }
}

#[test]
fn type_has_six_sizes_and_three_weights() {
    every_value("font-size", |value| value == "inherit" || value.starts_with("var(--font-"));
    every_value("font-weight", |value| ["400", "500", "600"].contains(&value));
    let tokens = read(TOKENS);
    for pixels in [12, 13, 15, 17, 20, 24] {
        let rem = f64::from(pixels) / 16.0;
        assert!(
            tokens.contains(&format!("--font-{pixels}: {rem}rem;")),
            "--font-{pixels} is {rem}rem"
        );
    }
}

#[test]
fn layers_and_shadows_are_tokens() {
    every_value("z-index", |value| value.starts_with("var(--layer-"));
    every_value("box-shadow", |value| value == "none" || value.starts_with("var(--elevation-"));
}

#[test]
fn every_token_that_a_component_names_exists() {
    let defined: String = sheets().into_iter().map(|(_, css)| css).chain([read(TOKENS)]).collect();
    let mut missing = Vec::new();
    for (path, css) in sheets() {
        for name in css.split("var(").skip(1).filter_map(|rest| rest.split([')', ',']).next()) {
            if !defined.contains(&format!("{name}:")) {
                missing.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "tokens without a value:\n{}", missing.join("\n"));
}

/// A colour: red, green, blue and alpha, from 0 to 1.
type Colour = [f64; 4];

/// The colours of one theme by the names of their roles.
type Theme = BTreeMap<String, Colour>;

/// The light and the dark theme.
fn themes() -> [(&'static str, Theme); 2] {
    let tokens = without_comments(&read(TOKENS));
    let mut themes = [("light", Theme::new()), ("dark", Theme::new())];
    for line in tokens.lines().filter_map(|line| line.trim().strip_suffix(");")) {
        let Some((name, pair)) = line.split_once(": light-dark(") else { continue };
        let Some((light, dark)) = pair.split_once(", ") else { panic!("no pair: {line}") };
        if let (Some(light), Some(dark)) = (colour(light), colour(dark)) {
            themes[0].1.insert(name.to_owned(), light);
            themes[1].1.insert(name.to_owned(), dark);
        }
    }
    themes
}

/// Reads `#rrggbb` and `rgb(red green blue / alpha%)`.
fn colour(text: &str) -> Option<Colour> {
    let channel = |value: u8| f64::from(value) / 255.0;
    if let Some(hex) = text.strip_prefix('#') {
        let pair = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok().map(channel);
        return Some([pair(0)?, pair(2)?, pair(4)?, 1.0]);
    }
    let (channels, alpha) = text.strip_prefix("rgb(")?.split_once(" / ")?;
    let mut channels = channels.split(' ').map(|part| part.parse().ok().map(channel));
    let alpha: f64 = alpha.trim_end_matches(')').trim_end_matches('%').parse().ok()?;
    Some([channels.next()??, channels.next()??, channels.next()??, alpha / 100.0])
}

/// A colour over an opaque one.
fn over([red, green, blue, alpha]: Colour, below: Colour) -> Colour {
    let mix = |above: f64, below: f64| above * alpha + below * (1.0 - alpha);
    [mix(red, below[0]), mix(green, below[1]), mix(blue, below[2]), 1.0]
}

/// The contrast ratio of two opaque colours (WCAG 2).
fn contrast(one: Colour, other: Colour) -> f64 {
    let luminance = |[red, green, blue, _]: Colour| {
        let linear =
            |it: f64| if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn the_contrast_of_known_pairs_is_right() {
    let pairs =
        [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.54), ("#ffffff", "#ffffff", 1.0)];
    for (one, other, expected) in pairs {
        let computed = contrast(colour(one).unwrap(), colour(other).unwrap());
        assert!((computed - expected).abs() < 0.01, "{one} on {other}: {computed}");
    }
}

/// The pairs of roles whose contrast is below a minimum.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn check(&mut self, pair: &str, computed: f64, minimum: f64) {
        if computed < minimum {
            self.0.push(format!("{pair}: {computed:.2}, at least {minimum}"));
        }
    }

    fn finish(self) {
        assert!(self.0.is_empty(), "{TOKENS} has pairs too close:\n{}", self.0.join("\n"));
    }
}

#[test]
fn texts_and_inputs_contrast_with_their_surfaces() {
    let mut failures = Failures::default();
    for (theme, colours) in themes() {
        let role = |name: &str| *colours.get(name).unwrap_or_else(|| panic!("no colour {name}"));
        for surface in TEXT_SURFACES {
            let hovered = over(role("--surface-hover"), role(surface));
            for (state, colour) in [("", role(surface)), (" under the pointer", hovered)] {
                for text in TEXTS {
                    let pair = format!("{theme}: {text} on {surface}{state}");
                    failures.check(&pair, contrast(role(text), colour), TEXT_CONTRAST);
                }
            }
            let pair = format!("{theme}: --line-input on {surface}");
            failures.check(&pair, contrast(role("--line-input"), role(surface)), INPUT_CONTRAST);
        }
        for fill in FILLS {
            let pair = format!("{theme}: --text-on-fill on {fill}");
            failures.check(&pair, contrast(role("--text-on-fill"), role(fill)), TEXT_CONTRAST);
        }
        for control in
            [role("--surface-control"), over(role("--surface-hover"), role("--surface-control"))]
        {
            let pair = format!("{theme}: --text on a button");
            failures.check(&pair, contrast(role("--text"), control), TEXT_CONTRAST);
        }
        for rail in ["--surface-rail", "--surface-rail-current"] {
            let pair = format!("{theme}: --text-on-rail on {rail}");
            failures.check(&pair, contrast(role("--text-on-rail"), role(rail)), TEXT_CONTRAST);
        }
    }
    failures.finish();
}

#[test]
fn neighbouring_surfaces_can_be_told_apart() {
    let mut failures = Failures::default();
    for (theme, colours) in themes() {
        let mut pairs: Vec<[&str; 2]> =
            SURFACES.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        pairs
            .extend([["--surface", "--accent-soft"], ["--surface-rail", "--surface-rail-current"]]);
        // In the light theme a line around the button does it.
        if theme == "dark" {
            pairs.push(["--surface-raised", "--surface-control"]);
        }
        for [one, other] in pairs {
            let pair = format!("{theme}: {one} beside {other}");
            failures.check(&pair, contrast(colours[one], colours[other]), SURFACE_CONTRAST);
        }
    }
    failures.finish();
}

#[test]
fn the_browser_frames_the_app_in_the_colour_of_its_page() {
    let index = read("frontend/index.html");
    let [light, dark] = surface_as_text();
    for (scheme, colour) in [("light", &light), ("dark", &dark)] {
        let tag = format!(r#"media="(prefers-color-scheme: {scheme})" content="{colour}""#);
        assert!(index.contains(&tag), "frontend/index.html: theme-color is {tag}");
    }
    for language in ["en", "ko"] {
        let path = format!("frontend/manifest.{language}.webmanifest");
        for key in ["background_color", "theme_color"] {
            let line = format!(r#""{key}": "{light}""#);
            assert!(read(&path).contains(&line), "{path}: {line}");
        }
    }
}

/// The colour of the page in both themes, as `tokens.css` writes it.
fn surface_as_text() -> [String; 2] {
    let tokens = read(TOKENS);
    let (_, rest) = tokens.split_once("--surface: light-dark(").expect("the page's surface");
    let (pair, _) = rest.split_once(')').expect("a pair of colours");
    let (light, dark) = pair.split_once(", ").expect("a pair of colours");
    [light, dark].map(str::to_owned)
}
