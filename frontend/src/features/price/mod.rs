//! The price of Bitcoin.

mod chart;
mod format;
mod plot;
mod strings;

use std::time::Duration;

use leptos::prelude::*;
use madang_client::{Client, ConnectionState, Slice};
use madang_shared::Timestamp;
use madang_shared::price::{PriceNow, PriceSource, PriceState};

use self::format::{change, price};
use self::plot::{Plot, Span};
use self::strings::{
    CONNECTING, DISCONNECTED, FALLBACK, LIVE, OFF, RECONNECTING, STALE, UNANSWERED,
};
use crate::browser;
use crate::context::use_app;
use crate::i18n::{Words, use_lang};
use crate::route::Page;
use crate::time::{Formats, use_today};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{derived, effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::skeleton::skeleton;

/// The interval at which ages are updated.
const TICK: Duration = Duration::from_secs(1);

/// The content of the page without the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    now: PriceNow,
    status: SourceStatus,
}

/// The state of the price, as this client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceStatus {
    Off,
    Connecting,
    Unanswered,
    Live,
    Fallback,
    Stale,
    /// The connection to the server is being opened again, now or after a wait.
    Reconnecting,
    /// There is no connection to the server, and none is attempted.
    Disconnected,
}

impl SourceStatus {
    fn of(connection: &ConnectionState, price: PriceState) -> Self {
        match (connection, price) {
            (_, PriceState::Off) => Self::Off,
            (ConnectionState::Offline | ConnectionState::Ended(_), _) => Self::Disconnected,
            (ConnectionState::Live, PriceState::Connecting) => Self::Connecting,
            (ConnectionState::Live, PriceState::Unanswered) => Self::Unanswered,
            (ConnectionState::Live, PriceState::Live) => Self::Live,
            (ConnectionState::Live, PriceState::Fallback) => Self::Fallback,
            (ConnectionState::Live, PriceState::Stale { .. }) => Self::Stale,
            _ => Self::Reconnecting,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Unanswered => "unanswered",
            Self::Live => "live",
            Self::Fallback => "fallback",
            Self::Stale => "stale",
            Self::Reconnecting | Self::Disconnected => "away",
        }
    }

    fn words(self) -> Words {
        match self {
            Self::Off => OFF,
            Self::Connecting => CONNECTING,
            Self::Unanswered => UNANSWERED,
            Self::Live => LIVE,
            Self::Fallback => FALLBACK,
            Self::Stale => STALE,
            Self::Reconnecting => RECONNECTING,
            Self::Disconnected => DISCONNECTED,
        }
    }

    /// Whether the shown price is not current.
    fn is_old(self) -> bool {
        !matches!(self, Self::Off | Self::Live | Self::Fallback)
    }
}

impl Shown {
    fn of(client: &Client) -> Option<Self> {
        let now = client.features().price().now()?.clone();
        let status = SourceStatus::of(client.connection(), now.state);
        Some(Self { now, status })
    }
}

/// The page.
#[component]
pub(crate) fn PricePage() -> impl IntoView {
    let store = use_app().driver.store();
    let shown = memo(move || {
        store.read(Slice::Connection, |_| ());
        store.read(Slice::Price, Shown::of)
    });
    let is_off = memo(move || {
        shown.with(|shown| shown.as_ref().map(|shown| shown.status == SourceStatus::Off))
    });
    part(move || match is_off.get() {
        None => skeleton(Page::Price.skeleton()),
        Some(true) => off(),
        Some(false) => view! { <Price shown=shown /> }.into_any(),
    })
}

fn off() -> AnyView {
    view! {
        <div class="page"><div class="page-body price">
            <p class="page-intro">{strings::INTRO.now()}</p>
            <p class="callout" data-testid="price-off">{OFF.now()}</p>
        </div></div>
    }
    .into_any()
}

#[component]
fn Price(shown: Memo<Option<Shown>>) -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let span = state(Span::Minutes);
    let formats = StoredValue::new_local(Formats::new(lang.get_untracked()));
    effect(move || formats.set_value(Formats::new(lang.get())));
    let plot = memo(move || {
        // The times on the axis depend on the language.
        lang.get();
        let span = span.get();
        store.read(Slice::Price, |client| {
            let known = client.features().price();
            Plot::of(known.history(), span, known.quote()?.currency)
        })
    });
    let has_points = memo(move || plot.with(Option::is_some));
    let drawing = part(move || {
        if has_points.get() {
            chart::chart(plot, formats)
        } else {
            view! { <p class="chart-empty hint">{strings::NO_POINTS.now()}</p> }.into_any()
        }
    });
    view! {
        <div class="page">
            <div class="page-body price">
                <p class="page-intro">{strings::INTRO.now()}</p>
                <Head shown=shown formats=formats />
                <div class="price-spans" role="group" aria-label=strings::SPAN.now()>
                    {span_button(span, Span::Minutes, strings::MINUTES, "price-minutes")}
                    {span_button(span, Span::Hours, strings::HOURS, "price-hours")}
                </div>
                {drawing}
            </div>
        </div>
    }
}

fn span_button(span: State<Span>, to: Span, words: Words, id: &'static str) -> AnyView {
    view! {
        <button class="button" data-testid=id aria-pressed=flag(move || span.get() == to) on:click=events::click(move |_| span.set(to))>
            {words.now()}
        </button>
    }
    .into_any()
}

/// The price with its change, its source and its age.
#[component]
fn Head(shown: Memo<Option<Shown>>, formats: StoredValue<Formats, LocalStorage>) -> impl IntoView {
    let lang = use_lang();
    let read = move |read: fn(&PriceNow) -> Option<String>| {
        shown.with(|shown| shown.as_ref().and_then(|shown| read(&shown.now)))
    };
    let status = memo(move || {
        shown.with(|shown| shown.as_ref().map_or(SourceStatus::Connecting, |shown| shown.status))
    });
    let number = text(move || {
        let price = read(|now| now.quote.as_ref().map(|quote| price(&quote.price, quote.currency)));
        price.unwrap_or_else(|| strings::NO_PRICE.of(lang.get()).to_owned())
    });
    let has_price = move || read(|now| now.quote.as_ref().map(|_| String::new())).is_some();
    let changed = memo(move || {
        shown.with(|shown| change(shown.as_ref()?.now.quote.as_ref()?.change_24h.as_ref()?))
    });
    let change_line = part(move || match changed.get() {
        Some((direction, percent)) => view! {
            <p class="price-change" data-testid="price-change" data-direction=direction.name()>
                <span aria-hidden="true">{direction.arrow()}</span>
                <strong>{percent}</strong>
                <span class="hint">{strings::LAST_DAY.now()}</span>
            </p>
        }
        .into_any(),
        None => ().into_any(),
    });
    let is_simulated = move || {
        let is_simulated = |shown: &Shown| {
            shown.now.quote.as_ref().is_some_and(|quote| quote.source == PriceSource::Simulated)
        };
        shown.with(|shown| shown.as_ref().is_some_and(is_simulated))
    };
    let source = text(move || {
        let lang = lang.get();
        let line = |shown: &Shown| {
            let quote = shown.now.quote.as_ref()?;
            Some(strings::source_line(lang, quote.source, quote.currency))
        };
        shown.with(|shown| shown.as_ref().and_then(line)).unwrap_or_default()
    });
    // A simulated price is not live, however steadily it comes.
    let stands = text(move || {
        let words = match status.get() {
            SourceStatus::Live if is_simulated() => strings::SIMULATED,
            status => status.words(),
        };
        words.of(lang.get()).to_owned()
    });
    let is_live = move || status.get() == SourceStatus::Live;
    let is_old = move || status.get().is_old() && has_price();
    view! {
        <div class="price-head">
            <p class="price-number" data-testid="price" data-known=flag(has_price) data-old=flag(move || status.get().is_old())>{number}</p>
            {change_line}
            <p class="price-source">
                <span class="price-pill" data-testid="price-state" data-state=derived(move || status.get().name()) data-simulated=flag(is_simulated)>{stands}</span>
                {when(move || is_simulated() && !is_live(), || view! { <span class="price-pill price-simulated" data-testid="price-simulated">{strings::SIMULATED.now()}</span> }.into_any())}
                <span class="hint" data-testid="price-source">{source}</span>
            </p>
            {when(is_old, move || since(shown, formats))}
            {part(move || asked(shown, formats))}
            {part(move || tried(shown))}
            <span class="visually-hidden" role="status">{stands}</span>
        </div>
    }
}

/// The age of a stale price, updated every second.
fn since(shown: Memo<Option<Shown>>, formats: StoredValue<Formats, LocalStorage>) -> AnyView {
    let store = use_app().driver.store();
    let (lang, today) = (use_lang(), use_today());
    let now = state(browser::now());
    if let Ok(ticking) = set_interval_with_handle(move || now.set(browser::now()), TICK) {
        on_cleanup(move || ticking.clear());
    }
    let line = text(move || {
        let at = shown.with(|shown| shown.as_ref()?.now.quote.as_ref().map(|quote| quote.at));
        let lang = lang.get();
        let now: Timestamp = now.get();
        let age = store.peek(|client| client.features().price().age(now));
        let time = at.map(|at| precise(formats, today.get(), at));
        strings::stale_since(lang, &time.unwrap_or_default(), age.unwrap_or_default())
    });
    view! { <p class="price-stale" data-testid="price-stale">{line}</p> }.into_any()
}

/// When the server last asked an exchange, while none answers.
fn asked(shown: Memo<Option<Shown>>, formats: StoredValue<Formats, LocalStorage>) -> AnyView {
    let (lang, today) = (use_lang().get(), use_today().get());
    let at = shown.with(|shown| {
        let shown = shown.as_ref()?;
        shown.now.asked_at.filter(|_| {
            !matches!(shown.status, SourceStatus::Reconnecting | SourceStatus::Disconnected)
        })
    });
    let Some(at) = at else { return ().into_any() };
    let line = strings::asked(lang, &precise(formats, today, at));
    view! { <p class="hint" data-testid="price-asked">{line}</p> }.into_any()
}

/// Down to the second for a moment of today; day and time for any other.
fn precise(formats: StoredValue<Formats, LocalStorage>, today: Timestamp, at: Timestamp) -> String {
    formats.with_value(|formats| if at >= today { formats.precise(at) } else { formats.full(at) })
}

/// The sources that failed, with the reasons.
fn tried(shown: Memo<Option<Shown>>) -> AnyView {
    let lang = use_lang().get();
    let lines = shown.with(|shown| {
        let tried = shown.as_ref().map(|shown| shown.now.tried.as_slice()).unwrap_or_default();
        let line = |trouble| view! { <li>{strings::trouble(lang, trouble)}</li> }.into_any();
        tried.iter().copied().map(line).collect::<Vec<_>>()
    });
    if lines.is_empty() {
        return ().into_any();
    }
    view! {
        <div class="price-tried hint" data-testid="price-tried">
            <p>{strings::TRIED.of(lang)}</p>
            <ul>{lines}</ul>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use madang_client::DisconnectReason;

    use super::*;

    #[test]
    fn only_an_attempt_is_called_reconnecting() {
        let waiting = ConnectionState::Waiting { until: Timestamp(1) };
        let ended = ConnectionState::Ended(DisconnectReason::SignedOut);
        for (connection, status) in [
            (ConnectionState::Live, SourceStatus::Live),
            (ConnectionState::Connecting, SourceStatus::Reconnecting),
            (waiting, SourceStatus::Reconnecting),
            (ConnectionState::Offline, SourceStatus::Disconnected),
            (ended, SourceStatus::Disconnected),
        ] {
            assert_eq!(SourceStatus::of(&connection, PriceState::Live), status, "{connection:?}");
            let off = SourceStatus::of(&connection, PriceState::Off);
            assert_eq!(off, SourceStatus::Off, "without a source, no connection helps");
        }
    }
}
