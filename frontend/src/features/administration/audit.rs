//! The audit log, with a filter and an export.

use leptos::prelude::*;
use madang_shared::administration::{
    AUDIT_EXPORT_PATH, AUDIT_PATH, AuditAct, AuditEntry, AuditPage,
};

use super::loading::{draw_loaded, load, more_button};
use super::strings::{ALL, act_name};
use crate::context::use_app;
use crate::features::profile::person_link;
use crate::i18n::{Lang, Words, use_lang};
use crate::time::{Times, day_named, local_day};
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::state;

const KIND: Words = Words::new("종류", "Kind");
const PERSON: Words = Words::new("사람", "Person");
const FROM: Words = Words::new("이날부터", "From");
const UNTIL: Words = Words::new("이날까지", "Until");
const EXPORT: Words = Words::new("JSON으로 내려받기", "Download as JSON lines");
const NONE: Words = Words::new("기록이 없습니다.", "There are no entries.");
const COMMAND_LINE: Words = Words::new("명령줄", "Command line");
const SERVER: Words = Words::new("서버", "Server");

/// The part of the page.
pub(super) fn audit() -> AnyView {
    let lang = use_lang();
    let (act, before) = (state(String::new()), state(None::<u64>));
    let (person, from, until) = (state(String::new()), state(None::<u64>), state(None::<u64>));
    let filter = memo(move || {
        let person =
            person.with(|person| String::from(js_sys::encode_uri_component(person.trim())));
        let part = |name: &str, value: Option<String>| {
            value.map(|value| format!("&{name}={value}")).unwrap_or_default()
        };
        let act = part("act", Some(act.get()).filter(|act| !act.is_empty()));
        let from = part("from", from.get().map(|it| it.to_string()));
        let until = part("until", until.get().map(|it| it.to_string()));
        format!("?person={person}{act}{from}{until}")
    });
    let entries = load::<AuditPage>(move || {
        let before = before.get().map(|before| format!("&before={before}")).unwrap_or_default();
        format!("{AUDIT_PATH}{}{before}", filter.get())
    });
    let find = move |event| {
        before.set(None);
        person.set(event_target_value(&event));
    };
    let choose_from = move |event| {
        before.set(None);
        from.set(day_named(&event_target_value(&event)).map(|day| day.0));
    };
    let choose_until = move |event| {
        before.set(None);
        // To the end of the day.
        let day = day_named(&event_target_value(&event));
        until.set(day.map(|day| local_day(day).1.0));
    };
    let export = text(move || format!("{AUDIT_EXPORT_PATH}{}", filter.get()));
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
            <label class="admin-field">
                <span class="label">{PERSON.now()}</span>
                <input class="field" type="search" dir="auto" data-testid="audit-person" on:input=events::change(find) />
            </label>
            <label class="admin-field">
                <span class="label">{FROM.now()}</span>
                <input class="field" type="date" data-testid="audit-from" on:change=events::change(choose_from) />
            </label>
            <label class="admin-field">
                <span class="label">{UNTIL.now()}</span>
                <input class="field" type="date" data-testid="audit-until" on:change=events::change(choose_until) />
            </label>
            <a class="button button-link" href=export download="audit.jsonl" rel="external" data-testid="audit-export">{EXPORT.now()}</a>
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
    let AuditEntry { at, source, actor, act, user, room, detail, network, reason, .. } = entry;
    let actor_card =
        actor.clone().map(|actor| person_link(use_app(), actor.clone(), avatar(&actor)));
    let room = text(move || match (room, lang.get()) {
        (None, _) => String::new(),
        (Some(room), Lang::Ko) => format!("방 {room}"),
        (Some(room), Lang::En) => format!("room {room}"),
    });
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
    let subject = user.map(|user| {
        let name = view! { <span class="isolated" translate="no">{user.name.clone()}</span> };
        person_link(use_app(), user, name.into_any())
    });
    let reason = text(move || match (lang.get(), reason.is_empty()) {
        (_, true) => String::new(),
        (Lang::Ko, false) => format!("이유: {reason}"),
        (Lang::En, false) => format!("Reason: {reason}"),
    });
    view! {
        <li class="admin-row" data-testid=format!("audit-{}", entry.id)>
            {actor_card}
            <div class="admin-about">
                <span class="admin-name">{title}</span>
                {subject}
                <span>{room}</span>
                <span class="user-text" dir="auto">{detail}</span>
                <p class="hint user-text" dir="auto">{who}</p>
                <p class="hint user-text" dir="auto">{reason}</p>
            </div>
        </li>
    }
    .into_any()
}
