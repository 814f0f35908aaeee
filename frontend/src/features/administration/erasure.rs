//! The erasure of an account: the question in which its name has to be typed, and the receipt.

use leptos::prelude::*;
use madang_shared::User;
use madang_shared::administration::{AdministrationAct, MAX_REASON_CHARS};
use madang_shared::erasure::{ERASURES_PATH, ErasureReceipt};

use super::loading::ActState;
use super::strings::REASON;
use crate::i18n::{CANCEL, Lang, Words, isolated, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::question::{Question, question};

pub(super) const ERASE: Words = Words::new("지우기", "Erase");
const WARNING: Words = Words::new(
    "계정과 쓴 글이 모두 지워지고, 열린 화면에서도 바로 사라집니다. 되돌릴 수 없습니다.",
    "The account and everything it wrote are erased, on open pages too. This cannot be undone.",
);
const TYPE_NAME: Words = Words::new("확인하려면 이름을 입력하세요", "Type the name to confirm");
const RECEIPT: Words = Words::new("영수증", "Receipt");
const REMOVED: Words = Words::new("지운 것", "Removed");
const AS_TEXT: Words = Words::new("글로 내려받기", "Download as text");
const AS_JSON: Words = Words::new("JSON으로 내려받기", "Download as JSON");
const CLOSE: Words = Words::new("닫기", "Close");

/// The account that is to be erased, and the receipt of the last erasure.
#[derive(Clone, Copy)]
pub(super) struct ErasureQuestion {
    open: State<bool>,
    user: State<Option<User>>,
    typed: State<String>,
    reason: State<String>,
    receipt: State<Option<ErasureReceipt>>,
}

impl ErasureQuestion {
    pub(super) fn new() -> Self {
        Self {
            open: state(false),
            user: state(None),
            typed: state(String::new()),
            reason: state(String::new()),
            receipt: state(None),
        }
    }

    /// Asks about an account.
    pub(super) fn ask(self, user: User) {
        self.user.set(Some(user));
        self.typed.set(String::new());
        self.reason.set(String::new());
        self.receipt.set(None);
        self.open.set(true);
    }
}

/// The question, and the receipt above the list.
pub(super) fn erasure(asked: ErasureQuestion) -> AnyView {
    let act: ActState = expect_context();
    let lang = use_lang();
    provide_context(asked);
    let title = text(move || {
        let name = asked.user.with(|user| user.as_ref().map(|user| user.name.clone()));
        let name = name.unwrap_or_default();
        let name = isolated(&name);
        match lang.get() {
            Lang::Ko => format!("{name} 계정을 지울까요?"),
            Lang::En => format!("Erase the account of {name}?"),
        }
    });
    let texts = Question {
        id: "erase",
        title,
        warning: WARNING.now(),
        keep: CANCEL.now(),
        act: ERASE.now(),
    };
    let erase = move || {
        asked.open.set(false);
        if let Some(user) = asked.user.get_untracked() {
            let name = asked.typed.get_untracked();
            let erase = AdministrationAct::Erase { user: user.id, name };
            act.send(erase, asked.reason.get_untracked(), move |answer| {
                asked.receipt.set(answer.receipt);
            });
        }
    };
    view! {
        {part(move || asked.receipt.get().map_or_else(|| ().into_any(), |receipt| shown(asked, &receipt)))}
        {question(asked.open, texts, fields, erase)}
    }
    .into_any()
}

fn fields() -> AnyView {
    let asked: ErasureQuestion = expect_context();
    let limit = MAX_REASON_CHARS.to_string();
    view! {
        <label class="label" for="erase-name">{TYPE_NAME.now()}</label>
        <input id="erase-name" class="field" dir="auto" autocomplete="off" autocapitalize="none" spellcheck="false" data-testid="erase-name" on:input=events::change(move |event| asked.typed.set(event_target_value(&event))) />
        <label class="label" for="erase-reason">{REASON.now()}</label>
        <input id="erase-reason" class="field" dir="auto" maxlength=limit data-testid="erase-reason" on:input=events::change(move |event| asked.reason.set(event_target_value(&event))) />
    }
    .into_any()
}

fn shown(asked: ErasureQuestion, receipt: &ErasureReceipt) -> AnyView {
    let path = |ending: &str| format!("{ERASURES_PATH}/{}.{ending}", receipt.id);
    let (as_text, as_json) = (path("txt"), path("json"));
    let file = |ending: &str| format!("receipt-{}.{ending}", receipt.id);
    let (text_file, json_file) = (file("txt"), file("json"));
    let rows = receipt.removed.iter().map(|removed| {
        view! { <tr><th scope="row">{removed.kind.clone()}</th><td>{removed.count.to_string()}</td></tr> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="admin-receipt" role="status" data-testid="receipt">
            <h2 class="section-title">{RECEIPT.now()}" "<span translate="no">{receipt.id.clone()}</span></h2>
            <table><caption class="visually-hidden">{REMOVED.now()}</caption><tbody>{rows}</tbody></table>
            <div class="dialog-actions">
                <a class="button button-link" href=as_text download=text_file rel="external" data-testid="receipt-text">{AS_TEXT.now()}</a>
                <a class="button button-link" href=as_json download=json_file rel="external" data-testid="receipt-json">{AS_JSON.now()}</a>
                <button class="button" data-testid="receipt-close" on:click=events::click(move |_| asked.receipt.set(None))>{CLOSE.now()}</button>
            </div>
        </section>
    }
    .into_any()
}
