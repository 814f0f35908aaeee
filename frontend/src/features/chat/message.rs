//! One row of the timeline, drawn.

use leptos::prelude::*;
use madang_client::timeline::PresenceSummary;
use madang_client::{Client, PendingState};
use madang_shared::chat::{ChatCommand, Guest};
use madang_shared::sentiment::Sentiment;
use madang_shared::{Command, CommandId, Failure, RoomId, Seq, Timestamp, User};

use super::rows::{Delivery, MessageRow, Row};
use crate::context::use_app;
use crate::features::delivery::Inspected;
use crate::i18n::{Lang, use_lang};
use crate::lab::sentiment::mark;
use crate::linkify;
use crate::time::Formats;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::icon::Icon;

/// The context of a row: its room, the formats of times, and the message whose delivery is shown.
#[derive(Clone, Copy)]
pub(crate) struct Drawing {
    pub(crate) room: RoomId,
    pub(crate) formats: StoredValue<Formats, LocalStorage>,
    pub(crate) inspected: Inspected,
}

/// Draws a row in the language of the moment; the list draws it anew when that changes.
pub(super) fn draw(row: &Row) -> AnyView {
    let lang = use_lang().get_untracked();
    let texts = lang.texts();
    let drawing: Drawing = expect_context();
    match row {
        Row::Older => view! { <p class="line"><span class="spinner"></span>{texts.loading}</p> }.into_any(),
        Row::Start => view! { <p class="line line-start">{texts.start_of_room}</p> }.into_any(),
        Row::Day { start } => {
            let day = drawing.formats.with_value(|formats| formats.day(*start));
            view! { <p class="line line-day" data-testid="day"><span>{day}</span></p> }.into_any()
        }
        Row::New => {
            view! { <p class="line line-new" data-testid="new-line"><span>{texts.new_messages}</span></p> }.into_any()
        }
        Row::PresenceSummary { after, .. } => crowd(drawing.room, *after, lang),
        Row::Message(row) => message(row, drawing, lang),
    }
}

fn crowd(room: RoomId, after: Seq, lang: Lang) -> AnyView {
    let crowd = use_app().driver.store().peek(|client| {
        let timeline = client.features().timeline(room)?;
        timeline.presence_summaries().iter().find(|crowd| crowd.after == after).cloned()
    });
    let Some(PresenceSummary { joined, left, .. }) = crowd else {
        return ().into_any();
    };
    let joined = (!joined.is_empty()).then(|| lang.joined(&names(&joined)));
    let left = (!left.is_empty()).then(|| lang.left(&names(&left)));
    let line = joined.into_iter().chain(left).collect::<Vec<_>>().join(" · ");
    view! { <p class="line line-crowd" data-testid="crowd">{line}</p> }.into_any()
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}

/// What a message says, wherever it is kept.
struct Said {
    author: User,
    at: Timestamp,
    text: String,
    sentiment: Option<Sentiment>,
    guest: Option<Guest>,
    failure: Option<Failure>,
}

impl Said {
    fn find(client: &Client, room: RoomId, row: &MessageRow) -> Option<Self> {
        if let Some(seq) = row.seq {
            let messages = client.features().timeline(room)?.messages();
            let index = messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
            let message = messages.get(index)?;
            return Some(Self {
                author: message.author.clone(),
                at: message.at,
                text: message.text.clone(),
                sentiment: message.sentiment,
                guest: message.guest.clone(),
                failure: None,
            });
        }
        let item = client.outbox().items().iter().find(|item| item.id == row.command)?;
        let Command::Chat(ChatCommand::Post { text, .. }) = &item.command else {
            return None;
        };
        Some(Self {
            author: client.features().me().clone(),
            at: item.at,
            text: text.clone(),
            sentiment: None,
            guest: None,
            failure: match &item.state {
                PendingState::Failed(failure) => Some(failure.clone()),
                _ => None,
            },
        })
    }
}

fn message(row: &MessageRow, drawing: Drawing, lang: Lang) -> AnyView {
    let store = use_app().driver.store();
    let Some(said) = store.peek(|client| Said::find(client, drawing.room, row)) else {
        return ().into_any();
    };
    let (time, full) =
        drawing.formats.with_value(|formats| (formats.time(said.at), formats.full(said.at)));
    let by_another = row.head && !row.mine;
    // Who cannot see where a message stands still hears whose it is.
    let name = if by_another { "author" } else { "visually-hidden" };
    let Voice { speaker, through } = Voice::of(said.author, said.guest, lang);
    let avatar = by_another.then(|| avatar(&speaker));
    let time = match row.seq {
        Some(seq) => drawing.inspected.opener(seq, time, lang),
        None => view! { <span class="time">{time}</span> }.into_any(),
    };
    let refused = said.failure.map(|failure| refused(row.command, &failure, lang));
    view! {
        <div
            class="message"
            data-testid="message"
            data-state=row.delivery.name()
            data-seq=row.seq.map(|seq| seq.0.to_string())
            data-mine=row.mine.to_string()
            data-head=row.head.to_string()
            data-tail=row.tail.to_string()
        >
            {avatar}
            <strong class=name>{speaker.name}{through}</strong>
            <div class="said">
                <div class="bubble" title=full><p class="message-text">{linkify::draw(&said.text, lang)}</p></div>
                <span class="meta">
                    {mark(said.sentiment, lang)}
                    {delivery(row, lang)}
                    {time}
                </span>
            </div>
            {refused}
        </div>
    }
    .into_any()
}

/// How whoever said something is called.
struct Voice {
    speaker: User,
    /// The part of the server that passed it on, for a guest: nobody may be taken for a user.
    through: Option<AnyView>,
}

impl Voice {
    fn of(author: User, guest: Option<Guest>, lang: Lang) -> Self {
        let Some(Guest { name, connection }) = guest else {
            return Self { speaker: author, through: None };
        };
        let name = if name.is_empty() { lang.guest(&connection) } else { name };
        let User { id, name: through } = author;
        let through = view! { <span class="through" data-testid="through">{through}</span> };
        Self { speaker: User { id, name }, through: Some(through.into_any()) }
    }
}

fn delivery(row: &MessageRow, lang: Lang) -> Option<AnyView> {
    if !row.mine {
        return None;
    }
    let texts = lang.texts();
    let (icon, label) = match row.delivery {
        Delivery::Pending => (Icon::Clock, texts.pending),
        Delivery::Sent => (Icon::Send, texts.sending),
        Delivery::Stored => (Icon::Check, texts.stored),
        Delivery::Failed => (Icon::Alert, texts.failed),
    };
    let mark = view! {
        <span class="delivery" role="img" aria-label=label title=label>{icon.draw()}</span>
    };
    Some(mark.into_any())
}

fn refused(id: CommandId, failure: &Failure, lang: Lang) -> AnyView {
    let driver = use_app().driver;
    let texts = lang.texts();
    view! {
        <div class="refused">
            <span>{lang.refusal(failure)}</span>
            <button class="text-button" data-testid="retry" on:click=events::click(move |_| driver.retry(id))>{texts.try_again}</button>
            <button class="text-button" data-testid="discard" on:click=events::click(move |_| driver.discard(id))>{texts.discard}</button>
        </div>
    }
    .into_any()
}
