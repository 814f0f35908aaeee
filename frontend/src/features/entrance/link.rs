//! The page of a one-time link: says whom it lets in, and uses it up on a click alone.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::account::{LinkInfo, LinkKind};
use madang_shared::{ErrorCode, Failure};

use super::waiting::{Wait, waiting};
use super::{Form, frame, instead};
use crate::account_requests::{
    enter, read_link, refusal, request_device, take_token, use_link, verify_mail,
};
use crate::auth::Auth;
use crate::features::factors::{PasswordAnswer, password_answer, second_step};
use crate::i18n::{Lang, Words, isolated, tr, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::secret_field::{labelled_field, typed};

const TITLE: Words = Words::new("로그인 링크", "Sign-in link");
const NEW_PASSWORD: Words = Words::new("새 비밀번호", "New password");
const ENTER: Words = Words::new("들어가기", "Sign in");
const OTHERS_END: Words = Words::new(
    "이 이름의 다른 기기는 모두 로그아웃됩니다.",
    "All other devices of this name are signed out.",
);
const MAIL_TITLE: Words = Words::new("메일 주소 확인", "Confirm your mail address");
const CONFIRM_MAIL: Words = Words::new("주소 확인하기", "Confirm the address");
const MAIL_VERIFIED: Words = Words::new(
    "메일 주소를 확인했습니다. 비밀번호를 잊으면 이 주소로 링크를 받을 수 있습니다.",
    "The address is confirmed. If you forget your password, you get a link there.",
);
const TO_APP: Words = Words::new("마당으로 가기", "To Madang");
const RULES: Words = Words::new(
    "열 글자 이상. 몇 낱말을 이으면 외우기 쉽습니다.",
    "At least ten characters. A few words are easy to remember.",
);

/// The state of the page.
#[derive(Clone)]
enum LinkState {
    Loading,
    Refused(Failure),
    Read(LinkInfo),
    Waiting(Wait),
    /// The password is set, and the account asks for a code too.
    NeedsCode(String),
    /// The account has the mail address.
    Verified,
}

/// The page of a one-time link.
#[component]
pub(crate) fn LinkPage() -> impl IntoView {
    let token = take_token();
    let shown = state(LinkState::Loading);
    let wanted = token.clone();
    if wanted.is_empty() {
        shown.set(LinkState::Refused(Failure::new(ErrorCode::NotFound, "")));
    } else {
        spawn_local(async move {
            let read = read_link(wanted).await;
            // The page may be gone.
            shown.try_set(read.map_or_else(LinkState::Refused, LinkState::Read));
        });
    }
    let lang = use_lang();
    let content = part(move || match shown.get() {
        LinkState::Loading => view! { <p role="status">{tr(|t| t.loading)}</p> }.into_any(),
        LinkState::Refused(failure) => {
            let sentence = text(move || refusal(lang.get(), &failure));
            view! { <p class="callout" role="alert" data-testid="link-refused">{sentence}</p> }
                .into_any()
        }
        LinkState::Read(LinkInfo { kind: LinkKind::Mail, name, address, .. }) => {
            mail_form(token.clone(), (name, address.unwrap_or_default()), shown)
        }
        LinkState::Verified => verified(),
        LinkState::Read(link) => form(token.clone(), link, shown),
        LinkState::Waiting(wait) => waiting(wait),
        LinkState::NeedsCode(challenge) => second_step(challenge),
    });
    let title = derived(move || {
        let is_mail = shown.with(|shown| match shown {
            LinkState::Read(link) => link.kind == LinkKind::Mail,
            LinkState::Verified => true,
            _ => false,
        });
        if is_mail { MAIL_TITLE } else { TITLE }.of(lang.get())
    });
    frame(title, content)
}

fn form(token: String, link: LinkInfo, shown: State<LinkState>) -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let form = Form::new();
    let password = NodeRef::<html::Input>::new();
    let is_device = link.kind == LinkKind::Device;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if !form.start() {
            return;
        }
        let token = token.clone();
        spawn_local(async move {
            if is_device {
                match request_device(None, Some(token)).await {
                    Ok(ticket) => {
                        shown.try_set(LinkState::Waiting(Wait(ticket)));
                    }
                    Err(refused) => form.refuse(refused),
                }
            } else {
                let answered = use_link(token, typed(password)).await;
                match answered.and_then(|answered| password_answer(&answered)) {
                    Ok(PasswordAnswer::SignedIn(user)) => enter(auth, user),
                    Ok(PasswordAnswer::NeedsCode(challenge)) => {
                        shown.try_set(LinkState::NeedsCode(challenge));
                    }
                    Err(refused) => form.refuse(refused),
                }
            }
        });
    };
    let name = link.name.clone();
    let whom = text(move || whom(lang.get(), &name));
    let instead = instead(&link.name);
    let password_field = move || {
        view! {
            <input type="text" autocomplete="username" value=link.name.clone() hidden />
            {labelled_field("new-password", NEW_PASSWORD, ("password", "new-password"), "link-error", password)}
            <p class="hint">{RULES.now()}</p>
        }
    };
    let ends_others = link.kind == LinkKind::Recovery;
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <p data-testid="link-name">{whom}</p>
            {instead}
            {(!is_device).then(password_field)}
            {ends_others.then(|| view! { <p class="hint">{OTHERS_END.now()}</p> })}
            {form.error("link-error")}
            {form.button("link-submit", ENTER)}
        </form>
    }
    .into_any()
}

/// The form that gives an account the mail address. It signs nobody in.
fn mail_form(token: String, (name, address): (String, String), shown: State<LinkState>) -> AnyView {
    let lang = use_lang();
    let form = Form::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if !form.start() {
            return;
        }
        let token = token.clone();
        spawn_local(async move {
            match verify_mail(token).await {
                Ok(()) => shown.set(LinkState::Verified),
                Err(refused) => form.refuse(refused),
            }
        });
    };
    let question = text(move || connects(lang.get(), &name, &address));
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <p data-testid="link-mail">{question}</p>
            {form.error("link-error")}
            {form.button("link-submit", CONFIRM_MAIL)}
        </form>
    }
    .into_any()
}

fn connects(lang: Lang, name: &str, address: &str) -> String {
    let (name, address) = (isolated(name), isolated(address));
    match lang {
        Lang::Ko => format!("{address} 주소를 {name} 계정에 연결합니다."),
        Lang::En => format!("You connect {address} with the account {name}."),
    }
}

fn verified() -> AnyView {
    view! {
        <p role="status" data-testid="link-verified">{MAIL_VERIFIED.now()}</p>
        <p class="entrance-other"><a href="/" rel="external">{TO_APP.now()}</a></p>
    }
    .into_any()
}

fn whom(lang: Lang, name: &str) -> String {
    let name = isolated(name);
    match lang {
        Lang::Ko => format!("{name} 이름으로 들어갑니다."),
        Lang::En => format!("You sign in as {name}."),
    }
}
