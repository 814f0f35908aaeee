//! The administrator's page: people, invitations, rooms, the settings of the workspace, and the audit log.
//!
//! Every list is a page over HTTP. It is loaded again when the topic of the administration advances, so that the page of
//! one administrator follows the acts of the others.

mod audit;
mod invitations;
mod loading;
mod people;
mod rooms;
mod settings;
mod strings;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_shared::roles::Role;

use self::loading::{ActState, News, refusal_of_act};
use crate::context::use_app;
use crate::i18n::{Words, tr};
use crate::session;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, part};
use crate::ui::erased::signal::{State, state};

/// A part of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    People,
    Invitations,
    Rooms,
    Settings,
    Audit,
}

const TABS: [(Tab, &str, Words); 5] = [
    (Tab::People, "admin-people", Words::new("사람", "People")),
    (Tab::Invitations, "admin-invitations", Words::new("초대", "Invitations")),
    (Tab::Rooms, "admin-rooms", Words::new("방", "Rooms")),
    (Tab::Settings, "admin-settings", Words::new("설정", "Settings")),
    (Tab::Audit, "admin-audit", Words::new("감사 기록", "Audit log")),
];
const PARTS: Words = Words::new("서버 관리 나누기", "Parts of the administration");

const ADMINISTRATORS_ONLY: Words = Words::new(
    "이 페이지는 관리자만 볼 수 있습니다.",
    "Only administrators of this server see this page.",
);

/// The page. Nothing is requested for a user who is no administrator.
#[component]
pub(crate) fn AdministrationPage() -> impl IntoView {
    // None until the role is known.
    let is_administrator = state(None::<bool>);
    spawn_local(async move {
        let role = session::role().await;
        is_administrator.try_set(Some(role.is_some_and(|role| role >= Role::Administrator)));
    });
    part(move || {
        match is_administrator.get() {
        None => view! { <p class="hint">{tr(|t| t.loading)}</p> }.into_any(),
        Some(true) => parts(),
        Some(false) => {
            view! { <div class="page"><p class="page-body hint" data-testid="admin-forbidden">{ADMINISTRATORS_ONLY.now()}</p></div> }
                .into_any()
        }
    }
    })
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
        Tab::Invitations => invitations::invitations(),
        Tab::Rooms => rooms::rooms(),
        Tab::Settings => settings::settings(),
        Tab::Audit => audit::audit(),
    }
}

/// The button that tries again, for lists that could not be loaded.
fn try_again(again: impl Fn() + 'static) -> AnyView {
    view! { <button class="button" on:click=events::click(move |_| again())>{tr(|t| t.try_again)}</button> }
        .into_any()
}
