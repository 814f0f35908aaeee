//! The mail address of the account; nothing on a server that sends no mail.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::mail::{ACCOUNT_MAIL_PATH, OwnMail};
use madang_shared::{ErrorCode, Failure};

use super::section;
use crate::account_requests::{self, answer_of, ask_for_mail_address, delete_at};
use crate::features::factors::Confirm;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const TITLE: Words = Words::new("메일 주소", "Mail address");
const ABOUT: Words = Words::new(
    "비밀번호를 잊으면 이 주소로 링크를 받을 수 있습니다. 다른 사람에게는 보이지 않습니다.",
    "If you forget your password, you get a link here. Nobody else sees the address.",
);
const ADDRESS: Words = Words::new("메일 주소", "Mail address");
const NEW_ADDRESS: Words = Words::new("새 메일 주소", "New mail address");
const SEND: Words = Words::new("확인 메일 받기", "Send a mail to confirm");
const REMOVE: Words = Words::new("지우기", "Remove");
const VERIFIED: Words = Words::new("확인된 주소", "Confirmed");

/// The state of the section.
#[derive(Clone, Copy)]
struct MailView {
    mail: State<Option<OwnMail>>,
    failure: State<Option<Failure>>,
    busy: State<bool>,
}

impl MailView {
    /// Requests the address again.
    fn load(self) {
        spawn_local(async move {
            // Without an answer there is no section.
            if let Ok(mail) = answer_of::<OwnMail>(ACCOUNT_MAIL_PATH).await {
                // The page may be gone.
                self.mail.try_set(Some(mail));
            }
        });
    }

    /// Sends a request, one at a time, and shows the outcome.
    fn send(self, request: impl Future<Output = Result<(), Failure>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match request.await {
                Ok(()) => self.load(),
                Err(refused) => {
                    self.failure.try_set(Some(refused));
                }
            }
            self.busy.try_set(false);
        });
    }
}

/// The section.
pub(super) fn mail_section() -> AnyView {
    let view = MailView { mail: state(None), failure: state(None), busy: state(false) };
    view.load();
    part(move || match view.mail.get() {
        Some(mail) if mail.is_available => section("account-mail", TITLE, content(view, &mail)),
        _ => ().into_any(),
    })
}

fn content(view: MailView, mail: &OwnMail) -> AnyView {
    let confirm: Confirm = expect_context();
    let input = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        view.failure.set(None);
        let address = typed(input);
        confirm.then(move || view.send(ask_for_mail_address(address.clone())));
    };
    let remove = move |_| {
        view.failure.set(None);
        confirm.then(move || view.send(delete_at(ACCOUNT_MAIL_PATH)));
    };
    let verified = mail.address.clone().map(|address| {
        view! {
            <ul class="settings-list"><li class="setting" data-testid="mail-address">
                <div class="setting-about">
                    <p class="setting-name isolated" translate="no">{address}</p>
                    <p class="hint">{VERIFIED.now()}</p>
                </div>
                <button class="button" type="button" data-testid="remove-mail" on:click=events::click(remove)>{REMOVE.now()}</button>
            </li></ul>
        }
    });
    let lang = use_lang();
    let pending = mail.pending.clone();
    let pending =
        text(move || pending.as_ref().map(|it| waits(lang.get(), it)).unwrap_or_default());
    let label = if mail.address.is_some() { NEW_ADDRESS } else { ADDRESS };
    view! {
        <p class="hint">{ABOUT.now()}</p>
        {verified}
        <form class="account-form" on:submit=events::submit(submit) novalidate>
            {labelled_field("new-mail", label, ("email", "email"), "mail-error", input)}
            <div id="mail-error" data-testid="mail-error">{error_line(view.failure, refusal)}</div>
            <button class="button button-strong" type="submit" data-testid="mail-save" aria-disabled=flag(move || view.busy.get())>{SEND.now()}</button>
            <p class="hint" role="status" data-testid="mail-pending">{pending}</p>
        </form>
    }
    .into_any()
}

fn waits(lang: Lang, address: &str) -> String {
    let address = isolated(address);
    match lang {
        Lang::Ko => format!(
            "{address} 주소로 메일을 보냈습니다. 메일의 링크를 열면 확인됩니다. 링크는 하루 동안 쓸 수 있습니다."
        ),
        Lang::En => format!(
            "A mail is on its way to {address}. Open its link to confirm; it works for a day."
        ),
    }
}

fn refusal(lang: Lang, failure: &Failure) -> String {
    let words = match failure.code {
        ErrorCode::Invalid => Words::new(
            "메일 주소가 아닙니다. mina@example.com처럼 로마자로 적어 주세요.",
            "This is no mail address. Write it as mina@example.com, in Latin letters.",
        ),
        ErrorCode::RateLimited => Words::new(
            "한 시간에 보내는 메일 수가 다 찼습니다. 나중에 다시 해 보세요.",
            "Too many mails for now. Try again in an hour.",
        ),
        _ => return account_requests::refusal(lang, failure),
    };
    words.of(lang).to_owned()
}
