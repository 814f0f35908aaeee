//! The passkeys of the account.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::factors::{FactorsInfo, PasskeyInfo};

use super::confirmation::Confirm;
use super::{FactorsView, refusal, requests, section};
use crate::i18n::{Lang, Words, use_lang};
use crate::passkey;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const TITLE: Words = Words::new("패스키", "Passkeys");
const ABOUT: Words = Words::new(
    "지문, 얼굴, 기기의 PIN이나 보안 키로 로그인합니다. 비밀번호를 적지 않아도 되고, 가짜 페이지가 빼낼 수 없습니다.",
    "Sign in with a fingerprint, a face, the PIN of a device, or a security key. There is nothing to type, and nothing that a false page can take.",
);
const UNAVAILABLE: Words = Words::new(
    "이 주소에서는 패스키를 쓸 수 없습니다. HTTPS 이름으로 서버를 열어야 하며, 운영자는 설정의 public_origins에 그 주소를 적어야 합니다.",
    "Passkeys do not work at this address. Open the server by its name over HTTPS; the operator sets that address as public_origins.",
);
const NAME: Words = Words::new("새 패스키의 이름", "Name of the new passkey");
const ADD: Words = Words::new("패스키 추가하기", "Add a passkey");
const ADDED: Words = Words::new("패스키를 추가했습니다.", "The passkey is added.");
const NOT_MADE: Words = Words::new(
    "패스키를 만들지 않았습니다. 취소했거나, 이 기기에 이미 있거나, 브라우저가 만들 수 없습니다.",
    "No passkey was made. You cancelled, this device has one already, or the browser cannot make one.",
);
const REMOVE: Words = Words::new("지우기", "Remove");
const RENAME: Words = Words::new("이름 바꾸기", "Rename");
const NEW_NAME: Words = Words::new("새 이름", "New name");
const SAVE: Words = Words::new("저장", "Save");
const OWN_DEVICE: Words = Words::new("내 기기", "My device");

/// The section.
pub(super) fn passkey_section(view: FactorsView, info: &FactorsInfo) -> AnyView {
    let failure = state(None);
    let rows: Vec<AnyView> =
        info.passkeys.iter().map(|it| passkey_row(view, failure, it.clone())).collect();
    let add = if info.passkeys_work {
        addition(view, failure)
    } else {
        view! { <p class="callout" data-testid="passkeys-unavailable">{UNAVAILABLE.now()}</p> }
            .into_any()
    };
    let content = view! {
        <p class="hint">{ABOUT.now()}</p>
        <ul class="settings-list" data-testid="passkeys">{rows}</ul>
        {add}
        {error_line(failure, refusal)}
    };
    section("account-passkeys", TITLE, content.into_any())
}

fn passkey_row(
    view: FactorsView,
    failure: State<Option<Failure>>,
    passkey: PasskeyInfo,
) -> AnyView {
    let lang = use_lang();
    let times = Times::new();
    let PasskeyInfo { id, name, made_at, used_at } = passkey;
    let line = text(move || {
        let lang = lang.get();
        let made = times.short(lang, made_at);
        let used = used_at.map(|used| times.short(lang, used));
        match (lang, used) {
            (Lang::Ko, Some(used)) => format!("{made} 추가 · 마지막 사용 {used}"),
            (Lang::Ko, None) => format!("{made} 추가"),
            (Lang::En, Some(used)) => format!("added {made} · last used {used}"),
            (Lang::En, None) => format!("added {made}"),
        }
    });
    let confirm: Confirm = expect_context();
    let send = move |outcome: Result<(), Failure>| {
        if let Err(refused) = outcome {
            failure.try_set(Some(refused));
        }
        view.load();
    };
    let remove = move |_| {
        failure.set(None);
        confirm.then(move || {
            spawn_local(async move { send(requests::remove_passkey(id).await) });
        });
    };
    let label = format!("{}: {name}", REMOVE.of(lang.get_untracked()));
    let rename_label = format!("{}: {name}", RENAME.of(lang.get_untracked()));
    let (renaming, input) = (state(false), NodeRef::<html::Input>::new());
    let toggle = move |_| renaming.update(|renaming| *renaming = !*renaming);
    let rename = move |event: ev::SubmitEvent| {
        event.prevent_default();
        failure.set(None);
        let name = typed(input);
        spawn_local(async move { send(requests::rename_passkey(id, name).await) });
    };
    let form = move || {
        view! {
            <form class="account-form" on:submit=events::submit(rename) novalidate>
                {labelled_field("passkey-rename", NEW_NAME, ("text", "off"), "passkey-note", input)}
                <button class="button" type="submit" data-testid="passkey-rename-save">{SAVE.now()}</button>
            </form>
        }
        .into_any()
    };
    view! {
        <li class="setting" data-testid="passkey">
            <div class="setting-about">
                <p class="setting-name" dir="auto">{name}</p>
                <p class="hint">{line}</p>
                {when(move || renaming.get(), form)}
            </div>
            <button class="button" aria-label=rename_label aria-expanded=flag(move || renaming.get()) data-testid="rename-passkey" on:click=events::click(toggle)>{RENAME.now()}</button>
            <button class="button" aria-label=label data-testid="remove-passkey" on:click=events::click(remove)>{REMOVE.now()}</button>
        </li>
    }
    .into_any()
}

fn addition(view: FactorsView, failure: State<Option<Failure>>) -> AnyView {
    let lang = use_lang();
    let input = NodeRef::<html::Input>::new();
    let note: State<Option<Words>> = state(None);
    let confirm: Confirm = expect_context();
    let add = move |_| {
        failure.set(None);
        note.set(None);
        let mut name = typed(input);
        if name.trim().is_empty() {
            OWN_DEVICE.of(lang.get_untracked()).clone_into(&mut name);
        }
        confirm.then(move || {
            let name = name.clone();
            spawn_local(async move {
                let outcome = register(name).await;
                note.try_set(outcome.as_ref().ok().copied());
                match outcome {
                    Ok(_) => view.load(),
                    Err(refused) => {
                        failure.try_set(Some(refused));
                    }
                }
            });
        });
    };
    let said =
        text(move || note.get().map(|note| note.of(lang.get())).unwrap_or_default().to_owned());
    view! {
        <div class="account-form">
            {labelled_field("passkey-name", NAME, ("text", "off"), "passkey-note", input)}
            <button class="button button-strong" data-testid="add-passkey" on:click=events::click(add)>{ADD.now()}</button>
            <p id="passkey-note" class="hint" role="status" data-testid="passkey-note">{said}</p>
        </div>
    }
    .into_any()
}

/// Registers a passkey. Returns the sentence about it.
async fn register(name: String) -> Result<Words, Failure> {
    let start = requests::begin_passkey().await?;
    let Ok(credential) = passkey::create(&start.options).await else { return Ok(NOT_MADE) };
    requests::finish_passkey(start.challenge, credential, name).await?;
    Ok(ADDED)
}
