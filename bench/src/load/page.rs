//! The page of figures. One block of it is generated; the rest is written by hand.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::plot;
use super::report::LoadReport;

/// The marks around the generated block.
const BEGIN: &str = "<!-- figures: begin (written by `just load`) -->";
const END: &str = "<!-- figures: end -->";
/// The marks around the generated block of the comparison with other servers.
const PEERS_BEGIN: &str = "<!-- peers: begin (written by `just load --peers`) -->";
const PEERS_END: &str = "<!-- peers: end -->";

/// Replaces the generated block, and writes the raw results and a plot beside the page.
pub(super) fn write(path: &Path, report: &LoadReport) -> Result<()> {
    replace_block(path, [BEGIN, END], &block(report))?;
    write_file(&path.with_extension("jsonl"), &json_lines(report))?;
    write_file(&path.with_extension("svg"), &plot::svg(&report.bars))
}

/// Replaces the generated block of the comparison, and writes the raw results beside the page.
pub(super) fn write_peers(path: &Path, table: &str, report: &LoadReport) -> Result<()> {
    let block = format!(
        "Measured by `just load --peers`. Ratios are to the baseline server in the same run.\n\n{table}{}",
        cost_table(report)
    );
    replace_block(path, [PEERS_BEGIN, PEERS_END], &block)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    write_file(&path.with_file_name(format!("{stem}-peers.jsonl")), &json_lines(report))
}

fn replace_block(path: &Path, [begin, end]: [&str; 2], block: &str) -> Result<()> {
    let page =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let page = with_block(&page, [begin, end], block)
        .with_context(|| format!("{} has no block that begins with {begin}", path.display()))?;
    write_file(path, &page)
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn json_lines(report: &LoadReport) -> String {
    let mut lines = String::new();
    for line in &report.lines {
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    lines
}

fn block(report: &LoadReport) -> String {
    let command = if report.quick { "just load --quick" } else { "just load" };
    format!(
        "Measured by `{command}`. Ratios are to the baseline server in the same run.\n\n\
         ![The ratios below, each with a mark at its goal](performance.svg)\n\n{}{}",
        report.table(),
        cost_table(report)
    )
}

/// The processor time of both sides in each measurement.
fn cost_table(report: &LoadReport) -> String {
    let mut table = String::from(
        "\nServer CPU seconds and generator CPU seconds per million deliveries, echoes or connects:\n\n\
         | scenario | setting | server | server CPU s | generator CPU s | a second |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for line in &report.lines {
        let figure = |name: &str| line.get(name).and_then(Value::as_f64);
        let (Some(server), Some(generator)) =
            (figure("server_cpu_s_per_million"), figure("generator_cpu_s_per_million"))
        else {
            continue;
        };
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let per_second = figure("per_second").unwrap_or_default();
        writeln!(
            table,
            "| {} | {} | {} | {server:.2} | {generator:.2} | {per_second:.0} |",
            text("scenario"),
            setting(line),
            text("server"),
        )
        // Writing to a string cannot fail.
        .ok();
    }
    table
}

/// The parameters of a measurement.
fn setting(line: &Value) -> String {
    let names = [
        "event",
        "subscribers",
        "topics",
        "clients",
        "senders",
        "connections",
        "window",
        "text_bytes",
    ];
    let parameters = names.iter().filter_map(|name| {
        let value = line.get(*name)?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("{} {value}", name.replace('_', " ")))
    });
    parameters.collect::<Vec<_>>().join(", ")
}

fn with_block(page: &str, [begin, end]: [&str; 2], block: &str) -> Option<String> {
    let (before, rest) = page.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n{block}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_generated_block_is_replaced() {
        let page = format!("# Ours\n\n{BEGIN}\nold\n{END}\n\n## Also ours\n");
        let expected = format!("# Ours\n\n{BEGIN}\nnew\n{END}\n\n## Also ours\n");
        assert_eq!(with_block(&page, [BEGIN, END], "new\n"), Some(expected.clone()));
        assert_eq!(with_block(&expected, [BEGIN, END], "new\n"), Some(expected));
        assert_eq!(with_block("# Without a block\n", [BEGIN, END], "new\n"), None);
    }
}
