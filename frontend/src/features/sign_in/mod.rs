//! Before the gate: choosing a name.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::session::MAX_USER_NAME_CHARS;
use madang_shared::{ErrorCode, Failure, validate};

use crate::auth::Auth;
use crate::boot_form;
use crate::features::account::{LanguageSwitch, ThemeSwitch};
use crate::i18n::{Lang, tr, use_lang};
use crate::session;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, flag, text};
use crate::ui::erased::signal::state;
use crate::ui::icon::Mark;

fn refusal(lang: Lang, failure: &Failure) -> String {
    let texts = lang.texts();
    match failure.code {
        ErrorCode::NameTaken => texts.name_taken.to_owned(),
        ErrorCode::TooLong => lang.name_too_long(MAX_USER_NAME_CHARS),
        ErrorCode::Invalid => texts.name_invalid.to_owned(),
        ErrorCode::RateLimited => lang.too_many_sign_ups(failure.retry_after),
        ErrorCode::Unavailable => texts.unreachable.to_owned(),
        _ => lang.refusal(failure),
    }
}

/// The card that asks for a name.
#[component]
pub(crate) fn SignIn(
    /// Whether a session ended without being asked to.
    session_over: bool,
) -> impl IntoView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let input = NodeRef::<html::Input>::new();
    let failure = state(None::<Failure>);
    let busy = state(false);
    let sentence =
        move || failure.with(|failure| failure.as_ref().map(|it| refusal(lang.get(), it)));

    let refuse = move |refused: Failure| {
        failure.set(Some(refused));
        busy.set(false);
        if let Some(input) = input.get_untracked() {
            drop(input.focus());
            input.select();
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let typed = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        match validate::user_name(&typed) {
            Err(refused) => refuse(refused),
            Ok(name) => {
                busy.set(true);
                failure.set(None);
                spawn_local(async move {
                    match session::start(&name).await {
                        Ok(user) => auth.sign_in(user),
                        Err(refused) => refuse(refused),
                    }
                });
            }
        }
    };
    let boot_input = boot_form::take_input();
    effect(move || {
        if let Some(input) = input.get() {
            input.set_value(&boot_input.name);
            drop(input.focus());
            if boot_input.submitted
                && let Some(form) = input.form()
            {
                drop(form.request_submit());
            }
        }
    });

    view! {
        <main class="gate">
            <form class="card" on:submit=events::submit(submit) novalidate>
                <Mark />
                <h1 class="gate-title">{tr(|t| t.app)}</h1>
                <p class="gate-tagline">{tr(|t| t.tagline)}</p>
                {session_over.then(|| view! { <p class="notice" role="status">{tr(|t| t.session_over)}</p> })}
                <label class="label" for="name">{tr(|t| t.your_name)}</label>
                <input
                    id="name"
                    class="field"
                    data-testid="signin-name"
                    autocomplete="nickname"
                    spellcheck="false"
                    aria-describedby="name-hint name-error"
                    aria-invalid=flag(move || failure.with(Option::is_some))
                    node_ref=input
                    on:input=events::change(move |_| failure.set(None))
                />
                <p id="name-error" class="error" role="alert" data-testid="signin-error">{sentence}</p>
                <button class="button button-strong" type="submit" data-testid="signin-submit" aria-disabled=flag(move || busy.get())>
                    {text(move || {
                        let texts = lang.get().texts();
                        if busy.get() { texts.entering } else { texts.enter }.to_owned()
                    })}
                </button>
                <p id="name-hint" class="hint">{tr(|t| t.name_hint)}</p>
            </form>
            <div class="gate-foot"><LanguageSwitch /><ThemeSwitch /></div>
        </main>
    }
}

/// While the server is being asked.
#[component]
pub(crate) fn Checking() -> impl IntoView {
    view! {
        <main class="gate" aria-busy="true">
            <div class="gate-wait" role="status">
                <Mark />
                <span class="visually-hidden">{tr(|t| t.loading)}</span>
            </div>
        </main>
    }
}

/// When it does not answer.
#[component]
pub(crate) fn Unreachable() -> impl IntoView {
    let auth: Auth = expect_context();
    view! {
        <main class="gate">
            <div class="card" role="alert">
                <Mark />
                <h1 class="gate-title">{tr(|t| t.app)}</h1>
                <p class="gate-tagline">{tr(|t| t.unreachable)}</p>
                <button class="button button-strong" on:click=events::click(move |_| auth.check())>{tr(|t| t.try_again)}</button>
            </div>
        </main>
    }
}
