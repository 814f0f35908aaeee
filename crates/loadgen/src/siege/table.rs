//! The table of results, and its bounds.

use madang_loadgen::output::print_line;

use super::honest_user::Acts;

/// The bound on the 99th percentile of a post, in milliseconds, unless the quiet server is slower.
const MAX_POST_MS: f64 = 50.0;
/// The same bound as a multiple of the quiet server's.
const MAX_POST_RATIO: f64 = 5.0;
/// The bound on the server's memory, in KiB.
const MAX_MEMORY_KIB: u64 = 150 * 1024;

/// The results of one attack.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) acts: Acts,
    /// The largest resident memory of the server.
    pub(super) peak_kib: u64,
    /// The resident memory some time after the attack.
    pub(super) after_kib: u64,
}

impl Row {
    fn refused(&self) -> usize {
        self.acts.posts.refused + self.acts.connects.refused + self.acts.reads.refused
    }
}

/// Prints one line for each attack.
pub(super) fn print(rows: &[Row]) {
    print_line(format_args!(
        "{:<42}{:>10}{:>10}{:>13}{:>9}{:>10}{:>10}",
        "attack", "post p50", "post p99", "connect p99", "refused", "peak MiB", "after MiB"
    ));
    for row in rows {
        let Acts { posts, connects, .. } = &row.acts;
        print_line(format_args!(
            "{:<42}{:>10}{:>10}{:>13}{:>9}{:>10}{:>10}",
            row.name,
            milliseconds(posts.percentile(50)),
            milliseconds(posts.percentile(99)),
            milliseconds(connects.percentile(99)),
            row.refused(),
            row.peak_kib / 1024,
            row.after_kib / 1024,
        ));
    }
}

fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} ms"))
}

/// The bounds that rows exceed. The first row is the quiet server. A test of the siege itself checks no speed.
pub(super) fn failures(rows: &[Row], is_quick: bool) -> Vec<String> {
    let quiet = rows.first().and_then(|row| row.acts.posts.percentile(99)).unwrap_or_default();
    let max_post = MAX_POST_MS.max(quiet * MAX_POST_RATIO);
    let mut failures = Vec::new();
    for row in rows {
        let name = &row.name;
        if row.refused() > 0 {
            failures.push(format!("{name}: {} honest acts were refused", row.refused()));
        }
        if row.peak_kib > MAX_MEMORY_KIB {
            failures.push(format!("{name}: the server had {} MiB", row.peak_kib / 1024));
        }
        if !is_quick && row.acts.posts.percentile(99).is_none_or(|post| post > max_post) {
            failures.push(format!("{name}: a post took longer than {max_post:.0} ms (p99)"));
        }
    }
    failures
}
