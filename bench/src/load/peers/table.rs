//! The table that compares the servers, in Markdown.

use madang_bench::Faults;

/// A server and its result.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
}

/// The result of a server.
pub(super) enum Outcome {
    Measured {
        version: String,
        figures: Figures,
    },
    /// The server is not installed.
    Skipped(String),
    /// The server is installed, but a measurement failed.
    Failed {
        version: String,
        reason: String,
    },
}

/// The figures of a server, as ratios to the baseline server.
pub(super) struct Figures {
    /// With 1 and with 32 outstanding messages.
    pub(super) fan_out: [f64; 2],
    pub(super) echo: Option<f64>,
    /// Memory in KB per idle connection.
    pub(super) idle: Option<f64>,
    pub(super) faults: Faults,
}

/// The table with one row per server.
pub(super) fn peer_table(rows: &[Row]) -> String {
    let head = "| server | version | one at a time | 32 outstanding | echo | idle, KB a connection \
         | lost, doubled, reordered |\n| --- | --- | --- | --- | --- | --- | --- |\n\
         | baseline |  | 1 | 1 | 1 |  |  |\n";
    std::iter::once(head.to_owned()).chain(rows.iter().map(table_row)).collect()
}

fn table_row(Row { name, outcome }: &Row) -> String {
    match outcome {
        Outcome::Measured { version, figures } => {
            let Figures { fan_out: [one, many], echo, idle, faults } = figures;
            let Faults { lost, doubled, reordered } = faults;
            let (echo, idle) = (figure(*echo, 2), figure(*idle, 1));
            format!(
                "| {name} | {version} | {one:.2} | {many:.2} | {echo} | {idle} \
                 | {lost}, {doubled}, {reordered} |\n"
            )
        }
        Outcome::Skipped(reason) => {
            format!("| {name} | skipped: {} |  |  |  |  |  |\n", cell(reason))
        }
        Outcome::Failed { version, reason } => {
            format!("| {name} | {version}; failed: {} |  |  |  |  |  |\n", cell(reason))
        }
    }
}

fn figure(value: Option<f64>, places: usize) -> String {
    value.map_or_else(String::new, |value| format!("{value:.places$}"))
}

/// Escapes a text of another program for a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_server_has_a_row_with_the_reason() {
        let figures = Figures {
            fan_out: [2.234, 0.5],
            echo: None,
            idle: Some(8.31),
            faults: Faults { lost: 1, doubled: 2, reordered: 3 },
        };
        let version = "8.23.0, Node.js 20.20.2".to_owned();
        let table = peer_table(&[
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
