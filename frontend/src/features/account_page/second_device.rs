//! Adding a device: a code and a QR code to enter there, and the question whether to let it in.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::account::{DeviceCode, WaitingDevice};

use super::{AccountView, section};
use crate::account_requests::{
    confirm_device, device_name, device_state, make_device_code, refusal, withdraw_device,
};
use crate::features::factors::Confirm;
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;

const ADD: Words = Words::new("다른 기기 추가", "Add a device");
const INTRO: Words = Words::new(
    "새 기기에서 로그인 화면의 “코드로 들어가기”에 코드를 적거나, 카메라로 QR 코드를 찍으세요. 5분 동안 쓸 수 있습니다.",
    "On the new device, enter the code under “Use a code” on its sign-in page, or scan the QR code. Both work for five minutes.",
);
const SHOW_CODE: Words = Words::new("코드 보기", "Show a code");
const CODE: Words = Words::new("코드", "Code");
const QR: Words = Words::new("새 기기에서 찍을 QR 코드", "QR code for the new device");
const LET_IN: Words = Words::new("허락하기", "Let it in");
const REFUSE: Words = Words::new("거절하기", "Refuse");
const CODE_OVER: Words =
    Words::new("코드를 더 쓸 수 없습니다.", "The code cannot be used any more.");
const ADDED: Words = Words::new("새 기기가 들어왔습니다.", "The new device is signed in.");

/// The time between two requests for the state of the code.
const POLL: Duration = Duration::from_secs(2);
/// The empty margin of a QR code, in modules.
const QUIET: u32 = 4;

/// The state of the section.
#[derive(Clone)]
enum Adding {
    Idle(Option<Words>),
    Shown(DeviceCode),
    Asking(WaitingDevice),
}

#[derive(Clone, Copy)]
struct SecondDevice {
    page: AccountView,
    adding: State<Adding>,
    failure: State<Option<Failure>>,
}

/// The section.
pub(super) fn second_device(page: AccountView) -> AnyView {
    let adding = state(Adding::Idle(None));
    let device = SecondDevice { page, adding, failure: state(None) };
    let content = part(move || match adding.get() {
        Adding::Idle(note) => idle(device, note),
        Adding::Shown(code) => shown(device, &code),
        Adding::Asking(waiting) => question(device, waiting),
    });
    let content = view! { {content} {error_line(device.failure, refusal)} };
    section("account-add", ADD, content.into_any())
}

fn idle(device: SecondDevice, note: Option<Words>) -> AnyView {
    let confirm: Confirm = expect_context();
    let make = move |_| {
        device.failure.set(None);
        confirm.then(move || {
            spawn_local(async move {
                match make_device_code().await {
                    Ok(code) => {
                        if device.adding.try_set(Adding::Shown(code)) {
                            poll(device);
                        }
                    }
                    Err(refused) => {
                        device.failure.try_set(Some(refused));
                    }
                }
            });
        });
    };
    view! {
        <p class="hint" role="status" data-testid="device-note">{note.map(Words::now)}</p>
        <button class="button" data-testid="show-code" on:click=events::click(make)>{SHOW_CODE.now()}</button>
    }
    .into_any()
}

fn shown(device: SecondDevice, code: &DeviceCode) -> AnyView {
    let side = code.qr_side + 2 * QUIET;
    let view_box = format!("-{QUIET} -{QUIET} {side} {side}");
    let withdraw = move |_| withdraw(device);
    view! {
        <p class="hint">{INTRO.now()}</p>
        <div class="device-code">
            // Cameras need dark modules on a light ground, in both colour schemes.
            <svg class="device-qr" viewBox=view_box role="img" aria-label=QR.now()>
                <path fill="white" d="M-4-4h99v99h-99z" />
                <path fill="black" d=code.qr_path.0.clone() />
            </svg>
            <p>
                <span class="label">{CODE.now()}</span>
                <strong class="device-letters" translate="no" data-testid="device-letters">{code.code.0.clone()}</strong>
            </p>
        </div>
        <button class="button" data-testid="withdraw-code" on:click=events::click_once(withdraw)>{CANCEL.now()}</button>
    }
    .into_any()
}

fn question(device: SecondDevice, waiting: WaitingDevice) -> AnyView {
    let lang = use_lang();
    let WaitingDevice { id, device: words, network } = waiting;
    let sentence = text(move || {
        let lang = lang.get();
        let name = device_name(lang, &words);
        match lang {
            Lang::Ko => format!(
                "{name}({network})에서 들어오려고 합니다. 직접 하신 것이 맞을 때만 허락하세요."
            ),
            Lang::En => format!(
                "{name} at {network} wants to sign in as you. Let it in only if that is you."
            ),
        }
    });
    let confirm = move |_| {
        let id = id.clone();
        spawn_local(async move {
            let note = match confirm_device(id).await {
                Ok(()) => ADDED,
                Err(_) => CODE_OVER,
            };
            device.adding.try_set(Adding::Idle(Some(note)));
            device.page.load();
        });
    };
    view! {
        <p role="alert" data-testid="device-question">{sentence}</p>
        <div class="dialog-actions">
            <button class="button" data-testid="refuse-device" on:click=events::click_once(move |_| withdraw(device))>{REFUSE.now()}</button>
            <button class="button button-strong" data-testid="confirm-device" on:click=events::click_once(confirm)>{LET_IN.now()}</button>
        </div>
    }
    .into_any()
}

fn withdraw(device: SecondDevice) {
    device.adding.set(Adding::Idle(None));
    spawn_local(async move {
        if let Err(refused) = withdraw_device().await {
            device.failure.try_set(Some(refused));
        }
    });
}

/// Asks for a waiting device while the code is shown.
fn poll(device: SecondDevice) {
    let next = move || {
        // The page may be gone.
        if matches!(device.adding.try_get_untracked(), Some(Adding::Shown(_))) {
            spawn_local(async move {
                let found = device_state().await;
                if !matches!(device.adding.try_get_untracked(), Some(Adding::Shown(_))) {
                    return;
                }
                match found {
                    Ok(found) => match (found.open, found.waiting) {
                        (_, Some(waiting)) => device.adding.set(Adding::Asking(waiting)),
                        (true, None) => poll(device),
                        (false, None) => device.adding.set(Adding::Idle(Some(CODE_OVER))),
                    },
                    // The network may be away.
                    Err(_) => poll(device),
                }
            });
        }
    };
    set_timeout(next, POLL);
}
