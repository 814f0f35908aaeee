//! Parts of the views of moderators, and the page of a banned person. It is in the lazy part of the app.

mod banned;

use leptos::prelude::*;
use madang_shared::administration::MAX_REASON_CHARS;
use madang_shared::moderation::{ReportCategory, ReportOutcome};

use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::erased::signal::State;

pub(crate) use banned::{ban_line, banned};

/// The label of a reason that the audit log keeps.
pub(crate) const REASON: Words =
    Words::new("이유 (감사 기록에 남습니다)", "Reason (for the audit log)");
/// The label of a reason that the person reads too.
pub(crate) const REASON_FOR_PERSON: Words =
    Words::new("이유 (그 사람도 봅니다)", "Reason (the person sees it)");
const LASTS: Words = Words::new("얼마 동안", "For how long");

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The durations of a silence or a ban.
const DURATIONS: [(u64, Words); 5] = [
    (10 * MINUTE_MS, Words::new("10분", "10 minutes")),
    (HOUR_MS, Words::new("1시간", "1 hour")),
    (DAY_MS, Words::new("하루", "1 day")),
    (7 * DAY_MS, Words::new("일주일", "1 week")),
    (30 * DAY_MS, Words::new("30일", "30 days")),
];
/// The duration that is chosen first.
pub(crate) const USUAL_DURATION_MS: u64 = HOUR_MS;
const NO_END: Words = Words::new("끝 없이", "Without an end");

/// The field of a reason.
pub(crate) fn reason_input(id: &'static str, label: Words, reason: State<String>) -> AnyView {
    view! {
        <label class="label" for=id>{label.now()}</label>
        <input id=id class="field" dir="auto" required maxlength=MAX_REASON_CHARS.to_string() data-testid=id on:input=events::change(move |event| reason.set(event_target_value(&event))) />
    }
    .into_any()
}

/// The choice of a duration; 0 stands for one without an end, if that is offered.
pub(crate) fn duration_choice(id: &'static str, lasts_ms: State<u64>, endless: bool) -> AnyView {
    let choose = move |event| {
        if let Ok(chosen) = event_target_value(&event).parse() {
            lasts_ms.set(chosen);
        }
    };
    let now = lasts_ms.get_untracked();
    let endless = endless.then_some((0, NO_END));
    let options = DURATIONS.into_iter().chain(endless).map(move |(of, words)| {
        view! { <option value=of.to_string() selected=of == now>{words.now()}</option> }
    });
    view! {
        <label class="label" for=id>{LASTS.now()}</label>
        <select id=id class="field" data-testid=id on:change=events::change(choose)>{options.collect_view()}</select>
    }
    .into_any()
}

/// The name of a subject of reports.
pub(crate) fn category_name(category: ReportCategory) -> Words {
    match category {
        ReportCategory::Spam => Words::new("광고나 도배", "Spam"),
        ReportCategory::Harassment => Words::new("괴롭힘이나 욕설", "Harassment"),
        ReportCategory::Hate => Words::new("혐오 표현", "Hate"),
        ReportCategory::Privacy => Words::new("개인 정보 노출", "Private information"),
        ReportCategory::Other => Words::new("그 밖의 문제", "Something else"),
    }
}

/// The name of an outcome of a report.
pub(crate) fn outcome_name(outcome: ReportOutcome) -> Words {
    match outcome {
        ReportOutcome::Dismissed => Words::new("조치 없음", "No action"),
        ReportOutcome::Deleted => Words::new("메시지 삭제", "Message deleted"),
        ReportOutcome::Silenced => Words::new("글쓰기 막음", "Author muted"),
        ReportOutcome::Removed => Words::new("방에서 내보냄", "Author removed from the room"),
        ReportOutcome::Banned => Words::new("계정 차단", "Author banned"),
    }
}
