//! The page of figures: people write it, and one block of it is written here.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::plot;
use super::report::Report;

/// Around what is written here. Everything else on the page is left as it is.
const BEGIN: &str = "<!-- figures: begin (written by `just load`) -->";
const END: &str = "<!-- figures: end -->";
/// Around what is held beside others.
const PEERS_BEGIN: &str = "<!-- peers: begin (written by `just load --peers`) -->";
const PEERS_END: &str = "<!-- peers: end -->";

/// Writes the block anew, and the raw results and a plot beside the page.
pub(super) fn write(path: &Path, report: &Report) -> Result<()> {
    write_block(path, [BEGIN, END], &block(report))?;
    put(&path.with_extension("jsonl"), &lines(report))?;
    put(&path.with_extension("svg"), &plot::svg(&report.bars))
}

/// Writes the block of the peers anew, and the raw results beside the page.
pub(super) fn write_peers(path: &Path, table: &str, report: &Report) -> Result<()> {
    let block = format!(
        "Measured by `just load --peers`. Ratios are to the yardstick in the same run.\n\n{table}{}",
        costs(report)
    );
    write_block(path, [PEERS_BEGIN, PEERS_END], &block)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    put(&path.with_file_name(format!("{stem}-peers.jsonl")), &lines(report))
}

fn write_block(path: &Path, [begin, end]: [&str; 2], block: &str) -> Result<()> {
    let page = fs::read_to_string(path)
        .with_context(|| format!("there is no page at {}", path.display()))?;
    let page = replaced(&page, [begin, end], block)
        .with_context(|| format!("{} has no block that begins with {begin}", path.display()))?;
    put(path, &page)
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn lines(report: &Report) -> String {
    let mut lines = String::new();
    for line in &report.lines {
        let _infallible = writeln!(lines, "{line}");
    }
    lines
}

fn block(report: &Report) -> String {
    let command = if report.quick { "just load --quick" } else { "just load" };
    let mut block =
        format!("Measured by `{command}`. Ratios are to the yardstick in the same run.\n\n");
    block += "![The ratios below, each with a mark where its goal is](performance.svg)\n\n";
    block += &report.table();
    block + &costs(report)
}

/// What each measurement cost both sides.
fn costs(report: &Report) -> String {
    let mut block = String::new();
    block += "\nServer CPU seconds and generator CPU seconds per million deliveries, echoes or connects:\n\n";
    block += "| scenario | setting | server | server CPU s | generator CPU s | a second |\n";
    block += "| --- | --- | --- | --- | --- | --- |\n";
    for line in &report.lines {
        let figure = |name: &str| line.get(name).and_then(serde_json::Value::as_f64);
        let (Some(server), Some(generator)) =
            (figure("server_cpu_s_per_million"), figure("generator_cpu_s_per_million"))
        else {
            continue;
        };
        let text = |name: &str| line.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let setting: Vec<String> = [
            "event",
            "subscribers",
            "topics",
            "clients",
            "senders",
            "connections",
            "window",
            "text_bytes",
        ]
        .iter()
        .filter_map(|name| {
            let value = line.get(*name)?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(format!("{} {value}", name.replace('_', " ")))
        })
        .collect();
        let per_second = figure("per_second").unwrap_or_default();
        let _infallible = writeln!(
            block,
            "| {} | {} | {} | {server:.2} | {generator:.2} | {per_second:.0} |",
            text("scenario"),
            setting.join(", "),
            text("server"),
        );
    }
    block
}

fn replaced(page: &str, [begin, end]: [&str; 2], block: &str) -> Option<String> {
    let (before, rest) = page.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n{block}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let page = format!("# Ours\n\n{BEGIN}\nold\n{END}\n\n## Also ours\n");
        let expected = format!("# Ours\n\n{BEGIN}\nnew\n{END}\n\n## Also ours\n");
        assert_eq!(replaced(&page, [BEGIN, END], "new\n"), Some(expected.clone()));
        assert_eq!(replaced(&expected, [BEGIN, END], "new\n"), Some(expected));
        assert_eq!(replaced("# Without a block\n", [BEGIN, END], "new\n"), None);
    }
}
