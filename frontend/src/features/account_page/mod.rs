//! The page of the person's account: its profile, its password, its mail address, its devices, a second device, and the last attempts to sign in. It is
//! in the lazy part of the app.

mod lists;
mod mail;
mod second_device;
mod tokens;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::account::AccountInfo;

use self::lists::{attempts, devices};
use self::mail::mail_section;
use self::second_device::second_device;
use self::tokens::{bots, tokens};
use crate::account_requests::{account, refusal, set_password};
use crate::context::use_app;
use crate::features::erasure::own_erasure;
use crate::features::factors::{Confirm, factor_sections};
use crate::features::profile::profile_form;
use crate::i18n::{Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::secret_field::{labelled_field, typed};

const NAME_IS_OPEN: Words = Words::new(
    "이 이름은 아직 이 브라우저에서만 쓸 수 있습니다. 비밀번호를 정하면 다른 기기에서도 쓸 수 있고, 로그아웃해도 돌아올 수 있습니다. 지금까지 쓴 글은 그대로 남습니다.",
    "This name works in this browser alone. With a password you can use it on other devices, and come back after signing out. Everything you wrote stays yours.",
);
const NAME_IS_SECURED: Words = Words::new(
    "이름과 비밀번호로 어느 기기에서든 로그인할 수 있습니다. 비밀번호를 바꾸면 다른 기기는 로그아웃됩니다.",
    "You can sign in with your name and password on any device. A new password signs your other devices out.",
);
const PROFILE: Words = Words::new("프로필", "Profile");
const ERASE: Words = Words::new("계정 지우기", "Erase the account");
const PASSWORD: Words = Words::new("비밀번호", "Password");
const CURRENT: Words = Words::new("지금 비밀번호", "Current password");
const NEW: Words =
    Words::new("새 비밀번호 (열 글자 이상)", "New password (at least ten characters)");
const SET: Words = Words::new("비밀번호 정하기", "Set a password");
const CHANGE: Words = Words::new("비밀번호 바꾸기", "Change the password");
const SAVED: Words = Words::new("비밀번호를 저장했습니다.", "The password is saved.");

/// The page.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let page = AccountView { info: state(None), failure: state(None), saved: state(false) };
    page.load();
    let lang = use_lang();
    let confirm = Confirm::provide();
    // The sections stay when the account is loaded again: what is typed into one of them is not lost by an act in another.
    let is_loaded = memo(move || page.info.with(Option::is_some));
    let of_info = move |draw: fn(AccountView, &AccountInfo) -> AnyView| {
        part(move || page.info.with(|info| info.as_ref().map(|info| draw(page, info)).into_any()))
    };
    let content = move || {
        if !is_loaded.get() {
            let sentence = text(move || {
                let lang = lang.get();
                let failed = page.failure.with(|it| it.as_ref().map(|it| refusal(lang, it)));
                failed.unwrap_or_else(|| lang.texts().loading.to_owned())
            });
            return view! { <p class="hint" role="status">{sentence}</p> }.into_any();
        }
        view! {
            {section("account-profile", PROFILE, profile_form())}
            {section("account-password", PASSWORD, of_info(password_form))}
            {mail_section()}
            {of_info(devices)}
            {factor_sections()}
            {second_device(page)}
            {tokens()}
            {bots()}
            {of_info(|_, info| attempts(info))}
            {section("account-erasure", ERASE, of_info(|_, info| own_erasure(info.has_password)))}
            {confirm.draw()}
        }
        .into_any()
    };
    view! { <div class="page"><div class="page-body page-reading">{part(content)}</div></div> }
}

/// The state of the page.
#[derive(Clone, Copy)]
struct AccountView {
    info: State<Option<AccountInfo>>,
    failure: State<Option<Failure>>,
    /// Whether the password was saved just now.
    saved: State<bool>,
}

impl AccountView {
    /// Requests the account again.
    fn load(self) {
        spawn_local(async move {
            // The page may be gone.
            match account().await {
                Ok(info) => self.info.try_set(Some(info)),
                Err(failure) => self.failure.try_set(Some(failure)),
            };
        });
    }
}

/// A section of the page under its heading.
fn section(id: &'static str, title: Words, content: AnyView) -> AnyView {
    view! {
        <section class="settings" aria-labelledby=id>
            <h2 id=id class="settings-title">{title.now()}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn password_form(page: AccountView, info: &AccountInfo) -> AnyView {
    let lang = use_lang();
    let me = use_app().driver.store().me();
    let (current, password) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let (busy, failure) = (state(false), state(None::<Failure>));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        page.saved.set(false);
        spawn_local(async move {
            match set_password(typed(password), typed(current)).await {
                Ok(()) => {
                    page.saved.try_set(true);
                    page.load();
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
            busy.try_set(false);
        });
    };
    let error = text(move || {
        let lang = lang.get();
        failure.with(|failure| failure.as_ref().map(|it| refusal(lang, it)).unwrap_or_default())
    });
    let saved = text(move || if page.saved.get() { SAVED.of(lang.get()) } else { "" }.to_owned());
    let current_field = || {
        labelled_field(
            "current-password",
            CURRENT,
            ("password", "current-password"),
            "password-error",
            current,
        )
    };
    let (about, act) = if info.secured { (NAME_IS_SECURED, CHANGE) } else { (NAME_IS_OPEN, SET) };
    view! {
        <p class="hint" data-testid="account-secured" data-secured=info.secured.to_string()>{about.now()}</p>
        <form class="account-form" on:submit=events::submit(submit) novalidate>
            <input type="text" autocomplete="username" value=me.name hidden />
            {info.needs_current_password.then(current_field)}
            {labelled_field("new-password", NEW, ("password", "new-password"), "password-error", password)}
            <p id="password-error" class="error" role="alert" data-testid="password-error">{error}</p>
            <button class="button button-strong" type="submit" data-testid="password-save" aria-disabled=flag(move || busy.get())>{act.now()}</button>
            <p class="hint" role="status" data-testid="password-saved">{saved}</p>
        </form>
    }
    .into_any()
}
