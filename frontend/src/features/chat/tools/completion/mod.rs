//! The completion above the composer: a list of [`people`] for the text behind an `@`, and of emoji for the text behind a
//! colon ([`short_codes`]).

mod completion_option;
mod open_mention;
mod open_short_code;
mod open_word;
mod people;
mod short_codes;

use leptos::ev;
use leptos::prelude::*;
use madang_shared::{RoomId, User, UserId};
use wasm_bindgen::{JsCast, JsValue};

use self::completion_option::{CompletionOption, Sign};
use self::open_word::OpenWord;
use super::insertion::{before_caret, caret, replace};
use crate::browser;
use crate::composer::KeyInterceptor;
use crate::context::use_app;
use crate::draft::DraftField;
use crate::features::emoji::{EmojiLoader, LoadedEmoji, not_ready, remember_use};
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};

const PEOPLE: Words = Words::new("부를 사람", "People to mention");
const EMOJI: Words = Words::new("이모지", "Emoji");
const LIST_ID: &str = "completion-list";
/// Rows of the list.
const MAX_SHOWN: usize = 8;
/// The kinds of input that type the character before the caret. Others, such as an undo, bring back what was there.
const TYPED: [&str; 2] = ["insertText", "insertCompositionText"];

/// The list with its choice. Copies are the same.
#[derive(Clone, Copy)]
struct Completion {
    user: UserId,
    field: DraftField,
    word: State<Option<OpenWord>>,
    emoji: EmojiLoader,
    shown: Memo<Vec<CompletionOption>>,
    chosen: State<usize>,
}

/// The completion in the composer of a room.
pub(crate) fn completion(room: RoomId, field: DraftField, keys: KeyInterceptor) -> AnyView {
    let store = use_app().driver.store();
    let (lang, user) = (use_lang(), store.me().id);
    let word = state(None::<OpenWord>);
    let members = state(None::<Vec<User>>);
    let emoji = EmojiLoader::new();
    let shown = memo(move || match word.get() {
        Some(OpenWord::Mention(mention)) => members.with(|members| {
            let members = members.as_deref().unwrap_or_default();
            store.peek(|client| people::options(client, room, members, &mention.typed, MAX_SHOWN))
        }),
        Some(OpenWord::ShortCode(code)) if !code.is_closed => match emoji.get() {
            LoadedEmoji::Ready(catalogue) => {
                short_codes::options(&catalogue, &code.typed, (user, lang.get()), MAX_SHOWN)
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    });
    let completion = Completion { user, field, word, emoji, shown, chosen: state(0) };
    effect(move || match word.get() {
        Some(OpenWord::Mention(_)) if members.with_untracked(Option::is_none) => {
            members.set(Some(Vec::new()));
            people::load_members(room, members);
        }
        Some(OpenWord::ShortCode(_)) => emoji.load(),
        _ => {}
    });
    completion.follow_caret();
    completion.replace_closed();
    completion.mark_field();
    keys.set_value(Some(Box::new(move |event| completion.hears(event))));
    on_cleanup(move || {
        keys.try_update_value(|keys| *keys = None);
    });
    let status = text(move || count(lang.get(), shown.with(Vec::len), word.get().as_ref()));
    view! {
        <div class="completion">
            {when(move || completion.is_open(), move || completion.list())}
            {part(move || completion.not_ready())}
            <p class="visually-hidden" role="status">{status}</p>
        </div>
    }
    .into_any()
}

/// The number of rows, for screen readers.
fn count(lang: Lang, rows: usize, word: Option<&OpenWord>) -> String {
    let is_mention = matches!(word, Some(OpenWord::Mention(_)));
    match (rows, lang, is_mention) {
        (0, ..) => String::new(),
        (_, Lang::Ko, true) => format!("{rows}명, 위아래 화살표로 고르고 Enter로 넣습니다."),
        (_, Lang::Ko, false) => {
            format!("이모지 {rows}개, 위아래 화살표로 고르고 Enter로 넣습니다.")
        }
        (1, Lang::En, true) => "1 person; Enter inserts the name.".to_owned(),
        (1, Lang::En, false) => "1 emoji; Enter inserts it.".to_owned(),
        (_, Lang::En, true) => format!("{rows} people; Up and Down choose, Enter inserts."),
        (_, Lang::En, false) => format!("{rows} emoji; Up and Down choose, Enter inserts."),
    }
}

fn row(completion: Completion, index: usize, option: CompletionOption) -> AnyView {
    let inserted = option.clone();
    let CompletionOption { id, sign, name, note, .. } = option;
    // The names of people are not translated.
    let translate = matches!(sign, Sign::Person(_)).then_some("no");
    let sign = match sign {
        Sign::Person(user) => avatar(&user),
        Sign::Emoji { text, .. } => {
            view! { <span class="completion-emoji" aria-hidden="true">{text}</span> }.into_any()
        }
    };
    view! {
        <li
            id=id
            class="palette-option"
            role="option"
            aria-selected=flag(move || completion.chosen.get() == index)
            // The focus stays in the composer.
            on:pointerdown=|event| event.prevent_default()
            on:mousedown=|event| event.prevent_default()
            on:click=events::click_once(move |_| completion.insert(&inserted.sign, &inserted.inserted))
        >
            <span class="palette-sign">{sign}</span>
            <span class="palette-name isolated" translate=translate>{name}</span>
            <span class="palette-kind isolated" translate="no">{note}</span>
        </li>
    }
    .into_any()
}

impl Completion {
    fn is_open(self) -> bool {
        self.shown.with(|shown| !shown.is_empty())
    }

    fn list(self) -> AnyView {
        let rows = part(move || {
            let rows = self.shown.get().into_iter().enumerate();
            rows.map(|(index, option)| row(self, index, option)).collect::<Vec<_>>().into_any()
        });
        let lang = use_lang();
        let label = text(move || {
            let is_mention = self.word.with(|it| matches!(it, Some(OpenWord::Mention(_))));
            if is_mention { PEOPLE } else { EMOJI }.of(lang.get()).to_owned()
        });
        view! {
            <ul id=LIST_ID class="palette-list completion-list" role="listbox" aria-label=label data-testid="completion">{rows}</ul>
        }
        .into_any()
    }

    /// Shown while a short code waits for the emoji.
    fn not_ready(self) -> AnyView {
        let is_short_code = self.word.with(|word| matches!(word, Some(OpenWord::ShortCode(_))));
        match self.emoji.get() {
            LoadedEmoji::NotRequested | LoadedEmoji::Ready(_) => ().into_any(),
            _ if !is_short_code => ().into_any(),
            state => {
                let status = not_ready(self.emoji, &state);
                // The button disappears when it is pressed.
                let focus_field = move |_| {
                    if let Some(area) = self.field.area.get_untracked() {
                        browser::focus_on(&area);
                    }
                };
                view! { <div class="completion-list completion-status" on:click=events::click(focus_field)>{status}</div> }
                    .into_any()
            }
        }
    }

    /// Looks at the text before the caret whenever the user types in the composer, or moves the caret there.
    fn follow_caret(self) {
        let area = self.field.area;
        let look = move |target: Option<web_sys::EventTarget>, is_typed: bool| {
            let Some(area) = area.get_untracked() else { return };
            // The list and its button belong to the word.
            if is_in_completion(target.as_ref()) {
                return;
            }
            let is_here = target.is_some_and(|target| target == *area.unchecked_ref());
            let found = if is_here { OpenWord::find(&before_caret(&area)) } else { None };
            // The closing colon replaces a short code when it is typed, and not when the caret comes back to it.
            let found = found.filter(|word| is_typed || word.closed().is_none());
            if self.word.with_untracked(|known| *known != found) {
                self.word.set(found);
                self.chosen.set(0);
            }
        };
        let input =
            window_event_listener(ev::input, move |event| look(event.target(), is_typed(&event)));
        let click = window_event_listener(ev::click, move |event| look(event.target(), false));
        let moved = window_event_listener(ev::keyup, move |event: ev::KeyboardEvent| {
            if matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight" | "Home" | "End") {
                look(event.target(), false);
            }
        });
        let left = window_event_listener(ev::focusin, move |event| look(event.target(), false));
        on_cleanup(move || {
            [input, click, moved, left].into_iter().for_each(WindowListenerHandle::remove);
        });
    }

    /// Replaces a short code by its emoji when its second colon is typed, and when the emoji arrive after that.
    fn replace_closed(self) {
        effect(move || {
            let Some(code) = self.word.with(|word| word.as_ref()?.closed().cloned()) else {
                return;
            };
            if let LoadedEmoji::Ready(catalogue) = self.emoji.get()
                && let Some(sign) = short_codes::whole(&catalogue, &code.typed, self.user)
                && let Sign::Emoji { text, .. } = &sign
            {
                self.insert(&sign, text);
            }
        });
    }

    /// Names the list and the chosen row at the field, for screen readers.
    fn mark_field(self) {
        effect(move || {
            let chosen = self.chosen.get();
            let option = self.shown.with(|shown| shown.get(chosen).map(|option| option.id.clone()));
            let Some(area) = self.field.area.get() else { return };
            match option {
                Some(option) => {
                    for (name, value) in [
                        ("aria-autocomplete", "list"),
                        ("aria-controls", LIST_ID),
                        ("aria-activedescendant", &option),
                    ] {
                        // Fails only for a malformed name.
                        area.set_attribute(name, value).ok();
                    }
                    if let Some(option) = browser::element(&option) {
                        option.scroll_into_view_with_bool(false);
                    }
                }
                None => {
                    for name in ["aria-autocomplete", "aria-controls", "aria-activedescendant"] {
                        area.remove_attribute(name).ok();
                    }
                }
            }
        });
    }

    /// Hears a key of the composer; returns whether the key was for the list.
    fn hears(self, event: &ev::KeyboardEvent) -> bool {
        let shown = self.shown.get_untracked();
        if shown.is_empty() || event.is_composing() || event.shift_key() {
            return false;
        }
        let last = shown.len().saturating_sub(1);
        let chosen = self.chosen.get_untracked().min(last);
        match event.key().as_str() {
            "ArrowDown" => self.chosen.set(if chosen == last { 0 } else { chosen + 1 }),
            "ArrowUp" => self.chosen.set(chosen.checked_sub(1).unwrap_or(last)),
            // A handle that is typed whole needs no completion.
            "Enter" if chosen == 0 && shown.first().is_some_and(|first| first.is_typed_whole) => {
                return false;
            }
            "Enter" | "Tab" => {
                if let Some(option) = shown.get(chosen) {
                    self.insert(&option.sign, &option.inserted);
                }
            }
            "Escape" => {
                event.stop_propagation();
                self.word.set(None);
            }
            _ => return false,
        }
        event.prevent_default();
        true
    }

    /// Writes a text instead of the word that was typed, as if the user had typed it.
    fn insert(self, sign: &Sign, text: &str) {
        let (Some(area), Some(word)) = (self.field.area.get_untracked(), self.word.get_untracked())
        else {
            return;
        };
        self.word.set(None);
        if let Sign::Emoji { base, .. } = sign {
            remember_use(self.user, base);
        }
        replace(self.field, word.at(), caret(&area), text);
    }
}

/// Whether an element is a part of the completion. Its button leaves the page when it is pressed, before the press arrives here.
fn is_in_completion(target: Option<&web_sys::EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_ref::<web_sys::Element>());
    element.is_some_and(|element| {
        !element.is_connected() || element.closest(".completion").ok().flatten().is_some()
    })
}

/// Whether an input event is of typing, and not of an undo or of a pasted text.
fn is_typed(event: &ev::Event) -> bool {
    let kind = js_sys::Reflect::get(event, &JsValue::from_str("inputType"));
    let kind = kind.ok().and_then(|kind| kind.as_string());
    kind.is_some_and(|kind| TYPED.contains(&kind.as_str()))
}
