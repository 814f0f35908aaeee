//! The details of one person for administrators: sessions, and a link to sign in again.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::account::{MadeLink, SignInSession};
use madang_shared::administration::{ACCOUNTS_PATH, AdministrationAct};
use madang_shared::health::{PERSON_SESSIONS_SUFFIX, PersonSessions};
use madang_shared::{Failure, UserId};

use super::loading::{ActState, draw_loaded, load};
use super::shown_link::shown_link;
use crate::account_requests::{device_name, post_to};
use crate::i18n::{Lang, Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;

const SESSIONS: Words = Words::new("로그인한 기기", "Signed-in devices");
const NO_SESSIONS: Words = Words::new("로그인한 기기가 없습니다.", "Not signed in anywhere.");
const END: Words = Words::new("로그아웃시키기", "Sign out");
const END_ALL: Words = Words::new("모두 로그아웃시키기", "Sign all devices out");
const RESET: Words = Words::new("로그인 링크", "Sign-in link");
const ABOUT_RESET: Words = Words::new(
    "비밀번호를 잊은 사람에게 보낼 링크입니다. 하루 동안 한 번 쓸 수 있고, 쓰면 다른 기기는 로그아웃됩니다. 인증 앱 코드를 쓰는 사람에게는 코드도 묻습니다.",
    "A link for somebody who has forgotten the password. It works once, within a day, and signs the other devices out. A person with an authenticator app is asked for a code too.",
);
const REMOVES_FACTORS: Words = Words::new(
    "인증 앱 코드와 패스키도 지우기 (휴대폰을 잃어버린 사람)",
    "Also remove the codes and the passkeys (of somebody who has lost the phone)",
);
const MAKE_LINK: Words = Words::new("로그인 링크 만들기", "Make a sign-in link");

/// The details below people. They stay when the list is loaded again, as after each act.
#[derive(Clone, Copy)]
pub(super) struct ShownDetails {
    /// The people whose details are shown.
    pub(super) people: State<Vec<UserId>>,
    /// The link that was made last, and its person. The server tells it once.
    link: State<Option<(UserId, String)>>,
}

impl ShownDetails {
    pub(super) fn new() -> Self {
        Self { people: state(Vec::new()), link: state(None) }
    }
}

/// The part below the row of a person.
pub(super) fn person_details(id: UserId) -> AnyView {
    let sessions =
        load::<PersonSessions>(move || format!("{ACCOUNTS_PATH}/{id}{PERSON_SESSIONS_SUFFIX}"));
    let times = Times::new();
    let list = draw_loaded(sessions, move |found| {
        if found.sessions.is_empty() {
            return view! { <p class="hint">{NO_SESSIONS.now()}</p> }.into_any();
        }
        let rows: Vec<AnyView> =
            found.sessions.into_iter().map(|session| row(id, session, times)).collect();
        let act: ActState = expect_context();
        let end_all = move |_| end(act, id, None);
        view! {
            <ul class="settings-list" data-testid="person-sessions">{rows}</ul>
            <button class="button" data-testid="end-person-sessions" on:click=events::click_once(end_all)>{END_ALL.now()}</button>
        }
        .into_any()
    });
    view! {
        <div class="admin-details" data-testid=format!("details-{id}")>
            <h2 class="admin-name">{SESSIONS.now()}</h2>
            {list}
            <h2 class="admin-name">{RESET.now()}</h2>
            <p class="hint">{ABOUT_RESET.now()}</p>
            {reset(id)}
        </div>
    }
    .into_any()
}

fn row(id: UserId, session: SignInSession, times: Times) -> AnyView {
    let act: ActState = expect_context();
    let lang = use_lang();
    let SignInSession { id: session, device, network, used_at, .. } = session;
    let name = text(move || device_name(lang.get(), &device));
    let line = text(move || {
        let lang = lang.get();
        let used = times.short(lang, used_at);
        match lang {
            Lang::Ko => format!("{network} · 마지막 사용 {used}"),
            Lang::En => format!("{network} · last used {used}"),
        }
    });
    let end_it = move |_| end(act, id, Some(session.clone()));
    view! {
        <li class="setting" data-testid="person-session">
            <div class="setting-about">
                <p class="setting-name">{name}</p>
                <p class="hint">{line}</p>
            </div>
            <button class="button" on:click=events::click_once(end_it)>{END.now()}</button>
        </li>
    }
    .into_any()
}

fn end(act: ActState, user: UserId, session: Option<String>) {
    act.send(AdministrationAct::EndSessions { user, session }, String::new(), |_| ());
}

fn reset(id: UserId) -> AnyView {
    let removes = state(false);
    let ShownDetails { link, .. } = expect_context();
    let failure: State<Option<Failure>> = state(None);
    let make = move |_| {
        failure.set(None);
        let path = format!("/api/users/{id}/recovery?removes_factors={}", removes.get_untracked());
        spawn_local(async move {
            match post_to::<_, MadeLink>(&path, &()).await {
                Ok(made) => link.try_set(Some((id, made.link.0))),
                Err(refused) => failure.try_set(Some(refused)),
            };
        });
    };
    let last = move || match link.get() {
        Some((of, link)) if of == id => shown_link("reset-link", RESET, link),
        _ => ().into_any(),
    };
    let choose = move |event| removes.set(event_target_checked(&event));
    view! {
        <label class="admin-check">
            <input type="checkbox" data-testid="reset-removes" on:change=events::change(choose) />
            <span>{REMOVES_FACTORS.now()}</span>
        </label>
        <button class="button" data-testid="reset-make" on:click=events::click(make)>{MAKE_LINK.now()}</button>
        {error_line(failure, Lang::refusal)}
        {part(last)}
    }
    .into_any()
}
