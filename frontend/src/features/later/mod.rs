//! The page with the saved messages of the user, with those that are not sent yet, and the dialog of reminders.

mod moments;
mod reminder;
mod row;
mod schedule;
mod unsent;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::prelude::*;
use madang_client::{Action, Slice};
use madang_shared::{RoomId, Seq};

use self::row::{ShownMessage, ShownSaved};
use crate::context::{AppContext, use_app};
use crate::i18n::{Words, use_lang};
use crate::route::Page;
use crate::time::{Times, use_today};
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, effect, part, when};
use crate::ui::erased::signal::state;
use crate::ui::skeleton::skeleton;

pub(crate) use reminder::LaterTools;
pub(crate) use schedule::schedule_button;
pub(crate) use unsent::UnsentMessage;

const INTRO: Words = Words::new("나만 보는 목록입니다.", "Only you see this list.");
const SAVED: Words = Words::new("담아 둔 메시지", "Saved messages");
const NOTHING: Words = Words::new("나중에 볼 메시지가 없습니다", "Nothing saved for later");
const NOTHING_HINT: Words = Words::new(
    "메시지의 메뉴에서 ‘나중에 보기’를 고르거나, 고른 메시지에서 L을 누르세요.",
    "Choose “Save for later” in the menu of a message, or press L on it.",
);
const MORE: Words = Words::new("더 보기", "Show more");

/// The list takes the focus when its focused button disappears.
const LIST_ID: &str = "saved-messages";
/// Messages that are shown at first, and more of them at a time: their texts are asked for at once.
const STEP: usize = 50;

/// The page.
#[component]
pub(crate) fn LaterPage() -> impl IntoView {
    let store = use_app().driver.store();
    let is_known =
        memo(move || store.read(Slice::Later, |client| client.features().later().is_known()));
    part(move || if is_known.get() { page() } else { skeleton(Page::Later.skeleton()) })
}

fn page() -> AnyView {
    let app = use_app();
    let tools = LaterTools::new();
    let limit = state(STEP);
    let all = memo(move || {
        reminder::read(app.driver.store(), |client, later| later.saved(client.outbox()))
    });
    let shown = memo(move || {
        let store = app.driver.store();
        store.read(Slice::Unread, |_| ());
        store.read(Slice::Later, |client| {
            let saved = all.get().into_iter().take(limit.get());
            saved.map(|saved| ShownSaved::of(client, saved)).collect::<Vec<_>>()
        })
    });
    effect(move || ask(app, &shown.get()));
    let more = move || {
        view! {
            <button class="button" data-testid="saved-more" on:click=events::click(move |_| limit.update(|limit| *limit += STEP))>{MORE.now()}</button>
        }
        .into_any()
    };
    let (scheduled, drafts) = (unsent::scheduled_messages(app), unsent::saved_drafts(app));
    let is_empty = move || {
        all.with(Vec::is_empty) && scheduled.with(Vec::is_empty) && drafts.with(Vec::is_empty)
    };
    let nothing = || empty("empty later-empty", "later-empty", NOTHING.now(), NOTHING_HINT.now());
    view! {
        <div class="page">
            <div class="page-body page-reading">
                {unsent::scheduled(app, scheduled)}
                {when(move || !all.with(Vec::is_empty), || view! { <h2 class="section-title">{SAVED.now()}</h2><p class="page-intro">{INTRO.now()}</p> }.into_any())}
                {list(app, tools, shown)}
                {when(is_empty, nothing)}
                {when(move || all.with(Vec::len) > limit.get(), more)}
                {unsent::drafts(app, drafts)}
                {tools.draw()}
            </div>
        </div>
    }
    .into_any()
}

fn list(app: AppContext, tools: LaterTools, shown: Memo<Vec<ShownSaved>>) -> AnyView {
    let lang = use_lang();
    let (times, today) = (Times::new(), use_today());
    let items = move || {
        let (lang, today) = (lang.get(), today.get());
        let item = |saved: ShownSaved| {
            Item::new(stamp(&(&saved, lang, today)), move || {
                row::draw(app, tools, &saved, times, lang)
            })
        };
        shown.get().into_iter().map(item).collect()
    };
    view! {
        <ul id=LIST_ID tabindex="-1" class="saved-list" aria-label=Page::Later.title().now() data-testid="saved-messages">{each(derived(items))}</ul>
    }
    .into_any()
}

/// The key of a row: another one if its content differs.
fn stamp(content: &impl Hash) -> u64 {
    let mut stamp = DefaultHasher::new();
    content.hash(&mut stamp);
    stamp.finish()
}

/// Asks for the messages that have not arrived.
fn ask(app: AppContext, shown: &[ShownSaved]) {
    let mut missing: BTreeMap<RoomId, Vec<Seq>> = BTreeMap::new();
    for saved in shown.iter().filter(|saved| saved.message == ShownMessage::Unknown) {
        let (room, seq) = saved.saved.of();
        missing.entry(room).or_default().push(seq);
    }
    for (room, messages) in missing {
        app.driver.act(Action::LoadMessages { room, messages });
    }
}
