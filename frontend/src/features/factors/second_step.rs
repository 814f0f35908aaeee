//! The second step of a sign-in: a code after the password.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{refusal, requests};
use crate::account_requests::enter;
use crate::auth::Auth;
use crate::browser;
use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, flag};
use crate::ui::erased::signal::state;
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const CODE: Words =
    Words::new("인증 앱의 코드 또는 복구 코드", "Code of your app, or a recovery code");
const SEND: Words = Words::new("들어가기", "Sign in");

/// The form for the code.
pub(crate) fn second_step(challenge: String) -> AnyView {
    let auth: Auth = expect_context();
    let input = NodeRef::<html::Input>::new();
    let (failure, busy) = (state(None), state(false));
    effect(move || {
        if let Some(input) = input.get() {
            browser::focus_on(&input);
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let challenge = challenge.clone();
        spawn_local(async move {
            match requests::finish_second_step(challenge, typed(input)).await {
                Ok(user) => enter(auth, user),
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <form on:submit=events::submit(submit) novalidate>
            {labelled_field("second-step-code", CODE, ("text", "one-time-code"), "second-step-error", input)}
            {error_line(failure, refusal)}
            <button class="button button-strong" type="submit" data-testid="second-step-submit" aria-disabled=flag(move || busy.get())>{SEND.now()}</button>
        </form>
    }
    .into_any()
}
