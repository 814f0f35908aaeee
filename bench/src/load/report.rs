//! The report: one JSON line per measurement, printed at once, and a table of goals at the end.

use std::process::ExitCode;

use anyhow::Result;
use madang_bench::harness::DeliverySummary;
use madang_bench::{FanOutHarness, Faults, Histogram};
use madang_loadgen::output::print_line;
use serde_json::{Map, Value, json};

use super::plot::Bar;
use super::sample::{Sample, median};

/// All results of a run.
#[derive(Debug)]
pub(super) struct LoadReport {
    pub(super) quick: bool,
    pub(super) lines: Vec<Value>,
    goals: Vec<Goal>,
    /// The goals that are ratios.
    pub(super) bars: Vec<Bar>,
    faults: Faults,
    resets: u64,
    failures: u64,
}

/// A row of the table.
#[derive(Debug)]
struct Goal {
    what: String,
    /// The goal in words; empty for a figure without a goal.
    target: &'static str,
    figure: String,
    /// Whether the goal is met; `None` if that is not checked.
    met: Option<bool>,
}

impl LoadReport {
    pub(super) fn new(quick: bool) -> Self {
        let (lines, goals, bars) = (Vec::new(), Vec::new(), Vec::new());
        Self { quick, lines, goals, bars, faults: Faults::default(), resets: 0, failures: 0 }
    }

    /// Adds and prints a line.
    pub(super) fn add_line(&mut self, scenario: &str, server: &str, figures: Value) {
        let mut line = Map::new();
        line.insert("scenario".to_owned(), scenario.into());
        line.insert("server".to_owned(), server.into());
        if let Value::Object(figures) = figures {
            line.extend(figures);
        }
        let line = Value::Object(line);
        print_line(&line);
        self.lines.push(line);
    }

    /// Adds a goal and whether it is met.
    pub(super) fn add_goal(
        &mut self,
        what: impl Into<String>,
        goal: &'static str,
        figure: impl Into<String>,
        met: bool,
    ) {
        self.add_row(what.into(), goal, figure.into(), Some(met));
    }

    /// Adds a figure without a goal.
    pub(super) fn add_figure(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.add_row(what.into(), "", figure.into(), None);
    }

    /// Adds a figure whose goal cannot be checked automatically.
    pub(super) fn add_unchecked_goal(
        &mut self,
        what: impl Into<String>,
        goal: &'static str,
        figure: impl Into<String>,
    ) {
        self.add_row(what.into(), goal, figure.into(), None);
    }

    /// Adds a ratio with an upper limit.
    pub(super) fn add_upper_goal(
        &mut self,
        what: impl Into<String>,
        goal: &'static str,
        limit: f64,
        ratio: f64,
    ) {
        self.add_ratio(what.into(), goal, limit, ratio, ratio <= limit);
    }

    /// Adds a ratio with a lower limit.
    pub(super) fn add_lower_goal(
        &mut self,
        what: impl Into<String>,
        goal: &'static str,
        limit: f64,
        ratio: f64,
    ) {
        self.add_ratio(what.into(), goal, limit, ratio, ratio >= limit);
    }

    fn add_ratio(&mut self, what: String, goal: &'static str, limit: f64, ratio: f64, met: bool) {
        self.bars.push(Bar { what: what.clone(), ratio, goal: limit, met });
        self.add_row(what, goal, format!("{ratio:.2}"), Some(met));
    }

    fn add_row(&mut self, what: String, goal: &'static str, figure: String, met: Option<bool>) {
        self.goals.push(Goal { what, target: goal, figure, met });
    }

    /// Adds the faults of a harness and returns its counts as JSON.
    pub(super) fn add_summary(&mut self, harness: &mut FanOutHarness) -> Result<Value> {
        let DeliverySummary { published, acknowledged, deliveries, resets, disconnects, faults } =
            harness.summary()?;
        self.faults += faults;
        self.resets += resets;
        Ok(json!({
            "published": published, "acknowledged": acknowledged, "deliveries": deliveries,
            "resets": resets, "disconnects": disconnects,
            "lost": faults.lost, "doubled": faults.doubled, "reordered": faults.reordered,
        }))
    }

    /// Adds faults that were found without a harness.
    pub(super) fn add_faults(&mut self, faults: Faults) {
        self.faults += faults;
    }

    /// Adds a measurement that failed.
    pub(super) fn add_failure(&mut self, what: &str, error: &anyhow::Error) {
        self.failures += 1;
        self.add_goal(what, "", format!("failed: {error:#}"), false);
    }

    /// All faults so far.
    pub(super) fn faults(&self) -> Faults {
        self.faults
    }

    /// Whether every checked goal is met.
    pub(super) fn are_all_goals_met(&self) -> bool {
        self.goals.iter().all(|goal| goal.met != Some(false))
    }

    /// Success if there are no faults and no failed measurements.
    pub(super) fn exit_code(&self) -> ExitCode {
        let success = self.is_faultless() && self.failures == 0;
        if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn is_faultless(&self) -> bool {
        self.faults.is_clean() && self.resets == 0
    }

    /// The table of goals and figures, in Markdown.
    pub(super) fn table(&self) -> String {
        let head = "| what | goal | figure | met |\n| --- | --- | --- | --- |\n".to_owned();
        let rows = self.goals.iter().map(Goal::table_row);
        let Faults { lost, doubled, reordered } = self.faults;
        let met = yes_or_no(self.is_faultless());
        let total = format!(
            "| lost, doubled, reordered, in total | 0 | {lost}, {doubled}, {reordered} | {met} |\n"
        );
        std::iter::once(head).chain(rows).chain(std::iter::once(total)).collect()
    }
}

impl Goal {
    fn table_row(&self) -> String {
        let Self { what, target, figure, met } = self;
        format!("| {what} | {target} | {figure} | {} |\n", met.map_or("", yes_or_no))
    }
}

fn yes_or_no(met: bool) -> &'static str {
    if met { "yes" } else { "**no**" }
}

/// The medians and totals of the rounds of one measurement.
pub(super) fn round_figures(samples: &[Sample]) -> Value {
    let all = |of: fn(&Sample) -> f64| samples.iter().map(of).map(rounded).collect::<Vec<_>>();
    let middle = |of: fn(&Sample) -> f64| rounded(median(samples.iter().map(of).collect()));
    json!({
        "count": samples.iter().map(|sample| sample.count).sum::<u64>(),
        "server_cpu_s_per_million": middle(Sample::server_per_million),
        "generator_cpu_s_per_million": middle(Sample::generator_per_million),
        "per_second": middle(Sample::per_second),
        "rounds": all(Sample::server_per_million),
    })
}

/// The usual quantiles, in milliseconds.
pub(super) fn latency_figures(latencies: &Histogram) -> Value {
    let at = |share| latencies.per_mille(share).map(|latency| rounded(latency.as_secs_f64() * 1e3));
    json!({
        "count": latencies.count(),
        "p50_ms": at(500), "p99_ms": at(990), "p999_ms": at(999), "max_ms": at(1_000),
    })
}

/// The object `line` with the fields of `more`.
pub(super) fn merged(mut line: Value, more: Value) -> Value {
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

/// Rounds to four decimal places.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
