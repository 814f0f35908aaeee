//! The tables of `docs/scale.md`.

use std::fmt::Write;

use serde_json::Value;

use super::inputs::ScaleInputs;
use super::users::Needs;
use super::walls::WALLS;

/// The marks around the generated block of the page.
pub const BEGIN: &str = "<!-- scale: begin (written by `just scale`) -->";
/// The end of the block.
pub const END: &str = "<!-- scale: end -->";

type Row = (&'static str, fn(&Needs) -> String);

const ROWS: [Row; 19] = [
    ("users online", |needs| count(needs.load.present)),
    ("connections", |needs| count(needs.load.connections)),
    ("messages a second", |needs| figure(needs.messages)),
    ("commands a second, with read marks", |needs| figure(needs.load.commands)),
    ("deliveries a second", |needs| figure(needs.load.deliveries)),
    ("connects a second", |needs| figure(needs.load.connects)),
    ("**nodes**", |needs| count(needs.load.nodes)),
    ("busy cores of all nodes", |needs| figure(needs.costs.node_cores)),
    ("memory of each node, GiB", |needs| figure(needs.node_gib)),
    ("bandwidth to clients, Mbit/s", |needs| figure(needs.costs.client_bytes * 8.0 / 1e6)),
    ("events that nodes read for others, a second", |needs| figure(needs.load.follows)),
    ("**PostgreSQL**: commits a second", |needs| figure(needs.costs.commits)),
    ("busy cores of PostgreSQL", |needs| figure(needs.costs.database_cores)),
    ("databases of the assumed size", |needs| count(needs.databases)),
    ("growth of the databases, GiB a day", |needs| figure(needs.log_gib_per_day)),
    ("**NATS**: messages in, a second", |needs| figure(needs.costs.bus_messages)),
    ("NATS: messages out, a second", |needs| figure(needs.costs.bus_messages * needs.load.nodes)),
    ("NATS: busy cores", |needs| figure(needs.costs.bus_cores)),
    ("NATS: out, Mbit/s", |needs| figure(needs.costs.bus_bytes * needs.load.nodes * 8.0 / 1e6)),
];

/// All tables, in Markdown.
pub fn tables(inputs: &ScaleInputs) -> String {
    let mut page = String::from("### Needs at the busiest time\n\n");
    let needs: Vec<Needs> =
        inputs.users.counts.iter().map(|users| inputs.needs(f64_of(*users))).collect();
    let heads = needs.iter().map(|needs| format!(" {} users |", count(needs.users)));
    table_head(&mut page, &format!("| |{}", heads.collect::<String>()), needs.len() + 1);
    for (name, cell) in ROWS {
        let cells: Vec<String> = needs.iter().map(|needs| format!(" {} |", cell(needs))).collect();
        let cells = cells.concat();
        line(&mut page, &format!("| {name} |{cells}"));
    }
    line(&mut page, "\n### Walls\n");
    table_head(&mut page, "| a part that more nodes do not relieve | full at | remedy |", 3);
    let mut walls = WALLS.map(|wall| (wall.users(inputs), wall));
    walls.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    for (users, wall) in walls {
        let users = format!("{} users", rounded(users));
        line(&mut page, &format!("| {} | {users} | {} |", wall.part, wall.remedy));
    }
    line(&mut page, "\n### Inputs\n");
    table_head(&mut page, "| input | value |", 2);
    let json = serde_json::to_value(inputs).unwrap_or_default();
    for (group, values) in json.as_object().into_iter().flatten() {
        for (name, value) in values.as_object().into_iter().flatten() {
            line(&mut page, &format!("| {group}: `{name}` | {} |", input(value)));
        }
    }
    page
}

/// The page with another generated block; `None` if it has no such block.
pub fn with_tables(page: &str, inputs: &ScaleInputs) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n{END}{after}", tables(inputs)))
}

fn input(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(input).collect::<Vec<_>>().join(", "),
        value => value.as_f64().map(plain).unwrap_or_default(),
    }
}

fn line(page: &mut String, text: &str) {
    // Writing to a string cannot fail.
    writeln!(page, "{text}").ok();
}

fn table_head(page: &mut String, head: &str, columns: usize) {
    line(page, head);
    line(page, &format!("|{}", " --- |".repeat(columns)));
}

/// A whole number with separators.
fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.round());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two digits that count.
fn figure(value: f64) -> String {
    if value >= 100.0 {
        rounded(value)
    } else if value >= 10.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A large number with two digits that count.
fn rounded(value: f64) -> String {
    let unit = 10_f64.powf(value.log10().floor() - 1.0).max(1.0);
    count((value / unit).round() * unit)
}

/// An input in the form that its file has.
fn plain(value: f64) -> String {
    if value.fract() == 0.0 { count(value) } else { value.to_string() }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of users: below 2^52")]
fn f64_of(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_and_two_digits_that_count() {
        let texts = [999.6, 12_345_678.0].map(count);
        assert_eq!(texts, ["1,000", "12,345,678"]);
        let texts = [0.123, 1.26, 45.4, 1_234.0, 98_765.0].map(figure);
        assert_eq!(texts, ["0.12", "1.3", "45", "1,200", "99,000"]);
    }
}
