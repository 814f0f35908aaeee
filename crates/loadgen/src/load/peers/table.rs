//! What the page says of them.

use std::fmt::Write;

use madang_loadgen::raw::Faults;

/// A server, and what came of it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    Measured {
        version: String,
        figures: Figures,
    },
    /// It is not there.
    Skipped(String),
    /// It is there, and could not be measured to its end.
    Failed {
        version: String,
        why: String,
    },
}

/// Ratios to the yardstick.
pub(super) struct Figures {
    /// One at a time, and 32 outstanding.
    pub(super) fan_out: [f64; 2],
    pub(super) echo: Option<f64>,
    /// KB of memory for each connection.
    pub(super) idle: Option<f64>,
    pub(super) faults: Faults,
}

/// One row each.
pub(super) fn of(rows: &[Row]) -> String {
    let mut table = String::from(
        "| server | version | one at a time | 32 outstanding | echo | idle, KB a connection \
         | lost, doubled, reordered |\n| --- | --- | --- | --- | --- | --- | --- |\n\
         | yardstick |  | 1 | 1 | 1 |  |  |\n",
    );
    for Row { name, outcome } in rows {
        let _infallible = match outcome {
            Outcome::Measured { version, figures } => {
                let Figures { fan_out: [one, many], echo, idle, faults } = figures;
                let Faults { lost, doubled, reordered } = faults;
                let (echo, idle) = (figure(*echo, 2), figure(*idle, 1));
                writeln!(
                    table,
                    "| {name} | {version} | {one:.2} | {many:.2} | {echo} | {idle} \
                     | {lost}, {doubled}, {reordered} |"
                )
            }
            Outcome::Skipped(why) => {
                writeln!(table, "| {name} | skipped: {} |  |  |  |  |  |", cell(why))
            }
            Outcome::Failed { version, why } => {
                writeln!(table, "| {name} | {version}; failed: {} |  |  |  |  |  |", cell(why))
            }
        };
    }
    table
}

fn figure(value: Option<f64>, places: usize) -> String {
    value.map_or_else(String::new, |value| format!("{value:.places$}"))
}

/// Words of others, as one cell.
fn cell(words: &str) -> String {
    words.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_is_not_there_has_a_row_that_says_so() {
        let figures = Figures {
            fan_out: [2.234, 0.5],
            echo: None,
            idle: Some(8.31),
            faults: Faults { lost: 1, doubled: 2, reordered: 3 },
        };
        let version = "8.23.0, Node.js 20.20.2".to_owned();
        let table = of(&[
            Row { name: "ws", outcome: Outcome::Measured { version, figures } },
            Row { name: "NATS", outcome: Outcome::Skipped("there is no | nats-server".to_owned()) },
        ]);
        let rows: Vec<&str> = table.lines().skip(3).collect();
        let expected = [
            "| ws | 8.23.0, Node.js 20.20.2 | 2.23 | 0.50 |  | 8.3 | 1, 2, 3 |",
            "| NATS | skipped: there is no \\| nats-server |  |  |  |  |  |",
        ];
        assert_eq!(rows, expected);
    }
}
