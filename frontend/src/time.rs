//! Dates and times in the user's locale, by the browser's `Intl`.

use std::time::Duration;

use js_sys::{Array, Date, Intl, Object, Reflect};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use madang_shared::Timestamp;
use wasm_bindgen::JsValue;

use crate::browser;
use crate::i18n::Lang;
use crate::ui::erased::signal::{State, state};

/// The longest time between two looks at the day, in milliseconds. A timer stands still while the device sleeps.
const LOOK_MS: u64 = 20_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Formats of one language. Make them once, because making one is slow.
#[derive(Clone)]
pub(crate) struct Formats {
    time: Intl::DateTimeFormat,
    day: Intl::DateTimeFormat,
    date: Intl::DateTimeFormat,
    full: Intl::DateTimeFormat,
    precise: Intl::DateTimeFormat,
}

impl Formats {
    /// Formats of the browser's first locale of this language, such as `en-GB`; of the language alone if it names none.
    pub(crate) fn new(lang: Lang) -> Self {
        let locales = Array::of1(&JsValue::from_str(&locale(lang)));
        let format = |options: &[(&str, &str)]| {
            let object = Object::new();
            for (name, value) in options {
                // Fails only for frozen objects.
                Reflect::set(&object, &(*name).into(), &(*value).into()).ok();
            }
            Intl::DateTimeFormat::new(&locales, &object)
        };
        Self {
            time: format(&[("hour", "numeric"), ("minute", "2-digit")]),
            day: format(&[
                ("year", "numeric"),
                ("month", "long"),
                ("day", "numeric"),
                ("weekday", "long"),
            ]),
            date: format(&[("month", "short"), ("day", "numeric")]),
            full: format(&[("dateStyle", "long"), ("timeStyle", "short")]),
            precise: format(&[("hour", "numeric"), ("minute", "2-digit"), ("second", "2-digit")]),
        }
    }

    /// Hour and minute.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        write(&self.time, at)
    }

    /// Down to the second.
    pub(crate) fn precise(&self, at: Timestamp) -> String {
        write(&self.precise, at)
    }

    /// The day, with its weekday.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        write(&self.day, at)
    }

    /// Day and time.
    pub(crate) fn full(&self, at: Timestamp) -> String {
        write(&self.full, at)
    }
}

/// The start of the reader's day, in the context of every view. It changes at local midnight, and soon after the
/// device has slept or its time zone has changed.
#[derive(Clone, Copy)]
pub(crate) struct Today(State<Timestamp>);

impl Today {
    /// The moment now, and again when it has changed.
    pub(crate) fn get(self) -> Timestamp {
        self.0.get()
    }
}

/// The present day.
#[inline(never)]
pub(crate) fn use_today() -> Today {
    expect_context()
}

/// Times as texts for the reader's day and language. Copies share the formats.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    today: Today,
    formats: StoredValue<Option<(Lang, Timestamp, Formats)>, LocalStorage>,
}

impl Times {
    pub(crate) fn new() -> Self {
        Self { today: use_today(), formats: StoredValue::new_local(None) }
    }

    /// The time alone for a moment of today; day and time for any other. A view that calls it runs again on the
    /// next day.
    pub(crate) fn short(self, lang: Lang, at: Timestamp) -> String {
        let today = self.today.get();
        self.with(
            lang,
            today,
            |formats| {
                if at >= today { formats.time(at) } else { formats.full(at) }
            },
        )
    }

    /// The time alone for a moment of today; month and day for any other, where there is little space.
    pub(crate) fn narrow(self, lang: Lang, at: Timestamp) -> String {
        let today = self.today.get();
        self.with(lang, today, |formats| {
            if at >= today { formats.time(at) } else { write(&formats.date, at) }
        })
    }

    /// The time alone for a moment of the next 24 hours; day and time for any other.
    pub(crate) fn narrow_moment(self, lang: Lang, at: Timestamp) -> String {
        let today = self.today.get();
        self.with(lang, today, |formats| {
            if at.since(browser::now()) < DAY_MS { formats.time(at) } else { formats.full(at) }
        })
    }

    /// Day and time.
    pub(crate) fn full(self, lang: Lang, at: Timestamp) -> String {
        self.with(lang, self.today.get(), |formats| formats.full(at))
    }

    /// The formats are made again with the language and with the day, because the time zone may have changed.
    fn with(self, lang: Lang, today: Timestamp, write: impl FnOnce(&Formats) -> String) -> String {
        let text = self.formats.try_update_value(|formats| {
            let current = formats.take().filter(|(made, day, _)| (*made, *day) == (lang, today));
            let (_, _, current) =
                formats.insert(current.unwrap_or_else(|| (lang, today, Formats::new(lang))));
            write(current)
        });
        text.unwrap_or_default()
    }
}

/// Provides [`Today`] to the views, and keeps it current until the session ends.
pub(crate) fn provide_today() {
    let today = state(local_day(browser::now()).0);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    look(today, timer);
    for event in ["visibilitychange", "pageshow", "resume", "focus"] {
        let listener = window_event_listener_untyped(event, move |_| look(today, timer));
        on_cleanup(move || listener.remove());
    }
    provide_context(Today(today));
}

/// Updates the day, and looks again at its end at the latest.
fn look(today: State<Timestamp>, timer: StoredValue<Option<TimeoutHandle>>) {
    let now = browser::now();
    let (start, end) = local_day(now);
    let Some(before) = today.try_get_untracked() else { return };
    if before != start {
        today.set(start);
    }
    let wait = Duration::from_millis(end.since(now).clamp(1, LOOK_MS));
    let next = set_timeout_with_handle(move || look(today, timer), wait).ok();
    if let Some(Some(last)) = timer.try_update_value(|timer| std::mem::replace(timer, next)) {
        last.clear();
    }
}

fn write(format: &Intl::DateTimeFormat, at: Timestamp) -> String {
    let text = format.format().call1(&JsValue::UNDEFINED, &date(at));
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The start of the user's local day around a moment, and the start of the next day. A day whose midnight does not
/// exist, because clocks are set forward then, starts at the first moment that exists.
pub(crate) fn local_day(at: Timestamp) -> (Timestamp, Timestamp) {
    let at = date(at);
    let (year, month) = (at.get_full_year(), at.get_month().cast_signed());
    let day = at.get_date().cast_signed();
    let midnight = |day| timestamp(&Date::new_with_year_month_day(year, month, day));
    // The browser continues with the next month after the last day of one.
    (midnight(day), midnight(day + 1))
}

/// The start of a day of the calendar, written as in `2026-11-30`, in the user's time zone; none for another text.
pub(crate) fn day_named(day: &str) -> Option<Timestamp> {
    moment_named(&format!("{day}T00:00"))
}

/// A moment of the calendar, written as in `2026-11-30T09:00`, in the user's time zone; none for another text.
pub(crate) fn moment_named(moment: &str) -> Option<Timestamp> {
    let date = Date::new(&JsValue::from_str(moment));
    (date.get_time() >= 0.0).then(|| timestamp(&date))
}

/// A moment as [`moment_named`] reads it.
pub(crate) fn moment_value(at: Timestamp) -> String {
    let at = date(at);
    let (year, month, day) = (at.get_full_year(), at.get_month() + 1, at.get_date());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", at.get_hours(), at.get_minutes())
}

/// An hour of a day after that of a moment, in the user's time zone.
pub(crate) fn local_moment(from: Timestamp, days: u32, hour: u32) -> Timestamp {
    let from = date(from);
    let (year, month) = (from.get_full_year(), from.get_month().cast_signed());
    // The browser continues with the next month after the last day of one.
    let day = (from.get_date() + days).cast_signed();
    timestamp(&Date::new_with_year_month_day_hr(year, month, day, hour.cast_signed()))
}

/// The day of the week, from 0 for a Sunday, in the user's time zone.
pub(crate) fn weekday(at: Timestamp) -> u32 {
    date(at).get_day()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
fn date(at: Timestamp) -> Date {
    Date::new(&JsValue::from_f64(at.0 as f64))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole milliseconds since 1970"
)]
fn timestamp(date: &Date) -> Timestamp {
    Timestamp(date.get_time() as u64)
}

fn locale(lang: Lang) -> String {
    let languages = window().navigator().languages();
    let own = languages.iter().filter_map(|locale| locale.as_string());
    let mut own = own.filter(|locale| Lang::of(locale) == Some(lang));
    own.next().unwrap_or_else(|| lang.code().to_owned())
}
