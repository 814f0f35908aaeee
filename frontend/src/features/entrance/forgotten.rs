//! The form of somebody who has forgotten the password: the server mails a link to the verified address.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::{ErrorCode, Failure};

use super::{Form, PASSWORD_BACK};
use crate::account_requests::{ask_for_recovery, refusal};
use crate::browser;
use crate::i18n::{Lang, Words};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, part};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const ABOUT: Words = Words::new(
    "계정에 확인한 메일 주소가 있으면, 새 비밀번호를 정할 링크를 그 주소로 보냅니다.",
    "If your account has a verified mail address, you get a link there to choose a new password.",
);
const ACCOUNT: Words = Words::new("이름 또는 메일 주소", "Name or mail address");
const SEND: Words = Words::new("링크 받기", "Send the link");
const SENT: Words = Words::new(
    "이 계정에 확인한 메일 주소가 있으면 링크가 곧 도착합니다. 몇 분 안에 오지 않으면 스팸함을 보거나 다시 요청하세요.",
    "If this account has a verified address, a link is on its way. If it does not come within minutes, look among the spam, or ask again.",
);
const TOO_MANY: Words = Words::new(
    "요청이 너무 많습니다. 1분 뒤에 다시 해 보세요.",
    "Too many requests. Try again in a minute.",
);
const WITHOUT: Words = Words::new(
    "메일 주소가 없다면 관리자에게 복구 링크를 부탁하세요.",
    "Without a mail address, an administrator can make you a recovery link.",
);

fn refused(lang: Lang, failure: &Failure) -> String {
    match failure.code {
        ErrorCode::RateLimited => TOO_MANY.of(lang).to_owned(),
        _ => refusal(lang, failure),
    }
}

/// The form; `is_open` closes it.
pub(super) fn forgotten(is_open: State<bool>) -> AnyView {
    let form = Form::new();
    let is_sent = state(false);
    let account = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(input) = account.get() {
            browser::focus_on(&input);
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        is_sent.set(false);
        if !form.start() {
            return;
        }
        spawn_local(async move {
            match ask_for_recovery(typed(account)).await {
                Ok(()) => {
                    // The page may be gone.
                    is_sent.try_set(true);
                    form.busy.try_set(false);
                }
                Err(refused) => form.refuse(refused),
            }
        });
    };
    let sent = part(move || is_sent.get().then(|| SENT.now()).into_any());
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <p class="hint">{ABOUT.now()}</p>
            {labelled_field("forgotten-account", ACCOUNT, ("text", "username"), "forgotten-error", account)}
            <div id="forgotten-error" data-testid="forgotten-error">{error_line(form.failure, refused)}</div>
            {form.button("forgotten-submit", SEND)}
            <p class="entrance-note" role="status" data-testid="forgotten-sent">{sent}</p>
            <p class="hint">{WITHOUT.now()}</p>
        </form>
        <p class="entrance-other">
            <button class="button" type="button" data-testid="forgotten-back" on:click=events::click(move |_| is_open.set(false))>{PASSWORD_BACK.now()}</button>
        </p>
    }
    .into_any()
}
