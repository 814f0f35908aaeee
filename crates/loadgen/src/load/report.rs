//! One JSON line for each measurement as it comes, and a table of goals at the end.

use std::fmt::Write;

use anyhow::Result;
use madang_loadgen::Histogram;
use madang_loadgen::raw::stage::Seen;
use madang_loadgen::raw::{Faults, Stage};
use serde_json::{Map, Value, json};

use super::lab::{Sample, median};
use super::plot::Bar;
use crate::say;

/// What was measured.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) quick: bool,
    pub(super) lines: Vec<Value>,
    pub(super) goals: Vec<Goal>,
    /// Those goals that are ratios of costs.
    pub(super) bars: Vec<Bar>,
    faults: Faults,
    resets: u64,
    failures: u64,
}

/// A goal, and how near it is.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) what: String,
    pub(super) wanted: &'static str,
    pub(super) figure: String,
    /// None where this is no goal, only a figure, or where it could not be measured.
    pub(super) met: Option<bool>,
}

impl Report {
    pub(super) fn new(quick: bool) -> Self {
        let (lines, goals, bars) = (Vec::new(), Vec::new(), Vec::new());
        Self { quick, lines, goals, bars, faults: Faults::default(), resets: 0, failures: 0 }
    }

    /// A line of the results.
    pub(super) fn line(&mut self, scenario: &str, server: &str, figures: Value) {
        let mut line = Map::new();
        line.insert("scenario".to_owned(), scenario.into());
        line.insert("server".to_owned(), server.into());
        if let Value::Object(figures) = figures {
            line.extend(figures);
        }
        let line = Value::Object(line);
        say(&line);
        self.lines.push(line);
    }

    /// What a goal came to.
    pub(super) fn goal(
        &mut self,
        what: impl Into<String>,
        wanted: &'static str,
        figure: impl Into<String>,
        met: Option<bool>,
    ) {
        self.goals.push(Goal { what: what.into(), wanted, figure: figure.into(), met });
    }

    /// A ratio that should not be above a limit.
    pub(super) fn at_most(
        &mut self,
        what: impl Into<String>,
        wanted: &'static str,
        limit: f64,
        ratio: f64,
    ) {
        self.ratio(what.into(), wanted, limit, ratio, ratio <= limit);
    }

    /// A ratio that should not be below a limit.
    pub(super) fn at_least(
        &mut self,
        what: impl Into<String>,
        wanted: &'static str,
        limit: f64,
        ratio: f64,
    ) {
        self.ratio(what.into(), wanted, limit, ratio, ratio >= limit);
    }

    fn ratio(&mut self, what: String, wanted: &'static str, goal: f64, ratio: f64, met: bool) {
        self.bars.push(Bar { what: what.clone(), ratio, goal, met });
        self.goal(what, wanted, format!("{ratio:.2}"), Some(met));
    }

    /// What a crowd saw, good and bad.
    pub(super) fn seen(&mut self, stage: &mut Stage) -> Result<Value> {
        let seen = stage.seen()?;
        self.faults += seen.faults;
        self.resets += seen.resets;
        let Seen { said, acknowledged, deliveries, resets, ended, faults } = seen;
        Ok(json!({
            "said": said, "acknowledged": acknowledged, "deliveries": deliveries,
            "resets": resets, "ended": ended,
            "lost": faults.lost, "doubled": faults.doubled, "reordered": faults.reordered,
        }))
    }

    /// What was wrong so far, in all of it.
    pub(super) fn faults(&self) -> Faults {
        self.faults
    }

    /// What was wrong where no stage was.
    pub(super) fn found(&mut self, faults: Faults) {
        self.faults += faults;
    }

    /// A measurement could not be made, or not to its end.
    pub(super) fn failed(&mut self, what: &str, why: &anyhow::Error) {
        self.failures += 1;
        self.goal(what, "", format!("failed: {why:#}"), Some(false));
    }

    /// Whether nothing was lost, doubled, or put out of order, and everything could be measured.
    pub(super) fn is_clean(&self) -> bool {
        self.is_faultless() && self.failures == 0
    }

    fn is_faultless(&self) -> bool {
        self.faults.is_clean() && self.resets == 0
    }

    /// Goals and figures, for people.
    pub(super) fn table(&self) -> String {
        let mut table = String::from("| what | goal | figure | met |\n| --- | --- | --- | --- |\n");
        for Goal { what, wanted, figure, met } in &self.goals {
            let met = match met {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "",
            };
            let _infallible = writeln!(table, "| {what} | {wanted} | {figure} | {met} |");
        }
        let Faults { lost, doubled, reordered } = self.faults;
        let met = if self.is_faultless() { "yes" } else { "**no**" };
        let figure = format!("{lost}, {doubled}, {reordered}");
        let _infallible =
            writeln!(table, "| lost, doubled, reordered, in all of it | 0 | {figure} | {met} |");
        table
    }
}

/// What rounds of one measurement came to.
pub(super) fn rounds(samples: &[Sample]) -> Value {
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

/// The usual places of a distribution, in milliseconds.
pub(super) fn latencies(histogram: &Histogram) -> Value {
    let at = |share| histogram.per_mille(share).map(|took| rounded(took.as_secs_f64() * 1e3));
    json!({
        "count": histogram.count(),
        "p50_ms": at(500), "p99_ms": at(990), "p999_ms": at(999), "max_ms": at(1_000),
    })
}

/// Puts more into a line.
pub(super) fn with(mut line: Value, more: Value) -> Value {
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

/// Four figures say more than enough.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
