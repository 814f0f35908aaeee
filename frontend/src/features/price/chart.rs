//! The chart: a line, and a crosshair that the pointer or the arrow keys move.
//!
//! For screen readers it is a slider over time. All positions are percentages of the drawing, so nothing is
//! measured when the window is resized.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_shared::Timestamp;

use super::format::money;
use super::plot::{Dot, Plot, SIDE};
use super::strings::{self, CHART};
use crate::i18n::use_lang;
use crate::time::Formats;
use crate::ui::erased::events;
use crate::ui::erased::memo::Memo;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};

/// The step of the page keys, in points.
const PAGE: usize = 10;

/// The content of the chart, and the position of the crosshair.
#[derive(Clone, Copy)]
struct Chart {
    plot: Memo<Option<Plot>>,
    formats: StoredValue<Formats, LocalStorage>,
    /// The moment at the crosshair; none means the latest.
    selected: State<Option<Timestamp>>,
}

impl Chart {
    fn read<T>(self, read: impl FnOnce(&Plot) -> T) -> Option<T> {
        self.plot.with(|plot| plot.as_ref().map(read))
    }

    /// The point at the crosshair, and its index.
    fn dot(self) -> Option<(usize, Dot)> {
        let selected = self.selected.get();
        self.read(|plot| {
            let index = selected.map_or(plot.dots.len().saturating_sub(1), |at| plot.at(at));
            plot.dots.get(index).map(|dot| (index, *dot))
        })?
    }

    fn readout(self) -> String {
        let Some((_, dot)) = self.dot() else { return String::new() };
        let currency = self.read(|plot| plot.currency);
        let price = currency.map(|currency| money(dot.price, currency)).unwrap_or_default();
        format!("{} · {price}", self.time(dot.at, true))
    }

    fn time(self, at: Timestamp, seconds: bool) -> String {
        self.formats.with_value(
            |formats| {
                if seconds { formats.precise(at) } else { formats.time(at) }
            },
        )
    }

    fn look(self, find: impl FnOnce(&Plot) -> usize) {
        let at = self.plot.with_untracked(|plot| {
            let plot = plot.as_ref()?;
            plot.dots.get(find(plot).min(plot.dots.len().saturating_sub(1))).map(|dot| dot.at)
        });
        self.selected.set(at);
    }

    fn on_key(self, event: &ev::KeyboardEvent) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let here = untrack(|| self.dot()).map_or(0, |(index, _)| index);
        match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => self.look(|_| here.saturating_sub(1)),
            "ArrowRight" | "ArrowUp" => self.look(|_| here + 1),
            "PageUp" => self.look(|_| here + PAGE),
            "PageDown" => self.look(|_| here.saturating_sub(PAGE)),
            "Home" => self.look(|_| 0),
            "End" => self.selected.set(None),
            _ => return,
        }
        event.prevent_default();
    }
}

/// The chart of a price, with its readout and its summary.
pub(super) fn chart(
    plot: Memo<Option<Plot>>,
    formats: StoredValue<Formats, LocalStorage>,
) -> AnyView {
    let chart = Chart { plot, formats, selected: state(None) };
    let lang = use_lang();
    let field = NodeRef::<html::Div>::new();
    let on_move = move |event: ev::PointerEvent| {
        let Some(width) = field.get().map(|field| field.client_width()) else { return };
        let (at, width) = (u64::try_from(event.offset_x()), u64::try_from(width));
        if let (Ok(at), Ok(width)) = (at, width) {
            chart.look(|plot| plot.nearest(at * SIDE / width.max(1)));
        }
    };
    let count = text(move || chart.read(|plot| plot.dots.len()).unwrap_or(0).to_string());
    let last =
        text(move || chart.read(|plot| plot.dots.len().saturating_sub(1)).unwrap_or(0).to_string());
    let index = text(move || chart.dot().map_or(0, |(index, _)| index).to_string());
    let readout = text(move || chart.readout());
    let line = text(move || chart.read(|plot| plot.line.clone()).unwrap_or_default());
    let area = text(move || chart.read(|plot| plot.area.clone()).unwrap_or_default());
    let x = text(move || percent(chart.dot().map_or(0, |(_, dot)| dot.x)));
    let y = text(move || percent(chart.dot().map_or(0, |(_, dot)| dot.y)));
    let summary = text(move || {
        let money = |price: u64, plot: &Plot| money(price, plot.currency);
        let description = chart.read(|plot| {
            let (first, last) = (plot.dots.first()?, plot.dots.last()?);
            let (from, to) = (money(first.price, plot), money(last.price, plot));
            let (lowest, highest) = (money(plot.lowest, plot), money(plot.highest, plot));
            Some(strings::summary(lang.get(), &from, &to, &lowest, &highest))
        });
        description.flatten().unwrap_or_default()
    });
    view! {
        <p class="chart-readout" data-testid="price-readout" aria-hidden="true">{readout}</p>
        <div class="chart">
            <div
                class="chart-field"
                role="slider"
                tabindex="0"
                aria-label=CHART.now()
                aria-valuemin="0"
                aria-valuemax=last
                aria-valuenow=index
                aria-valuetext=readout
                data-testid="price-chart"
                data-points=count
                node_ref=field
                on:pointermove=on_move
                on:pointerdown=on_move
                on:pointerleave=move |_| chart.selected.set(None)
                on:blur=move |_| chart.selected.set(None)
                on:keydown=events::key(move |event| chart.on_key(&event))
            >
                <svg class="chart-drawing" aria-hidden="true" focusable="false">
                    {part(move || axes(chart))}
                    <svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none">
                        <path class="chart-area" d=area />
                        <path class="chart-line" d=line />
                    </svg>
                    <line class="chart-cross" x1=x x2=x y1="0" y2="100%" />
                    <circle class="chart-dot" cx=x cy=y r="5" />
                </svg>
            </div>
        </div>
        <p class="hint chart-summary" data-testid="price-summary">{summary}</p>
    }
    .into_any()
}

/// The horizontal lines with their prices, and the times below.
fn axes(chart: Chart) -> AnyView {
    let lines = chart.read(|plot| {
        let prices = plot.prices.iter().map(|(y, price)| {
            let (y, price) = (percent(*y), money(*price, plot.currency));
            view! {
                <line class="chart-grid" x1="0" x2="100%" y1=y.clone() y2=y.clone() />
                <text class="chart-label" x="100%" y=y dx="8" dy="4">{price}</text>
            }
            .into_any()
        });
        let times = plot.times.iter().map(|(x, at)| {
            let time = chart.time(*at, plot.seconds);
            view! { <text class="chart-label chart-time" x=percent(*x) y="100%" dy="20">{time}</text> }
                .into_any()
        });
        prices.chain(times).collect::<Vec<_>>()
    });
    lines.unwrap_or_default().into_any()
}

/// A position as a percentage, for SVG.
fn percent(place: u64) -> String {
    format!("{}.{}%", place / 10, place % 10)
}
