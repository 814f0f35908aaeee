//! Replies: the quote in a message that answers another one, and the bar above the composer. A quote shows the original as
//! it is now.

use leptos::prelude::*;
use madang_client::views::message_acts::PendingActs;
use madang_client::views::originals::Original;
use madang_client::{Action, Client, Slice};
use madang_shared::moderation::DeletedBy;
use madang_shared::{RoomId, Seq, User};

use super::plain_text::plain_text;
use super::rare_rows::deleted_message;
use crate::context::{AppContext, link_to, use_app};
use crate::features::chat::message::RowContext;
use crate::features::profile::shown_name;
use crate::i18n::{Words, use_lang};
use crate::route::Route;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{effect, part, text};
use crate::ui::erased::signal::State;
use crate::ui::icon::Icon;

const HIDDEN: Words = Words::new("볼 수 없는 메시지", "A message that you cannot see");
const LOADING: Words = Words::new("불러오는 중…", "Loading…");
const ERASED: Words = Words::new("지워진 메시지", "Erased message");
const GO_THERE: Words = Words::new("원래 메시지로 이동", "Go to the original message");
const CANCEL_REPLY: Words = Words::new("답장 그만두기", "Cancel the reply");

/// The state of an answered message on the screen.
#[derive(Clone, PartialEq)]
pub(super) enum Quoted {
    Unknown,
    Hidden,
    Deleted(DeletedBy),
    Message { author: User, words: String },
}

impl Quoted {
    fn find(client: &Client, room: RoomId, original: Seq) -> Self {
        let timeline = client.features().timeline(room);
        let message = match timeline.map_or(Original::Unknown, |it| it.original(original)) {
            Original::Known(message) => message,
            Original::Hidden => return Self::Hidden,
            Original::Unknown => return Self::Unknown,
        };
        if let Some(by) = message.deleted {
            return Self::Deleted(by);
        }
        let acts = PendingActs::find(client.outbox().items(), room, message);
        let words = acts.text.map_or_else(|| plain_text(message), str::to_owned);
        let mut author = message.author.clone();
        if let Some(guest) = message.guest.as_ref().filter(|guest| !guest.name.is_empty()) {
            author.name.clone_from(&guest.name);
        }
        Self::Message { author, words: one_line(&words) }
    }
}

/// A text as one line; a style sheet cuts it.
fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The state of an answered message. One that is not known is asked for.
pub(super) fn quoted(app: AppContext, room: RoomId, original: Seq) -> Memo<Quoted> {
    let store = app.driver.store();
    let quoted = memo(move || {
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Timeline, |client| Quoted::find(client, room, original))
    });
    effect(move || {
        if quoted.with(|quoted| *quoted == Quoted::Unknown) {
            app.driver.act(Action::LoadMessages { room, messages: vec![original] });
        }
    });
    quoted
}

/// Name and words of an answered message.
pub(super) fn words_of(app: AppContext, quoted: Memo<Quoted>) -> AnyView {
    let lang = use_lang();
    part(move || match quoted.get() {
        Quoted::Unknown => LOADING.of(lang.get()).into_any(),
        Quoted::Hidden => HIDDEN.of(lang.get()).into_any(),
        Quoted::Deleted(by) => deleted_message(by),
        Quoted::Message { author, words } => {
            let shown = shown_name(app, author);
            let words = if words.is_empty() { ERASED.of(lang.get()).to_owned() } else { words };
            view! {
                <strong class="isolated" translate="no">{text(move || shown.get())}</strong>
                " "
                <span class="isolated" data-testid="quote-words">{words}</span>
            }
            .into_any()
        }
    })
}

/// The quote in a message.
pub(crate) fn quote(original: Seq) -> AnyView {
    let RowContext { room, .. } = expect_context();
    let app = use_app();
    let words = words_of(app, quoted(app, room, original));
    let route = Route::Message(room, original);
    view! {
        <a class="chat-quote-link" href=route.path() title=GO_THERE.now() data-testid="quote" on:click=link_to(app, route)>
            {Icon::Reply.draw()}
            <span class="chat-quote-words">{words}</span>
        </a>
    }
    .into_any()
}

/// The bar above the composer: the message that the composer answers.
pub(crate) fn reply_bar(room: RoomId, original: Seq, reply_to: State<Option<Seq>>) -> AnyView {
    let app = use_app();
    let words = words_of(app, quoted(app, room, original));
    view! {
        <div class="reply-bar" role="status" data-testid="reply-bar">
            {Icon::Reply.draw()}
            <span class="chat-quote-words">{words}</span>
            <button type="button" class="icon-button" data-testid="cancel-reply" aria-label=CANCEL_REPLY.now() title=CANCEL_REPLY.now() on:click=events::click(move |_| reply_to.set(None))>
                {Icon::Close.draw()}
            </button>
        </div>
    }
    .into_any()
}
