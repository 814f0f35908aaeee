//! Turns the events of the parser into nodes. Containers are read by recursion, which ends at [`MAX_DEPTH`]: what is nested
//! deeper belongs to the node around it.

use std::mem;
use std::ops::Range;

use madang_shared::markup::{Alignment, Block, ListItem, MAX_DEPTH, MAX_NODES, Span};
use pulldown_cmark::{self as parser, CodeBlockKind, Event, HeadingLevel, OffsetIter, Tag};

use crate::source::Source;
use crate::spans::finish;
use crate::target;

/// Characters of the name of a language, at most.
const MAX_LANGUAGE_CHARS: usize = 20;
/// Events of one text, at most: a node has a start, an end, and a text in several parts.
const MAX_EVENTS: usize = 8 * MAX_NODES;

/// Builds the nodes of one text.
pub(crate) struct Builder<'a> {
    source: &'a Source<'a>,
    events: OffsetIter<'a>,
    /// Whether the task of each open item is done, if it is one.
    tasks: Vec<Option<bool>>,
    events_left: usize,
}

/// The blocks of a container, and the words that have no paragraph yet.
#[derive(Default)]
struct Content {
    blocks: Vec<Block>,
    words: Vec<Span>,
}

impl Content {
    /// Makes a block of the words that have no paragraph.
    fn end_words(&mut self, depth: usize) {
        let words = finish(mem::take(&mut self.words), depth < MAX_DEPTH, false);
        if !words.is_empty() {
            self.blocks.push(Block::Text(words));
        }
    }
}

/// A container without a node of its own: the text behind its content.
type Suffix = String;

impl<'a> Builder<'a> {
    pub(crate) fn new(source: &'a Source<'a>, events: OffsetIter<'a>) -> Self {
        Self { source, events, tasks: Vec::new(), events_left: MAX_EVENTS }
    }

    /// The nodes; none if the text has more events than any text that people write.
    pub(crate) fn build(mut self) -> Option<Vec<Block>> {
        let blocks = self.blocks(0);
        (self.events_left > 0).then_some(blocks)
    }

    fn next(&mut self) -> Option<(Event<'a>, Range<usize>)> {
        self.events_left = self.events_left.saturating_sub(1);
        if self.events_left == 0 { None } else { self.events.next() }
    }

    fn source(&self, range: &Range<usize>) -> &'a str {
        self.source.text().get(range.clone()).unwrap_or_default()
    }

    fn words_of(&self, range: &Range<usize>) -> String {
        self.source.clean(self.source(range).trim_end_matches('\n'))
    }

    /// The blocks of a container, to its end.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut content = Content::default();
        let mut flattened: Vec<Suffix> = Vec::new();
        while let Some((event, range)) = self.next() {
            match event {
                Event::Start(tag) => match self.block(tag, &range, depth, &mut content) {
                    None => {}
                    Some(suffix) => flattened.push(suffix),
                },
                Event::End(_) => match flattened.pop() {
                    None => break,
                    Some(suffix) if suffix.is_empty() => content.end_words(depth),
                    Some(suffix) => content.words.push(Span::Text(suffix)),
                },
                Event::Rule => {
                    content.end_words(depth);
                    content.blocks.push(Block::Rule);
                }
                Event::TaskListMarker(done) => self.mark_task(done),
                other => content.words.extend(self.words(&other, &range)),
            }
        }
        content.end_words(depth);
        content.blocks
    }

    fn mark_task(&mut self, done: bool) {
        if let Some(task) = self.tasks.last_mut() {
            *task = Some(done);
        }
    }

    /// Adds a block, or begins a container without a node of its own.
    fn block(
        &mut self,
        tag: Tag<'a>,
        range: &Range<usize>,
        depth: usize,
        content: &mut Content,
    ) -> Option<Suffix> {
        let has_room = depth < MAX_DEPTH;
        let block = match tag {
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Link { .. }
            | Tag::Image { .. } => {
                return self.span(tag, range, (depth, false), &mut content.words);
            }
            Tag::Paragraph => Block::Text(self.spans(depth, false)),
            Tag::Heading { level, .. } => {
                let spans = self.spans(depth, false);
                content.end_words(depth);
                content.blocks.extend(self.heading(level, spans, range));
                return None;
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => self.code(&info, range),
            Tag::CodeBlock(CodeBlockKind::Indented) | Tag::HtmlBlock => {
                Block::Text(self.spans(depth, false))
            }
            Tag::BlockQuote(_) if has_room => {
                let blocks = self.blocks(depth + 1);
                if blocks.is_empty() { self.as_typed(range) } else { Block::Quote(blocks) }
            }
            Tag::List(start) if has_room => self.list(start, range, depth + 1),
            Tag::Table(columns) if has_room => self.table(&columns, depth + 1),
            _ => {
                content.end_words(depth);
                return Some(Suffix::new());
            }
        };
        content.end_words(depth);
        if !matches!(&block, Block::Text(spans) if spans.is_empty()) {
            content.blocks.push(block);
        }
        None
    }

    /// A block without a content, such as a lone `>`: its marks are what the author means.
    fn as_typed(&self, range: &Range<usize>) -> Block {
        Block::Text(vec![Span::Text(self.words_of(range))])
    }

    /// A heading has its marks before it. A line below a text makes no heading of it.
    fn heading(
        &self,
        level: HeadingLevel,
        mut spans: Vec<Span>,
        range: &Range<usize>,
    ) -> Vec<Block> {
        let source = self.source(range).trim();
        let behind_marks = source.trim_start_matches('#');
        let has_marks = behind_marks.len() < source.len()
            && (behind_marks.is_empty() || behind_marks.starts_with([' ', '\t']));
        if spans.is_empty() {
            return vec![self.as_typed(range)];
        }
        if has_marks {
            let level = match level {
                HeadingLevel::H1 => 1,
                HeadingLevel::H2 => 2,
                _ => 3,
            };
            return vec![Block::Heading { level, spans }];
        }
        let line = source.lines().next_back().unwrap_or_default().trim_start();
        if line.len() > 2 && line.starts_with('-') {
            return vec![Block::Text(spans), Block::Rule];
        }
        let line = format!("\n{}", self.source.clean(line));
        match spans.last_mut() {
            Some(Span::Text(last)) => last.push_str(&line),
            _ => spans.push(Span::Text(line)),
        }
        vec![Block::Text(spans)]
    }

    fn code(&mut self, info: &str, range: &Range<usize>) -> Block {
        let mut text = String::new();
        while let Some((event, _)) = self.next() {
            match event {
                Event::Text(part) => text.push_str(&part),
                _ => break,
            }
        }
        let text = self.source.clean(text.strip_suffix('\n').unwrap_or(&text));
        if text.trim().is_empty() {
            return self.as_typed(range);
        }
        let language =
            self.source.clean(info.split([' ', ',', '{', '\t']).next().unwrap_or_default());
        let is_name = language.chars().count() <= MAX_LANGUAGE_CHARS
            && language.chars().all(|c| c.is_alphanumeric() || "+#-._".contains(c));
        let language = if is_name { language } else { String::new() };
        Block::Code { language, text }
    }

    fn list(&mut self, start: Option<u64>, range: &Range<usize>, depth: usize) -> Block {
        let mut items = Vec::new();
        while let Some((Event::Start(_), _)) = self.next() {
            self.tasks.push(None);
            let blocks = self.blocks(depth);
            items.push(ListItem { done: self.tasks.pop().flatten(), blocks });
        }
        let is_empty = |item: &ListItem| item.blocks.is_empty() && item.done.is_none();
        if items.iter().all(is_empty) { self.as_typed(range) } else { Block::List { start, items } }
    }

    fn table(&mut self, columns: &[parser::Alignment], depth: usize) -> Block {
        let alignment = |column: &parser::Alignment| match column {
            parser::Alignment::Center => Alignment::Center,
            parser::Alignment::Right => Alignment::End,
            parser::Alignment::None | parser::Alignment::Left => Alignment::Start,
        };
        let columns = columns.iter().map(alignment).collect();
        let mut rows: Vec<Vec<Vec<Span>>> = Vec::new();
        while let Some((event, _)) = self.next() {
            match event {
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(_) => {
                    let cell = self.spans(depth, false);
                    if let Some(row) = rows.last_mut() {
                        row.push(cell);
                    }
                }
                Event::End(parser::TagEnd::Table) => break,
                _ => {}
            }
        }
        Block::Table { columns, rows }
    }

    /// The spans of a container, to its end.
    fn spans(&mut self, depth: usize, in_link: bool) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut flattened: Vec<Suffix> = Vec::new();
        while let Some((event, range)) = self.next() {
            match event {
                Event::Start(tag) => {
                    flattened.extend(self.span(tag, &range, (depth, in_link), &mut spans));
                }
                Event::End(_) => match flattened.pop() {
                    None => break,
                    Some(suffix) => spans.push(Span::Text(suffix)),
                },
                Event::TaskListMarker(done) => self.mark_task(done),
                other => spans.extend(self.words(&other, &range)),
            }
        }
        finish(spans, depth < MAX_DEPTH, in_link)
    }

    /// Adds a format or a link, or begins one without a node of its own.
    fn span(
        &mut self,
        tag: Tag<'a>,
        range: &Range<usize>,
        (depth, in_link): (usize, bool),
        spans: &mut Vec<Span>,
    ) -> Option<Suffix> {
        let source = self.source(range);
        let has_room = depth < MAX_DEPTH;
        let (format, marks): (fn(Vec<Span>) -> Span, _) = match tag {
            Tag::Emphasis => (Span::Italic, 1),
            Tag::Strong => (Span::Bold, 2),
            // One `~` is a tone of voice, or a range of numbers.
            Tag::Strikethrough if source.starts_with("~~") => (Span::Strike, 2),
            Tag::Strikethrough => {
                spans.push(Span::Text("~".to_owned()));
                return Some("~".to_owned());
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let to = self.source.clean(&dest_url);
                // An address in `<>` names no scheme if it is one of mail.
                let to = if source.starts_with('<') && !to.contains(':') {
                    format!("mailto:{to}")
                } else {
                    to
                };
                if in_link {
                    return Some(Suffix::new());
                }
                if !has_room || !target::is_allowed(&to) {
                    let (before, behind) = marks_of_link(source);
                    spans.push(Span::Text(self.source.clean(before)));
                    return Some(self.source.clean(behind));
                }
                let label = self.spans(depth + 1, true);
                spans.extend(target::link(&to, label));
                return None;
            }
            _ => return Some(Suffix::new()),
        };
        if !has_room {
            return Some(Suffix::new());
        }
        let inner = self.spans(depth + 1, in_link);
        let words = target::text_of(&inner);
        if words.bytes().all(|byte| byte.is_ascii_punctuation()) {
            // A face, such as `*_*`.
            let mark = Span::Text(source.chars().take(marks).collect());
            spans.push(mark.clone());
            spans.extend(inner);
            spans.push(mark);
        } else {
            spans.push(format(inner));
        }
        None
    }

    /// The words of an event that is no container.
    fn words(&self, event: &Event<'a>, range: &Range<usize>) -> Option<Span> {
        let words = match event {
            Event::Code(code) => return Some(Span::Code(self.source.clean(code))),
            Event::Text(text) => {
                // `&amp;` stays as it was typed.
                let source = self.source(range);
                if source.starts_with('&') {
                    self.source.clean(source)
                } else {
                    self.source.clean(text)
                }
            }
            Event::SoftBreak | Event::HardBreak => "\n".to_owned(),
            Event::InlineMath(formula) => format!("${}$", self.source.clean(formula)),
            Event::DisplayMath(formula) => format!("$${}$$", self.source.clean(formula)),
            Event::Html(html) | Event::InlineHtml(html) => self.source.clean(html),
            _ => return None,
        };
        Some(Span::Text(words))
    }
}

/// The signs before and behind the label of a link, as they were typed.
fn marks_of_link(source: &str) -> (&str, &str) {
    if source.starts_with('<') {
        return ("<", ">");
    }
    let before = if source.starts_with('!') { "![" } else { "[" };
    let behind = source.rfind("](").and_then(|at| source.get(at..)).unwrap_or("]");
    (before, behind)
}
