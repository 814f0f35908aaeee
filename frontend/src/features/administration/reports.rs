//! The queue of reports, for administrators and for managers of rooms.

use leptos::ev;
use leptos::prelude::*;
use madang_shared::moderation::{
    REPORTS_PATH, Report, ReportAction, ReportCategory, ReportDecision, ReportOutcome, ReportsPage,
    report_path,
};
use madang_shared::{Failure, compact};

use super::loading::{ActState, draw_loaded, load, more_button};
use crate::context::{link_to, use_app};
use crate::features::moderation::{
    REASON_FOR_PERSON, USUAL_DURATION_MS, category_name, duration_choice, outcome_name,
    reason_input,
};
use crate::i18n::{CANCEL, Lang, Words, isolated, use_lang};
use crate::route::Route;
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::{http, session};

const NONE: Words = Words::new("신고가 없습니다.", "There are no reports.");
const ACT: Words = Words::new("처리하기", "Decide");
const TITLE: Words = Words::new("신고 처리", "Decide a report");
const ACTION: Words = Words::new("할 일", "What to do");
const SHOW: Words = Words::new("메시지로 가기", "Show the message");
const DIRECT: Words = Words::new("비공개 대화", "A private conversation");
const TITLE_ID: &str = "decide-title";

/// The acts on a report: their names, and their outcomes.
const ACTIONS: [ReportOutcome; 5] = [
    ReportOutcome::Dismissed,
    ReportOutcome::Deleted,
    ReportOutcome::Silenced,
    ReportOutcome::Removed,
    ReportOutcome::Banned,
];

/// The state of the dialog. Copies are the same.
#[derive(Clone, Copy)]
struct Decision {
    open: State<bool>,
    report: State<Option<Report>>,
    action: State<ReportOutcome>,
    lasts_ms: State<u64>,
    reason: State<String>,
}

/// The part of the page.
pub(super) fn reports() -> AnyView {
    list(|| view! { <p class="hint">{NONE.now()}</p> }.into_any())
}

/// The reports; `nothing` is shown without any.
pub(super) fn list(nothing: fn() -> AnyView) -> AnyView {
    let skip = state(0_u64);
    // An own decision changes no notice of the moderator.
    let decided = state(0_u64);
    let reports = load::<ReportsPage>(move || {
        decided.get();
        format!("{REPORTS_PATH}?skip={}", skip.get())
    });
    let decision = Decision {
        open: state(false),
        report: state(None),
        action: state(ReportOutcome::Dismissed),
        lasts_ms: state(USUAL_DURATION_MS),
        reason: state(String::new()),
    };
    let times = Times::new();
    view! {
        {draw_loaded(reports, move |page| {
            if page.reports.is_empty() {
                return nothing();
            }
            let count = page.reports.len() as u64;
            let rows = page.reports.into_iter().map(|report| row(report, times, decision)).collect_view();
            view! {
                <ol class="admin-list" data-testid="reports">{rows}</ol>
                {more_button(page.more, move || skip.update(|skip| *skip += count))}
            }
            .into_any()
        })}
        {dialog(decision.open, TITLE_ID, move || form(decision, decided))}
    }
    .into_any()
}

fn row(report: Report, times: Times, decision: Decision) -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let Report {
        id,
        room,
        room_name,
        message,
        author,
        reporter,
        category,
        words,
        text: quoted,
        at,
        ..
    } = report.clone();
    let category = ReportCategory::parse(&category).unwrap_or(ReportCategory::Other);
    let place = text(move || match (&room_name, lang.get()) {
        (None, lang) => DIRECT.of(lang).to_owned(),
        (Some(name), Lang::Ko) => format!("‘{}’ 방", isolated(name)),
        (Some(name), Lang::En) => format!("in “{}”", isolated(name)),
    });
    let reported = text(move || {
        let lang = lang.get();
        let (name, at) = (isolated(&reporter.name).into_owned(), times.full(lang, at));
        match lang {
            Lang::Ko => format!("{name} 님이 신고 · {at}"),
            Lang::En => format!("Reported by {name} · {at}"),
        }
    });
    let outcome = report.outcome.as_deref().map(|outcome| {
        let outcome = ReportOutcome::parse(outcome).unwrap_or(ReportOutcome::Dismissed);
        view! { <span class="tag" data-testid=format!("outcome-{id}")>{outcome_name(outcome).now()}</span> }
    });
    let is_open = report.outcome.is_none();
    let route = Route::Message(room, message);
    let show = report.is_managed.then(|| {
        view! { <a class="button button-link" href=route.path() on:click=link_to(app, route)>{SHOW.now()}</a> }
    });
    let decide = move |_| {
        decision.report.set(Some(report.clone()));
        decision.action.set(ReportOutcome::Dismissed);
        decision.lasts_ms.set(USUAL_DURATION_MS);
        decision.reason.set(String::new());
        decision.open.set(true);
    };
    let button = is_open.then(|| {
        view! { <button class="button button-strong" data-testid=format!("decide-{id}") on:click=events::click(decide)>{ACT.now()}</button> }
    });
    let lines = |text: String| {
        (!text.is_empty()).then(|| view! { <p class="hint user-text" dir="auto">{text}</p> })
    };
    view! {
        <li class="admin-row" data-testid=format!("report-{id}")>
            <div class="admin-about">
                <span class="admin-name">{category_name(category).now()}</span>
                <span class="isolated" translate="no">{author.name}</span>
                <span>{place}</span>
                {outcome}
                {(!quoted.is_empty()).then(|| view! { <blockquote class="admin-quote user-text" dir="auto" data-testid="reported-text">{quoted}</blockquote> })}
                {lines(words)}
                <p class="hint">{reported}</p>
            </div>
            {show}
            {button}
        </li>
    }
    .into_any()
}

fn form(decision: Decision, decided: State<u64>) -> AnyView {
    let acts: ActState = expect_context();
    let Decision { open, report, action, lasts_ms, reason } = decision;
    let Some(report) = report.get_untracked() else { return ().into_any() };
    let id = report.id;
    let is_ready = move || reason.with(|reason| !reason.trim().is_empty());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if !is_ready() {
            return;
        }
        open.set(false);
        let action = action_of(action.get_untracked(), lasts_ms.get_untracked());
        let decision = ReportDecision { action, reason: reason.get_untracked() };
        let request = async move { post(id, &decision).await };
        acts.run(request, move |()| {
            // The page may be gone.
            if let Some(count) = decided.try_get_untracked() {
                decided.set(count + 1);
            }
        });
    };
    let choose = move |event| {
        if let Some(chosen) = ReportOutcome::parse(&event_target_value(&event)) {
            action.set(chosen);
        }
    };
    let offered = ACTIONS.into_iter().filter(|of| match of {
        ReportOutcome::Removed => report.is_managed,
        _ => true,
    });
    let options = offered
        .map(|of| view! { <option value=of.name()>{action_name(of).now()}</option> })
        .collect_view();
    let lasts = part(move || match action.get() {
        ReportOutcome::Silenced => duration_choice("decide-lasts", lasts_ms, false),
        ReportOutcome::Banned => duration_choice("decide-lasts", lasts_ms, true),
        _ => ().into_any(),
    });
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <h2 id=TITLE_ID class="dialog-title">{TITLE.now()}</h2>
            <label class="label" for="decide-action">{ACTION.now()}</label>
            <select id="decide-action" class="field" autofocus=true data-testid="decide-action" on:change=events::change(choose)>{options}</select>
            {lasts}
            {reason_input("decide-reason", REASON_FOR_PERSON, reason)}
            <div class="dialog-actions">
                <button type="button" class="button" data-testid="decide-cancel" on:click=events::click(move |_| open.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-danger" data-testid="decide-confirm" aria-disabled=flag(move || !is_ready())>{ACT.now()}</button>
            </div>
        </form>
    }
    .into_any()
}

fn action_name(outcome: ReportOutcome) -> Words {
    match outcome {
        ReportOutcome::Dismissed => Words::new("조치 없이 닫기", "Close without an act"),
        ReportOutcome::Deleted => Words::new("메시지 삭제", "Delete the message"),
        ReportOutcome::Silenced => Words::new("글쓰기 막기", "Mute the author"),
        ReportOutcome::Removed => Words::new("방에서 내보내기", "Remove the author from the room"),
        ReportOutcome::Banned => Words::new("계정 차단", "Ban the author"),
    }
}

fn action_of(outcome: ReportOutcome, lasts_ms: u64) -> ReportAction {
    match outcome {
        ReportOutcome::Dismissed => ReportAction::Dismiss,
        ReportOutcome::Deleted => ReportAction::Delete,
        ReportOutcome::Silenced => ReportAction::Silence { lasts_ms },
        ReportOutcome::Removed => ReportAction::Remove,
        ReportOutcome::Banned => {
            ReportAction::Ban { lasts_ms: Some(lasts_ms).filter(|it| *it > 0) }
        }
    }
}

async fn post(report: u64, decision: &ReportDecision) -> Result<(), Failure> {
    let answer = http::post(&report_path(report), &compact::to_text(decision)).await;
    let answer = answer.map_err(session::unreachable_server)?;
    if answer.ok() { Ok(()) } else { Err(session::failure(&answer)) }
}
