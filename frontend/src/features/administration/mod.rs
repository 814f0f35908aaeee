//! The administrator's page: people, invitations, rooms, the settings of the workspace, the audit log, the state of the
//! server, and the use of its storage.
//!
//! Every list is a page over HTTP. It is loaded again when the topic of the administration advances, so that the page of
//! one administrator follows the acts of the others.

mod addresses;
mod audit;
mod erasure;
mod grants;
mod health;
mod invitations;
mod loading;
mod ownership;
mod people;
mod person;
mod reports;
mod restrictions;
mod rooms;
mod settings;
mod shown_link;
mod strings;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_shared::notices::NoticeContent;
use madang_shared::roles::Role;

use self::loading::{ActState, News, Pulse, refusal_of_act};
use crate::context::use_app;
use crate::i18n::{Words, tr};
use crate::session;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, part};
use crate::ui::erased::signal::{State, state};

pub(crate) use ownership::ownership_offer;

/// A part of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    People,
    Reports,
    Addresses,
    Invitations,
    Rooms,
    Settings,
    Audit,
    Health,
    Storage,
}

const TABS: [(Tab, &str, Words); 9] = [
    (Tab::People, "admin-people", Words::new("사람", "People")),
    (Tab::Reports, "admin-reports", Words::new("신고", "Reports")),
    (Tab::Addresses, "admin-addresses", Words::new("주소 차단", "Address bans")),
    (Tab::Invitations, "admin-invitations", Words::new("초대", "Invitations")),
    (Tab::Rooms, "admin-rooms", Words::new("방", "Rooms")),
    (Tab::Settings, "admin-settings", Words::new("설정", "Settings")),
    (Tab::Audit, "admin-audit", Words::new("감사 기록", "Audit log")),
    (Tab::Health, "admin-health", Words::new("상태", "Health")),
    (Tab::Storage, "admin-storage", Words::new("저장 공간", "Storage")),
];
const PARTS: Words = Words::new("서버 관리 나누기", "Parts of the administration");

const ADMINISTRATORS_ONLY: Words = Words::new(
    "이 페이지는 관리자만 볼 수 있습니다.",
    "Only administrators of this server see this page.",
);

/// The page. A user who is no administrator sees the reports of the rooms that the user manages.
#[component]
pub(crate) fn AdministrationPage() -> impl IntoView {
    // None until the role is known.
    let is_administrator = state(None::<bool>);
    spawn_local(async move {
        let role = session::role().await;
        is_administrator.try_set(Some(role.is_some_and(|role| role >= Role::Administrator)));
    });
    part(move || match is_administrator.get() {
        None => view! { <p class="hint">{tr(|t| t.loading)}</p> }.into_any(),
        Some(true) => parts(),
        Some(false) => reports_of_manager(),
    })
}

/// The reports for a manager of rooms, who is no administrator.
fn reports_of_manager() -> AnyView {
    let store = use_app().driver.store();
    let act = ActState::new();
    provide_context(act);
    // A report is a notice until it is decided.
    provide_context(News(memo(move || {
        Some(store.read(Slice::Notices, |client| {
            let notices = client.features().shown_notices(client.outbox());
            let reports = notices.iter().filter_map(|notice| match notice.what {
                NoticeContent::Reported { report, .. } => Some(report + 1),
                _ => None,
            });
            reports.fold(0, u64::wrapping_add)
        }))
    })));
    let nothing = || {
        view! { <p class="hint" data-testid="admin-forbidden">{ADMINISTRATORS_ONLY.now()}</p> }
            .into_any()
    };
    view! {
        <div class="page">
            <div class="page-body page-reading admin">
                {refusal_of_act(act)}
                {reports::list(nothing)}
                {ownership_offer()}
            </div>
        </div>
    }
    .into_any()
}

/// The parts of the page.
fn parts() -> AnyView {
    let store = use_app().driver.store();
    let tab = state(Tab::People);
    let newest = memo(move || {
        store.read(Slice::Administration, |client| client.features().administration().newest())
    });
    let act = ActState::new();
    provide_context(act);
    provide_context(News(newest));
    let pulse = memo(move || {
        store.read(Slice::Administration, |client| Some(client.features().administration().pulse()))
    });
    provide_context(Pulse(pulse));
    let choice = move |(of, id, words): (Tab, &'static str, Words)| {
        let current = derived(move || (tab.get() == of).then_some("page"));
        let choose = move |_| {
            act.clear();
            tab.set(of);
        };
        view! { <button class="choice" data-testid=id aria-current=current on:click=events::click(choose)>{words.now()}</button> }
    };
    view! {
        <div class="page">
            <div class="page-body page-reading admin">
                <nav class="choices admin-tabs" aria-label=PARTS.now()>{TABS.map(choice).into_iter().collect_view()}</nav>
                {refusal_of_act(act)}
                {part(move || draw(tab))}
            </div>
        </div>
    }
    .into_any()
}

fn draw(tab: State<Tab>) -> AnyView {
    match tab.get() {
        Tab::People => people::people(),
        Tab::Reports => reports::reports(),
        Tab::Addresses => addresses::addresses(),
        Tab::Invitations => invitations::invitations(),
        Tab::Rooms => rooms::rooms(),
        Tab::Settings => settings::settings(),
        Tab::Audit => audit::audit(),
        Tab::Health => health::health(),
        Tab::Storage => health::storage(),
    }
}

/// The button that tries again, for lists that could not be loaded.
fn try_again(again: impl Fn() + 'static) -> AnyView {
    view! { <button class="button" on:click=events::click(move |_| again())>{tr(|t| t.try_again)}</button> }
        .into_any()
}
