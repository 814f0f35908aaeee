//! A saved message in the list: its room, its author, its time, its text as it is now, and its reminder.

use leptos::prelude::*;
use madang_client::Client;
use madang_client::views::chat::Timeline;
use madang_client::views::originals::Original;
use madang_shared::later::SavedMessage;
use madang_shared::moderation::DeletedBy;
use madang_shared::{Message, Timestamp};

use super::LIST_ID;
use super::moments::due_words;
use super::reminder::LaterTools;
use crate::browser;
use crate::context::{AppContext, link_to};
use crate::features::chat::tools::deleted_message;
use crate::i18n::{Lang, Words};
use crate::route::Route;
use crate::text::beginning;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::icon::Icon;

const LOADING: Words = Words::new("불러오는 중입니다.", "Loading.");
const HIDDEN: Words =
    Words::new("이제 볼 수 없는 메시지입니다.", "You can no longer read this message.");
pub(super) const GONE_ROOM: Words = Words::new("나간 방", "A room that you have left");
const ERASED: Words = Words::new("지워진 메시지", "Erased message");
const REMIND: Words = Words::new("알림 정하기", "Set a reminder");
const REMOVE: Words = Words::new("목록에서 빼기", "Remove from Later");

/// UTF-16 code units of a text in the list. The room has the whole text.
pub(super) const MAX_TEXT: u32 = 600;

/// A saved message as the user sees it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ShownSaved {
    pub(super) saved: SavedMessage,
    /// The name of the room; none if the user has left it.
    room: Option<String>,
    pub(super) message: ShownMessage,
}

/// The message itself.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum ShownMessage {
    /// It has not arrived.
    Unknown,
    /// The user may no longer read it.
    Hidden,
    Deleted(DeletedBy),
    Text {
        author: String,
        at: Timestamp,
        text: String,
    },
}

impl ShownSaved {
    pub(super) fn of(client: &Client, saved: SavedMessage) -> Self {
        let features = client.features();
        let room = features.memberships().room(saved.room).map(|room| room.name.clone());
        let is_member = features.memberships().contains(saved.room);
        let original = features
            .timeline(saved.room)
            .map_or(Original::Unknown, |timeline: &Timeline| timeline.original(saved.message));
        let message = match original {
            _ if !is_member => ShownMessage::Hidden,
            Original::Hidden => ShownMessage::Hidden,
            Original::Unknown => ShownMessage::Unknown,
            Original::Known(message) => ShownMessage::of(message),
        };
        Self { saved, room, message }
    }
}

impl ShownMessage {
    fn of(message: &Message) -> Self {
        let Message { author, guest, at, text, deleted, .. } = message;
        if let Some(by) = deleted {
            return Self::Deleted(*by);
        }
        let guest = guest.as_ref().map(|guest| guest.name.clone()).filter(|name| !name.is_empty());
        let author = guest.unwrap_or_else(|| author.name.clone());
        Self::Text { author, at: *at, text: beginning(text, MAX_TEXT) }
    }
}

pub(super) fn draw(
    app: AppContext,
    tools: LaterTools,
    shown: &ShownSaved,
    times: Times,
    lang: Lang,
) -> AnyView {
    let ShownSaved { saved, room, message } = shown;
    let of = saved.of();
    let place = room.clone().unwrap_or_else(|| GONE_ROOM.of(lang).to_owned());
    let (head, text) = match message {
        ShownMessage::Text { author, at, text } => {
            (Some((author.clone(), times.short(lang, *at))), words(app, saved, text, lang))
        }
        ShownMessage::Deleted(by) => (None, note(deleted_message(*by))),
        ShownMessage::Hidden => (None, note(HIDDEN.of(lang).into_any())),
        ShownMessage::Unknown => (None, note(LOADING.of(lang).into_any())),
    };
    let head = head.map(|(author, at)| {
        view! { <strong class="saved-author isolated" translate="no">{author}</strong><span class="hint">{at}</span> }
    });
    let reminder = saved.reminder.map(|reminder| {
        let words = due_words(lang, &times.full(lang, reminder.at), reminder.is_due);
        view! { <p class="saved-reminder" data-testid="saved-reminder">{Icon::Clock.draw()}<span>{words}</span></p> }
    });
    let can_remind = matches!(message, ShownMessage::Text { .. } | ShownMessage::Unknown);
    let remind = can_remind.then(|| {
        view! {
            <button class="icon-button" data-testid="saved-remind" title=REMIND.of(lang) aria-label=REMIND.of(lang) on:click=events::click_once(move |_| tools.ask(of))>{Icon::Clock.draw()}</button>
        }
    });
    let remove = move |_| {
        browser::focus(LIST_ID);
        tools.remove(of);
    };
    view! {
        <li class="saved" data-testid="saved" data-due=saved.reminder.is_some_and(|it| it.is_due).to_string()>
            <div class="saved-body">
                <p class="saved-head"><span class="saved-place isolated">{place}</span>{head}</p>
                {text}
                {reminder}
            </div>
            <div class="saved-tools">
                {remind}
                <button class="icon-button" data-testid="saved-remove" title=REMOVE.of(lang) aria-label=REMOVE.of(lang) on:click=events::click_once(remove)>{Icon::Check.draw()}</button>
            </div>
        </li>
    }
    .into_any()
}

/// The text, which leads to the message.
fn words(app: AppContext, saved: &SavedMessage, text: &str, lang: Lang) -> AnyView {
    let route = Route::Message(saved.room, saved.message);
    if text.is_empty() {
        return note(ERASED.of(lang).into_any());
    }
    view! {
        <a class="saved-text user-text" dir="auto" href=route.path() data-testid="saved-open" on:click=link_to(app, route)>{text.to_owned()}</a>
    }
    .into_any()
}

fn note(content: AnyView) -> AnyView {
    view! { <p class="saved-note hint">{content}</p> }.into_any()
}
