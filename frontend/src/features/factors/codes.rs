//! The one-time passwords of the account, and their recovery codes.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::factors::{FactorsInfo, RecoveryCodes, TotpStart};

use super::confirmation::Confirm;
use super::{FactorsView, refusal, requests, section};
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const TITLE: Words = Words::new("인증 앱 코드", "Codes of an authenticator app");
const OFF: Words = Words::new(
    "비밀번호로 로그인할 때 인증 앱의 여섯 자리 코드도 묻게 할 수 있습니다. 비밀번호가 새어 나가도 다른 사람이 들어올 수 없습니다.",
    "A sign-in with your password can also ask for six digits of an authenticator app. Then nobody gets in with your password alone.",
);
const SWITCH_ON: Words = Words::new("켜기", "Switch on");
const SWITCH_OFF: Words = Words::new("끄기", "Switch off");
const SCAN: Words = Words::new(
    "인증 앱으로 QR 코드를 찍거나 글자를 적은 다음, 앱에 나오는 코드를 적으세요. 이 화면은 다시 나오지 않습니다.",
    "Scan the QR code with your authenticator app, or type the letters there. Then enter the code that it shows. This is not shown again.",
);
const QR: Words = Words::new("인증 앱으로 찍을 QR 코드", "QR code for the authenticator app");
const SECRET: Words = Words::new("글자로 적기", "To type");
const OPEN: Words = Words::new("이 기기의 인증 앱으로 열기", "Open an app on this device");
const CODE: Words = Words::new("앱에 나오는 코드", "Code that the app shows");
const CODE_OR_RECOVERY: Words = Words::new("코드 또는 복구 코드", "Code, or a recovery code");
const CONFIRM: Words = Words::new("확인하고 켜기", "Confirm and switch on");
const KEEP: Words = Words::new(
    "휴대폰을 잃어버렸을 때 한 번씩 쓸 수 있는 복구 코드입니다. 지금 적어 두세요. 다시 볼 수 없습니다.",
    "With these you get in if you lose your phone, each of them once. Write them down now; they are not shown again.",
);
const KEPT: Words = Words::new("적어 두었어요", "I have written them down");

/// The empty margin of a QR code, in modules.
const QUIET: u32 = 4;

/// The state of the section.
#[derive(Clone)]
enum TotpState {
    Settled,
    Confirming(TotpStart),
    Codes(RecoveryCodes),
}

#[derive(Clone, Copy)]
struct TotpView {
    view: FactorsView,
    shown: State<TotpState>,
    failure: State<Option<Failure>>,
}

/// The section.
pub(super) fn totp_section(view: FactorsView, info: &FactorsInfo) -> AnyView {
    let totp = TotpView { view, shown: state(TotpState::Settled), failure: state(None) };
    let (is_on, left) = (info.totp, info.recovery_codes);
    let content = part(move || match totp.shown.get() {
        TotpState::Settled if is_on => on(totp, left),
        TotpState::Settled => off(totp),
        TotpState::Confirming(start) => confirming(totp, &start),
        TotpState::Codes(codes) => recovery_codes(totp, codes),
    });
    let content = view! { {content} {error_line(totp.failure, refusal)} };
    section("account-totp", TITLE, content.into_any())
}

fn off(totp: TotpView) -> AnyView {
    let confirm: Confirm = expect_context();
    let begin = move |_| {
        totp.failure.set(None);
        confirm.then(move || {
            spawn_local(async move {
                match requests::begin_totp().await {
                    Ok(start) => totp.shown.try_set(TotpState::Confirming(start)),
                    Err(refused) => totp.failure.try_set(Some(refused)),
                };
            });
        });
    };
    view! {
        <p class="hint">{OFF.now()}</p>
        <button class="button" data-testid="totp-on" on:click=events::click(begin)>{SWITCH_ON.now()}</button>
    }
    .into_any()
}

fn confirming(totp: TotpView, start: &TotpStart) -> AnyView {
    let side = start.qr_side + 2 * QUIET;
    let view_box = format!("-{QUIET} -{QUIET} {side} {side}");
    let confirm = move |code: String| {
        spawn_local(async move {
            match requests::confirm_totp(code).await {
                Ok(codes) => totp.shown.try_set(TotpState::Codes(codes)),
                Err(refused) => totp.failure.try_set(Some(refused)),
            };
        });
    };
    view! {
        <p class="hint">{SCAN.now()}</p>
        <div class="device-code">
            // Cameras need dark modules on a light ground, in both colour schemes.
            <svg class="device-qr" viewBox=view_box role="img" aria-label=QR.now()>
                <path fill="white" d="M-4-4h199v199h-199z" />
                <path fill="black" d=start.qr_path.clone() />
            </svg>
            <p>
                <span class="label">{SECRET.now()}</span>
                <code class="factor-secret" translate="no" data-testid="totp-secret">{start.secret.clone()}</code>
                <br />
                <a href=start.address.clone()>{OPEN.now()}</a>
            </p>
        </div>
        {code_form(totp, ("totp-code", CODE), CONFIRM, confirm)}
        <button class="button" on:click=events::click(move |_| totp.shown.set(TotpState::Settled))>{CANCEL.now()}</button>
    }
    .into_any()
}

fn recovery_codes(totp: TotpView, RecoveryCodes { codes }: RecoveryCodes) -> AnyView {
    let rows: Vec<AnyView> = codes
        .into_iter()
        .map(|code| view! { <li><code translate="no">{code}</code></li> }.into_any())
        .collect();
    view! {
        <p role="status">{KEEP.now()}</p>
        <ul class="factor-codes" data-testid="recovery-codes">{rows}</ul>
        <button class="button button-strong" data-testid="codes-kept" on:click=events::click(move |_| totp.view.load())>{KEPT.now()}</button>
    }
    .into_any()
}

fn on(totp: TotpView, left: u64) -> AnyView {
    let lang = use_lang();
    let sentence = text(move || match lang.get() {
        Lang::Ko => format!("켜져 있습니다. 남은 복구 코드는 {left}개입니다."),
        Lang::En => format!("Switched on. Recovery codes left: {left}."),
    });
    let confirm: Confirm = expect_context();
    let remove = move |code: String| {
        confirm.then(move || {
            let code = code.clone();
            spawn_local(async move {
                match requests::remove_totp(code).await {
                    Ok(()) => totp.view.load(),
                    Err(refused) => {
                        totp.failure.try_set(Some(refused));
                    }
                }
            });
        });
    };
    view! {
        <p class="hint" data-testid="totp-is-on">{sentence}</p>
        {code_form(totp, ("totp-code", CODE_OR_RECOVERY), SWITCH_OFF, remove)}
    }
    .into_any()
}

/// A form for one code.
fn code_form(
    totp: TotpView,
    (id, label): (&'static str, Words),
    act: Words,
    send: impl Fn(String) + 'static,
) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        totp.failure.set(None);
        send(typed(input));
    };
    view! {
        <form class="account-form" on:submit=events::submit(submit) novalidate>
            {labelled_field(id, label, ("text", "one-time-code"), "totp-error", input)}
            <button class="button button-strong" type="submit" data-testid="totp-submit">{act.now()}</button>
        </form>
    }
    .into_any()
}
