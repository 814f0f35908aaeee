//! Time zones, by the browser's `Intl`. A zone that the browser does not know has no local time.

use js_sys::{Array, Function, Intl, Object, Reflect};
use madang_shared::profile::DAY_MINUTES;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;
use crate::i18n::Lang;

/// The member of `Intl` with a name.
fn intl(name: &str) -> Option<Function> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    Reflect::get(&intl, &name.into()).ok()?.dyn_into().ok()
}

/// A format of the time in a zone; that of the browser if it is empty. The constructor throws for a zone that it does not know.
fn format_in(locale: &str, zone: &str, options: &[(&str, &str)]) -> Option<Intl::DateTimeFormat> {
    let object = Object::new();
    let zone = Some(("timeZone", zone)).filter(|(_, zone)| !zone.is_empty());
    for (name, value) in options.iter().copied().chain(zone) {
        // Fails only for frozen objects.
        Reflect::set(&object, &name.into(), &value.into()).ok();
    }
    let arguments = Array::of2(&locale.into(), &object);
    Reflect::construct(&intl("DateTimeFormat")?, &arguments).ok()?.dyn_into().ok()
}

fn written(format: &Intl::DateTimeFormat) -> Option<String> {
    let now = js_sys::Date::new(&JsValue::from_f64(browser::fine_clock()));
    format.format().call1(format, &now).ok()?.as_string()
}

/// The time and the weekday in a zone now.
pub(crate) fn local_time(lang: Lang, zone: &str) -> Option<String> {
    let options = [("hour", "numeric"), ("minute", "2-digit"), ("weekday", "short")];
    written(&format_in(lang.code(), zone, &options)?)
}

/// The minute of the day in a zone now.
pub(super) fn minute_of_day(zone: &str) -> Option<u16> {
    let options = [("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")];
    let time = written(&format_in("en-GB", zone, &options)?)?;
    let (hour, minute) = time.split_once(':')?;
    let minute = hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?;
    (minute < DAY_MINUTES).then_some(minute)
}

/// The zone of the browser.
pub(super) fn of_browser() -> Option<String> {
    let format = format_in("en-GB", "", &[])?;
    let options = format.resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string().filter(|zone| !zone.is_empty())
}

/// Whether the browser knows a zone.
pub(super) fn is_known(zone: &str) -> bool {
    zone.is_empty() || format_in("en-GB", zone, &[]).is_some()
}

/// The zones that the browser names; none where it names no zones.
pub(super) fn all() -> Vec<String> {
    let names = intl("supportedValuesOf")
        .and_then(|values| values.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok())
        .and_then(|names| names.dyn_into::<Array>().ok());
    names
        .map(|names| names.iter().filter_map(|name| name.as_string()).collect())
        .unwrap_or_default()
}
