//! Dates and times in the user's locale, by the browser's `Intl`.

use js_sys::{Array, Date, Intl, Object, Reflect};
use leptos::prelude::window;
use madang_shared::Timestamp;
use wasm_bindgen::JsValue;

use crate::browser;
use crate::i18n::Lang;

/// Formats of one language. Make them once, because making one is slow.
#[derive(Clone)]
pub(crate) struct Formats {
    time: Intl::DateTimeFormat,
    day: Intl::DateTimeFormat,
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

    /// The time alone for a moment of today; day and time for any other.
    pub(crate) fn short(&self, at: Timestamp) -> String {
        let (today, _) = local_day(browser::now());
        if at >= today { self.time(at) } else { self.full(at) }
    }

    /// Day and time.
    pub(crate) fn full(&self, at: Timestamp) -> String {
        write(&self.full, at)
    }
}

fn write(format: &Intl::DateTimeFormat, at: Timestamp) -> String {
    let text = format.format().call1(&JsValue::UNDEFINED, &date(at));
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The start of the user's local day around a moment, and the start of the next day.
pub(crate) fn local_day(at: Timestamp) -> (Timestamp, Timestamp) {
    let start = date(at);
    start.set_hours(0);
    start.set_minutes(0);
    start.set_seconds(0);
    start.set_milliseconds(0);
    let end = Date::new(&start);
    end.set_date(start.get_date() + 1);
    (timestamp(&start), timestamp(&end))
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
