//! Draws one row of the timeline.

use leptos::prelude::*;
use madang_client::views::message_acts::{self, PendingActs};
use madang_client::{Client, PendingState};
use madang_shared::chat::{ChatCommand, Guest};
use madang_shared::moderation::DeletedBy;
use madang_shared::sentiment::{Mood, Sentiment};
use madang_shared::{Command, CommandId, Failure, RoomId, Seq, Timestamp, User};

use super::jump::Jump;
use super::mentions::{self, Piece};
use super::rows::{Delivery, MessageRow, Row};
use crate::auth::Auth;
use crate::context::use_app;
use crate::features::delivery::DeliveryTarget;
use crate::features::profile::shown_name;
use crate::i18n::{Lang, Words, use_lang};
use crate::lazy::{LazyView, LazyViews};
use crate::linkify;
use crate::text::is_lone_emoji;
use crate::time::Formats;
use crate::ui::avatar::avatar;
use crate::ui::erased::reactive::{part, text, when};
use crate::ui::erased::signal::State;
use crate::ui::icon::Icon;
use crate::ui::virtual_list::VirtualList;

/// A text with more lines or bytes than these is folded.
const MAX_LINES: usize = 20;
const MAX_BYTES: usize = 2_000;

const EDITED: Words = Words::new("수정됨", "edited");
const ERASED: Words = Words::new("지워진 메시지", "Erased message");

/// The change of a message's text that is under way. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Editor {
    pub(super) message: State<Option<Seq>>,
    pub(super) text: State<String>,
}

/// The context of all rows and tools of a room.
#[derive(Clone, Copy)]
pub(crate) struct RowContext {
    pub(crate) room: RoomId,
    pub(super) list: VirtualList<Row>,
    pub(super) jump: Jump,
    /// The newest message when the timeline arrived; later ones are announced.
    pub(super) first_newest: StoredValue<Option<Seq>>,
    pub(super) editor: Editor,
    /// The message that the composer answers.
    pub(super) reply_to: State<Option<Seq>>,
    /// Whether unread messages are left that were not on the screen.
    pub(super) has_unread_bar: State<bool>,
    pub(crate) formats: StoredValue<Formats, LocalStorage>,
    pub(crate) delivery_target: DeliveryTarget,
}

/// Draws a row in the current language; the list draws it again when the language changes.
pub(super) fn draw(row: &Row) -> AnyView {
    let lang = use_lang().get_untracked();
    let texts = lang.texts();
    let row_context: RowContext = expect_context();
    match row {
        Row::Older => view! { <p class="chat-divider"><span class="spinner"></span>{texts.loading}</p> }.into_any(),
        Row::Start => view! { <p class="chat-divider chat-divider-start">{texts.start_of_room}</p> }.into_any(),
        Row::Day { start } => {
            let day = row_context.formats.with_value(|formats| formats.day(*start));
            view! { <p class="chat-divider chat-divider-day" data-testid="day"><span>{day}</span></p> }.into_any()
        }
        Row::New { .. } => {
            view! { <p class="chat-divider chat-divider-new" data-testid="new-line"><span>{texts.new_messages}</span></p> }.into_any()
        }
        Row::PresenceSummary { after, .. } => {
            let (room, after) = (row_context.room, *after);
            use_app().lazy.draw_when_loaded(move |views| (views.presence_line)(room, after))
        }
        Row::Message(row) => message(row, row_context, lang),
    }
}

/// The content of a message, from the timeline or from the outbox.
pub(super) struct MessageContent {
    pub(super) author: User,
    pub(super) at: Timestamp,
    pub(super) text: String,
    /// Whether the text is the stored one: a change of the user may wait.
    is_stored: bool,
    is_formatted: bool,
    sentiment: Option<Sentiment>,
    pub(super) guest: Option<Guest>,
    pub(super) deleted: Option<DeletedBy>,
    /// When the author last changed the text.
    pub(super) edited_at: Option<Timestamp>,
    reply_to: Option<Seq>,
    pub(super) has_reactions: bool,
    /// The command that was refused, and why.
    failure: Option<(CommandId, Failure)>,
}

impl MessageContent {
    pub(super) fn find(client: &Client, room: RoomId, row: &MessageRow) -> Option<Self> {
        if let Some(seq) = row.seq {
            let message = client.features().timeline(room)?.message(seq)?;
            let acts = PendingActs::find(client.outbox().items(), room, message);
            return Some(Self {
                author: message.author.clone(),
                at: message.at,
                text: acts.text.unwrap_or(&message.text).to_owned(),
                is_stored: acts.text.is_none(),
                is_formatted: !message.markup.is_empty(),
                sentiment: message.sentiment,
                guest: message.guest.clone(),
                deleted: message.deleted,
                edited_at: message.edited_at,
                reply_to: message.reply_to,
                has_reactions: message_acts::has_reactions(client.outbox().items(), room, message),
                failure: acts.refused.map(|(id, failure)| (id, failure.clone())),
            });
        }
        let item = client.outbox().items().iter().find(|item| item.id == row.command)?;
        let Some(Command::Chat(ChatCommand::Post { text, reply_to, .. })) = item.command() else {
            return None;
        };
        Some(Self {
            author: client.features().me().clone(),
            at: item.at,
            text: text.clone(),
            is_stored: false,
            is_formatted: false,
            sentiment: None,
            guest: None,
            deleted: None,
            edited_at: None,
            reply_to: *reply_to,
            has_reactions: false,
            failure: failure(item.id, &item.state),
        })
    }
}

fn failure(id: CommandId, state: &PendingState) -> Option<(CommandId, Failure)> {
    match state {
        PendingState::Failed(failure) => Some((id, failure.clone())),
        _ => None,
    }
}

fn message(row: &MessageRow, row_context: RowContext, lang: Lang) -> AnyView {
    let store = use_app().driver.store();
    let Some(content) = store.peek(|client| MessageContent::find(client, row_context.room, row))
    else {
        return ().into_any();
    };
    let (time, full) = row_context
        .formats
        .with_value(|formats| (formats.time(content.at), formats.full(content.at)));
    // Screen readers get the author of every message, because they do not show its side. Compact rows show the names of
    // all heads.
    let name = if row.head { "chat-author" } else { "visually-hidden" };
    let Speaker { speaker, gateway } = Speaker::of(content.author, content.guest, lang);
    let id = speaker.id;
    let shown = shown_name(use_app(), speaker);
    let avatar = row.head.then(|| part(move || avatar(&User { id, name: shown.get() })));
    let speaker_name = text(move || shown.get());
    // Of the other messages, only an erased one has no text.
    let in_editor = row_context.editor.message.get_untracked();
    let body = if let Some(by) = content.deleted {
        let deleted = use_app().lazy.draw_when_loaded(move |views| (views.deleted_message)(by));
        view! { <p class="user-text">{deleted}</p> }.into_any()
    } else if let Some(seq) = row.seq.filter(|seq| in_editor == Some(*seq)) {
        use_app().lazy.draw_when_loaded(move |views| (views.message_editor)(seq))
    } else if content.text.is_empty() {
        view! { <p class="hint">{ERASED.of(lang)}</p> }.into_any()
    } else {
        let is_long = is_long(&content.text);
        let is_drawn_later = content.is_stored && (is_long || content.is_formatted);
        let seq = row.seq.filter(|_| is_drawn_later);
        let (text, room) = (content.text.clone(), row_context.room);
        let text = MessageText { room, seq: seq.unwrap_or_default(), text, lang, is_long };
        if seq.is_some() { use_app().lazy.draw_instead(text) } else { text.draw_before() }
    };
    let quote = content.reply_to.map(|original| {
        let drawn = use_app().lazy.draw_when_loaded(move |views| (views.quote)(original));
        view! { <div class="chat-quote">{drawn}</div> }
    });
    let reactions = row.seq.filter(|_| content.has_reactions).map(|seq| {
        let drawn = use_app().lazy.draw_when_loaded(move |views| (views.message_reactions)(seq));
        view! { <div class="reactions">{drawn}</div> }
    });
    let refused = content.failure.map(|(command, failure)| {
        use_app().lazy.draw_when_loaded(move |views| (views.message_refusal)(command, &failure))
    });
    view! {
        <div
            class="chat-message"
            data-testid="message"
            data-state=row.delivery.name()
            data-seq=row.seq.map(|seq| seq.0.to_string())
            data-mine=row.mine.to_string()
            data-head=row.head.to_string()
            data-tail=row.tail.to_string()
            data-emoji=is_lone_emoji(&content.text).then_some("")
        >
            {avatar}
            <strong class=name translate="no"><span class="isolated">{speaker_name}</span>{gateway}</strong>
            <div class="chat-message-body">
                <div class="chat-bubble" title=full>{quote}{body}</div>
                <span class="chat-meta">
                    {content.sentiment.map(|sentiment| mood(sentiment, lang))}
                    {content.edited_at.map(|_| view! { <span class="chat-edited" data-testid="edited">{EDITED.of(lang)}</span> })}
                    {row.seq.filter(|_| row.mine).map(read_count)}
                    {delivery(row, lang)}
                    <span class="chat-time">{time}</span>
                </span>
            </div>
            {reactions}
            {refused}
        </div>
    }
    .into_any()
}

fn is_long(text: &str) -> bool {
    text.len() > MAX_BYTES || text.bytes().filter(|byte| *byte == b'\n').count() >= MAX_LINES
}

/// The number of readers of one of the user's own messages.
fn read_count(message: Seq) -> AnyView {
    use_app().lazy.draw_when_loaded(move |views| (views.read_count)(message))
}

/// The mark of a mood that is not neutral, where the server shows moods.
fn mood(sentiment: Sentiment, lang: Lang) -> AnyView {
    if sentiment.mood == Mood::Neutral {
        return ().into_any();
    }
    let (auth, lazy): (Auth, _) = (expect_context(), use_app().lazy);
    when(
        move || auth.workspace.with(|it| it.moods),
        move || lazy.draw_when_loaded(move |views| (views.mood)(sentiment, lang)),
    )
}

/// The text of a message: as it was typed, until the lazy part draws its formats.
struct MessageText {
    room: RoomId,
    seq: Seq,
    text: String,
    lang: Lang,
    is_long: bool,
}

impl LazyView for MessageText {
    fn draw(&self, views: LazyViews) -> AnyView {
        (views.formatted_text)(self.room, self.seq, self.is_long)
    }

    fn draw_before(&self) -> AnyView {
        let words = words(&self.text, self.room, self.lang);
        view! { <p class="user-text" dir="auto">{words}</p> }.into_any()
    }
}

/// The text with its links and mentions.
fn words(text: &str, room: RoomId, lang: Lang) -> Vec<AnyView> {
    linkify::draw(text, lang, &|text| with_mentions(text, room))
}

/// The text with its mentions.
pub(super) fn with_mentions(text: &str, room: RoomId) -> AnyView {
    // Most messages have no mention.
    if !text.contains('@') {
        return text.to_owned().into_any();
    }
    use_app().driver.store().peek(|client| {
        let me = client.features().me().id;
        let pieces = mentions::pieces(text, &mentions::known_users(client, room));
        let chip = |piece| match piece {
            Piece::Text(text) => text.to_owned().into_any(),
            Piece::Mention(name, user) => view! {
                <button type="button" class="mention" tabindex="-1" data-user=user.to_string() data-me=(user == me).to_string()>{name.to_owned()}</button>
            }
            .into_any(),
        };
        pieces.into_iter().map(chip).collect::<Vec<_>>().into_any()
    })
}

/// The speaker of a message.
struct Speaker {
    speaker: User,
    /// The part of the server that relayed a guest's message, so that a guest is never mistaken for a user.
    gateway: Option<AnyView>,
}

impl Speaker {
    fn of(author: User, guest: Option<Guest>, lang: Lang) -> Self {
        let Some(Guest { name, connection }) = guest else {
            return Self { speaker: author, gateway: None };
        };
        let name = if name.is_empty() { lang.guest(&connection) } else { name };
        let User { id, name: gateway } = author;
        let gateway = view! { <span class="chat-gateway" data-testid="through">{gateway}</span> };
        Self { speaker: User { id, name }, gateway: Some(gateway.into_any()) }
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
        <span class="delivery-mark" role="img" aria-label=label title=label>{icon.draw()}</span>
    };
    Some(mark.into_any())
}
