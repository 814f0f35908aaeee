//! The pages that sign somebody in by other ways than a new name: with a password, with a code of another device, and
//! with a one-time link. They are in the lazy part of the app.

mod forgotten;
mod link;
mod waiting;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;

use crate::account_requests::{enter, refusal, request_device};
use crate::auth::{Auth, AuthState};
use crate::browser;
use crate::features::account::choices::{colours, languages};
use crate::features::factors::{
    PASSKEY_FIELD, PasswordAnswer, other_ways, second_step, sign_in_with_password,
};
use crate::features::moderation::ban_line;
use crate::i18n::{Lang, Words, isolated, tr, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::secret_field::{labelled_field, typed};

use forgotten::forgotten;
pub(crate) use link::LinkPage;
use waiting::{Wait, waiting};

const TITLE: Words = Words::new("내 계정으로 로그인", "Sign in to your account");
const PASSWORD: Words = Words::new("비밀번호", "Password");
const CODE: Words = Words::new("다른 기기에서 받은 코드", "Code from your other device");
const WITH_CODE: Words = Words::new("코드로 들어가기", "Use a code");
const CODE_HINT: Words = Words::new(
    "로그인한 기기의 설정 → 계정 → 다른 기기 추가에서 코드를 받을 수 있습니다.",
    "A device that is signed in shows one: Settings → Account → Add a device.",
);
const NEW_NAME: Words = Words::new("새 이름으로 시작하기", "Start with a new name");
const ASK_ADMINISTRATOR: Words = Words::new(
    "비밀번호를 잊었다면 관리자에게 복구 링크를 부탁하세요.",
    "Forgotten? An administrator can make you a recovery link.",
);
const PASSWORD_BACK: Words = Words::new("비밀번호로 로그인", "Sign in with the password");
const FORGOTTEN: Words = Words::new("비밀번호를 잊으셨나요?", "Forgot the password?");

/// The state of a form: the failure of its last request, and whether one is under way.
#[derive(Clone, Copy)]
struct Form {
    failure: State<Option<Failure>>,
    busy: State<bool>,
}

impl Form {
    fn new() -> Self {
        Self { failure: state(None), busy: state(false) }
    }

    /// Begins a request; false while another one is under way.
    fn start(self) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        self.failure.set(None);
        self.busy.set(true);
        true
    }

    fn refuse(self, failure: Failure) {
        // The page may be gone.
        self.failure.try_set(Some(failure));
        self.busy.try_set(false);
    }

    fn error(self, id: &'static str) -> AnyView {
        let lang = use_lang();
        let error = text(move || {
            let lang = lang.get();
            self.failure
                .with(|failure| failure.as_ref().map(|it| refusal(lang, it)).unwrap_or_default())
        });
        view! { <p id=id class="error" role="alert" data-testid=id>{error}</p> }.into_any()
    }

    fn button(self, id: &'static str, words: Words) -> AnyView {
        view! {
            <button class="button button-strong" type="submit" data-testid=id aria-disabled=flag(move || self.busy.get())>{words.now()}</button>
        }
        .into_any()
    }
}

/// The frame of the pages: a card, and the choices of language and colours below it.
fn frame(title: Signal<&'static str>, content: AnyView) -> AnyView {
    view! {
        <div class="entrance">
            <div class="sign-in-card">
                <h1 class="entrance-title">{title}</h1>
                {content}
            </div>
            <div class="sign-in-foot">{languages()}{colours()}</div>
        </div>
    }
    .into_any()
}

/// The page for a name and a password, or a code.
#[component]
pub(crate) fn PasswordSignInPage() -> impl IntoView {
    let wait: State<Option<Wait>> = state(None);
    let challenge: State<Option<String>> = state(None);
    let has_forgotten = state(false);
    let content = part(move || match (wait.get(), challenge.get(), has_forgotten.get()) {
        (Some(wait), ..) => waiting(wait),
        (None, Some(challenge), _) => second_step(challenge),
        (None, None, true) => forgotten(has_forgotten),
        (None, None, false) => forms(wait, challenge, has_forgotten),
    });
    let lang = use_lang();
    let title = derived(move || if has_forgotten.get() { FORGOTTEN } else { TITLE }.of(lang.get()));
    frame(title, content)
}

fn forms(
    wait: State<Option<Wait>>,
    challenge: State<Option<String>>,
    has_forgotten: State<bool>,
) -> AnyView {
    let auth: Auth = expect_context();
    let (name, password, code) = (NodeRef::<html::Input>::new(), NodeRef::new(), NodeRef::new());
    let (by_password, by_code) = (Form::new(), Form::new());
    let has_mail = state(false);
    effect(move || {
        if let Some(input) = name.get() {
            browser::focus_on(&input);
        }
    });
    let submit_password = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if by_password.start() {
            spawn_local(async move {
                match sign_in_with_password(typed(name), typed(password)).await {
                    Ok(PasswordAnswer::SignedIn(user)) => enter(auth, user),
                    Ok(PasswordAnswer::NeedsCode(named)) => {
                        challenge.try_set(Some(named));
                    }
                    Err(refused) => by_password.refuse(refused),
                }
            });
        }
    };
    let submit_code = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if by_code.start() {
            spawn_local(async move {
                match request_device(Some(typed(code)), None).await {
                    Ok(ticket) => {
                        wait.try_set(Some(Wait(ticket)));
                    }
                    Err(refused) => by_code.refuse(refused),
                }
            });
        }
    };
    view! {
        {instead("")}
        {ban_line()}
        <form on:submit=events::submit(submit_password) novalidate>
            {name_field(name)}
            {labelled_field("password", PASSWORD, ("password", "current-password"), "password-error", password)}
            {by_password.error("password-error")}
            {by_password.button("password-submit", TITLE)}
            {part(move || way_back(has_mail.get(), has_forgotten))}
        </form>
        {other_ways(has_mail)}
        <form class="entrance-code" on:submit=events::submit(submit_code) novalidate>
            {labelled_field("device-code", CODE, ("text", "one-time-code"), "code-error", code)}
            {by_code.error("code-error")}
            {by_code.button("code-submit", WITH_CODE)}
            <p class="hint">{CODE_HINT.now()}</p>
        </form>
        <p class="entrance-other"><a href="/" data-testid="to-gate">{NEW_NAME.now()}</a></p>
    }
    .into_any()
}

/// The way back for somebody who has forgotten the password.
fn way_back(has_mail: bool, has_forgotten: State<bool>) -> AnyView {
    if !has_mail {
        return view! { <p class="hint">{ASK_ADMINISTRATOR.now()}</p> }.into_any();
    }
    let show = move |_| has_forgotten.set(true);
    view! {
        <p class="entrance-note">
            <button class="button" type="button" data-testid="forgotten" on:click=events::click(show)>{FORGOTTEN.now()}</button>
        </p>
    }
    .into_any()
}

fn name_field(input: NodeRef<html::Input>) -> AnyView {
    view! {
        <label class="label" for="sign-in-name">{tr(|t| t.your_name)}</label>
        <input id="sign-in-name" class="field" dir="auto" autocomplete=PASSKEY_FIELD autocapitalize="none" spellcheck="false" data-testid="sign-in-name" node_ref=input />
    }
    .into_any()
}

/// Says that signing in ends the session of another name, if there is one.
fn instead(name: &str) -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    match auth.get_untracked() {
        AuthState::SignedIn(me) if me.name != name => {
            let sentence = text(move || instead_of(lang.get(), &me.name));
            view! { <p class="callout" data-testid="instead">{sentence}</p> }.into_any()
        }
        _ => ().into_any(),
    }
}

fn instead_of(lang: Lang, name: &str) -> String {
    let name = isolated(name);
    match lang {
        Lang::Ko => {
            format!("지금은 {name} 이름으로 로그인해 있습니다. 들어가면 그 이름은 로그아웃됩니다.")
        }
        Lang::En => format!("You are signed in as {name}, and will be signed out of that name."),
    }
}
