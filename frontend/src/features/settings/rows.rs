//! The table of settings. A feature adds a row; the pages and their search follow.

use leptos::prelude::*;
use madang_shared::apps::App;
use madang_shared::notices::NoticeKind;
use madang_shared::workspace::Workspace;

use super::strings::{not_set, on_or_off};
use crate::auth::Auth;
use crate::context::{link_to, use_app};
use crate::features::account::choices::{COLOURS, LANGUAGE, colours, languages};
use crate::features::account::{SHORTCUTS, SIGN_OUT, sign_out_question};
use crate::features::chat::preferences::{COMPACT, PRESENCE_LINES};
use crate::features::notices::{browser_switch, kind_name, kind_switch};
use crate::i18n::{Lang, Words, use_lang};
use crate::preference::Preference;
use crate::route::{Page, Route};
use crate::text::lower_case;
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::state;
use crate::ui::switch::labelled_switch;

/// A group of rows under a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Account,
    Look,
    Notices,
    Keyboard,
    Browser,
    Server,
    Apps,
}

impl Section {
    pub(super) const ALL: &[Self] = &[
        Self::Account,
        Self::Look,
        Self::Notices,
        Self::Keyboard,
        Self::Browser,
        Self::Server,
        Self::Apps,
    ];

    pub(super) fn page(self) -> Page {
        match self {
            Self::Account | Self::Look | Self::Notices | Self::Keyboard | Self::Browser => {
                Page::Settings
            }
            Self::Server | Self::Apps => Page::WorkspaceSettings,
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Account => "settings-account",
            Self::Look => "settings-look",
            Self::Notices => "settings-notices",
            Self::Keyboard => "settings-keyboard",
            Self::Browser => "settings-browser",
            Self::Server => "settings-server",
            Self::Apps => "settings-apps",
        }
    }

    pub(super) fn title(self) -> Words {
        match self {
            Self::Account => Page::Account.title(),
            Self::Look => Words::new("화면", "Appearance"),
            Self::Notices => Words::new("알림", "Notices"),
            Self::Keyboard => Words::new("키보드", "Keyboard"),
            Self::Browser => Words::new("이 브라우저", "This browser"),
            Self::Server => Words::new("이 서버", "This server"),
            Self::Apps => Page::Apps.title(),
        }
    }

    pub(super) fn hint(self) -> Option<Words> {
        (self == Self::Notices).then_some(Words::new(
            "끈 알림은 세지도 보이지도 않습니다. 모든 탭과 기기에 적용됩니다.",
            "Notices that are switched off are neither counted nor shown, in any tab and on any of your devices.",
        ))
    }
}

/// A setting, or a fact about the server.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The id of the element with the name.
    pub(super) id: &'static str,
    pub(super) section: Section,
    pub(super) name: Words,
    pub(super) hint: Option<Words>,
    /// The app without which the row has no use.
    pub(super) app: Option<App>,
    /// Draws the control, or the fact. Gets the id of the element with the name.
    pub(super) control: fn(&'static str) -> AnyView,
}

const fn row(
    id: &'static str,
    section: Section,
    name: Words,
    control: fn(&'static str) -> AnyView,
) -> Row {
    Row { id, section, name, hint: None, app: None, control }
}

const fn of_app(app: App, row: Row) -> Row {
    Row { app: Some(app), ..row }
}

/// A fact about an app.
const fn app_fact(id: &'static str, page: Page, control: fn(&'static str) -> AnyView) -> Row {
    let hint =
        Words::new("설정 파일의 apps, 또는 --apps", "apps in the configuration file, or --apps");
    Row { hint: Some(hint), ..row(id, Section::Apps, page.title(), control) }
}

const fn explained(row: Row, ko: &'static str, en: &'static str) -> Row {
    Row { hint: Some(Words::new(ko, en)), ..row }
}

/// All rows, in the order of the pages.
pub(super) const ROWS: &[Row] = &[
    explained(
        row("setting-account", Section::Account, Page::Account.title(), |_| to_account()),
        "비밀번호, 로그인한 기기, 다른 기기 추가, 로그인 기록",
        "Password, signed-in devices, adding a device, sign-in history",
    ),
    row("setting-language", Section::Look, LANGUAGE, |_| languages()),
    row("setting-colours", Section::Look, COLOURS, |_| colours()),
    explained(
        row("setting-compact", Section::Look, COMPACT, |id| {
            preference("compact", id, use_app().compact)
        }),
        "이 브라우저에서 모든 방에 적용됩니다.",
        "For all rooms, in this browser.",
    ),
    explained(
        row("setting-presence-lines", Section::Look, PRESENCE_LINES, |id| {
            preference("presence-lines", id, use_app().presence_lines)
        }),
        "이 브라우저에서 모든 방에 적용됩니다.",
        "For all rooms, in this browser.",
    ),
    row("setting-mention", Section::Notices, kind_name(NoticeKind::Mention), |id| {
        kind_switch(NoticeKind::Mention, id)
    }),
    row("setting-reminder", Section::Notices, kind_name(NoticeKind::Reminder), |id| {
        kind_switch(NoticeKind::Reminder, id)
    }),
    of_app(
        App::Orders,
        row("setting-own-order", Section::Notices, kind_name(NoticeKind::OwnOrder), |id| {
            kind_switch(NoticeKind::OwnOrder, id)
        }),
    ),
    of_app(
        App::Orders,
        row("setting-order", Section::Notices, kind_name(NoticeKind::Order), |id| {
            kind_switch(NoticeKind::Order, id)
        }),
    ),
    of_app(
        App::Feed,
        row("setting-post", Section::Notices, kind_name(NoticeKind::Post), |id| {
            kind_switch(NoticeKind::Post, id)
        }),
    ),
    row("setting-schedule", Section::Notices, kind_name(NoticeKind::Schedule), |id| {
        kind_switch(NoticeKind::Schedule, id)
    }),
    explained(
        row(
            "setting-outside",
            Section::Notices,
            Words::new("브라우저 알림 띄우기", "Show browser notifications"),
            browser_switch,
        ),
        "마당을 보고 있지 않을 때 새 알림이 오면 브라우저가 알려 줍니다. 켜면 브라우저가 허락을 한 번 묻습니다. 언제든 끌 수 있습니다.",
        "While Madang is not visible, your browser shows new notices. When you switch this on, the browser asks for your permission once; you can switch it off at any time.",
    ),
    row("setting-shortcuts", Section::Keyboard, SHORTCUTS, |_| shortcuts()),
    explained(
        row(
            "setting-session",
            Section::Browser,
            Words::new("로그인한 이름", "Signed in as"),
            |_| session(),
        ),
        "비밀번호가 없으면 로그아웃한 뒤 이 이름으로 돌아올 수 없습니다.",
        "Without a password, you cannot come back to this name after signing out.",
    ),
    explained(
        row("setting-name", Section::Server, Words::new("이름", "Name"), |_| {
            fact(|it, lang| it.name.clone().unwrap_or_else(|| not_set(lang)))
        }),
        "설정 파일의 name, 또는 --name",
        "name in the configuration file, or --name",
    ),
    explained(
        row(
            "setting-moods",
            Section::Server,
            Words::new("메시지의 기분 표시", "Moods of messages"),
            |_| fact(|it, lang| on_or_off(it.moods, lang)),
        ),
        "설정 파일의 moods, 또는 --moods",
        "moods in the configuration file, or --moods",
    ),
    explained(
        row(
            "setting-socketio",
            Section::Server,
            Words::new("Socket.IO 클라이언트", "Socket.IO clients"),
            |_| fact(|it, lang| on_or_off(it.socketio, lang)),
        ),
        "설정 파일의 [socketio] exposure, 또는 --socketio",
        "[socketio] exposure in the configuration file, or --socketio",
    ),
    row(
        "setting-apps",
        Section::Apps,
        Words::new("켜고 끄는 방법", "How they are switched"),
        |_| to_apps(),
    ),
    app_fact("setting-feed", Page::Posts, |_| is_offered(Page::Posts)),
    app_fact("setting-orders", Page::Orders, |_| is_offered(Page::Orders)),
    explained(
        row("setting-price", Section::Apps, Page::Price.title(), |_| {
            fact(|it, lang| on_or_off(it.price, lang))
        }),
        "설정 파일의 apps와 [price] sources, 또는 --apps와 --price-source",
        "apps and [price] sources in the configuration file, or --apps and --price-source",
    ),
    app_fact("setting-counter", Page::Counter, |_| is_offered(Page::Counter)),
];

/// Whether the search finds a row: by its name, its hint or its section, in either language.
pub(super) fn matches(row: &Row, wanted: &str) -> bool {
    let wanted = lower_case(wanted.trim());
    let texts = [Some(row.name), row.hint, Some(row.section.title())];
    texts.into_iter().flatten().any(|words| {
        [Lang::Ko, Lang::En].iter().any(|lang| lower_case(words.of(*lang)).contains(&wanted))
    })
}

fn preference(id: &'static str, labelled_by: &'static str, of: Preference) -> AnyView {
    labelled_switch(id, labelled_by, move || of.get(), move || of.toggle())
}

fn shortcuts() -> AnyView {
    let app = use_app();
    let words = Words::new("보기", "Show");
    view! {
        <button class="button" data-testid="show-shortcuts" aria-haspopup="dialog" on:click=events::click(move |_| app.shortcuts.set(true))>{words.now()}</button>
    }
    .into_any()
}

fn session() -> AnyView {
    let me = use_app().driver.store().me();
    let asking = state(false);
    view! {
        <div class="setting-session">
            <strong class="isolated" translate="no">{me.name}</strong>
            <button class="button" data-testid="settings-sign-out" on:click=events::click(move |_| asking.set(true))>{SIGN_OUT.now()}</button>
            {sign_out_question(asking)}
        </div>
    }
    .into_any()
}

/// A fact that the server told.
fn fact(read: fn(&Workspace, Lang) -> String) -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let value = text(move || auth.workspace.with(|workspace| read(workspace, lang.get())));
    view! { <p class="setting-fact isolated">{value}</p> }.into_any()
}

fn is_offered(page: Page) -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let value = text(move || on_or_off(auth.offers(page), lang.get()));
    view! { <p class="setting-fact isolated">{value}</p> }.into_any()
}

fn to_apps() -> AnyView {
    to_page(Page::Apps, "to-apps")
}

fn to_account() -> AnyView {
    to_page(Page::Account, "to-account")
}

fn to_page(page: Page, test_id: &'static str) -> AnyView {
    let words = Words::new("보기", "Show");
    view! {
        <a class="button button-link" href=page.path() data-testid=test_id on:click=link_to(use_app(), Route::Page(page))>{words.now()}</a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::strings::found;
    use super::*;

    #[test]
    fn every_row_has_an_id_of_its_own_and_a_listed_section() {
        for (index, row) in ROWS.iter().enumerate() {
            assert!(Section::ALL.contains(&row.section), "{}", row.id);
            assert!(!ROWS.iter().skip(index + 1).any(|other| other.id == row.id), "{}", row.id);
        }
    }

    #[test]
    fn the_search_finds_rows_of_both_pages_in_both_languages() {
        let ids = |wanted: &str| {
            ROWS.iter().filter(|row| matches(row, wanted)).map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(" COLOUR "), ["setting-colours"]);
        assert_eq!(ids("화면 색"), ["setting-colours"]);
        assert_eq!(ids("--moods"), ["setting-moods"]);
        assert_eq!(ids("order"), ["setting-own-order", "setting-order", "setting-orders"]);
        assert_eq!(ids("알림").len(), 7, "{:?}", ids("알림"));
        assert!(ids("nothing like this").is_empty());
        assert_eq!(found(Lang::En, 1), "1 setting found.");
        assert_eq!(found(Lang::Ko, 0), "찾는 설정이 없습니다.");
    }
}
