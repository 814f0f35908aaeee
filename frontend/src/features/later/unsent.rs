//! Messages that are not sent yet: those that wait for their time, those that were refused at it, and drafts.

use leptos::prelude::*;
use madang_client::{Client, Slice};
use madang_shared::later::{LaterCommand, ScheduledMessage};
use madang_shared::{CommandId, RoomId, Seq};

use super::moments::moments;
use super::row::{GONE_ROOM, MAX_TEXT};
use crate::browser;
use crate::composer::append_to_composer;
use crate::context::{AppContext, link_to};
use crate::draft::{self, Draft};
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::route::Route;
use crate::router;
use crate::text::beginning;
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const SCHEDULED: Words = Words::new("보낼 메시지", "Scheduled messages");
const DRAFTS: Words = Words::new("쓰다 만 메시지", "Drafts");
const TITLE: Words = Words::new("언제 보낼까요?", "When shall it be sent?");
const NOW: Words = Words::new("지금 보내기", "Send now");
const TIME: Words = Words::new("보낼 때 바꾸기", "Change the time");
const REMOVE: Words = Words::new("보내지 않기", "Do not send it");
const EDIT: Words = Words::new("입력란으로 되돌려 고치기", "Edit in the message field");

/// The list takes the focus when its focused button disappears.
const LIST_ID: &str = "scheduled-messages";

/// A message that its author takes back before it is sent.
#[derive(Clone, PartialEq)]
pub(crate) struct UnsentMessage {
    pub(crate) room: RoomId,
    pub(crate) text: String,
    pub(crate) reply_to: Option<Seq>,
}

impl UnsentMessage {
    /// Puts the text back into the message field of its room, behind the draft that is there, with the message that it answers.
    pub(crate) fn put_back(&self, app: AppContext) {
        let me = app.driver.store().me().id;
        if let Some(original) = self.reply_to {
            draft::of_reply(me, self.room).save(&original.0.to_string());
        }
        let room = self.room.to_string();
        if router::current().room() == Some(self.room) {
            append_to_composer(&self.text);
            return;
        }
        let before = draft::saved(me, &room);
        let space = if before.is_empty() { "" } else { "\n" };
        Draft::new(me, &room).save(&format!("{before}{space}{}", self.text));
    }
}

fn room_name(client: &Client, room: RoomId) -> Option<String> {
    client.features().memberships().room(room).map(|room| room.name.clone())
}

/// The messages that wait or were refused, with the names of their rooms.
pub(super) fn scheduled_messages(app: AppContext) -> Memo<Vec<(Option<String>, ScheduledMessage)>> {
    memo(move || {
        let store = app.driver.store();
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Unread, |_| ());
        store.read(Slice::Later, |client| {
            let all = client.features().later().scheduled(client.outbox()).into_iter();
            all.map(|message| (room_name(client, message.room), message)).collect::<Vec<_>>()
        })
    })
}

/// The list of these messages; nothing if there are none.
pub(super) fn scheduled(
    app: AppContext,
    all: Memo<Vec<(Option<String>, ScheduledMessage)>>,
) -> AnyView {
    let (lang, times) = (use_lang(), Times::new());
    let changed = state(None::<CommandId>);
    let is_open = state(false);
    let items = move || {
        let lang = lang.get();
        let item = |(room, message): (Option<String>, ScheduledMessage)| {
            let key = super::stamp(&(
                (&room, message.id, &message.text, message.at, lang),
                message.refusal.as_ref().map(|refusal| &refusal.message),
            ));
            let ask = move |id| {
                changed.set(Some(id));
                is_open.set(true);
            };
            Item::new(key, move || row(app, ask, room.as_deref(), &message, times, lang))
        };
        all.get().into_iter().map(item).collect()
    };
    let list = move || {
        view! {
            <h2 class="section-title">{SCHEDULED.now()}</h2>
            <ul id=LIST_ID tabindex="-1" class="saved-list" aria-label=SCHEDULED.now() data-testid="scheduled-messages">{each(derived(items))}</ul>
        }
        .into_any()
    };
    view! {
        {when(move || !all.with(Vec::is_empty), list)}
        {dialog(is_open, "reschedule-title", move || time_dialog(app, changed, is_open))}
    }
    .into_any()
}

fn time_dialog(
    app: AppContext,
    changed: State<Option<CommandId>>,
    is_open: State<bool>,
) -> AnyView {
    let Some(id) = changed.get_untracked() else { return ().into_any() };
    let before = app.driver.store().peek(|client| {
        let mut all = client.features().later().scheduled(client.outbox()).into_iter();
        all.find(|message| message.id == id).map(|message| message.at)
    });
    let choose = move |at| {
        is_open.set(false);
        app.driver.command(LaterCommand::Reschedule { id, at });
    };
    view! {
        <h2 id="reschedule-title" class="dialog-title">{TITLE.now()}</h2>
        {moments(before, choose)}
        <div class="dialog-actions">
            <button type="button" class="button" data-testid="reschedule-cancel" on:click=events::click(move |_| is_open.set(false))>{CANCEL.now()}</button>
        </div>
    }
    .into_any()
}

fn row(
    app: AppContext,
    ask: impl Fn(CommandId) + 'static,
    room: Option<&str>,
    message: &ScheduledMessage,
    times: Times,
    lang: Lang,
) -> AnyView {
    let ScheduledMessage { id, at, .. } = *message;
    let place = room.map_or_else(|| GONE_ROOM.of(lang).to_owned(), str::to_owned);
    let state = match &message.refusal {
        None => {
            view! { <p class="saved-reminder" data-testid="scheduled-time">{Icon::Clock.draw()}<span>{due(lang, &times.full(lang, at))}</span></p> }.into_any()
        }
        Some(refusal) => {
            view! { <p class="error" data-testid="scheduled-refusal">{lang.refusal(refusal)}</p> }.into_any()
        }
    };
    let is_refused = message.refusal.is_some();
    let take_out = move || {
        browser::focus(LIST_ID);
        app.driver.command(LaterCommand::Unschedule { id });
    };
    let unsent = UnsentMessage {
        room: message.room,
        text: message.text.clone(),
        reply_to: message.reply_to,
    };
    let edit = move |_| {
        take_out();
        unsent.put_back(app);
        app.visit(unsent.room);
    };
    let edit = room.is_some().then(|| {
        view! {
            <button class="icon-button" data-testid="scheduled-edit" title=EDIT.of(lang) aria-label=EDIT.of(lang) on:click=events::click_once(edit)>{Icon::Edit.draw()}</button>
        }
    });
    let send = move |_| app.driver.command(LaterCommand::Reschedule { id, at: browser::now() });
    view! {
        <li class="saved scheduled" data-testid="scheduled" data-due=is_refused.to_string()>
            <div class="saved-body">
                <p class="saved-head"><span class="saved-place isolated">{place}</span></p>
                <p class="saved-text user-text" dir="auto">{beginning(&message.text, MAX_TEXT)}</p>
                {state}
            </div>
            <div class="saved-tools">
                <button class="icon-button" data-testid="scheduled-now" title=NOW.of(lang) aria-label=NOW.of(lang) on:click=events::click_once(send)>{Icon::Send.draw()}</button>
                <button class="icon-button" data-testid="scheduled-change" title=TIME.of(lang) aria-label=TIME.of(lang) on:click=events::click_once(move |_| ask(id))>{Icon::Clock.draw()}</button>
                {edit}
                <button class="icon-button" data-testid="scheduled-remove" title=REMOVE.of(lang) aria-label=REMOVE.of(lang) on:click=events::click_once(move |_| take_out())>{Icon::Trash.draw()}</button>
            </div>
        </li>
    }
    .into_any()
}

fn due(lang: Lang, when: &str) -> String {
    match lang {
        Lang::Ko => format!("{when}에 보냄"),
        Lang::En => format!("Will be sent: {when}"),
    }
}

/// The drafts of this tab, with the names of their rooms.
pub(super) fn saved_drafts(app: AppContext) -> Memo<Vec<(RoomId, String, String)>> {
    let me = app.driver.store().me().id;
    memo(move || {
        app.driver.store().read(Slice::Unread, |client| {
            let rooms = client.features().memberships().rooms();
            let drafts = rooms.filter_map(|id| {
                let text = draft::saved(me, &id.to_string());
                let text = beginning(text.trim(), MAX_TEXT);
                (!text.is_empty()).then(|| (id, room_name(client, id).unwrap_or_default(), text))
            });
            drafts.collect::<Vec<_>>()
        })
    })
}

/// The list of the drafts; nothing if there are none.
pub(super) fn drafts(app: AppContext, all: Memo<Vec<(RoomId, String, String)>>) -> AnyView {
    let lang = use_lang();
    let items = move || {
        let lang = lang.get();
        let item = |draft: (RoomId, String, String)| {
            let key = super::stamp(&(&draft, lang));
            Item::new(key, move || draft_row(app, &draft))
        };
        all.get().into_iter().map(item).collect()
    };
    let list = move || {
        view! {
            <h2 class="section-title">{DRAFTS.now()}</h2>
            <ul class="saved-list" aria-label=DRAFTS.now() data-testid="drafts">{each(derived(items))}</ul>
        }
        .into_any()
    };
    when(move || !all.with(Vec::is_empty), list)
}

fn draft_row(app: AppContext, (id, room, text): &(RoomId, String, String)) -> AnyView {
    let route = Route::Room(*id);
    view! {
        <li class="saved" data-testid="draft">
            <div class="saved-body">
                <p class="saved-head"><span class="saved-place isolated">{room.clone()}</span></p>
                <a class="saved-text user-text" dir="auto" href=route.path() data-testid="draft-open" on:click=link_to(app, route)>{text.clone()}</a>
            </div>
        </li>
    }
    .into_any()
}
