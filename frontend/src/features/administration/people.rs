//! The people: roles and deactivation.

use leptos::prelude::*;
use madang_shared::administration::{
    ACCOUNTS_PATH, AccountsPage, AdministrationAct, ListedPerson, MAX_REASON_CHARS,
};
use madang_shared::health::AccountState;
use madang_shared::roles::Role;
use madang_shared::{User, UserId};

use super::erasure::{ERASE, ErasureQuestion, erasure};
use super::grants::grant_choices;
use super::loading::{ActState, draw_loaded, load, more_button};
use super::person::{ShownDetails, person_details};
use super::restrictions::{Restrictions, restriction_dialog, restriction_tags};
use super::strings::{ALL, REASON, ROLE, role_name, sessions};
use crate::context::use_app;
use crate::features::profile::person_link;
use crate::i18n::{CANCEL, Lang, Words, isolated, use_lang};
use crate::time::Times;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{flag, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::question::{Question, question};

const FIND: Words = Words::new("이름으로 찾기", "Find by name");
const DEACTIVATE: Words = Words::new("비활성화", "Deactivate");
const REACTIVATE: Words = Words::new("다시 활성화", "Activate again");
const DEACTIVATED: Words = Words::new("비활성화됨", "Deactivated");
const STATE: Words = Words::new("상태", "State");
const ACTIVE: Words = Words::new("활성", "Active");
const NOBODY: Words = Words::new("찾는 사람이 없습니다.", "Nobody matches.");
const DETAILS: Words = Words::new("자세히", "Details");
const WARNING: Words = Words::new(
    "모든 기기에서 바로 로그아웃되고, 다시 활성화할 때까지 들어올 수 없습니다. 쓴 글은 남습니다.",
    "All devices are signed out at once, and nobody can sign in until the account is activated again. The texts stay.",
);

/// The account that is to be deactivated.
#[derive(Clone, Copy)]
struct DeactivationQuestion {
    open: State<bool>,
    user: State<Option<User>>,
    reason: State<String>,
    /// The person whose grants are open.
    grants_of: State<Option<UserId>>,
}

/// The part of the page.
pub(super) fn people() -> AnyView {
    let act: ActState = expect_context();
    let lang = use_lang();
    let (wanted, after) = (state(String::new()), state(None::<UserId>));
    let (role, account) = (state(String::new()), state(String::new()));
    let people = load::<AccountsPage>(move || {
        let search =
            wanted.with(|wanted| String::from(js_sys::encode_uri_component(wanted.trim())));
        let filter = |name: &str, value: String| {
            if value.is_empty() { value } else { format!("&{name}={value}") }
        };
        let (role, account) = (filter("role", role.get()), filter("state", account.get()));
        let after = after.get().map(|after| format!("&after={after}")).unwrap_or_default();
        format!("{ACCOUNTS_PATH}?search={search}{role}{account}{after}")
    });
    let choose = move |of: State<String>| {
        move |event| {
            after.set(None);
            of.set(event_target_value(&event));
        }
    };
    let asked = DeactivationQuestion {
        open: state(false),
        user: state(None),
        reason: state(String::new()),
        grants_of: state(None),
    };
    provide_context(asked);
    provide_context(ShownDetails::new());
    let restrictions = Restrictions::new();
    provide_context(restrictions);
    let title = text(move || {
        let name = asked.user.with(|user| user.as_ref().map(|user| user.name.clone()));
        let name = name.unwrap_or_default();
        let name = isolated(&name);
        match lang.get() {
            Lang::Ko => format!("{name} 계정을 비활성화할까요?"),
            Lang::En => format!("Deactivate the account of {name}?"),
        }
    });
    let texts = Question {
        id: "deactivate",
        title,
        warning: WARNING.now(),
        keep: CANCEL.now(),
        act: DEACTIVATE.now(),
    };
    let deactivate = move || {
        asked.open.set(false);
        if let Some(user) = asked.user.get_untracked() {
            let reason = asked.reason.get_untracked();
            act.send(AdministrationAct::Deactivate { user: user.id }, reason, |_| ());
        }
    };
    let erased = ErasureQuestion::new();
    let roles = Role::ALL.iter().rev().map(|it| (it.name(), role_name(*it)));
    let accounts =
        [(AccountState::Active.name(), ACTIVE), (AccountState::Deactivated.name(), DEACTIVATED)];
    let search = move |event| {
        after.set(None);
        wanted.set(event_target_value(&event));
    };
    let times = Times::new();
    view! {
        <label class="search">
            {Icon::Search.draw()}
            <input type="search" dir="auto" class="search-field" data-testid="people-search" aria-label=FIND.now() placeholder=FIND.now() on:input=events::change(search) />
        </label>
        <div class="admin-form">
            {choice(ROLE, "people-role", roles.collect(), choose(role))}
            {choice(STATE, "people-state", accounts.to_vec(), choose(account))}
        </div>
        {erasure(erased)}
        {draw_loaded(people, move |page| {
            if page.people.is_empty() {
                return view! { <p class="hint">{NOBODY.now()}</p> }.into_any();
            }
            let last = page.people.last().map(|last| last.user.id);
            let rows = page.people.into_iter().map(|person| row(person, times, asked, erased)).collect_view();
            view! {
                <ul class="admin-list" data-testid="people">{rows}</ul>
                {more_button(page.more, move || after.set(last))}
            }
            .into_any()
        })}
        {question(asked.open, texts, reason_field, deactivate)}
        {restriction_dialog(restrictions)}
    }
    .into_any()
}

/// A labelled choice among values, or all of them.
fn choice(
    label: Words,
    id: &'static str,
    values: Vec<(&'static str, Words)>,
    choose: impl Fn(leptos::ev::Event) + 'static,
) -> AnyView {
    let options = values.into_iter().map(|(value, name)| {
        view! { <option value=value>{name.now()}</option> }
    });
    view! {
        <label class="admin-field">
            <span class="label">{label.now()}</span>
            <select class="field" data-testid=id on:change=events::change(choose)>
                <option value="">{ALL.now()}</option>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

fn reason_field() -> AnyView {
    let asked: DeactivationQuestion = expect_context();
    let limit = MAX_REASON_CHARS.to_string();
    view! {
        <label class="label" for="deactivate-reason">{REASON.now()}</label>
        <input id="deactivate-reason" class="field" dir="auto" maxlength=limit data-testid="deactivate-reason" on:input=events::change(move |event| asked.reason.set(event_target_value(&event))) />
    }
    .into_any()
}

fn row(
    person: ListedPerson,
    times: Times,
    asked: DeactivationQuestion,
    erased: ErasureQuestion,
) -> AnyView {
    let act: ActState = expect_context();
    let lang = use_lang();
    let me = use_app().driver.store().me().id;
    let tags = restriction_tags(&person, times);
    let restrictions: Restrictions = expect_context();
    let restrict = restrictions.buttons(&person);
    let ListedPerson {
        user,
        role,
        grants,
        decided,
        display_name,
        deactivated_at,
        sessions: count,
        last_used_at,
        ..
    } = person;
    let id = user.id;
    let about = text(move || {
        let lang = lang.get();
        let devices = sessions(lang, count);
        match last_used_at {
            Some(at) => format!("{devices} · {}", times.narrow(lang, at)),
            None => devices,
        }
    });
    let is_deactivated = deactivated_at.is_some();
    let handle = (!display_name.is_empty()).then(|| {
        let handle = format!("@{}", user.name);
        view! { <span class="person-handle isolated" translate="no">{handle}</span> }
    });
    let shown = if display_name.is_empty() { user.name.clone() } else { display_name };
    let name = view! { <span class="isolated admin-name" translate="no">{shown}</span> };
    let name = person_link(use_app(), user.clone(), name.into_any());
    let ask = {
        let user = user.clone();
        move |_| {
            asked.user.set(Some(user.clone()));
            asked.reason.set(String::new());
            asked.open.set(true);
        }
    };
    let button = if is_deactivated {
        let reactivate =
            move |_| act.send(AdministrationAct::Reactivate { user: id }, String::new(), |_| ());
        view! {
            <button class="button" data-testid=format!("reactivate-{id}") on:click=events::click_once(reactivate)>{REACTIVATE.now()}</button>
        }
        .into_any()
    } else if id == me {
        ().into_any()
    } else {
        view! {
            <button class="button" data-testid=format!("deactivate-{id}") on:click=events::click(ask)>{DEACTIVATE.now()}</button>
        }
        .into_any()
    };
    let ShownDetails { people: open, .. } = expect_context();
    let is_open = memo(move || open.with(|open| open.contains(&id)));
    let toggle = move |_| {
        open.update(|open| {
            let before = open.len();
            open.retain(|it| *it != id);
            if open.len() == before {
                open.push(id);
            }
        });
    };
    let details_label = format!("{}: {}", DETAILS.of(lang.get_untracked()), isolated(&user.name));
    let of_erasure = user.clone();
    let erase = (id != me).then(move || {
        let ask = move |_| erased.ask(of_erasure.clone());
        view! { <button class="button" data-testid=format!("erase-{id}") on:click=events::click(ask)>{ERASE.now()}</button> }
    });
    view! {
        <li class="admin-row" data-testid=format!("person-{id}")>
            {avatar(&user)}
            <div class="admin-about">
                {name}
                {handle}
                {is_deactivated.then(|| view! { <span class="tag">{DEACTIVATED.now()}</span> })}
                {tags}
                <p class="hint">{about}</p>
            </div>
            {role_choice(id, role)}
            <button class="button" aria-label=details_label aria-expanded=flag(move || is_open.get()) data-testid=format!("more-{id}") on:click=events::click(toggle)>{DETAILS.now()}</button>
            {(id != me).then_some(restrict)}
            {button}
            {erase}
            {grant_choices(id, grants, decided, asked.grants_of)}
            {when(move || is_open.get(), move || person_details(id))}
        </li>
    }
    .into_any()
}

fn role_choice(id: UserId, role: Role) -> AnyView {
    let act: ActState = expect_context();
    let options = Role::ALL.iter().rev().map(|it| {
        view! { <option value=it.name() selected=*it == role>{role_name(*it).now()}</option> }
    });
    let choose = move |event| {
        if let Some(role) = Role::parse(&event_target_value(&event)) {
            act.send(AdministrationAct::SetRole { user: id, role }, String::new(), |_| ());
        }
    };
    view! {
        <select class="field admin-select" aria-label=ROLE.now() data-testid=format!("role-{id}") on:change=events::change(choose)>
            {options.collect_view()}
        </select>
    }
    .into_any()
}
