//! The settings of the workspace. Each of them takes effect at once, for everybody.

use leptos::html;
use leptos::prelude::*;
use madang_shared::administration::{
    AdministrationAct, MAX_SESSION_DAYS, SETTINGS_PATH, WorkspaceSettings,
};
use madang_shared::apps::App;
use madang_shared::roles::Access;
use madang_shared::workspace::MAX_WORKSPACE_NAME_CHARS;

use super::grants::{check, role_grants};
use super::loading::{ActState, draw_loaded, load};
use super::strings::access_name;
use crate::auth::Auth;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::state;
use crate::ui::secret_field::typed;

const NAME: Words = Words::new("서버 이름", "Name of the workspace");
const SAVE: Words = Words::new("이름 저장", "Save the name");
const ACCESS: Words = Words::new("누가 들어올 수 있나요", "Who may come in");
const APPS: Words = Words::new("앱", "Apps");
const MOODS: Words = Words::new("메시지의 감정 표시", "Show the mood of messages");
const EDIT_LIMIT: Words =
    Words::new("보낸 메시지를 고칠 수 있는 시간", "How long people may edit their messages");
const NO_LIMIT: Words = Words::new("제한 없음", "No limit");
const IDLE: Words =
    Words::new("쓰지 않은 로그인을 끝낼 때까지 (일)", "Days until an unused sign-in ends");
const MAX: Words = Words::new("모든 로그인을 끝낼 때까지 (일)", "Days until every sign-in ends");
const SAVE_DAYS: Words = Words::new("기간 저장", "Save the days");
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
    let effective = load::<WorkspaceSettings>(|| SETTINGS_PATH.to_owned());
    let limits = draw_loaded(effective, move |settings| {
        let sessions = session_limits(&settings, change);
        view! { {edit_limit(&settings, change)} {sessions} }.into_any()
    });
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
        {role_grants()}
        {limits}
    }
    .into_any()
}

/// The time in which messages can be changed.
fn edit_limit(
    settings: &WorkspaceSettings,
    change: impl Fn(WorkspaceSettings) + Copy + Send + Sync + 'static,
) -> AnyView {
    let now = settings.edit_minutes.unwrap_or(0);
    let lang = use_lang().get_untracked();
    let choose = move |event| {
        let edit_minutes = event_target_value(&event).parse().ok();
        change(WorkspaceSettings { edit_minutes, ..WorkspaceSettings::default() });
    };
    // A limit that was set on the command line is in the list too.
    let mut choices = vec![0, 5, 60, 1_440];
    if !choices.contains(&now) {
        choices.push(now);
    }
    let options = choices.into_iter().map(|minutes| {
        let label = match (minutes, lang) {
            (0, _) => NO_LIMIT.of(lang).to_owned(),
            (minutes, Lang::Ko) => format!("{minutes}분"),
            (minutes, Lang::En) => format!("{minutes} minutes"),
        };
        view! { <option value=minutes.to_string() selected=minutes == now>{label}</option> }
    });
    view! {
        <label class="admin-field">
            <span class="label">{EDIT_LIMIT.now()}</span>
            <select class="field" data-testid="setting-edit-minutes" on:change=events::change(choose)>{options.collect_view()}</select>
        </label>
    }
    .into_any()
}

/// The days after which sign-ins end, with a button that saves both.
fn session_limits(
    settings: &WorkspaceSettings,
    change: impl Fn(WorkspaceSettings) + Copy + Send + Sync + 'static,
) -> AnyView {
    let (idle, max) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        change(WorkspaceSettings {
            session_idle_days: typed(idle).parse().ok(),
            session_max_days: typed(max).parse().ok(),
            ..WorkspaceSettings::default()
        });
    };
    let field = |id: &str, words: Words, days: Option<u64>, input| {
        view! {
            <label class="admin-field">
                <span class="label">{words.now()}</span>
                <input class="field" type="number" min="1" max=MAX_SESSION_DAYS.to_string() value=days.map(|days| days.to_string()) data-testid=format!("setting-{id}-days") node_ref=input />
            </label>
        }
        .into_any()
    };
    view! {
        <form class="admin-form" on:submit=events::submit(save)>
            {field("idle", IDLE, settings.session_idle_days, idle)}
            {field("max", MAX, settings.session_max_days, max)}
            <button class="button" data-testid="setting-days-save">{SAVE_DAYS.now()}</button>
        </form>
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
