//! The tables of `docs/permissions.md`, which a test of the store writes.

use std::path::Path;

/// A table: the title of its section, and its rows.
pub(super) struct Table {
    pub(super) title: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// The answers to a request, by column.
pub(super) struct Row {
    pub(super) request: String,
    pub(super) answers: Vec<String>,
}

impl Table {
    /// The denied cells: request, column and answer.
    pub(super) fn denied(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.rows.iter().flat_map(|row| {
            let cells = self.columns.iter().zip(&row.answers);
            let denied = cells.filter(|(_, answer)| *answer != "yes");
            denied.map(|(column, answer)| (&*row.request, &**column, &**answer))
        })
    }
}

/// All tables of the page.
pub(super) fn tables() -> Vec<Table> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut tables: Vec<Table> = Vec::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            let (columns, rows) = (Vec::new(), Vec::new());
            tables.push(Table { title: title.to_owned(), columns, rows });
        }
        let cells = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
        let Some((cells, table)) = cells.zip(tables.last_mut()) else { continue };
        let mut cells = cells.split(" | ").map(str::to_owned);
        match cells.next() {
            Some(first) if first == "request" => table.columns = cells.collect(),
            Some(first) if first.starts_with("---") => {}
            Some(request) => table.rows.push(Row { request, answers: cells.collect() }),
            None => {}
        }
    }
    tables
}

/// The code of a refusal that the page shows by a word.
pub(super) fn code(answer: &str) -> &'static str {
    match answer {
        "no" => "forbidden",
        "join first" => "not_member",
        "unknown" => "not_found",
        other => panic!("{other} is no refusal"),
    }
}
