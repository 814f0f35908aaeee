//! Why WebSocket: one stream of events over four transports at once, with the cost and the latency of each.

mod chart;
mod run;
mod tally;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use madang_shared::lab::transports::TRANSPORT_RATES;

use crate::format::{tenths, whole};
use crate::i18n::{Lang, Words, use_lang};
use crate::lab::code::show_code;
use crate::route::Page;
use crate::ui::direction::direction;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, flag, text};
use crate::ui::erased::signal::{State, state};
use chart::{SCALE, chart, key};
use run::{Numbers, Run, TransportKind};
use tally::{Tally, TransportState};

const INTRO: Words = Words::new(
    "서버의 시계 하나가 내는 같은 이벤트를 네 가지 길로 동시에 받습니다. 숫자는 모두 이 브라우저와 서버 사이에 실제로 오간 것에서 나옵니다.",
    "The ticks of one clock on the server reach this page over four transports at once. Every number is measured on real traffic between this browser and the server.",
);
const START: Words = Words::new("시작", "Start");
const STOP: Words = Words::new("멈춤", "Stop");
const RATE: Words = Words::new("초당 이벤트", "Events per second");
const INTERVAL: Words = Words::new("폴링 간격", "Polling interval");
const NO_CLOCK: Words = Words::new(
    "시작하면 먼저 서버와 브라우저의 시계 차이를 잽니다.",
    "Once started, the page first compares the server's clock with the browser's.",
);
const COMPARING: Words = Words::new("서버의 시계와 견주는 중입니다…", "Comparing the clocks…");
const UNREACHABLE: Words = Words::new(
    "서버에 닿지 못했습니다. 1초마다 다시 시도합니다.",
    "The server does not answer. The page tries again every second.",
);
const CHART: Words = Words::new("이벤트가 도착하기까지 걸린 시간", "Time until an event arrives");
const MEASURE: Words = Words::new("재는 것", "Measure");
const MEASURED: Words = Words::new("무엇을 재는가", "What is measured, and what is not");
const NOTES: [Words; 4] = [
    Words::new(
        "지연: 서버에서 이벤트가 생긴 때부터 페이지가 받을 때까지. 최근 20초의 중앙값(p50)과 99번째 백분위수(p99)입니다.",
        "Latency: from the moment an event happens on the server until this page has it; the median (p50) and the 99th percentile (p99) of the last 20 s.",
    ),
    Words::new(
        "받은 바이트: 폴링과 롱 폴링은 브라우저가 잰 값(transferSize)입니다. 브라우저는 응답 헤더의 실제 크기를 알려 주지 않고 응답마다 300바이트로 칩니다. SSE는 이벤트의 글자를, 웹소켓은 프레임과 프레임 헤더를 이 페이지가 셉니다.",
        "Received: for both kinds of polls what the browser measured (transferSize), in which it counts 300 bytes for the headers of each answer instead of their true size. For server-sent events this page counts the events' text, for the WebSocket frames and frame headers.",
    ),
    Words::new(
        "보낸 바이트: 서버가 센 요청 헤더입니다. 웹소켓과 SSE는 처음 한 번뿐입니다.",
        "Sent: the heads of the requests, as the server counted them. A WebSocket and an event stream send one, at the start.",
    ),
    Words::new(
        "재지 않는 것: TCP·TLS의 바이트, 연결을 열 때의 응답 헤더, SSE의 청크 표시, 웹소켓의 핑과 퐁.",
        "Not measured: bytes of TCP and TLS, the answer's head when a stream or socket opens, the chunk marks of an event stream, and a WebSocket's pings and pongs.",
    ),
];

const STATE: Words = Words::new("상태", "State");

/// The selectable intervals, in milliseconds.
const INTERVALS: [u32; 5] = [100, 250, 1_000, 2_000, 5_000];
const FIRST_RATE: u32 = 5;
const FIRST_INTERVAL: u32 = 1_000;
/// The interval at which the numbers are updated.
const REDRAW: Duration = Duration::from_millis(250);

fn title(kind: TransportKind) -> Words {
    match kind {
        TransportKind::Poll => Words::new("폴링", "Polling"),
        TransportKind::LongPoll => Words::new("롱 폴링", "Long polling"),
        TransportKind::Events => Words::new("SSE", "SSE"),
        TransportKind::Socket => Words::new("웹소켓", "WebSocket"),
    }
}

fn state_words(state: TransportState, running: bool) -> Words {
    match (state, running) {
        (TransportState::Idle, _) => Words::new("–", "–"),
        (_, false) => Words::new("멈춤", "Stopped"),
        (TransportState::Opening, true) => Words::new("여는 중", "Opening"),
        (TransportState::Connected, true) => Words::new("받는 중", "Receiving"),
        (TransportState::Broken, true) => Words::new("끊김, 다시 시도", "Broken; retrying"),
    }
}

fn hint(kind: TransportKind) -> Words {
    match kind {
        TransportKind::Poll => Words::new("정해진 간격마다 묻습니다.", "Requests at the interval."),
        TransportKind::LongPoll => Words::new(
            "묻고, 답이 생길 때까지 기다립니다.",
            "Requests; the answer waits for an event.",
        ),
        TransportKind::Events => {
            // The abbreviation is explained where it stands alone.
            Words::new(
                "서버 전송 이벤트: 한 번 묻고, 답이 끝나지 않습니다.",
                "Server-sent events: requests once; the answer never ends.",
            )
        }
        TransportKind::Socket => Words::new(
            "한 번 열고, 양쪽이 언제든 말합니다.",
            "Connects once; either side sends at any time.",
        ),
    }
}

/// The page.
#[component]
pub(crate) fn TransportsPage() -> impl IntoView {
    let lang = use_lang();
    let numbers = Rc::new(RefCell::new(Numbers::default()));
    let shown = state(Numbers::default());
    let running = state(false);
    let rate = state(FIRST_RATE);
    let interval = state(FIRST_INTERVAL);
    let run = StoredValue::new_local(None::<Run>);

    let source = numbers.clone();
    // A new choice starts a new run.
    effect(move || {
        let (rate, interval) = (rate.get(), Duration::from_millis(interval.get().into()));
        let wanted = running.get();
        run.set_value(None);
        if wanted {
            *source.borrow_mut() = Numbers::default();
            run.set_value(Some(Run::start(rate, interval, source.clone())));
        }
    });
    let redraw = set_interval_with_handle(
        move || {
            if running.get_untracked() {
                shown.set(numbers.borrow().at_present());
            }
        },
        REDRAW,
    );
    if let Ok(redraw) = redraw {
        on_cleanup(move || redraw.clear());
    }
    on_cleanup(move || {
        run.try_update_value(|run| *run = None);
    });

    let label = text(move || {
        let words = if running.get() { STOP } else { START };
        words.of(lang.get()).to_owned()
    });
    let clock = text(move || {
        let lang = lang.get();
        let (clock, broken) =
            shown.with(|numbers| (numbers.clock, numbers.socket.state == TransportState::Broken));
        match (clock, running.get()) {
            (Some((offset, error)), _) => clock_line(lang, offset, error),
            (None, false) => NO_CLOCK.of(lang).to_owned(),
            (None, true) if broken => UNREACHABLE.of(lang).to_owned(),
            (None, true) => COMPARING.of(lang).to_owned(),
        }
    });
    let hints = TransportKind::ALL.map(|kind| {
        view! {
            <dt>{key(kind)}{title(kind).now()}</dt>
            <dd class="hint">{hint(kind).now()}</dd>
        }
        .into_any()
    });
    view! {
        <div class="page">
            <div class="page-body">
                <p class="page-intro">{INTRO.now()}</p>
                <div class="lab-row lab-controls">
                    <button class="button button-strong" data-testid="transports-toggle" data-running=flag(move || running.get()) on:click=events::click(move |_| running.update(|it| *it = !*it))>{label}</button>
                    {choice("rate", RATE, rate, &TRANSPORT_RATES, |number| number.to_string())}
                    {choice("interval", INTERVAL, interval, &INTERVALS, duration)}
                </div>
                <p class="hint" role="status" data-testid="transports-clock">{clock}</p>
                <section class="lab-box lab-below" aria-labelledby="transports-chart">
                    <h2 id="transports-chart" class="lab-title">{CHART.now()}</h2>
                    <p class="hint">{SCALE.now()}</p>
                    {chart(shown, running)}
                </section>
                <section class="lab-box lab-below">
                    {table(shown, running)}
                    <dl class="lab-facts transports-hints">{Vec::from(hints)}</dl>
                </section>
                <section class="lab-below lab-notes" aria-labelledby="transports-notes">
                    <h2 id="transports-notes" class="lab-title">{MEASURED.now()}</h2>
                    <ul>{NOTES.map(|note| view! { <li class="hint">{note.now()}</li> }.into_any()).into_iter().collect::<Vec<_>>()}</ul>
                </section>
                {show_code(Page::Transports)}
            </div>
        </div>
    }
}

fn choice(
    id: &'static str,
    label: Words,
    chosen: State<u32>,
    choices: &[u32],
    write: fn(u32) -> String,
) -> AnyView {
    let options: Vec<AnyView> = choices
        .iter()
        .map(|number| {
            let number = *number;
            view! { <option value=number selected=move || chosen.get() == number>{write(number)}</option> }
                .into_any()
        })
        .collect();
    view! {
        <label class="lab-check">
            <span>{label.now()}</span>
            <select
                class="field lab-select"
                data-testid=format!("transports-{id}")
                on:change=events::change(move |event| {
                    if let Ok(number) = event_target_value(&event).parse() {
                        chosen.set(number);
                    }
                })
            >
                {options}
            </select>
        </label>
    }
    .into_any()
}

/// One row per number and one column per transport, which is narrow enough for a phone.
fn table(shown: State<Numbers>, running: State<bool>) -> AnyView {
    let lang = use_lang();
    let heads = TransportKind::ALL.map(|kind| {
        view! { <th scope="col">{key(kind)}<span>{title(kind).now()}</span></th> }.into_any()
    });
    let row = move |name: &'static str, label: Words, read: fn(&Tally) -> String| {
        let cells = TransportKind::ALL.map(|kind| {
            let value = text(move || shown.with(|numbers| read(numbers.of(kind))));
            view! { <td data-testid=format!("{}-{name}", kind.name())>{value}</td> }.into_any()
        });
        // Two of the rows are about one direction.
        let way = match name {
            "sent" => Some(direction(true)),
            "received" => Some(direction(false)),
            _ => None,
        };
        view! { <tr><th scope="row">{label.now()}" "{way}</th>{Vec::from(cells)}</tr> }.into_any()
    };
    let states = TransportKind::ALL.map(|kind| {
        let state = memo(move || shown.with(|numbers| numbers.of(kind).state));
        let is_broken = move || running.get() && state.get() == TransportState::Broken;
        let words = text(move || state_words(state.get(), running.get()).of(lang.get()).to_owned());
        view! { <td data-testid=format!("{}-state", kind.name()) data-broken=flag(is_broken)>{words}</td> }.into_any()
    });
    let rows = vec![
        row("p50", Words::new("지연 p50", "Latency p50"), |it| latency(it.percentile(50))),
        row("p99", Words::new("지연 p99", "Latency p99"), |it| latency(it.percentile(99))),
        row("events", Words::new("받은 이벤트", "Events"), |it| it.events.to_string()),
        row("requests", Words::new("요청", "Requests"), |it| it.requests.to_string()),
        row("received", Words::new("받은 바이트", "Received"), |it| size(it.received)),
        row("sent", Words::new("보낸 바이트", "Sent"), |it| size(it.sent)),
        row("each", Words::new("이벤트마다", "Per event"), |it| {
            (it.received + it.sent).checked_div(it.events).map_or_else(|| "–".to_owned(), size)
        }),
        row("lost", Words::new("놓침 · 끊김", "Missed · broken"), |it| {
            format!("{} · {}", it.missed, it.failures)
        }),
    ];
    view! {
        <table class="transports-table">
            <thead><tr><th scope="col"><span class="visually-hidden">{MEASURE.now()}</span></th>{Vec::from(heads)}</tr></thead>
            <tbody>
                <tr><th scope="row">{STATE.now()}</th>{Vec::from(states)}</tr>
                {rows}
            </tbody>
        </table>
    }
    .into_any()
}

fn clock_line(lang: Lang, offset: f64, error: f64) -> String {
    let ahead = offset >= 0.0;
    let (offset, error) = (tenths(offset.abs()), tenths(error));
    match lang {
        Lang::Ko => {
            let side = if ahead { "앞섭니다" } else { "늦습니다" };
            format!(
                "서버 시계는 이 브라우저의 시계보다 {offset} ms {side}. 가장 짧은 왕복에서 잰 값이라 {error} ms까지 틀릴 수 있고, 지연도 그만큼 틀릴 수 있습니다."
            )
        }
        Lang::En => {
            let side = if ahead { "ahead of" } else { "behind" };
            format!(
                "The server's clock is {offset} ms {side} this browser's. Taken from the shortest round trip, that may be wrong by up to {error} ms, and so may each latency."
            )
        }
    }
}

fn duration(millis: u32) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format!("{} s", millis / 1_000) }
}

fn latency(millis: Option<f64>) -> String {
    match millis {
        None => "–".to_owned(),
        Some(millis) if millis < 100.0 => format!("{} ms", tenths(millis)),
        Some(millis) => format!("{} ms", whole(millis)),
    }
}

fn size(bytes: u64) -> String {
    if bytes < 10_000 {
        format!("{bytes} B")
    } else {
        format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100)
    }
}
