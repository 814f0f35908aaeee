//! The question for the password, or a passkey, before an act that changes who can sign in.

use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::account::{
    CONFIRM_PASSKEY_PATH, CONFIRM_PATH, Confirmation, ConfirmationState,
    FINISH_CONFIRM_PASSKEY_PATH, PasskeyConfirmation, Secret,
};
use madang_shared::factors::PasskeyStart;
use madang_shared::{ErrorCode, Failure};

use crate::account_requests::{self, answer_of, done, post, read};
use crate::http;
use crate::i18n::{CANCEL, Lang, Words};
use crate::passkey;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::flag;
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const TITLE: Words = Words::new("본인 확인", "Confirm that it is you");
const ABOUT: Words = Words::new(
    "로그인 방법을 바꾸기 전에 한 번 더 확인합니다. 5분 동안은 다시 묻지 않습니다.",
    "You are about to change how one signs in. You are not asked again for five minutes.",
);
const PASSWORD: Words = Words::new("비밀번호", "Password");
const CODE: Words =
    Words::new("인증 앱의 코드 또는 복구 코드", "Code of your app, or a recovery code");
const CONFIRM: Words = Words::new("확인", "Confirm");
const WITH_PASSKEY: Words = Words::new("패스키로 확인", "Confirm with a passkey");

/// An act that waits for the confirmation.
type Act = Arc<dyn Fn() + Send + Sync>;

/// Asks for the confirmation. Copies are the same question.
#[derive(Clone, Copy)]
pub(crate) struct Confirm {
    open: State<bool>,
    ways: State<ConfirmationState>,
    act: State<Option<Act>>,
    failure: State<Option<Failure>>,
    busy: State<bool>,
}

impl Confirm {
    /// The question, as the context of the sections below. They draw it once, with [`Self::draw`].
    pub(crate) fn provide() -> Self {
        let confirm = Self {
            open: state(false),
            ways: state(ConfirmationState::default()),
            act: state(None),
            failure: state(None),
            busy: state(false),
        };
        provide_context(confirm);
        confirm
    }

    /// Acts at once if the person has signed in or confirmed a moment ago, and after the confirmation otherwise.
    pub(crate) fn then(self, act: impl Fn() + Send + Sync + 'static) {
        spawn_local(async move {
            match answer_of::<ConfirmationState>(CONFIRM_PATH).await {
                Ok(ways) if ways.needed => {
                    // The page may be gone.
                    if !self.failure.try_set(None) {
                        return;
                    }
                    self.ways.set(ways);
                    self.act.set(Some(Arc::new(act)));
                    self.open.set(true);
                }
                // Without an answer, the refusal of the act itself says why.
                Ok(_) | Err(_) => act(),
            }
        });
    }

    /// The dialog.
    pub(crate) fn draw(self) -> AnyView {
        dialog(self.open, "confirm-title", move || self.content())
    }

    fn content(self) -> AnyView {
        let ways = self.ways.get_untracked();
        let (password, code) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
        let submit = move |event: ev::SubmitEvent| {
            event.prevent_default();
            let code = typed(code);
            let confirmation = Confirmation {
                password: Secret(typed(password)),
                code: (!code.is_empty()).then_some(Secret(code)),
            };
            self.send(async move { done(&post(CONFIRM_PATH, &confirmation).await?) });
        };
        let by_passkey = move |_| self.send(with_passkey());
        let password_form = move || {
            view! {
                <form class="account-form" on:submit=events::submit(submit) novalidate>
                    {labelled_field("confirm-password", PASSWORD, ("password", "current-password"), "confirm-error", password)}
                    {ways.code.then(|| labelled_field("confirm-code", CODE, ("text", "one-time-code"), "confirm-error", code))}
                    <button class="button button-strong" type="submit" data-testid="confirm-submit" aria-disabled=flag(move || self.busy.get())>{CONFIRM.now()}</button>
                </form>
            }
        };
        let passkey = move || {
            view! { <button class="button" data-testid="confirm-passkey" on:click=events::click(by_passkey)>{WITH_PASSKEY.now()}</button> }
        };
        view! {
            <h2 id="confirm-title" class="dialog-title">{TITLE.now()}</h2>
            <p class="hint">{ABOUT.now()}</p>
            {ways.password.then(password_form)}
            <div id="confirm-error" data-testid="confirm-error">{error_line(self.failure, refusal)}</div>
            <div class="dialog-actions">
                <button class="button" data-testid="confirm-cancel" on:click=events::click(move |_| self.open.set(false))>{CANCEL.now()}</button>
                {ways.passkeys.then(passkey)}
            </div>
        }
        .into_any()
    }

    /// Sends a confirmation, one at a time, and acts after it.
    fn send(self, confirmation: impl Future<Output = Result<(), Failure>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let outcome = confirmation.await;
            // The page may be gone.
            if !self.busy.try_set(false) {
                return;
            }
            match outcome {
                Ok(()) => {
                    self.open.set(false);
                    if let Some(act) = self.act.get_untracked() {
                        self.act.set(None);
                        act();
                    }
                }
                Err(refused) => self.failure.set(Some(refused)),
            }
        });
    }
}

async fn with_passkey() -> Result<(), Failure> {
    let start: PasskeyStart = read(http::post(CONFIRM_PASSKEY_PATH, "{}").await)?;
    let Ok(credential) = passkey::choose(&start.options, false).await else {
        return Err(Failure::new(ErrorCode::Forbidden, "no passkey was chosen"));
    };
    let body = PasskeyConfirmation { challenge: start.challenge, credential };
    done(&post(FINISH_CONFIRM_PASSKEY_PATH, &body).await?)
}

fn refusal(lang: Lang, failure: &Failure) -> String {
    let words = match failure.code {
        ErrorCode::Forbidden | ErrorCode::Unauthenticated | ErrorCode::Invalid => Words::new(
            "비밀번호나 코드, 패스키가 맞지 않습니다.",
            "The password, the code or the passkey is wrong.",
        ),
        _ => return account_requests::refusal(lang, failure),
    };
    words.of(lang).to_owned()
}
