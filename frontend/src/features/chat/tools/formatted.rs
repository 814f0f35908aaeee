//! Draws the text of a message with its formats, from the nodes that the server made of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::markup::{Alignment, Block, ListItem, Span};
use madang_shared::{RoomId, Seq};
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement, MouseEvent};

use super::super::message::with_mentions;
use super::permalink::permalink;
use crate::clipboard::{COPIED, NOT_COPIED, copy};
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, flag, part};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const COPY_CODE: Words = Words::new("코드 복사", "Copy code");
const SHOW_SPOILER: Words = Words::new("가린 내용 보기", "Show hidden text");
const TABLE: Words = Words::new("표", "Table");
const DONE: Words = Words::new("한 일", "Done");
const TO_DO: Words = Words::new("할 일", "To do");
const SHOW_ALL: Words = Words::new("메시지 모두 보기", "Show the whole message");
const SHOW_LESS: Words = Words::new("접기", "Show less");

/// The part of a message that holds the rest of a long text; its spoilers follow.
const REST: usize = 0;

/// Draws the text of a message; one without a format, if it is long. A long one is folded until the reader opens it.
pub(crate) fn formatted_text(room: RoomId, message: Seq, is_long: bool) -> AnyView {
    let blocks = use_app().driver.store().peek(|client| {
        let messages = client.features().timeline(room)?.messages();
        let index = messages.binary_search_by_key(&message, |message| message.seq).ok()?;
        let found = messages.get(index)?;
        let blocks = found.markup.blocks().into_owned();
        let plain = || vec![Block::Text(vec![Span::Text(found.text.clone())])];
        Some(if blocks.is_empty() { plain() } else { blocks })
    });
    let blocks = blocks.unwrap_or_default();
    let lang = use_lang().get_untracked();
    let painter = Painter { room, message, lang, spoilers: Cell::new(REST) };
    let content = painter.blocks(&blocks);
    if !is_long {
        return view! { <div class="formatted">{content}</div> }.into_any();
    }
    let rest = Part::new((room, message, REST));
    let toggle = move |_| rest.toggle();
    let label = derived(move || if rest.is_open() { SHOW_LESS } else { SHOW_ALL }.of(lang));
    view! {
        <div class="formatted" data-testid="long-message" data-folded=flag(move || !rest.is_open())>{content}</div>
        <button type="button" class="formatted-fold" data-testid="fold-message" tabindex="-1" aria-expanded=flag(move || rest.is_open()) on:click=events::click(toggle)>{label}</button>
    }
    .into_any()
}

/// The room, the message, and the number of a part of it.
type PartId = (RoomId, Seq, usize);

thread_local! {
    /// The parts that the reader has opened since the page was loaded. Rows that scroll back into view are drawn again.
    static OPENED: RefCell<BTreeSet<PartId>> = RefCell::default();
}

/// A part of a message that the reader can open.
#[derive(Clone, Copy)]
struct Part {
    id: PartId,
    is_open: State<bool>,
}

impl Part {
    fn new(id: PartId) -> Self {
        Self { id, is_open: state(OPENED.with_borrow(|opened| opened.contains(&id))) }
    }

    fn is_open(self) -> bool {
        self.is_open.get()
    }

    fn toggle(self) {
        let is_open =
            OPENED.with_borrow_mut(|opened| opened.insert(self.id) || !opened.remove(&self.id));
        self.is_open.set(is_open);
    }
}

/// Draws the nodes of one message.
struct Painter {
    room: RoomId,
    message: Seq,
    lang: Lang,
    /// The number of spoilers so far.
    spoilers: Cell<usize>,
}

impl Painter {
    fn blocks(&self, blocks: &[Block]) -> Vec<AnyView> {
        self.blocks_in(blocks, Some("auto"))
    }

    /// The blocks of a quote or an item. Its direction is that of its first words, so they have none of their own.
    fn inner_blocks(&self, blocks: &[Block]) -> Vec<AnyView> {
        self.blocks_in(blocks, None)
    }

    fn blocks_in(&self, blocks: &[Block], dir: Option<&'static str>) -> Vec<AnyView> {
        blocks.iter().map(|block| self.block(block, dir)).collect()
    }

    fn block(&self, block: &Block, dir: Option<&'static str>) -> AnyView {
        match block {
            Block::Text(spans) => element("p", "user-text", dir, self.spans(spans)),
            // No heading of the page: a reader who goes through its headings would meet those of all messages.
            Block::Heading { level, spans } => {
                let class = match level {
                    1 => "user-text formatted-heading formatted-heading-1",
                    2 => "user-text formatted-heading formatted-heading-2",
                    _ => "user-text formatted-heading formatted-heading-3",
                };
                let words = element("strong", "", None, self.spans(spans));
                element("p", class, dir, vec![words])
            }
            Block::Quote(blocks) => {
                element("blockquote", "formatted-quote", dir, self.inner_blocks(blocks))
            }
            Block::Code { language, text } => code(language, text, self.lang),
            Block::List { start: None, items } => {
                element("ul", "formatted-list", dir, self.items(items))
            }
            Block::List { start: Some(start), items } => {
                view! { <ol class="formatted-list" dir=dir start=start.to_string()>{self.items(items)}</ol> }
                    .into_any()
            }
            Block::Table { columns, rows } => self.table(columns, rows),
            Block::Rule => element("hr", "formatted-rule", None, Vec::new()),
        }
    }

    fn items(&self, items: &[ListItem]) -> Vec<AnyView> {
        let item = |ListItem { done, blocks }: &ListItem| {
            let task = done.map(|done| {
                let label = if done { DONE } else { TO_DO }.of(self.lang);
                view! {
                    <span class="formatted-task" role="img" aria-label=label data-done=done.to_string()>{done.then(|| Icon::Check.draw())}</span>
                }
            });
            let is_task = task.is_some().to_string();
            view! { <li data-task=is_task>{task}<div>{self.inner_blocks(blocks)}</div></li> }
                .into_any()
        };
        items.iter().map(item).collect()
    }

    fn table(&self, columns: &[Alignment], rows: &[Vec<Vec<Span>>]) -> AnyView {
        let row = |row: &Vec<Vec<Span>>, cell: &'static str| {
            let cell = |(spans, alignment): (&Vec<Span>, &Alignment)| {
                let class = match alignment {
                    Alignment::Start => "formatted-start",
                    Alignment::Center => "formatted-center",
                    Alignment::End => "formatted-end",
                };
                // A column without a title has no head.
                let tag = if spans.is_empty() { "td" } else { cell };
                element(tag, class, Some("auto"), self.spans(spans))
            };
            element("tr", "", None, row.iter().zip(columns).map(cell).collect())
        };
        let (titles, rows) = rows.split_at(rows.len().min(1));
        let titles = titles.iter().map(|titles| row(titles, "th")).collect();
        let rows = rows.iter().map(|cells| row(cells, "td")).collect();
        let parts = vec![element("thead", "", None, titles), element("tbody", "", None, rows)];
        let table = element("table", "", None, parts);
        // The keyboard scrolls a table that is wider than the message.
        view! {
            <div class="formatted-table user-text" role="group" aria-label=TABLE.of(self.lang) tabindex="0">
                {table}
            </div>
        }
        .into_any()
    }

    fn spans(&self, spans: &[Span]) -> Vec<AnyView> {
        spans.iter().map(|span| self.span(span)).collect()
    }

    fn span(&self, span: &Span) -> AnyView {
        match span {
            Span::Text(text) => with_mentions(text, self.room),
            Span::Bold(inner) => element("strong", "", None, self.spans(inner)),
            Span::Italic(inner) => element("em", "", None, self.spans(inner)),
            Span::Strike(inner) => element("s", "", None, self.spans(inner)),
            Span::Code(text) => {
                view! { <code class="formatted-code" translate="no">{text.clone()}</code> }
                    .into_any()
            }
            Span::Spoiler(inner) => self.spoiler(inner),
            Span::Link { to, label, host } => {
                let own = if label.is_empty() { permalink(to, self.lang) } else { None };
                own.unwrap_or_else(|| self.link(to, label, host.as_deref()))
            }
        }
    }

    /// A link in a new window, and tells screen readers so. The real host is a part of it, where the server named one.
    fn link(&self, to: &str, label: &[Span], host: Option<&str>) -> AnyView {
        let (words, dir) = if label.is_empty() {
            (to.to_owned().into_any(), "ltr")
        } else {
            // A label has no mentions, because they are buttons.
            (label.iter().map(|span| self.label(span)).collect::<Vec<_>>().into_any(), "auto")
        };
        let host = host.map(|host| {
            view! { <span class="formatted-host" dir="ltr" data-testid="link-host">{format!("({host})")}</span> }
        });
        let title = (!label.is_empty()).then(|| to.to_owned());
        let hint = format!(" ({})", self.lang.texts().new_window);
        view! {
            <a href=to.to_owned() title=title target="_blank" rel="noopener noreferrer nofollow" tabindex="-1"><bdi dir=dir>{words}</bdi>{host}<span class="visually-hidden">{hint}</span></a>
        }
        .into_any()
    }

    fn label(&self, span: &Span) -> AnyView {
        let inner = |spans: &[Span]| -> Vec<AnyView> {
            spans.iter().map(|span| self.label(span)).collect()
        };
        match span {
            Span::Text(text) => text.clone().into_any(),
            Span::Bold(spans) => element("strong", "", None, inner(spans)),
            Span::Italic(spans) => element("em", "", None, inner(spans)),
            Span::Strike(spans) => element("s", "", None, inner(spans)),
            // A link shows its label.
            Span::Spoiler(spans) => inner(spans).into_any(),
            Span::Code(_) | Span::Link { .. } => self.span(span),
        }
    }

    fn spoiler(&self, inner: &[Span]) -> AnyView {
        self.spoilers.set(self.spoilers.get() + 1);
        let number = self.spoilers.get();
        // The spoilers inside have numbers of their own. They are drawn again when this one opens.
        let this = Part::new((self.room, self.message, number));
        let (room, message, lang) = (self.room, self.message, self.lang);
        self.spans(inner);
        let inner = inner.to_vec();
        part(move || {
            if this.is_open() {
                let painter = Painter { room, message, lang, spoilers: Cell::new(number) };
                let words = painter.spans(&inner);
                return view! { <span class="formatted-spoiler" data-testid="spoiler-open">{words}</span> }
                    .into_any();
            }
            let open = move |event: MouseEvent| {
                focus_row(&event);
                this.toggle();
            };
            // Its words keep the room, so that the lines stay when it opens.
            view! {
                <button type="button" class="formatted-spoiler" data-testid="spoiler" tabindex="-1" aria-expanded="false" title=SHOW_SPOILER.of(lang) on:click=events::click(open)><span class="visually-hidden">{SHOW_SPOILER.of(lang)}</span><span aria-hidden="true">{words_of(&inner)}</span></button>
            }
            .into_any()
        })
    }
}

/// An element of any name. `view!` would compile each of them by itself.
fn element(
    tag: &'static str,
    class: &'static str,
    dir: Option<&'static str>,
    children: Vec<AnyView>,
) -> AnyView {
    let class = Some(class).filter(|class| !class.is_empty());
    html::custom(tag).attr("class", class).attr("dir", dir).child(children).into_any()
}

/// Moves the focus from a button that will be gone to its row.
fn focus_row(event: &MouseEvent) {
    let row = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|button| button.closest(".chat-message").ok().flatten())
        .and_then(|row| row.dyn_into::<HtmlElement>().ok());
    if let Some(row) = row {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        // Browsers do not throw here: an element that cannot have the focus is ignored.
        row.focus_with_options(&options).ok();
    }
}

/// The words of spans, without their formats.
fn words_of(spans: &[Span]) -> String {
    let words = |span: &Span| match span {
        Span::Text(text) | Span::Code(text) => text.clone(),
        Span::Bold(inner) | Span::Italic(inner) | Span::Strike(inner) | Span::Spoiler(inner) => {
            words_of(inner)
        }
        Span::Link { to, label, .. } if label.is_empty() => to.clone(),
        Span::Link { label, .. } => words_of(label),
    };
    spans.iter().map(words).collect()
}

/// A block of code with a button that copies it.
fn code(language: &str, text: &str, lang: Lang) -> AnyView {
    let copied = state(None::<bool>);
    let code = text.to_owned();
    let copy_code = move |_| {
        let code = code.clone();
        spawn_local(async move {
            let is_copied = copy(&code).await;
            // The message may be off the screen by now.
            copied.try_set(Some(is_copied));
        });
    };
    let outcome = derived(move || match copied.get() {
        None => "",
        Some(true) => COPIED.of(lang),
        Some(false) => NOT_COPIED.of(lang),
    });
    let icon = part(move || {
        if copied.get() == Some(true) {
            Icon::Check.draw().into_any()
        } else {
            Icon::Copy.draw().into_any()
        }
    });
    view! {
        <figure class="formatted-block">
            <figcaption>
                <button type="button" class="icon-button" data-testid="copy-code" tabindex="-1" aria-label=COPY_CODE.of(lang) title=COPY_CODE.of(lang) on:click=events::click(copy_code)>{icon}</button>
                <span translate="no">{language.to_owned()}</span>
                <span role="status">{outcome}</span>
            </figcaption>
            <pre dir="ltr" translate="no"><code>{text.to_owned()}</code></pre>
        </figure>
    }
    .into_any()
}
