//! Nodes in a short notation for people: a block per line, with the lines inside it indented.

use madang_markup::parse;
use madang_shared::markup::{Alignment, Block, ListItem, Span};

/// The nodes of a text; `plain` if it has no format.
pub(crate) fn notation(text: &str) -> String {
    let blocks = parse(text);
    if blocks.is_empty() { "plain\n".to_owned() } else { lines(&blocks) }
}

fn lines(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect()
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(words) => format!("p {}\n", spans(words)),
        Block::Heading { level, spans: words } => format!("h{level} {}\n", spans(words)),
        Block::Quote(blocks) => format!("quote\n{}", indented(&lines(blocks))),
        Block::Code { language, text } => {
            format!("code {language}\n{}", indented(text)).replace("code \n", "code\n")
        }
        Block::List { start, items } => {
            let start = start.map(|start| format!(" {start}")).unwrap_or_default();
            let items: String = items.iter().map(item).collect();
            format!("list{start}\n{}", indented(&items))
        }
        Block::Table { columns, rows } => {
            let mark = |column: &Alignment| match column {
                Alignment::Start => '<',
                Alignment::Center => '=',
                Alignment::End => '>',
            };
            let marks: String = columns.iter().map(mark).collect();
            let cells = |row: &Vec<Vec<Span>>| {
                let cells: Vec<String> = row.iter().map(|cell| spans(cell)).collect();
                format!("  {}\n", cells.join(" | "))
            };
            format!("table {marks}\n{}", rows.iter().map(cells).collect::<String>())
        }
        Block::Rule => "rule\n".to_owned(),
    }
}

fn item(ListItem { done, blocks }: &ListItem) -> String {
    let mark = match done {
        None => "item",
        Some(true) => "item [x]",
        Some(false) => "item [ ]",
    };
    format!("{mark}\n{}", indented(&lines(blocks)))
}

fn spans(spans: &[Span]) -> String {
    spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Text(text) => text.replace('\n', "⏎"),
        Span::Bold(inner) => format!("{{bold {}}}", spans(inner)),
        Span::Italic(inner) => format!("{{italic {}}}", spans(inner)),
        Span::Strike(inner) => format!("{{strike {}}}", spans(inner)),
        Span::Spoiler(inner) => format!("{{spoiler {}}}", spans(inner)),
        Span::Code(code) => format!("{{code {code}}}"),
        Span::Link { to, label, host } => {
            let label = if label.is_empty() { to.clone() } else { spans(label) };
            let host = host.as_ref().map(|host| format!(" ({host})")).unwrap_or_default();
            format!("{{link {label}{host} -> {to}}}")
        }
    }
}
