//! The palette: a field that leads to any room, person, page or setting, and does what needs no page.

mod entries;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{Failure, RoomId};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use self::entries::{Act, Entry, Found, Target, conversation_with, offered, own_entries, ranked};
use crate::auth::Auth;
use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, use_app};
use crate::features::rooms::{SEARCH_PAUSE, find_people, find_public, follow_request};
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::route::{Area, Page, Route};
use crate::search::Search;
use crate::session;
use crate::theme::Theme;
use crate::ui::avatar::{avatar, room_sign};
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{effect, flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::skeleton::Shape;

pub(crate) const TITLE: Words = Words::new("빠른 이동", "Go to");
const PLACEHOLDER: Words =
    Words::new("방, 사람, 화면, 설정 찾기", "Find a room, a person, a page, a setting");
const NOTHING: Words = Words::new("찾는 것이 없습니다.", "Nothing matches.");
const OPENING: Words = Words::new("대화를 여는 중입니다.", "Opening the conversation.");
const HINT: Words =
    Words::new("↑ ↓ 고르기 · Enter 열기 · Esc 닫기", "↑ ↓ choose · Enter opens · Esc closes");
const TITLE_ID: &str = "palette-title";
const LIST_ID: &str = "palette-list";
/// The value of `KeyboardEvent.keyCode` for a key that an input method has taken (UI Events, appendix A).
const TAKEN: u32 = 229;
/// The controls of a setting.
const CONTROLS: &str = "button, a, input, select";

/// The dialog. Its content is in the lazy part of the app.
pub(super) fn dialog() -> AnyView {
    let app = use_app();
    dialog::dialog(app.palette, TITLE_ID, move || {
        app.lazy.draw(Shape::Rows, |views| (views.palette)())
    })
}

/// The content of the dialog.
pub(super) fn content() -> AnyView {
    let app = use_app();
    let (auth, lang): (Auth, _) = (expect_context(), use_lang());
    let typed = state(String::new());
    let input = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(input) = input.get() {
            request_animation_frame(move || browser::focus_on(&input));
        }
    });
    let role = state(None);
    spawn_local(async move {
        role.try_set(session::role().await);
    });
    let found = state(Found::default());
    search_on_server(typed, found);
    let own = memo(move || own_entries(app, auth, role.get(), lang.get()));
    let others = memo(move || found.get().entries(app));
    let shown = memo(move || {
        let search = typed.with(|typed| Search::new(typed));
        own.with(|own| {
            if search.is_empty() {
                offered(own)
            } else {
                others.with(|it| ranked(own, it, &search))
            }
        })
    });
    let chooser = Chooser {
        app,
        shown,
        chosen: state(0),
        requested: state(None),
        refusal: state(None),
        theme: expect_context(),
        lang,
    };
    chooser.follow();
    let chosen = chooser.chosen;
    let status = text(move || {
        let lang = lang.get();
        let refused = chooser.refusal.with(|it| it.as_ref().map(|it| lang.refusal(it)));
        match refused {
            Some(refused) => refused,
            None if chooser.requested.with(Option::is_some) => OPENING.of(lang).to_owned(),
            None if shown.with(Vec::is_empty) => NOTHING.of(lang).to_owned(),
            None => String::new(),
        }
    });
    let rows = part(move || {
        let rows = shown.get().into_iter().enumerate();
        rows.map(|(index, entry)| row(chooser, index, &entry)).collect::<Vec<_>>().into_any()
    });
    view! {
        <h2 id=TITLE_ID class="visually-hidden">{TITLE.now()}</h2>
        <label class="search palette-search">
            {Icon::Search.draw()}
            <input
                node_ref=input
                type="text"
                role="combobox"
                dir="auto"
                class="search-field"
                autocomplete="off"
                spellcheck="false"
                data-testid="palette-search"
                aria-label=PLACEHOLDER.now()
                placeholder=PLACEHOLDER.now()
                aria-expanded="true"
                aria-autocomplete="list"
                aria-controls=LIST_ID
                aria-activedescendant=text(move || option_id(chosen.get()))
                on:input=events::change(move |event| {
                    typed.set(event_target_value(&event));
                    chosen.set(0);
                })
                on:keydown=events::key(move |event| chooser.on_key(&event))
            />
        </label>
        <ul id=LIST_ID class="palette-list" role="listbox" aria-label=TITLE.now() data-testid="palette-list">{rows}</ul>
        <p class="hint palette-status" role="status" data-testid="palette-status">{status}</p>
        <div class="palette-foot">
            <p class="hint palette-hint" aria-hidden="true">{HINT.now()}</p>
            <button class="button palette-close" on:click=events::click(move |_| app.palette.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn option_id(index: usize) -> String {
    format!("palette-option-{index}")
}

fn row(chooser: Chooser, index: usize, entry: &Entry) -> AnyView {
    let sign = match &entry.target {
        Target::Room(room) => room_sign(room),
        Target::Person(user) => avatar(user),
        Target::Page(_) => Icon::Browse.draw(),
        Target::Setting(..) => Icon::Settings.draw(),
        Target::Act(Act::CreateRoom) => Icon::Plus.draw(),
        Target::Act(Act::ShowShortcuts) => Icon::Keyboard.draw(),
        Target::Act(Act::Colours(Theme::Light)) => Icon::Sun.draw(),
        Target::Act(Act::Colours(Theme::Dark)) => Icon::Moon.draw(),
        Target::Act(Act::Colours(Theme::Auto)) => Icon::Auto.draw(),
        Target::Act(Act::Language(_)) => Icon::Language.draw(),
    };
    let target = entry.target.clone();
    view! {
        <li
            id=option_id(index)
            class="palette-option"
            role="option"
            aria-selected=flag(move || chooser.chosen.get() == index)
            on:click=events::click_once(move |_| chooser.go(&target))
        >
            <span class="palette-sign">{sign}</span>
            <span class="palette-name isolated">{entry.name.clone()}</span>
            <span class="palette-kind">{entry.target.kind().now()}</span>
        </li>
    }
    .into_any()
}

/// Asks the server for rooms and people: for all names at first, and for what was typed after each pause. If the same
/// keys make a word in the other language, it asks for that too.
fn search_on_server(typed: State<String>, found: State<Found>) {
    effect(move || {
        let text = typed.get().trim().to_owned();
        let start = move || {
            let is_current = {
                let text = text.clone();
                // The user may have typed on, or closed the palette.
                move || typed.try_get_untracked().is_some_and(|now| now.trim() == text)
            };
            if !is_current() {
                return;
            }
            let other = Search::new(&text).in_other_language().filter(|_| !text.is_empty());
            for search in [Some(text.clone()), other].into_iter().flatten() {
                spawn_local(async move {
                    // Without an answer, the palette has what the app itself knows.
                    let rooms = find_public(&search).await.unwrap_or_default();
                    let people = find_people(&search).await.map(|page| page.people);
                    let people = people.unwrap_or_default();
                    // The answers of earlier searches stay: what they found may match what is typed now.
                    if found.try_get_untracked().is_some() {
                        found.update(|found| found.add(Found { rooms, people }));
                    }
                });
            }
        };
        set_timeout(start, SEARCH_PAUSE);
    });
}

/// The list with its choice.
#[derive(Clone, Copy)]
struct Chooser {
    app: AppContext,
    shown: Memo<Vec<Entry>>,
    /// The index of the chosen entry.
    chosen: State<usize>,
    requested: State<Option<RoomsCommand>>,
    refusal: State<Option<Failure>>,
    theme: State<Theme>,
    lang: State<Lang>,
}

impl Chooser {
    /// Opens the requested conversation when it is there, or shows why it was refused.
    fn follow(self) {
        let done = move |_: &RoomsCommand, room| {
            self.app.palette.set(false);
            self.enter(room);
        };
        follow_request(self.requested, done, move |_, failure| self.refusal.set(Some(failure)));
    }

    fn on_key(self, event: &ev::KeyboardEvent) {
        if event.is_composing() || event.key_code() == TAKEN {
            return;
        }
        let last = self.shown.with_untracked(Vec::len).saturating_sub(1);
        let chosen = self.chosen.get_untracked().min(last);
        let next = match event.key().as_str() {
            "ArrowDown" => {
                if chosen == last {
                    0
                } else {
                    chosen + 1
                }
            }
            "ArrowUp" => chosen.checked_sub(1).unwrap_or(last),
            "Enter" => {
                event.prevent_default();
                let target = self
                    .shown
                    .with_untracked(|shown| shown.get(chosen).map(|entry| entry.target.clone()));
                if let Some(target) = target {
                    self.go(&target);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        self.chosen.set(next);
        if let Some(option) = browser::element(&option_id(next)) {
            option.scroll_into_view_with_bool(false);
        }
    }

    fn go(self, target: &Target) {
        let app = self.app;
        if let Target::Person(user) = target
            && conversation_with(app, user.id).is_none()
        {
            let command = RoomsCommand::OpenDirect { users: vec![user.id] };
            // A second Enter asks for nothing more.
            if self.requested.with_untracked(|it| it.as_ref() == Some(&command)) {
                return;
            }
            app.driver.command(command.clone());
            self.refusal.set(None);
            self.requested.set(Some(command));
            return;
        }
        app.palette.set(false);
        match target {
            Target::Room(room) => self.enter(room.id),
            Target::Person(user) => {
                if let Some(room) = conversation_with(app, user.id) {
                    self.enter(room.id);
                }
            }
            Target::Page(page) => app.go(Route::Page(*page)),
            Target::Setting(id, page) => show_setting(app, id, *page),
            Target::Act(act) => self.act(*act),
        }
    }

    fn enter(self, room: RoomId) {
        self.app.visit(room);
        // The closing dialog moves the focus back; the user wants to write next.
        request_animation_frame(|| browser::focus(COMPOSER_ID));
    }

    fn act(self, act: Act) {
        let app = self.app;
        match act {
            Act::CreateRoom => {
                // The dialog is in the list of rooms, which is not beside every page, and on a phone beside none.
                if app.phone.get_untracked() || app.router.get().area() != Area::Chat {
                    app.go(Route::Home);
                }
                request_animation_frame(move || app.new_room.set(true));
            }
            // The palette gives the focus back first.
            Act::ShowShortcuts => request_animation_frame(move || app.shortcuts.set(true)),
            Act::Colours(theme) => self.theme.set(theme),
            Act::Language(lang) => self.lang.set(lang),
        }
    }
}

/// Opens the page of a setting with the focus on its control.
fn show_setting(app: AppContext, id: &'static str, page: Page) {
    app.go(Route::Page(page));
    request_animation_frame(move || {
        let Some(name) = browser::element(id) else { return };
        let row = name.closest(".setting").ok().flatten();
        let control = row.and_then(|row| row.query_selector(CONTROLS).ok().flatten());
        match control.and_then(|control| control.dyn_into::<HtmlElement>().ok()) {
            Some(control) => browser::focus_on(&control),
            None => name.scroll_into_view(),
        }
    });
}
