//! The devices of the account, and the last attempts to sign in.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::account::{AccountInfo, SignInAttempt, SignInSession};

use super::{AccountView, section};
use crate::account_requests::{device_name, end_session, refusal};
use crate::i18n::{Lang, Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;

const DEVICES: Words = Words::new("로그인한 기기", "Signed-in devices");
const THIS_DEVICE: Words = Words::new("이 기기", "This device");
const END: Words = Words::new("로그아웃시키기", "Sign out");
const END_OTHERS: Words = Words::new("다른 기기 모두 로그아웃시키기", "Sign all other devices out");
const ATTEMPTS: Words = Words::new("로그인 기록", "Sign-in history");
const NO_ATTEMPTS: Words = Words::new(
    "아직 기록이 없습니다. 비밀번호나 코드로 로그인하면 여기에 보입니다.",
    "Nothing yet. Sign-ins with a password or a code are listed here.",
);

/// The devices, which can be signed out.
pub(super) fn devices(page: AccountView, info: &AccountInfo) -> AnyView {
    let failure = state(None);
    let rows: Vec<AnyView> =
        info.sessions.iter().map(|session| device(page, failure, session.clone())).collect();
    let others = move || {
        view! {
            <button class="button" data-testid="end-others" on:click=events::click_once(move |_| end(page, failure, String::new()))>{END_OTHERS.now()}</button>
        }
    };
    let content = view! {
        <ul class="settings-list" data-testid="devices">{rows}</ul>
        {error_line(failure, refusal)}
        {(info.sessions.len() > 1).then(others)}
    };
    section("account-devices", DEVICES, content.into_any())
}

fn device(page: AccountView, failure: State<Option<Failure>>, session: SignInSession) -> AnyView {
    let lang = use_lang();
    let times = Times::new();
    let SignInSession { id, device, network, since, used_at, current } = session;
    let name = text(move || device_name(lang.get(), &device));
    let line = text(move || {
        let lang = lang.get();
        let (since, used) = (times.short(lang, since), times.short(lang, used_at));
        let place = if network.is_empty() { String::new() } else { format!("{network} · ") };
        match lang {
            Lang::Ko => format!("{place}{since}부터 · 마지막 사용 {used}"),
            Lang::En => format!("{place}since {since} · last used {used}"),
        }
    });
    let act = if current {
        view! { <span class="tag">{THIS_DEVICE.now()}</span> }.into_any()
    } else {
        let sign_out = move |_| end(page, failure, id.clone());
        view! { <button class="button" data-testid="end-session" on:click=events::click_once(sign_out)>{END.now()}</button> }.into_any()
    };
    view! {
        <li class="setting" data-testid="device">
            <div class="setting-about">
                <p class="setting-name">{name}</p>
                <p class="hint">{line}</p>
            </div>
            {act}
        </li>
    }
    .into_any()
}

fn end(page: AccountView, failure: State<Option<Failure>>, id: String) {
    failure.set(None);
    spawn_local(async move {
        if let Err(refused) = end_session(&id).await {
            failure.try_set(Some(refused));
        }
        page.load();
    });
}

/// The last attempts.
pub(super) fn attempts(info: &AccountInfo) -> AnyView {
    let content = if info.attempts.is_empty() {
        view! { <p class="hint">{NO_ATTEMPTS.now()}</p> }.into_any()
    } else {
        let rows: Vec<AnyView> = info.attempts.iter().map(|it| attempt(it.clone())).collect();
        view! { <ul class="settings-list" data-testid="attempts">{rows}</ul> }.into_any()
    };
    section("account-attempts", ATTEMPTS, content)
}

fn attempt(attempt: SignInAttempt) -> AnyView {
    let lang = use_lang();
    let times = Times::new();
    let SignInAttempt { at, succeeded, method, device, network } = attempt;
    let name = text(move || {
        let lang = lang.get();
        let outcome = if succeeded {
            method_name(&method)
        } else {
            Words::new("틀린 비밀번호", "Wrong password")
        };
        format!("{} · {}", outcome.of(lang), device_name(lang, &device))
    });
    let line = text(move || format!("{} · {network}", times.full(lang.get(), at)));
    view! {
        <li class="setting" data-testid="attempt" data-succeeded=succeeded.to_string()>
            <div class="setting-about">
                <p class="setting-name">{name}</p>
                <p class="hint">{line}</p>
            </div>
        </li>
    }
    .into_any()
}

/// The way of a sign-in; see [`SignInMethod`](madang_shared::account::SignInMethod).
fn method_name(method: &str) -> Words {
    match method {
        "password" => Words::new("비밀번호로 로그인", "Signed in with the password"),
        "recovery" => Words::new("복구 링크로 로그인", "Signed in with a recovery link"),
        "claim" => Words::new("링크로 로그인", "Signed in with a link"),
        "device" => Words::new("다른 기기의 허락으로 로그인", "Let in by another device"),
        "passkey" => Words::new("패스키로 로그인", "Signed in with a passkey"),
        _ => Words::new("로그인", "Signed in"),
    }
}
