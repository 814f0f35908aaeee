//! The table of measurements, written into docs/performance-web.md between two marks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::measured_page::{CpuTime, Frames};
use super::measured_server::ComparedApp;
use crate::support::repository_path;

const DOCUMENT: &str = "docs/performance-web.md";
const BEGIN: &str = "<!-- measured: from here on written by `just load-web` -->\n";
const END: &str = "<!-- measured: up to here -->\n";

/// The measurements of all rounds, in the order of their first appearance.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<String>,
    numbers: BTreeMap<(String, &'static str), Vec<f64>>,
}

/// The measurements of one app.
pub(super) struct Column<'a> {
    report: &'a mut Report,
    app: ComparedApp,
}

impl Column<'_> {
    /// Adds a measurement: milliseconds, unless its name says otherwise (see [`formatted`]).
    pub(super) fn put(&mut self, what: &str, number: f64) {
        if !self.report.rows.iter().any(|row| row == what) {
            self.report.rows.push(what.to_owned());
        }
        let key = (what.to_owned(), self.app.name());
        self.report.numbers.entry(key).or_default().push(number);
    }

    pub(super) fn cpu_time(&mut self, what: &str, time: CpuTime) {
        self.put(&format!("{what}: main thread"), time.task);
        self.put(&format!("{what}: of it script"), time.script);
    }

    pub(super) fn frames(&mut self, what: &str, frames: &Frames) {
        self.put(&format!("{what}: frames over 50 ms"), frames.over_50);
        self.put(&format!("{what}: worst frame"), frames.worst);
        self.put(&format!("{what}: frames"), frames.count);
    }
}

impl Report {
    pub(super) fn of(&mut self, app: ComparedApp) -> Column<'_> {
        Column { report: self, app }
    }

    /// Writes the table into the document.
    pub(super) fn write(&self, rounds: usize) -> Result<()> {
        let table = self.table()?;
        let path = repository_path(DOCUMENT);
        let document = std::fs::read_to_string(&path)?;
        let (before, rest) =
            document.split_once(BEGIN).context("the document lacks the first mark")?;
        let (_, after) = rest.split_once(END).context("the document lacks the second mark")?;
        let rounds = format!("Medians of {rounds} rounds; of loads, three times as many.\n\n");
        Ok(std::fs::write(&path, format!("{before}{BEGIN}{rounds}{table}{END}{after}"))?)
    }

    /// The table of the medians.
    pub(super) fn table(&self) -> Result<String> {
        let mut table =
            String::from("| what | Madang | React | of React's |\n| --- | --- | --- | --- |\n");
        for row in &self.rows {
            let [ours, theirs] =
                [ComparedApp::Madang, ComparedApp::React].map(|app| self.median(row, app));
            let share = ours.zip(theirs).filter(|(_, theirs)| *theirs > 0.0);
            let share = share
                .map_or(String::new(), |(ours, theirs)| format!("{:.0} %", 100.0 * ours / theirs));
            let [ours, theirs] = [ours, theirs].map(|number| formatted(row, number));
            writeln!(table, "| {row} | {ours} | {theirs} | {share} |")?;
        }
        Ok(table)
    }

    fn median(&self, row: &str, app: ComparedApp) -> Option<f64> {
        let mut numbers = self.numbers.get(&(row.to_owned(), app.name()))?.clone();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied()
    }
}

/// A number with its unit, which depends on the name of its row.
fn formatted(row: &str, number: Option<f64>) -> String {
    let Some(number) = number else { return "·".to_owned() };
    if row.starts_with("memory") {
        return format!("{number:.1} MB");
    }
    if row.ends_with("jumped") {
        return format!("{number:.1} px");
    }
    if row.ends_with("frames") || row.ends_with("frames over 50 ms") || row.ends_with(" held") {
        return format!("{number:.0}");
    }
    if number < 20.0 { format!("{number:.1} ms") } else { format!("{number:.0} ms") }
}

#[test]
fn the_document_has_both_marks() -> Result<()> {
    let document = std::fs::read_to_string(repository_path(DOCUMENT))?;
    let after = document.split_once(BEGIN).context("no first mark")?.1;
    assert!(after.contains(END), "no second mark after the first one");
    Ok(())
}
