//! The settings: one page of the person and one of the workspace. Both list rows of one table, and the search finds
//! the rows of both.

mod rows;
mod strings;

use leptos::prelude::*;

use self::rows::{ROWS, Row, Section, matches};
use self::strings::found;
use crate::auth::Auth;
use crate::context::{link_to, use_app};
use crate::features::administration::ownership_offer;
use crate::i18n::{Words, use_lang};
use crate::route::{Page, Route};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;

const FIND: Words = Words::new("설정 찾기", "Find a setting");
const PAGES: Words = Words::new("설정 나누기", "Pages of settings");
const MINE: Words = Words::new("나", "Mine");
const WORKSPACE: Words = Words::new("서버", "Workspace");
const WORKSPACE_INTRO: Words = Words::new(
    "이 서버를 운영하는 사람이 정한 것입니다. 이름, 앱, 감정 표시는 관리자가 서버 관리 화면에서 바로 바꿀 수 있습니다.",
    "The operator of this server sets these. Administrators change the name, the apps and the moods on the page Administration.",
);

/// The page of the person.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    searchable(Page::Settings)
}

/// The page of the workspace.
#[component]
pub(crate) fn WorkspaceSettingsPage() -> impl IntoView {
    searchable(Page::WorkspaceSettings)
}

/// The page with the settings of notices alone, which the inbox leads to.
#[component]
pub(crate) fn NoticeSettingsPage() -> impl IntoView {
    let auth: Auth = expect_context();
    let sections = move || {
        let rows: Vec<&Row> = ROWS.iter().filter(|row| is_useful(auth, row)).collect();
        section(Section::Notices, &rows)
    };
    view! { <div class="page"><div class="page-body page-reading">{part(sections)}</div></div> }
}

/// The rows that the palette finds: the id of the name, the page and the name.
pub(crate) fn found_settings(auth: Auth) -> Vec<(&'static str, Page, Words)> {
    let rows = ROWS.iter().filter(|row| is_useful(auth, row));
    rows.map(|row| (row.id, row.section.page(), row.name)).collect()
}

/// Whether the server offers what the row is about.
fn is_useful(auth: Auth, row: &Row) -> bool {
    auth.workspace.with(|workspace| workspace.offers(row.app))
}

fn searchable(page: Page) -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let wanted = state(String::new());
    let is_searching = memo(move || wanted.with(|wanted| !wanted.trim().is_empty()));
    let listed: Memo<Vec<usize>> = memo(move || {
        let lists = |row: &Row| {
            if !is_useful(auth, row) {
                false
            } else if is_searching.get() {
                wanted.with(|wanted| matches(row, wanted))
            } else {
                row.section.page() == page
            }
        };
        (0..ROWS.len()).filter(|index| ROWS.get(*index).is_some_and(lists)).collect()
    });
    let status = text(move || {
        if is_searching.get() { found(lang.get(), listed.with(Vec::len)) } else { String::new() }
    });
    let intro = move || {
        (page == Page::WorkspaceSettings && !is_searching.get())
            .then(|| {
                view! {
                    <p class="page-intro">{WORKSPACE_INTRO.now()}</p>
                    {ownership_offer()}
                }
            })
            .into_any()
    };
    view! {
        <div class="page">
            <div class="page-body page-reading">
                <div class="settings-tools">
                    <nav class="choices" aria-label=PAGES.now()>
                        {tab(page, Page::Settings, MINE)}
                        {tab(page, Page::WorkspaceSettings, WORKSPACE)}
                    </nav>
                    <label class="search">
                        {Icon::Search.draw()}
                        <input
                            type="search"
                            dir="auto"
                            class="search-field"
                            data-testid="settings-search"
                            aria-label=FIND.now()
                            placeholder=FIND.now()
                            on:input=events::change(move |event| wanted.set(event_target_value(&event)))
                        />
                    </label>
                </div>
                <p class="hint settings-found" role="status" data-testid="settings-found">{status}</p>
                {part(intro)}
                {part(move || {
                    let rows: Vec<&Row> = listed.with(|listed| listed.iter().filter_map(|index| ROWS.get(*index)).collect());
                    let sections: Vec<AnyView> = Section::ALL.iter().map(|of| section(*of, &rows)).collect();
                    sections.into_any()
                })}
            </div>
        </div>
    }
    .into_any()
}

fn tab(current: Page, page: Page, words: Words) -> AnyView {
    let id = page.path().replace('/', "-");
    view! {
        <a class="choice" href=page.path() data-testid=format!("to{id}") aria-current=(current == page).then_some("page") on:click=link_to(use_app(), Route::Page(page))>{words.now()}</a>
    }
    .into_any()
}

/// The rows of a section under its heading; nothing without a row.
fn section(of: Section, rows: &[&Row]) -> AnyView {
    let rows: Vec<AnyView> =
        rows.iter().filter(|row| row.section == of).map(|it| item(it)).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="settings" aria-labelledby=of.id()>
            <h2 id=of.id() class="settings-title">{of.title().now()}</h2>
            {of.hint().map(|hint| view! { <p class="hint">{hint.now()}</p> })}
            <ul class="settings-list">{rows}</ul>
        </section>
    }
    .into_any()
}

fn item(row: &Row) -> AnyView {
    let Row { id, name, hint, .. } = *row;
    let lang = use_lang();
    view! {
        <li class="setting">
            <div class="setting-about">
                <p id=id class="setting-name">{name.now()}</p>
                {hint.map(|hint| view! { <p class="hint">{part(move || with_whole_flags(hint.of(lang.get())))}</p> })}
            </div>
            {(row.control)(id)}
        </li>
    }
    .into_any()
}

/// A text whose flags, such as `--name`, do not break after a hyphen.
fn with_whole_flags(text: &'static str) -> AnyView {
    let words = text.split_inclusive(' ').map(|word| {
        if word.starts_with("--") {
            view! { <span class="setting-flag">{word}</span> }.into_any()
        } else {
            word.into_any()
        }
    });
    words.collect::<Vec<_>>().into_any()
}
