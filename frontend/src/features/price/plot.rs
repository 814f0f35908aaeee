//! The geometry of the chart: a square of 1000 by 1000 with its origin at the upper left.

use std::fmt::Write as _;

use madang_shared::Timestamp;
use madang_shared::price::{Currency, PriceHistory};
use madang_shared::price::{
    PRICE_HOURS_MS, PRICE_HOURS_STEP_MS, PRICE_MINUTES_MS, PRICE_MINUTES_STEP_MS,
};

use super::format::hundredths;

/// The side of the square.
pub(super) const SIDE: u64 = 1_000;
/// The line is broken after this many steps without a point, because the price has no points for times
/// without viewers.
const GAP_STEPS: u64 = 6;
/// The maximum numbers of horizontal lines and of marks of time.
const MARKS: u64 = 4;
/// The first place for a mark of time: half of its words stand before it.
const FIRST_TIME: u64 = 130;
/// The possible steps between two marks of time, in milliseconds.
const TIME_STEPS: [u64; 9] =
    [15_000, 30_000, 60_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000];

/// The visible span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Minutes,
    Hours,
}

impl Span {
    /// The step between two points, and the shortest and the longest span, in milliseconds.
    fn measures(self) -> (u64, u64, u64) {
        match self {
            Self::Minutes => (PRICE_MINUTES_STEP_MS, 60_000, PRICE_MINUTES_MS),
            Self::Hours => (PRICE_HOURS_STEP_MS, 10 * 60_000, PRICE_HOURS_MS),
        }
    }
}

/// A point of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dot {
    pub(super) at: Timestamp,
    /// In hundredths.
    pub(super) price: u64,
    pub(super) x: u64,
    pub(super) y: u64,
}

/// The points, their line and the axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plot {
    pub(super) currency: Currency,
    /// At least one, oldest first.
    pub(super) dots: Vec<Dot>,
    /// The line as an SVG path.
    pub(super) line: String,
    pub(super) area: String,
    /// The marks of the price axis: height, and price in hundredths.
    pub(super) prices: Vec<(u64, u64)>,
    /// The marks of the time axis: position and time.
    pub(super) times: Vec<(u64, Timestamp)>,
    /// Whether the marks of time need seconds.
    pub(super) seconds: bool,
    pub(super) lowest: u64,
    pub(super) highest: u64,
}

impl Plot {
    /// The plot of the history in this currency; none without a point.
    pub(super) fn of(history: &PriceHistory, span: Span, currency: Currency) -> Option<Self> {
        let points = match span {
            Span::Minutes => &history.minutes,
            Span::Hours => &history.hours,
        };
        let points = points.iter().filter(|point| point.currency == currency);
        let points: Vec<(Timestamp, u64)> =
            points.filter_map(|point| Some((point.at, hundredths(&point.price)?))).collect();
        let (first, last) = (points.first()?.0, points.last()?.0);
        let lowest = points.iter().map(|(_, price)| *price).min()?;
        let highest = points.iter().map(|(_, price)| *price).max()?;

        let (step, shortest, longest) = span.measures();
        let shown = last.since(first).clamp(shortest, longest);
        let start = last.0.saturating_sub(shown);
        // The margin keeps the line off the edges, and a constant price in the middle.
        let room = (highest - lowest).max(highest / 5_000).max(1) / 8 + 1;
        let (bottom, top) = (lowest.saturating_sub(room), highest.saturating_add(room));
        let x = |at: u64| scaled(at.saturating_sub(start), shown);
        let y = |price: u64| SIDE - scaled(price.saturating_sub(bottom), top - bottom);

        let dots: Vec<Dot> = points
            .iter()
            .filter(|(at, _)| at.0 >= start)
            .map(|(at, price)| Dot { at: *at, price: *price, x: x(at.0), y: y(*price) })
            .collect();
        let (line, area) = paths(&dots, step * GAP_STEPS);
        let price_step = round_step((top - bottom) / MARKS + 1, currency);
        let time_step = TIME_STEPS.into_iter().find(|step| shown / step < MARKS).unwrap_or(longest);
        Some(Self {
            currency,
            line,
            area,
            prices: multiples(bottom, top, price_step).map(|price| (y(price), price)).collect(),
            times: multiples(start, last.0, time_step)
                .map(|at| (x(at), Timestamp(at)))
                .filter(|(x, _)| *x >= FIRST_TIME)
                .collect(),
            seconds: time_step < 60_000,
            lowest,
            highest,
            dots,
        })
    }

    /// The index of the point nearest to a horizontal position.
    pub(super) fn nearest(&self, x: u64) -> usize {
        let distances = self.dots.iter().map(|dot| dot.x.abs_diff(x)).enumerate();
        distances.min_by_key(|(_, distance)| *distance).map_or(0, |(index, _)| index)
    }

    /// The index of the point at a moment, or of the next point after it.
    pub(super) fn at(&self, at: Timestamp) -> usize {
        self.dots.partition_point(|dot| dot.at < at).min(self.dots.len().saturating_sub(1))
    }
}

fn scaled(part: u64, whole: u64) -> u64 {
    part.saturating_mul(SIDE) / whole.max(1)
}

fn multiples(from: u64, to: u64, step: u64) -> impl Iterator<Item = u64> {
    (from.div_ceil(step)..=to / step).map(move |index| index * step)
}

/// The smallest of 1, 2, 5, 10, 20, 50 … that is not below `least`. Won have no hundredths.
fn round_step(least: u64, currency: Currency) -> u64 {
    let mut power = if currency == Currency::Krw { 100 } else { 1 };
    loop {
        for step in [power, 2 * power, 5 * power] {
            if step >= least || power > u64::MAX / 100 {
                return step;
            }
        }
        power *= 10;
    }
}

/// The line through the points, broken at gaps in time, and the area below it.
fn paths(dots: &[Dot], gap_ms: u64) -> (String, String) {
    let (mut line, mut area) = (String::new(), String::new());
    for run in dots.chunk_by(|before, after| after.at.since(before.at) <= gap_ms) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let start = line.len();
        for (index, dot) in run.iter().enumerate() {
            let pen = if index == 0 { 'M' } else { 'L' };
            // Writing into a string never fails.
            write!(line, "{pen}{} {}", dot.x, dot.y).ok();
        }
        area.push_str(line.get(start..).unwrap_or_default());
        write!(area, "V{SIDE}H{}Z", first.x).ok();
        // A single point is a line of no length, which the round cap makes a dot.
        write!(line, "L{} {}", last.x, last.y).ok();
    }
    (line, area)
}

#[cfg(test)]
mod tests {
    use madang_shared::price::{PriceSource, Quote};

    use super::*;

    fn history(points: &[(u64, &str, Currency)]) -> PriceHistory {
        let mut history = PriceHistory::default();
        for (at, price, currency) in points {
            history.add(&Quote {
                price: (*price).into(),
                currency: *currency,
                change_24h: None,
                source: PriceSource::Simulated,
                at: Timestamp(*at),
            });
        }
        history
    }

    #[test]
    fn points_stand_in_time_from_left_to_right_and_high_prices_are_high() {
        let points = [(0, "100", Currency::Usd), (60_000, "300", Currency::Usd)];
        let plot = Plot::of(&history(&points), Span::Minutes, Currency::Usd).unwrap();
        let [first, last] = plot.dots[..] else { panic!("{plot:?}") };
        assert_eq!((first.x, last.x), (0, SIDE));
        assert!(last.y < first.y && last.y > 0 && first.y < SIDE, "{plot:?}");
        assert_eq!((plot.lowest, plot.highest), (10_000, 30_000));
        assert_eq!((plot.nearest(400), plot.nearest(600)), (0, 1));
        assert_eq!((plot.at(Timestamp(0)), plot.at(Timestamp(1))), (0, 1));
        assert_eq!(plot.at(Timestamp(99_000)), 1);
        assert_eq!(
            plot.prices.iter().map(|(_, price)| *price).collect::<Vec<_>>(),
            [10_000, 20_000, 30_000]
        );
    }

    #[test]
    fn a_gap_breaks_the_line_and_currencies_are_not_mixed() {
        let points = [
            (0, "1", Currency::Usd),
            (2_000, "2", Currency::Usd),
            (4_000, "98765432", Currency::Krw),
            (40_000, "3", Currency::Usd),
        ];
        let history = history(&points);
        let plot = Plot::of(&history, Span::Minutes, Currency::Usd).unwrap();
        assert_eq!(plot.dots.len(), 3);
        assert_eq!(plot.line.matches('M').count(), 2, "{}", plot.line);
        let won = Plot::of(&history, Span::Minutes, Currency::Krw).unwrap();
        assert_eq!(won.dots.len(), 1);
        assert!((1..SIDE).contains(&won.dots[0].y), "a price alone stands within");
        assert_eq!(Plot::of(&history, Span::Hours, Currency::Usdt), None);
    }

    #[test]
    fn marks_are_few_and_round_whatever_the_prices_are() {
        for (low, high) in [("0.01", "0.01"), ("70352.36", "70352.37"), ("1", "900000000")] {
            let points = [(0, low, Currency::Usd), (599_000, high, Currency::Usd)];
            let plot = Plot::of(&history(&points), Span::Minutes, Currency::Usd).unwrap();
            assert!((1..=5).contains(&plot.prices.len()), "{low} {high}: {:?}", plot.prices);
            assert!((1..=4).contains(&plot.times.len()), "{:?}", plot.times);
            assert!(plot.times.iter().all(|(x, _)| *x >= FIRST_TIME), "{:?}", plot.times);
        }
    }
}
