//! A chosen notice beside the list of the inbox: the whole message with those around it, and the way to its room.

use leptos::prelude::*;
use madang_client::views::notices::ShownNotice;
use madang_client::{Action, Slice};
use madang_shared::chat::Message;
use madang_shared::notices::{NoticeBox, NoticeContent};
use madang_shared::{RoomId, Seq};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::source;
use super::strings::{kind_name, sentence};
use crate::browser;
use crate::context::{AppContext, link_to, use_app};
use crate::features::chat::tools::deleted_message;
use crate::features::profile::person_link;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::time::Times;
use crate::ui::avatar::avatar;
use crate::ui::empty::empty;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{effect, part};
use crate::ui::erased::signal::State;
use crate::ui::icon::Icon;

const CHOOSE: Words = Words::new("알림을 하나 골라 보세요", "Choose a notice");
const CHOOSE_HINT: Words =
    Words::new("고른 알림의 내용이 여기에 보입니다.", "Its content is shown here.");
const PREVIEW: Words = Words::new("고른 알림", "The chosen notice");
const OPEN_ROOM: Words = Words::new("방에서 열기", "Open in the room");
const OPEN: Words = Words::new("열기", "Open");
/// The messages before the one that the notice is about, and those after it.
const AROUND: usize = 2;

/// The identity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    of: NoticeBox,
    seq: Seq,
}

impl Chosen {
    pub(super) fn of(notice: &ShownNotice) -> Self {
        Self { of: notice.of, seq: notice.seq }
    }
}

/// The room of a notice, or its kind.
pub(super) fn place(app: AppContext, what: &NoticeContent, lang: Lang) -> String {
    let room = match what {
        NoticeContent::Mentioned { room, .. }
        | NoticeContent::Reported { room, .. }
        | NoticeContent::ReportDecided { room, .. }
        | NoticeContent::Reminded { room, .. }
        | NoticeContent::NotSent { room } => app.driver.store().peek(|client| {
            let room = client.features().memberships().room(*room);
            room.map(|room| isolated(&room.name).into_owned())
        }),
        _ => None,
    };
    room.unwrap_or_else(|| kind_name(what.kind()).of(lang).to_owned())
}

/// The avatar of the person behind a notice, or a bell.
pub(super) fn sign(what: &NoticeContent) -> AnyView {
    match what.by() {
        Some(by) => person_link(use_app(), by.clone(), avatar(by)),
        None => view! { <span class="notice-icon">{Icon::Bell.draw()}</span> }.into_any(),
    }
}

/// The place beside the list. The style sheet shows it on wide screens.
pub(super) fn preview(
    app: AppContext,
    all: Memo<Vec<ShownNotice>>,
    chosen: State<Option<Chosen>>,
) -> AnyView {
    let lang = use_lang();
    let times = Times::new();
    let notice = memo(move || {
        let chosen = chosen.get()?;
        all.with(|all| all.iter().find(|notice| Chosen::of(notice) == chosen).cloned())
    });
    let content = part(move || match notice.get() {
        None => empty("empty notices-empty", "preview-empty", CHOOSE.now(), CHOOSE_HINT.now()),
        Some(notice) => draw(app, &notice, times, lang.get()),
    });
    view! { <section class="preview" aria-label=PREVIEW.now() aria-live="polite" data-testid="preview">{content}</section> }
        .into_any()
}

fn draw(app: AppContext, notice: &ShownNotice, times: Times, lang: Lang) -> AnyView {
    let what = &notice.what;
    let text = match what {
        NoticeContent::Mentioned { room, message, excerpt, .. } => {
            mention(app, *room, *message, excerpt.clone(), times)
        }
        NoticeContent::Reminded { room, message } => {
            mention(app, *room, *message, String::new(), times)
        }
        _ => ().into_any(),
    };
    let open = source(what).map(|route| {
        let words = if route.room().is_some() { OPEN_ROOM } else { OPEN };
        view! {
            <a class="button button-strong button-link" href=route.path() data-testid="preview-open" on:click=link_to(app, route)>{words.now()}</a>
        }
    });
    view! {
        <div class="preview-head">
            {sign(what)}
            <div>
                <h2 class="preview-title" dir="auto">{sentence(what, lang)}</h2>
                <p class="hint">{format!("{} · {}", place(app, what, lang), times.full(lang, notice.at))}</p>
            </div>
        </div>
        {text}
        {open}
    }
    .into_any()
}

/// The message with those around it, as far as this browser has them; otherwise the excerpt of the notice.
fn mention(app: AppContext, room: RoomId, seq: Seq, excerpt: String, times: Times) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    let around = memo(move || {
        store.read(Slice::Timeline, |_| ());
        store.read(Slice::Unread, |client| {
            let messages = client.features().timeline(room)?.messages();
            let at = messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
            let first = at.saturating_sub(AROUND);
            Some(
                messages
                    .range(first..messages.len().min(at + AROUND + 1))
                    .cloned()
                    .collect::<Vec<_>>(),
            )
        })
    });
    effect(move || {
        let shown = around
            .with(|around| around.iter().flatten().map(|message| message.seq).collect::<Vec<_>>());
        report_shown(app, room, shown);
    });
    part(move || match around.get() {
        None if excerpt.is_empty() => ().into_any(),
        None => {
            view! { <p class="notice-quote user-text" dir="auto">{excerpt.clone()}</p> }.into_any()
        }
        Some(messages) => {
            let lang = lang.get();
            let lines: Vec<AnyView> = messages
                .iter()
                .map(|message| line(message, message.seq == seq, &times.short(lang, message.at)))
                .collect();
            view! { <ol class="preview-messages">{lines}</ol> }.into_any()
        }
    })
}

/// Reports the messages of the preview whose end is on the screen in two frames in a row, as a room does: the read mark
/// passes them if no unread message is between it and them.
fn report_shown(app: AppContext, room: RoomId, messages: Vec<Seq>) {
    request_animation_frame(move || {
        let before = on_screen();
        request_animation_frame(move || {
            let count = on_screen().min(before).min(messages.len());
            let shown = messages.get(..count).unwrap_or_default();
            if let (Some(first), Some(last)) = (shown.first().copied(), shown.last().copied())
                && !browser::is_hidden()
            {
                app.driver.act(Action::ShowMessages { room, first, last });
            }
        });
    });
}

/// The number of messages, from the first on, whose end is on the screen.
fn on_screen() -> usize {
    let height = document().document_element().map_or(0, |root| root.client_height());
    let Ok(lines) = document().query_selector_all(".preview-message") else { return 0 };
    let ends = (0..lines.length()).filter_map(|index| {
        let line: Element = lines.get(index)?.dyn_into().ok()?;
        Some(line.get_bounding_client_rect())
    });
    ends.take_while(|line| {
        line.height() > 0.0 && line.top() >= 0.0 && line.bottom() <= f64::from(height)
    })
    .count()
}

fn line(message: &Message, is_chosen: bool, when: &str) -> AnyView {
    let Message { author, guest, text, deleted, .. } = message;
    let text = match deleted {
        None => text.clone().into_any(),
        Some(by) => deleted_message(*by),
    };
    let guest = guest.as_ref().map(|guest| guest.name.clone()).filter(|name| !name.is_empty());
    view! {
        <li class="preview-message" aria-current=is_chosen.then_some("true")>
            <p class="hint"><strong class="isolated" translate="no">{guest.unwrap_or_else(|| author.name.clone())}</strong>" "{when.to_owned()}</p>
            <p class="user-text" dir="auto">{text}</p>
        </li>
    }
    .into_any()
}
