//! The picker: a search, the groups, the emoji of the chosen one, and the skin tone.

use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_shared::UserId;

use super::catalogue::{Catalogue, Emoji, EmojiGroup};
use super::choices::{recent, remember_use, set_skin_tone, skin_tone};
use super::grid::{GRID_ID, focus_first, index_of, on_key, press_first};
use super::loader::{EmojiLoader, LoadedEmoji, not_ready};
use super::skin_tone::SkinTone;
use crate::browser;
use crate::context::use_app;
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{effect, flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

pub(crate) const TITLE: Words = Words::new("이모지 고르기", "Choose an emoji");
const PLACEHOLDER: Words =
    Words::new("이모지 찾기: 하트, ㅎㅌ, heart", "Find an emoji: heart, 하트");
const GROUPS: Words = Words::new("이모지 묶음", "Groups of emoji");
const RECENT: Words = Words::new("최근에 쓴 이모지", "Recent emoji");
const RESULTS: Words = Words::new("찾은 이모지", "Found emoji");
const NOTHING: Words = Words::new("찾는 이모지가 없습니다.", "No emoji matches.");
const NO_RECENT: Words = Words::new("아직 쓴 이모지가 없습니다.", "No emoji used yet.");
const TONES: Words = Words::new("피부색", "Skin tone");
const NO_TONE: Words = Words::new("기본 피부색", "Default skin tone");
const FIELD_ID: &str = "emoji-search";
/// The emoji that shows the skin tones.
const HAND: &str = "✋";
/// The emoji that a search shows. More of them do not help to find one.
const MAX_FOUND: usize = 120;

/// The emoji that the grid shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Recent,
    Group(usize),
}

/// An emoji in the grid.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    /// The emoji without a skin tone.
    base: String,
    text: String,
    name: String,
    code: Option<String>,
}

impl Choice {
    fn new(emoji: &Emoji, tone: Option<SkinTone>, lang: Lang) -> Self {
        Self {
            base: emoji.text().to_owned(),
            text: emoji.with_tone(tone),
            name: emoji.name(lang).to_owned(),
            code: emoji.code().map(|code| format!(":{code}:")),
        }
    }
}

/// Called with the chosen emoji.
type Choose = Arc<dyn Fn(&str) + Send + Sync>;

/// The picker. Copies are the same.
#[derive(Clone, Copy)]
struct Picker {
    user: UserId,
    loader: EmojiLoader,
    field: NodeRef<html::Input>,
    typed: State<String>,
    section: State<Section>,
    tone: State<Option<SkinTone>>,
    /// As they were when the picker was opened, so that they do not move below the pointer.
    recent: StoredValue<Vec<String>>,
    choose: StoredValue<Choose>,
}

/// The content of a dialog in which the user chooses an emoji. `title_id` is the id of its heading; `choose` gets the emoji, and
/// closes the dialog.
pub(crate) fn emoji_picker(
    title_id: &'static str,
    choose: impl Fn(&str) + Send + Sync + 'static,
    close: impl Fn() + 'static,
) -> AnyView {
    let user = use_app().driver.store().me().id;
    let recent = recent(user);
    let section = if recent.is_empty() { Section::Group(0) } else { Section::Recent };
    let choose: Choose = Arc::new(choose);
    let picker = Picker {
        user,
        loader: EmojiLoader::new(),
        field: NodeRef::new(),
        typed: state(String::new()),
        section: state(section),
        tone: state(skin_tone(user)),
        recent: StoredValue::new(recent),
        choose: StoredValue::new(choose),
    };
    picker.loader.load();
    // A focused field opens a keyboard on the screen of a phone, which covers the emoji.
    let is_phone = browser::is_device("(pointer: coarse)");
    let focused = if is_phone { title_id } else { FIELD_ID };
    effect(move || request_animation_frame(move || browser::focus(focused)));
    let content = part(move || match picker.loader.get() {
        LoadedEmoji::Ready(catalogue) => picker.content(catalogue),
        state => not_ready(picker.loader, &state),
    });
    view! {
        <div class="emoji-picker" data-testid="emoji-picker">
            <h2 id=title_id class="dialog-title" tabindex="-1" autofocus=is_phone>{TITLE.now()}</h2>
            <label class="search">
                {Icon::Search.draw()}
                <input
                    id=FIELD_ID
                    node_ref=picker.field
                    type="text"
                    dir="auto"
                    class="search-field"
                    autofocus=!is_phone
                    autocomplete="off"
                    spellcheck="false"
                    enterkeyhint="done"
                    data-testid="emoji-search"
                    aria-label=PLACEHOLDER.now()
                    placeholder=PLACEHOLDER.now()
                    on:input=events::change(move |event| picker.typed.set(event_target_value(&event)))
                    on:keydown=events::key(move |event| picker.on_field_key(&event))
                />
            </label>
            <div class="emoji-content">{content}</div>
            <div class="emoji-foot">
                {tones(picker)}
                <button type="button" class="button" data-testid="emoji-close" on:click=events::click(move |_| close())>{tr(|t| t.close)}</button>
            </div>
        </div>
    }
    .into_any()
}

/// The choice of the skin tone.
fn tones(picker: Picker) -> AnyView {
    let tone = move |value: Option<SkinTone>| {
        let name = value.map_or(NO_TONE, SkinTone::name);
        let sign: String = HAND.chars().chain(value.map(SkinTone::modifier)).collect();
        let set = move |_| {
            picker.tone.set(value);
            set_skin_tone(picker.user, value);
        };
        view! {
            <button type="button" class="emoji-tab" data-testid="emoji-tone" aria-pressed=flag(move || picker.tone.get() == value) aria-label=name.now() title=name.now() on:click=events::click(set)>{sign}</button>
        }
        .into_any()
    };
    let all = [None].into_iter().chain(SkinTone::ALL.map(Some)).map(tone);
    view! { <div class="emoji-tones" role="group" aria-label=TONES.now()>{all.collect::<Vec<_>>()}</div> }
        .into_any()
}

impl Picker {
    /// The groups, and the grid.
    fn content(self, catalogue: Arc<Catalogue>) -> AnyView {
        let lang = use_lang();
        let tabs = part({
            let catalogue = Arc::clone(&catalogue);
            move || self.tabs(&catalogue, lang.get())
        });
        let shown = memo({
            let catalogue = Arc::clone(&catalogue);
            move || self.shown(&catalogue, lang.get())
        });
        let label = text(move || self.label(&catalogue, lang.get()));
        let status = text(move || {
            let count = shown.with(Vec::len);
            status(lang.get(), count, self.is_searching())
        });
        view! {
            {tabs}
            {self.grid(shown, label)}
            <p class="emoji-found" role="status" data-testid="emoji-found">{status}</p>
        }
        .into_any()
    }

    fn is_searching(self) -> bool {
        self.typed.with(|typed| !typed.trim().is_empty())
    }

    fn shown(self, catalogue: &Catalogue, lang: Lang) -> Vec<Choice> {
        let tone = self.tone.get();
        let choice = |emoji: &Emoji| Choice::new(emoji, tone, lang);
        if self.is_searching() {
            let find =
                |typed: &String| catalogue.find(typed, MAX_FOUND).into_iter().map(choice).collect();
            return self.typed.with(find);
        }
        match self.section.get() {
            Section::Group(group) => catalogue.members(group).iter().map(choice).collect(),
            Section::Recent => self.recent.with_value(|recent| {
                let known = recent.iter().filter_map(|text| catalogue.get(text));
                known.map(choice).collect()
            }),
        }
    }

    /// The name of what the grid shows.
    fn label(self, catalogue: &Catalogue, lang: Lang) -> String {
        match self.section.get() {
            _ if self.is_searching() => RESULTS.of(lang).to_owned(),
            Section::Recent => RECENT.of(lang).to_owned(),
            Section::Group(group) => {
                let group = catalogue.groups().get(group);
                group.map(|group| group.name(lang).to_owned()).unwrap_or_default()
            }
        }
    }

    fn tabs(self, catalogue: &Catalogue, lang: Lang) -> AnyView {
        let tab = |section: Section, name: String, sign: AnyView| {
            let is_chosen = move || self.section.get() == section && !self.is_searching();
            view! {
                <button type="button" class="emoji-tab" data-testid="emoji-group" aria-pressed=flag(is_chosen) aria-label=name.clone() title=name on:click=events::click(move |_| self.show(section))>{sign}</button>
            }
            .into_any()
        };
        let sign = |group: usize| {
            let first = catalogue.members(group).first().map(|emoji| emoji.text().to_owned());
            first.into_any()
        };
        let group = |(index, group): (usize, &EmojiGroup)| {
            tab(Section::Group(index), group.name(lang).to_owned(), sign(index))
        };
        let recent = tab(Section::Recent, RECENT.of(lang).to_owned(), Icon::History.draw());
        let groups: Vec<AnyView> = catalogue.groups().iter().enumerate().map(group).collect();
        view! { <div class="emoji-tabs" role="group" aria-label=GROUPS.of(lang)>{recent}{groups}</div> }
            .into_any()
    }

    /// Shows a group instead of what a search has found.
    fn show(self, section: Section) {
        self.section.set(section);
        self.typed.set(String::new());
        if let Some(field) = self.field.get_untracked() {
            field.set_value("");
        }
    }

    fn grid(self, shown: Memo<Vec<Choice>>, label: Signal<String>) -> AnyView {
        let choose = move |index: Option<usize>| {
            let choice =
                index.and_then(|index| shown.with_untracked(|all| all.get(index).cloned()));
            if let Some(choice) = choice {
                self.take(&choice);
            }
        };
        let choices = part(move || {
            let choices = shown.get().into_iter().enumerate();
            choices.map(|(index, choice)| option(index, choice)).collect::<Vec<_>>().into_any()
        });
        view! {
            <div
                id=GRID_ID
                class="emoji-buttons emoji-grid"
                role="listbox"
                aria-label=label
                data-testid="emoji-grid"
                on:click=events::click_once(move |event| choose(index_of(event.target())))
                on:keydown=events::key(|event| on_key(&event, FIELD_ID))
            >
                {choices}
            </div>
        }
        .into_any()
    }
}

impl Picker {
    /// Hears a key of the field: Enter takes the first emoji that was found, and the down arrow leads to it.
    fn on_field_key(self, event: &ev::KeyboardEvent) {
        let is_for_picker = match event.key().as_str() {
            "ArrowDown" => focus_first(),
            // Without a search, the first emoji is not what the user looks for.
            "Enter" => {
                if self.typed.with_untracked(|typed| !typed.trim().is_empty()) {
                    press_first();
                }
                // A form around the dialog must not be sent.
                true
            }
            _ => false,
        };
        if is_for_picker {
            event.prevent_default();
        }
    }

    fn take(self, choice: &Choice) {
        remember_use(self.user, &choice.base);
        self.choose.get_value()(&choice.text);
    }
}

fn option(index: usize, Choice { text, name, code, .. }: Choice) -> AnyView {
    let title = code.map_or_else(|| name.clone(), |code| format!("{name} {code}"));
    view! {
        <button type="button" role="option" class="emoji-button" tabindex=if index == 0 { "0" } else { "-1" } data-index=index.to_string() aria-label=name title=title>{text}</button>
    }
    .into_any()
}

/// The number of emoji that a search has found, or that there are none.
fn status(lang: Lang, count: usize, is_searching: bool) -> String {
    match (is_searching, count, lang) {
        (false, 0, _) => NO_RECENT.of(lang).to_owned(),
        (false, ..) => String::new(),
        (true, 0, _) => NOTHING.of(lang).to_owned(),
        (true, _, Lang::Ko) => format!("이모지 {count}개"),
        (true, 1, Lang::En) => "1 emoji".to_owned(),
        (true, _, Lang::En) => format!("{count} emoji"),
    }
}
