//! The table of results, and its bounds.

use madang_loadgen::output::print_line;

use super::honest_user::{Acts, Durations};
use super::measurement::AttackResult;
use super::memory::MAX_GROWTH_KIB;

/// The bound on the 99th percentile of a post, in milliseconds, unless the quiet server is slower.
const MAX_POST_MS: f64 = 50.0;
/// The same bound as a multiple of the quiet server's.
const MAX_POST_RATIO: f64 = 5.0;
/// The bound on the server's memory, in KiB.
const MAX_MEMORY_KIB: u64 = 150 * 1024;

/// The results of one attack: from one address and from many, or without an attack one result.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) results: Vec<AttackResult>,
}

impl AttackResult {
    fn refused(&self) -> usize {
        self.durations().map(|durations| durations.refused).sum()
    }

    fn durations(&self) -> impl Iterator<Item = &Durations> {
        let Acts { posts, connects, reads } = &self.acts;
        [posts, connects, reads].into_iter()
    }
}

/// A column: its title, and its text for one result.
type Column = (&'static str, fn(&AttackResult) -> String);

const COLUMNS: &[Column] = &[
    ("refused", |result| result.refused().to_string()),
    ("post p50, ms", |result| milliseconds(result.acts.posts.percentile(50))),
    ("post p99, ms", |result| milliseconds(result.acts.posts.percentile(99))),
    ("connect p99, ms", |result| milliseconds(result.acts.connects.percentile(99))),
    ("peak MiB", |result| (result.peak_kib / 1024).to_string()),
    ("MiB kept", |result| (result.kept_kib / 1024).to_string()),
    ("disk MiB", |result| (result.disk_kib / 1024).to_string()),
    ("cores", |result| format!("{:.1}", result.cores)),
];

/// Prints the table in the form of `docs/figures.md`: one line for each attack, its values from one address and from many
/// addresses.
pub(super) fn print(rows: &[Row]) {
    let titles = COLUMNS.iter().map(|(title, _)| (*title).to_owned());
    print_cells("attack: one address / many", titles);
    print_cells("---", COLUMNS.iter().map(|_| "---".to_owned()));
    for row in rows {
        let cells = COLUMNS.iter().map(|(_, text)| {
            let texts: Vec<String> = row.results.iter().map(text).collect();
            texts.join(" / ")
        });
        print_cells(&row.name, cells);
    }
}

fn print_cells(name: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    print_line(format_args!("| {name} | {} |", cells.join(" | ")));
}

fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

/// The bounds that rows exceed. The first row is the quiet server. A test of the siege itself checks no speed.
pub(super) fn failures(rows: &[Row], is_quick: bool) -> Vec<String> {
    let quiet = rows.first().and_then(|row| row.results.first());
    let quiet = quiet.and_then(|quiet| quiet.acts.posts.percentile(99)).unwrap_or_default();
    let max_post = MAX_POST_MS.max(quiet * MAX_POST_RATIO);
    let mut failures = Vec::new();
    for (row, result) in rows.iter().flat_map(|row| row.results.iter().map(move |it| (row, it))) {
        let name = &row.name;
        for refusal in result.durations().filter_map(|durations| durations.refusal.as_ref()) {
            failures.push(format!("{name}: an honest act failed {refusal}"));
        }
        if result.peak_kib > MAX_MEMORY_KIB {
            failures.push(format!("{name}: the server had {} MiB", result.peak_kib / 1024));
        }
        if result.kept_kib > MAX_GROWTH_KIB {
            failures.push(format!("{name}: the server kept {} MiB", result.kept_kib / 1024));
        }
        if !is_quick && result.acts.posts.percentile(99).is_none_or(|post| post > max_post) {
            failures.push(format!("{name}: a post took longer than {max_post:.0} ms (p99)"));
        }
    }
    failures
}
