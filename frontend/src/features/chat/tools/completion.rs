//! The completion of mentions: the members of the room that match the text behind an `@`, above the composer.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Client;
use madang_shared::details::{MembersPage, members_path};
use madang_shared::{RoomId, User, UserId};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use super::open_mention::OpenMention;
use crate::browser;
use crate::composer::KeyInterceptor;
use crate::context::use_app;
use crate::draft::DraftField;
use crate::features::chat::mentions::known_users;
use crate::i18n::{Lang, Words, use_lang};
use crate::search::{Match, Search, Searchable};
use crate::session;
use crate::text::lower_case;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};

const LABEL: Words = Words::new("부를 사람", "People to mention");
const LIST_ID: &str = "completion-list";
/// People in the list.
const MAX_SHOWN: usize = 8;
/// Pages of members that are loaded. In a larger room, the list lacks people who are not here and have not written lately.
const MAX_PAGES: usize = 20;

/// A person whom the user may mention.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    user: User,
    /// The display name, if there is one.
    name: Option<String>,
    is_here: bool,
}

impl Candidate {
    fn new(client: &Client, user: &User) -> Self {
        let shown = client.features().details().shown_name(user);
        let is_here = client.features().presence().present().any(|it| it.id == user.id);
        let name = (shown != user.name).then(|| shown.to_owned());
        Self { user: user.clone(), name, is_here }
    }

    /// How the person matches a text; a text of several words must be the beginning of a name.
    fn matches(&self, search: &Search, typed: &str) -> Option<Match> {
        let names = || [Some(&self.user.name), self.name.as_ref()].into_iter().flatten();
        if search.is_empty() {
            return Some(Match::Whole);
        }
        let begins = |name: &String| lower_case(name).starts_with(&lower_case(typed));
        if typed.contains(char::is_whitespace) && !names().any(begins) {
            return None;
        }
        names().filter_map(|name| search.matches(&Searchable::new(name))).min()
    }
}

/// The people who match, the best first; of equal ones those who are here.
fn ranked(candidates: Vec<Candidate>, typed: &str) -> Vec<Candidate> {
    let search = Search::new(typed);
    let mut found: Vec<(Match, Candidate)> = candidates
        .into_iter()
        .filter_map(|one| Some((one.matches(&search, typed)?, one)))
        .collect();
    // The sort is stable: those who wrote last stay first.
    found.sort_by_key(|(how, one)| (*how, !one.is_here));
    found.into_iter().take(MAX_SHOWN).map(|(_, one)| one).collect()
}

/// The members of the room: those whom the client knows, and the loaded ones.
fn candidates(client: &Client, room: RoomId, members: &[User]) -> Vec<Candidate> {
    let mut people = known_users(client, room);
    people.reverse();
    for member in members {
        if !people.iter().any(|known| known.id == member.id) {
            people.push(member);
        }
    }
    let me = client.features().me().id;
    people.retain(|user| user.id != me);
    people.into_iter().map(|user| Candidate::new(client, user)).collect()
}

/// The list with its choice. Copies are the same.
#[derive(Clone, Copy)]
struct Completion {
    field: DraftField,
    mention: State<Option<OpenMention>>,
    shown: Memo<Vec<Candidate>>,
    chosen: State<usize>,
}

/// The completion in the composer of a room.
pub(crate) fn completion(room: RoomId, field: DraftField, keys: KeyInterceptor) -> AnyView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let mention = state(None::<OpenMention>);
    let members = state(None::<Vec<User>>);
    let shown = memo(move || {
        let Some(mention) = mention.get() else { return Vec::new() };
        let all = members.with(|members| {
            store.peek(|client| candidates(client, room, members.as_deref().unwrap_or_default()))
        });
        ranked(all, &mention.typed)
    });
    let completion = Completion { field, mention, shown, chosen: state(0) };
    effect(move || {
        if mention.with(Option::is_some) && members.with_untracked(Option::is_none) {
            members.set(Some(Vec::new()));
            load_members(room, members);
        }
    });
    completion.follow_caret();
    completion.mark_field();
    keys.set_value(Some(Box::new(move |event| completion.hears(event))));
    on_cleanup(move || {
        keys.try_update_value(|keys| *keys = None);
    });
    let status = text(move || count(lang.get(), shown.with(Vec::len)));
    let list = move || {
        let rows = part(move || {
            let rows = shown.get().into_iter().enumerate();
            rows.map(|(index, one)| row(completion, index, one)).collect::<Vec<_>>().into_any()
        });
        view! {
            <ul id=LIST_ID class="palette-list completion-list" role="listbox" aria-label=LABEL.now() data-testid="completion">{rows}</ul>
        }
        .into_any()
    };
    view! {
        <div class="completion">
            {when(move || completion.is_open(), list)}
            <p class="visually-hidden" role="status">{status}</p>
        </div>
    }
    .into_any()
}

/// Loads the members of the room. Without an answer, the list has those whom the client knows.
fn load_members(room: RoomId, members: State<Option<Vec<User>>>) {
    spawn_local(async move {
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = session::load::<MembersPage>(&members_path(room, after)).await;
            let Ok(MembersPage { members: loaded, more }) = page else { return };
            after = loaded.last().map(|member| member.user.id);
            let loaded = loaded.into_iter().map(|member| member.user);
            // None after the room was closed.
            let Some(known) = members.try_get_untracked() else { return };
            members.set(Some(known.into_iter().flatten().chain(loaded).collect()));
            if !more {
                return;
            }
        }
    });
}

/// The number of people, for screen readers.
fn count(lang: Lang, people: usize) -> String {
    match (people, lang) {
        (0, _) => String::new(),
        (_, Lang::Ko) => format!("{people}명, 위아래 화살표로 고르고 Enter로 넣습니다."),
        (1, Lang::En) => "1 person; Enter inserts the name.".to_owned(),
        (_, Lang::En) => format!("{people} people; Up and Down choose, Enter inserts."),
    }
}

fn option_id(user: UserId) -> String {
    format!("completion-{user}")
}

fn row(completion: Completion, index: usize, one: Candidate) -> AnyView {
    let Candidate { user, name, .. } = one;
    // The handle is beside the display name, which others may have too.
    let handle = name.is_some().then(|| format!("@{}", user.name));
    let shown = User { id: user.id, name: name.unwrap_or_else(|| user.name.clone()) };
    view! {
        <li
            id=option_id(user.id)
            class="palette-option"
            role="option"
            aria-selected=flag(move || completion.chosen.get() == index)
            // The focus stays in the composer.
            on:pointerdown=|event| event.prevent_default()
            on:mousedown=|event| event.prevent_default()
            on:click=events::click_once(move |_| completion.insert(&user))
        >
            <span class="palette-sign">{avatar(&shown)}</span>
            <span class="palette-name isolated" translate="no">{shown.name}</span>
            <span class="palette-kind isolated" translate="no">{handle}</span>
        </li>
    }
    .into_any()
}

impl Completion {
    fn is_open(self) -> bool {
        self.shown.with(|shown| !shown.is_empty())
    }

    /// Looks at the text before the caret whenever the user types in the composer, or moves the caret there.
    fn follow_caret(self) {
        let area = self.field.area;
        let look = move |target: Option<web_sys::EventTarget>| {
            let Some(area) = area.get_untracked() else { return };
            let is_here = target.is_some_and(|target| target == *area.unchecked_ref());
            let found = if is_here { OpenMention::find(&before_caret(&area)) } else { None };
            if self.mention.with_untracked(|known| *known != found) {
                self.mention.set(found);
                self.chosen.set(0);
            }
        };
        let input = window_event_listener(ev::input, move |event| look(event.target()));
        let click = window_event_listener(ev::click, move |event| look(event.target()));
        let moved = window_event_listener(ev::keyup, move |event: ev::KeyboardEvent| {
            if matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight" | "Home" | "End") {
                look(event.target());
            }
        });
        let left = window_event_listener(ev::focusin, move |event| look(event.target()));
        on_cleanup(move || {
            [input, click, moved, left].into_iter().for_each(WindowListenerHandle::remove);
        });
    }

    /// Names the list and the chosen person at the field, for screen readers.
    fn mark_field(self) {
        effect(move || {
            let chosen = self.chosen.get();
            let option =
                self.shown.with(|shown| shown.get(chosen).map(|one| option_id(one.user.id)));
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
            "Enter" if chosen == 0 && self.is_whole(&shown) => return false,
            "Enter" | "Tab" => {
                if let Some(one) = shown.get(chosen) {
                    self.insert(&one.user);
                }
            }
            "Escape" => {
                event.stop_propagation();
                self.mention.set(None);
            }
            _ => return false,
        }
        event.prevent_default();
        true
    }

    /// Whether the text is the handle of the first person.
    fn is_whole(self, shown: &[Candidate]) -> bool {
        self.mention.with_untracked(|mention| {
            mention.as_ref().zip(shown.first()).is_some_and(|(mention, first)| {
                lower_case(&mention.typed) == lower_case(&first.user.name)
            })
        })
    }

    /// Writes the mention of a person instead of the text that was typed, as if the user had typed it.
    fn insert(self, user: &User) {
        let (Some(area), Some(mention)) =
            (self.field.area.get_untracked(), self.mention.get_untracked())
        else {
            return;
        };
        self.mention.set(None);
        browser::focus_on(&area);
        let end = caret(&area);
        // Fails only for fields without a selection.
        area.set_selection_range(mention.at, end).ok();
        let name = format!("@{} ", user.name);
        // The command alone keeps the browser's undo.
        let document = document().dyn_into::<HtmlDocument>().ok();
        let is_typed = document.and_then(|document| {
            document.exec_command_with_show_ui_and_value("insertText", false, &name).ok()
        });
        if is_typed != Some(true) {
            area.set_range_text(&name).ok();
            let end = mention.at.saturating_add(utf16_length(&name));
            area.set_selection_range(end, end).ok();
            self.field.changed();
        }
    }
}

/// The end of the selection, in UTF-16 code units.
fn caret(area: &HtmlTextAreaElement) -> u32 {
    area.selection_end().ok().flatten().unwrap_or_default()
}

fn before_caret(area: &HtmlTextAreaElement) -> String {
    let caret = usize::try_from(caret(area)).unwrap_or(usize::MAX);
    let units: Vec<u16> = area.value().encode_utf16().take(caret).collect();
    String::from_utf16_lossy(&units)
}

fn utf16_length(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: u64, handle: &str, name: &str, is_here: bool) -> Candidate {
        let user = User { id: UserId(id), name: handle.to_owned() };
        let name = (!name.is_empty()).then(|| name.to_owned());
        Candidate { user, name, is_here }
    }

    #[test]
    fn handles_display_names_and_initial_consonants_find_people() {
        let people = [
            candidate(1, "minsu", "김민수", false),
            candidate(2, "Jane", "", true),
            candidate(3, "박민수", "", false),
            candidate(4, "janet", "", false),
            candidate(5, "J K Rowe", "", false),
        ];
        let found = |typed: &str| -> Vec<u64> {
            ranked(people.to_vec(), typed).into_iter().map(|one| one.user.id.0).collect()
        };
        assert_eq!(found(""), [2, 1, 3, 4, 5]);
        assert_eq!(found("ja"), [2, 4]);
        assert_eq!(found("JANE"), [2, 4]);
        assert_eq!(found("ㄱㅁㅅ"), [1]);
        assert_eq!(found("민수"), [1, 3]);
        assert_eq!(found("rlaalstn"), [1]);
        assert_eq!(found("j k"), [5]);
        assert_eq!(found("Jane hello"), [0; 0]);
        assert_eq!(found("Jane "), [0; 0]);
    }
}
