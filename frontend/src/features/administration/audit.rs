//! The audit log, with a filter and an export.

use leptos::prelude::*;
use madang_shared::administration::{
    AUDIT_EXPORT_PATH, AUDIT_PATH, AuditAct, AuditEntry, AuditPage,
};

use super::loading::{draw_loaded, load, more_button};
use super::strings::act_name;
use crate::i18n::{Lang, Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::state;

const KIND: Words = Words::new("종류", "Kind");
const ALL: Words = Words::new("모두", "All");
const EXPORT: Words = Words::new("JSON으로 내려받기", "Download as JSON lines");
const NONE: Words = Words::new("기록이 없습니다.", "There are no entries.");
const COMMAND_LINE: Words = Words::new("명령줄", "Command line");
const SERVER: Words = Words::new("서버", "Server");

/// The part of the page.
pub(super) fn audit() -> AnyView {
    let lang = use_lang();
    let (act, before) = (state(String::new()), state(None::<u64>));
    let entries = load::<AuditPage>(move || {
        let act = act.get();
        let act = if act.is_empty() { String::new() } else { format!("act={act}&") };
        let before = before.get().map(|before| format!("before={before}")).unwrap_or_default();
        format!("{AUDIT_PATH}?{act}{before}")
    });
    let options = AuditAct::ALL.iter().map(|it| {
        view! { <option value=it.name()>{text(move || act_name(lang.get(), it.name()))}</option> }
    });
    let choose = move |event| {
        before.set(None);
        act.set(event_target_value(&event));
    };
    let times = Times::new();
    view! {
        <div class="admin-form">
            <label class="admin-field">
                <span class="label">{KIND.now()}</span>
                <select class="field" data-testid="audit-kind" on:change=events::change(choose)>
                    <option value="">{ALL.now()}</option>
                    {options.collect_view()}
                </select>
            </label>
            <a class="button button-link" href=AUDIT_EXPORT_PATH download="audit.jsonl" rel="external" data-testid="audit-export">{EXPORT.now()}</a>
        </div>
        {draw_loaded(entries, move |page| {
            if page.entries.is_empty() {
                return view! { <p class="hint">{NONE.now()}</p> }.into_any();
            }
            let last = page.entries.last().map(|last| last.id);
            let rows = page.entries.into_iter().map(|entry| row(entry, times)).collect_view();
            view! {
                <ol class="admin-list" data-testid="audit">{rows}</ol>
                {more_button(page.more, move || before.set(last))}
            }
            .into_any()
        })}
    }
    .into_any()
}

fn row(entry: AuditEntry, times: Times) -> AnyView {
    let lang = use_lang();
    let AuditEntry { at, source, actor, act, user, detail, network, reason, .. } = entry;
    let title = text(move || act_name(lang.get(), &act));
    let who = text(move || {
        let lang = lang.get();
        let actor = match (&actor, source.as_str()) {
            (Some(actor), _) => actor.name.clone(),
            (None, "command_line") => COMMAND_LINE.of(lang).to_owned(),
            (None, _) => SERVER.of(lang).to_owned(),
        };
        let from = network.as_ref().map(|network| format!(" · {network}")).unwrap_or_default();
        format!("{actor}{from} · {}", times.full(lang, at))
    });
    let subject = user.map(|user| user.name).unwrap_or_default();
    let reason = text(move || match (lang.get(), reason.is_empty()) {
        (_, true) => String::new(),
        (Lang::Ko, false) => format!("이유: {reason}"),
        (Lang::En, false) => format!("Reason: {reason}"),
    });
    view! {
        <li class="admin-row" data-testid=format!("audit-{}", entry.id)>
            <div class="admin-about">
                <span class="admin-name">{title}</span>
                <span class="isolated" translate="no">{subject}</span>
                <span class="user-text" dir="auto">{detail}</span>
                <p class="hint user-text" dir="auto">{who}</p>
                <p class="hint user-text" dir="auto">{reason}</p>
            </div>
        </li>
    }
    .into_any()
}
