//! The erasure of the user's own account. Administrators erase others on their page.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::erasure::{ERASE_ACCOUNT_PATH, ErasureReceipt, OwnErasure};
use madang_shared::factors::{FACTORS_PATH, FactorsInfo};
use madang_shared::{ErrorCode, Failure};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::account_requests::{answer_of, post_to};
use crate::auth::Auth;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, text, when};
use crate::ui::erased::signal::state;
use crate::ui::secret_field::{labelled_field, typed};

const ABOUT: Words = Words::new(
    "이름과 프로필, 쓴 글, 주문, 로그인 수단이 모두 지워집니다. 다른 사람의 화면에서도 바로 사라지고, 되돌릴 수 없습니다. 무엇을 지웠는지 적힌 영수증을 내려받습니다.",
    "Your name, profile, texts, orders and ways to sign in are erased, on other people's screens too. This cannot be undone. You get a receipt that lists what was erased.",
);
const NAME: Words = Words::new("확인하려면 내 이름을 입력하세요", "Type your name to confirm");
const PASSWORD: Words = Words::new("비밀번호", "Password");
const CODE: Words = Words::new("일회용 코드", "One-time code");
const ERASE: Words = Words::new("내 계정을 영영 지우기", "Erase my account for good");
const ERROR_ID: &str = "erase-error";

/// The form, with a field for the password if the account has one.
pub(crate) fn own_erasure(has_password: bool) -> AnyView {
    let lang = use_lang();
    let auth: Auth = expect_context();
    let (name, password, code) = (
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Input>::new(),
    );
    let (busy, failure, needs_code) = (state(false), state(None::<Failure>), state(false));
    spawn_local(async move {
        if let Ok(factors) = answer_of::<FactorsInfo>(FACTORS_PATH).await {
            needs_code.try_set(factors.totp);
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let body = OwnErasure { name: typed(name), password: typed(password), code: typed(code) };
        spawn_local(async move {
            match post_to::<_, ErasureReceipt>(ERASE_ACCOUNT_PATH, &body).await {
                // The end of the connection may have signed the user out before this answer.
                Ok(receipt) => {
                    save(&receipt);
                    auth.sign_out(false);
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                    busy.try_set(false);
                }
            }
        });
    };
    let error = text(move || {
        let lang = lang.get();
        failure.with(|failure| failure.as_ref().map(|it| sentence(lang, it)).unwrap_or_default())
    });
    let password_field = || {
        labelled_field(
            "erase-password",
            PASSWORD,
            ("password", "current-password"),
            ERROR_ID,
            password,
        )
    };
    let code_field =
        move || labelled_field("erase-code", CODE, ("text", "one-time-code"), ERROR_ID, code);
    view! {
        <p class="hint">{ABOUT.now()}</p>
        <form class="account-form" on:submit=events::submit(submit) novalidate>
            {labelled_field("erase-own-name", NAME, ("text", "off"), ERROR_ID, name)}
            {has_password.then(password_field)}
            {when(move || needs_code.get(), code_field)}
            <p id=ERROR_ID class="error" role="alert" data-testid="erase-error">{error}</p>
            <button class="button button-danger" type="submit" data-testid="erase-own" aria-disabled=flag(move || busy.get())>{ERASE.now()}</button>
        </form>
    }
    .into_any()
}

/// Lets the browser download the receipt. The page may be gone by now.
fn save(receipt: &ErasureReceipt) {
    let Ok(link) = document().create_element("a") else { return };
    let content = String::from(js_sys::encode_uri_component(&receipt.to_text()));
    let attributes = [
        ("href", format!("data:text/plain;charset=utf-8,{content}")),
        ("download", format!("receipt-{}.txt", receipt.id)),
    ];
    for (name, value) in attributes {
        // Fails only for a malformed name.
        link.set_attribute(name, &value).ok();
    }
    if let Ok(link) = link.dyn_into::<HtmlElement>() {
        link.click();
    }
}

fn sentence(lang: Lang, failure: &Failure) -> String {
    let words = match failure.code {
        ErrorCode::Invalid => Words::new(
            "이름이 다릅니다. 지운 것은 없습니다.",
            "The name is another one. Nothing was erased.",
        ),
        ErrorCode::Forbidden if failure.message.contains("owner") => Words::new(
            "유일한 소유자입니다. 먼저 다른 사람을 소유자로 정하세요.",
            "You are the only owner. Make another person an owner first.",
        ),
        ErrorCode::Forbidden if failure.message.contains("Sign in again") => Words::new(
            "로그아웃한 뒤 다시 로그인하고 바로 지우세요.",
            "Sign out, sign in again, and erase the account then.",
        ),
        ErrorCode::Forbidden => {
            Words::new("비밀번호나 코드가 맞지 않습니다.", "The password or the code is wrong.")
        }
        _ => return lang.refusal(failure),
    };
    words.of(lang).to_owned()
}
