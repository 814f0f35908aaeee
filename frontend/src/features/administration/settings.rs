//! The settings of the workspace. Each of them takes effect at once, for everybody.

use leptos::prelude::*;
use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::apps::App;
use madang_shared::roles::Access;
use madang_shared::workspace::MAX_WORKSPACE_NAME_CHARS;

use super::loading::ActState;
use super::strings::access_name;
use crate::auth::Auth;
use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::state;

const NAME: Words = Words::new("서버 이름", "Name of the workspace");
const SAVE: Words = Words::new("이름 저장", "Save the name");
const ACCESS: Words = Words::new("누가 들어올 수 있나요", "Who may come in");
const APPS: Words = Words::new("앱", "Apps");
const MOODS: Words = Words::new("메시지의 감정 표시", "Show the mood of messages");
const AT_ONCE: Words = Words::new(
    "바꾸면 모든 사람의 화면에 바로 적용되고 감사 기록에 남습니다.",
    "A change takes effect on every screen at once, and stands in the audit log.",
);

/// The part of the page.
pub(super) fn settings() -> AnyView {
    let auth: Auth = expect_context();
    let act: ActState = expect_context();
    let change = move |settings| {
        act.send(AdministrationAct::ChangeSettings(settings), String::new(), |_| ());
    };
    let none = WorkspaceSettings::default;
    let name = state(auth.workspace.with_untracked(|it| it.name.clone().unwrap_or_default()));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        change(WorkspaceSettings { name: Some(name.get_untracked()), ..none() });
    };
    let choose_access = move |event| {
        let access = Access::parse(&event_target_value(&event));
        change(WorkspaceSettings { access, ..none() });
    };
    let access = move || {
        let now = auth.workspace.with(|it| it.access);
        let options = Access::ALL.iter().map(|it| {
            view! { <option value=it.name() selected=*it == now>{access_name(*it).now()}</option> }
        });
        view! {
            <select class="field" data-testid="setting-access" on:change=events::change(choose_access)>{options.collect_view()}</select>
        }
        .into_any()
    };
    let switches = move || {
        let facts = auth.workspace.get();
        let apps = App::ALL.iter().map(|app| {
            let toggle = move |_| {
                let apps = auth.workspace.with_untracked(|it| it.apps.switched(*app));
                change(WorkspaceSettings { apps: Some(apps), ..none() });
            };
            check(app.name(), app_name(*app), facts.apps.contains(*app), toggle)
        });
        let moods = facts.moods;
        let toggle = move |_| change(WorkspaceSettings { moods: Some(!moods), ..none() });
        view! {
            <fieldset class="admin-checks">
                <legend class="label">{APPS.now()}</legend>
                {apps.collect_view()}
            </fieldset>
            <div class="admin-checks">{check("moods", MOODS, moods, toggle)}</div>
        }
        .into_any()
    };
    view! {
        <p class="page-intro">{AT_ONCE.now()}</p>
        <form class="admin-form" on:submit=events::submit(save)>
            <label class="admin-field admin-wide">
                <span class="label">{NAME.now()}</span>
                <input class="field" dir="auto" maxlength=MAX_WORKSPACE_NAME_CHARS.to_string() value=name.get_untracked() data-testid="setting-name" on:input=events::change(move |event| name.set(event_target_value(&event))) />
            </label>
            <button class="button button-strong" data-testid="setting-name-save">{SAVE.now()}</button>
        </form>
        <label class="admin-field">
            <span class="label">{ACCESS.now()}</span>
            {part(access)}
        </label>
        {part(switches)}
    }
    .into_any()
}

fn check(
    id: &'static str,
    words: Words,
    on: bool,
    toggle: impl FnMut(leptos::ev::Event) + 'static,
) -> AnyView {
    view! {
        <label class="admin-check">
            <input type="checkbox" prop:checked=on data-testid=format!("setting-{id}") on:change=events::change(toggle) />
            <span>{words.now()}</span>
        </label>
    }
    .into_any()
}

fn app_name(app: App) -> Words {
    match app {
        App::Feed => Words::new("소식", "Feed"),
        App::Orders => Words::new("주문", "Orders"),
        App::Price => Words::new("비트코인 시세", "Bitcoin price"),
        App::Counter => Words::new("함께 세는 수", "Shared counter"),
    }
}
