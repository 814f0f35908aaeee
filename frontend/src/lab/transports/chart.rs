//! The chart: four lines on common axes.

use leptos::prelude::*;

use super::run::{Numbers, TransportKind};
use super::tally::{SIDE, height, spread};
use super::{latency, title};
use crate::i18n::{Words, use_lang};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, text, when};
use crate::ui::erased::signal::State;

pub(super) const SCALE: Words = Words::new(
    "세로: 지연 (로그 눈금) · 가로: 이벤트가 생긴 때",
    "Upwards: latency (logarithmic) · to the right: time of the event",
);
const NOTHING: Words = Words::new(
    "시작을 누르면 네 가지 길의 지연이 여기에 그려집니다.",
    "Press Start: the latencies of all four are drawn here.",
);
const WAITING: Words = Words::new("첫 이벤트를 기다립니다…", "Waiting for the first event…");
const NOW: Words = Words::new("지금", "now");
/// The height of a name in the chart.
const NAME_HEIGHT: i64 = SIDE / 11;
/// The time that the chart shows (`tally::WINDOW_MS`), in seconds.
const WINDOW_SECONDS: i64 = 20;
/// The marks of the upward axis: milliseconds and label.
const LATENCIES: [(f64, &str); 6] = [
    (0.1, "0.1 ms"),
    (1.0, "1 ms"),
    (10.0, "10 ms"),
    (100.0, "100 ms"),
    (1_000.0, "1 s"),
    (10_000.0, "10 s"),
];
/// The sign at the end of a line: the lines do not differ by their colours alone.
fn sign(kind: TransportKind) -> &'static str {
    match kind {
        TransportKind::Poll => "▲",
        TransportKind::LongPoll => "■",
        TransportKind::Events => "◆",
        TransportKind::Socket => "●",
    }
}

/// A piece of the line of a transport, with its sign.
pub(super) fn key(kind: TransportKind) -> AnyView {
    view! {
        <span class="transports-key" data-kind=kind.name() aria-hidden="true">
            <svg viewBox="0 0 28 8"><path class="transports-line" d="M0 4H28" /></svg>
            {sign(kind)}
        </span>
    }
    .into_any()
}

/// The four lines on common axes, each with its name at its end. The numbers are in the table, for screen readers too.
pub(super) fn chart(shown: State<Numbers>, running: State<bool>) -> AnyView {
    let lang = use_lang();
    let line = move |kind: TransportKind| {
        let points = text(move || shown.with(|numbers| numbers.of(kind).points(numbers.now)));
        view! { <polyline class="transports-line" data-kind=kind.name() data-testid=format!("{}-line", kind.name()) points=points /> }
            .into_any()
    };
    // The places of all names: none covers another.
    let names = memo(move || {
        shown.with(|numbers| {
            let ends = TransportKind::ALL.map(|kind| numbers.of(kind).end(numbers.now));
            (
                ends.map(|end| end.is_some()),
                spread(ends.map(|end| end.map_or(SIDE, |it| it.1)), NAME_HEIGHT),
            )
        })
    });
    let name = move |(index, kind): (usize, TransportKind)| {
        let at = move || names.with(|names| names.1.get(index).copied().unwrap_or_default());
        let end = memo(move || shown.with(|numbers| numbers.of(kind).end(numbers.now)));
        let value = text(move || latency(end.get().map(|end| end.2)));
        let draw = move || {
            view! {
                <span class="transports-end" data-kind=kind.name() style:left=text(move || percent(end.get().map_or(SIDE, |it| it.0))) style:top=text(move || percent(end.get().map_or(SIDE, |it| it.1)))>{sign(kind)}</span>
                <span class="transports-name" data-kind=kind.name() style:top=text(move || percent(at()))>{sign(kind)}" "{title(kind).now()}" "<b>{value}</b></span>
            }
            .into_any()
        };
        when(move || end.get().is_some(), draw)
    };
    let lines: Vec<AnyView> = TransportKind::ALL.map(line).into_iter().collect();
    let ends: Vec<AnyView> = TransportKind::ALL.into_iter().enumerate().map(name).collect();
    let grid = LATENCIES.map(|(millis, _)| {
        let y = height(millis);
        view! { <line class="transports-grid" x1="0" x2=SIDE y1=y y2=y /> }.into_any()
    });
    let marks = LATENCIES.map(|(millis, label)| {
        view! { <span class="transports-latency" style:top=percent(height(millis))>{label}</span> }
            .into_any()
    });
    let times = [0, 5, 10, 15].map(|seconds| {
        let left = percent(SIDE * seconds / WINDOW_SECONDS);
        let label = format!("−{} s", WINDOW_SECONDS - seconds);
        view! { <span class="transports-time" style:left=left>{label}</span> }.into_any()
    });
    let is_empty = move || names.with(|names| names.0 == [false; 4]);
    let nothing = move || {
        let words = derived(move || if running.get() { WAITING } else { NOTHING }.of(lang.get()));
        view! { <p class="transports-nothing hint" data-testid="transports-nothing">{words}</p> }
            .into_any()
    };
    view! {
        <div class="transports-chart" dir="ltr" data-testid="transports-chart" aria-hidden="true">
            <svg viewBox=format!("0 0 {SIDE} {SIDE}") preserveAspectRatio="none">{Vec::from(grid)}{lines}</svg>
            {Vec::from(marks)}
            {Vec::from(times)}
            <span class="transports-time" style:left="100%">{NOW.now()}</span>
            {ends}
            {when(is_empty, nothing)}
        </div>
    }
    .into_any()
}

/// A place in the chart in percent, with one decimal.
fn percent(place: i64) -> String {
    format!("{}.{}%", place / 10, place % 10)
}
