//! Reactions: below a message, in the dialog that adds one, and in the dialog of the people behind them.

use leptos::html;
use leptos::prelude::*;
use madang_client::views::chat::Timeline;
use madang_client::views::message_acts::expected_reactions;
use madang_client::{Action, Client, Slice};
use madang_shared::chat::ChatCommand;
use madang_shared::reactions::{MAX_EMOJI_BYTES, Reaction, ReactionPeople};
use madang_shared::{RoomId, Seq};

use crate::context::{AppContext, use_app};
use crate::features::chat::mentions::known_users;
use crate::features::chat::message::RowContext;
use crate::features::emoji::emoji_picker;
use crate::i18n::{CANCEL, Lang, Words, tr, use_lang};
use crate::ui::avatar::avatar;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const REACT_TITLE: Words = Words::new("반응 남기기", "React");
const OTHER: Words = Words::new("다른 이모지", "Another emoji");
const ADD: Words = Words::new("남기기", "React");
const MORE: Words = Words::new("이모지 더 보기", "More emoji");
const TITLE_ID: &str = "react-title";
const PEOPLE_TITLE: Words = Words::new("반응한 사람", "Reactions");
const NOT_LOADED: Words = Words::new("불러오지 못했습니다.", "They could not be loaded.");
/// The reactions that are used most. The picker has all others, and the emoji keyboard of the device types them.
const COMMON: [&str; 16] = [
    "👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "🔥", "👀", "✅", "💯", "👏", "🤔", "😍", "🙇", "💪",
];

/// The reactions to a stored message that the user sees.
fn shown(client: &Client, room: RoomId, message: Seq) -> Vec<Reaction> {
    let messages = client.features().timeline(room).map(Timeline::messages);
    let found = messages.and_then(|messages| {
        let index = messages.binary_search_by_key(&message, |message| message.seq).ok()?;
        messages.get(index)
    });
    let Some(message) = found else { return Vec::new() };
    let me = client.features().me().id;
    expected_reactions(client.outbox().items(), room, message, me)
}

fn react(app: AppContext, (room, message): (RoomId, Seq), emoji: &str) {
    let me = app.driver.store().me().id;
    let kinds = app.driver.store().peek(|client| shown(client, room, message));
    let is_on = !kinds.iter().any(|kind| kind.emoji == emoji && kind.by.contains(&me));
    let emoji = emoji.to_owned();
    app.driver.command(ChatCommand::React { room, message, emoji, is_on });
}

/// The reactions below a message. A click adds the user's own, or takes it back.
pub(crate) fn message_reactions(message: Seq) -> AnyView {
    let RowContext { room, .. } = expect_context();
    let app = use_app();
    let lang = use_lang().get_untracked();
    // The known users are collected once for all kinds: a long timeline has many authors.
    let (kinds, me) = app.driver.store().peek(|client| {
        let known = known_users(client, room);
        let name = |id| known.iter().find(|user| user.id == id).map(|user| user.name.clone());
        let named = |kind: Reaction| {
            let names: Vec<String> = kind.by.iter().filter_map(|id| name(*id)).collect();
            (kind, names)
        };
        let kinds: Vec<_> = shown(client, room, message).into_iter().map(named).collect();
        (kinds, client.features().me().id)
    });
    let chip = move |(kind, names): (Reaction, Vec<String>)| {
        let people = people_of(&kind, &names, lang);
        let (emoji, count) = (kind.emoji, kind.by.len());
        let is_own = kind.by.contains(&me).to_string();
        let pressed = emoji.clone();
        view! {
            <button type="button" class="reaction" data-testid="reaction" aria-pressed=is_own title=people.clone() on:click=events::click(move |_| react(app, (room, message), &pressed))>
                <span class="reaction-emoji">{emoji}</span>
                <span>{count}</span>
                <span class="visually-hidden">{format!(" {people}")}</span>
            </button>
        }
        .into_any()
    };
    kinds.into_iter().map(chip).collect::<Vec<_>>().into_any()
}

/// The names of the people behind a reaction, as far as they are known.
fn people_of(kind: &Reaction, names: &[String], lang: Lang) -> String {
    let shown: Vec<&str> = names.iter().map(String::as_str).take(8).collect();
    let others = kind.by.len().saturating_sub(shown.len());
    let names = lang.names(&shown);
    match (shown.is_empty(), others, lang) {
        (_, 0, _) => names,
        (true, others, Lang::Ko) => format!("{others}명"),
        (false, others, Lang::Ko) => format!("{names} 외 {others}명"),
        (true, others, Lang::En) => format!("{others} people"),
        (false, others, Lang::En) => format!("{names} and {others} more"),
    }
}

/// The dialogs. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct ReactionDialogs {
    /// Behind a handle, because the tools are copied into every listener.
    app: StoredValue<AppContext>,
    room: RoomId,
    message: State<Option<Seq>>,
    adds: State<bool>,
    /// Whether the picker is there instead of the quick choice.
    shows_all: State<bool>,
    shows_people: State<bool>,
}

impl ReactionDialogs {
    pub(super) fn new(room: RoomId) -> Self {
        Self {
            app: StoredValue::new(use_app()),
            room,
            message: state(None),
            adds: state(false),
            shows_all: state(false),
            shows_people: state(false),
        }
    }

    /// Asks for a reaction to a message.
    pub(super) fn add(self, message: Seq) {
        self.message.set(Some(message));
        self.shows_all.set(false);
        self.adds.set(true);
    }

    /// Requests the people behind the reactions to a message, and shows them.
    pub(super) fn show_people(self, message: Seq) {
        let action = Action::LoadReactions { room: self.room, message };
        self.app.with_value(|app| app.driver.act(action));
        self.shows_people.set(true);
    }

    pub(super) fn draw(self) -> AnyView {
        view! {
            {dialog(self.adds, TITLE_ID, move || choice(self))}
            {dialog(self.shows_people, "reactions-title", move || people(self))}
        }
        .into_any()
    }

    fn choose(self, emoji: &str) {
        if let Some(message) = self.message.get_untracked() {
            react(self.app.get_value(), (self.room, message), emoji);
        }
        self.adds.set(false);
    }
}

/// The quick choice, and all emoji after its button.
fn choice(dialogs: ReactionDialogs) -> AnyView {
    part(move || {
        if dialogs.shows_all.get() {
            let close = move || dialogs.adds.set(false);
            emoji_picker(TITLE_ID, move |emoji| dialogs.choose(emoji), close)
        } else {
            quick_choice(dialogs)
        }
    })
}

fn quick_choice(dialogs: ReactionDialogs) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let common = COMMON.into_iter().enumerate().map(|(index, emoji)| {
        view! {
            <button type="button" class="emoji-button" autofocus=index == 0 data-testid=format!("react-{index}") on:click=events::click_once(move |_| dialogs.choose(emoji))>{emoji}</button>
        }
    });
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if !typed.trim().is_empty() {
            dialogs.choose(typed.trim());
        }
    };
    view! {
        <h2 id=TITLE_ID class="dialog-title">{REACT_TITLE.now()}</h2>
        <div class="emoji-buttons">{common.collect_view()}</div>
        <button type="button" class="button" data-testid="react-more" on:click=events::click(move |_| dialogs.shows_all.set(true))>{Icon::Search.draw()}{MORE.now()}</button>
        <form class="emoji-form" on:submit=events::submit(send)>
            <label>
                <span class="label">{OTHER.now()}</span>
                <input class="field" maxlength=MAX_EMOJI_BYTES.to_string() autocomplete="off" data-testid="react-other" node_ref=field />
            </label>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=events::click(move |_| dialogs.adds.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-strong" data-testid="react-send">{ADD.now()}</button>
            </div>
        </form>
    }
    .into_any()
}

fn people(dialogs: ReactionDialogs) -> AnyView {
    let store = use_app().driver.store();
    let answer = memo(move || {
        store.read(Slice::Timeline, |client| {
            let question = client.features().message_questions().reactions.as_ref();
            question.and_then(|question| question.answer.clone())
        })
    });
    let kinds = part(move || match answer.get() {
        None => view! { <span class="spinner"></span> }.into_any(),
        Some(None) => view! { <p role="alert">{NOT_LOADED.now()}</p> }.into_any(),
        Some(Some(kinds)) => kinds.into_iter().map(kind).collect_view().into_any(),
    });
    view! {
        <h2 id="reactions-title" class="dialog-title">{PEOPLE_TITLE.now()}</h2>
        <div class="reaction-people" data-testid="reaction-people">{kinds}</div>
        <div class="dialog-actions">
            <button class="button" autofocus=true data-testid="reactions-close" on:click=events::click(move |_| dialogs.shows_people.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn kind(ReactionPeople { emoji, people }: ReactionPeople) -> AnyView {
    let people = people.into_iter().map(|person| {
        view! { <li>{avatar(&person)}<span class="isolated">{person.name.clone()}</span></li> }
    });
    view! {
        <h3 class="reaction-emoji">{emoji}</h3>
        <ul>{people.collect_view()}</ul>
    }
    .into_any()
}
