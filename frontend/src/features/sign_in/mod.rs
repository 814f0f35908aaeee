//! The sign-in form: a user chooses a name.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::session::MAX_USER_NAME_CHARS;
use madang_shared::{ErrorCode, Failure, validate};

use crate::auth::Auth;
use crate::boot_form;
use crate::browser;
use crate::features::account::choices::{colours, languages};
use crate::i18n::{Lang, tr, use_lang};
use crate::newcomer;
use crate::session;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, flag, text};
use crate::ui::icon::Mark;
use crate::ui::name_form::{NameFieldOptions, NameForm};

fn refusal(lang: Lang, failure: &Failure) -> String {
    let texts = lang.texts();
    match failure.code {
        ErrorCode::NameTaken => texts.name_taken.to_owned(),
        ErrorCode::TooLong => lang.name_too_long(MAX_USER_NAME_CHARS),
        ErrorCode::Invalid => texts.name_invalid.to_owned(),
        ErrorCode::RateLimited => lang.too_many_sign_ups(failure.retry_after),
        ErrorCode::Unavailable => texts.unreachable.to_owned(),
        ErrorCode::Unsupported => texts.cookies_blocked.to_owned(),
        _ => lang.refusal(failure),
    }
}

/// The form.
#[component]
pub(crate) fn SignIn(
    /// Whether a session ended without the user's request.
    session_over: bool,
) -> impl IntoView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let form = NameForm::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if form.busy.get_untracked() {
            return;
        }
        match validate::user_name(&form.text()) {
            Err(refused) => form.refuse(refused),
            Ok(name) => {
                form.start();
                spawn_local(async move {
                    match session::start(&name).await {
                        Ok(user) => {
                            newcomer::welcome();
                            auth.sign_in(user);
                        }
                        Err(refused) => form.refuse(refused),
                    }
                });
            }
        }
    };
    let boot_input = boot_form::take_input();
    effect(move || {
        if let Some(input) = form.input.get() {
            boot_form::fill_form();
            input.set_value(&boot_input.name);
            browser::focus_on(&input);
            if boot_input.submitted
                && let Some(form) = input.form()
            {
                // Fails only for a button of another form.
                form.request_submit().ok();
            }
        }
    });
    let error = text(move || {
        let lang = lang.get();
        form.failure
            .with(|failure| failure.as_ref().map(|it| refusal(lang, it)).unwrap_or_default())
    });
    let options = NameFieldOptions {
        id: "name",
        test_id: "signin-name",
        error_id: "name-error",
        error_test_id: "signin-error",
        described_by: "name-hint name-error",
        autocomplete: "nickname",
        label: tr(|t| t.your_name),
        error,
    };

    let server = text(move || {
        let name = auth.workspace.with(|it| it.name.clone());
        name.unwrap_or_else(|| lang.get().texts().app.to_owned())
    });
    let host = window().location().host().unwrap_or_default();

    view! {
        <main class="sign-in">
            <div class="gate">
            <section class="gate-about" id="gate-about-place"></section>
            <form class="sign-in-card" on:submit=events::submit(submit) novalidate>
                <p class="gate-server">
                    <span class="visually-hidden">{tr(|t| t.server)}</span>
                    <strong class="isolated" translate="no" data-testid="server-name">{server}</strong>
                    <span translate="no" data-testid="server-host">{host}</span>
                </p>
                {session_over.then(|| view! { <p class="callout" role="status">{tr(|t| t.session_over)}</p> })}
                {form.field(options)}
                <button class="button button-strong" type="submit" data-testid="signin-submit" aria-disabled=flag(move || form.busy.get())>
                    {text(move || {
                        let texts = lang.get().texts();
                        if form.busy.get() { texts.entering } else { texts.enter }.to_owned()
                    })}
                </button>
                <div id="name-hint"></div>
            </form>
            </div>
            <div class="sign-in-foot">{languages()}{colours()}</div>
        </main>
    }
}

/// Shown until the server has answered.
#[component]
pub(crate) fn Checking() -> impl IntoView {
    view! {
        <main class="sign-in" aria-busy="true">
            <div class="sign-in-wait" role="status">
                <Mark />
                <span class="visually-hidden">{tr(|t| t.loading)}</span>
            </div>
        </main>
    }
}

/// Shown when the server does not answer.
#[component]
pub(crate) fn Unreachable() -> impl IntoView {
    let auth: Auth = expect_context();
    view! {
        <main class="sign-in">
            <div class="sign-in-card" role="alert">
                <Mark />
                <h1 class="sign-in-title">{tr(|t| t.app)}</h1>
                <p class="sign-in-tagline">{tr(|t| t.unreachable)}</p>
                <button class="button button-strong" on:click=events::click(move |_| auth.check())>{tr(|t| t.try_again)}</button>
            </div>
        </main>
    }
}
