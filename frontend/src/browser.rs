//! Direct access to the browser: time, randomness, storage, the page.

use std::cell::RefCell;

use leptos::prelude::{document, window};
use madang_client::InputContext;
use madang_shared::Timestamp;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Storage};

use crate::clock::AppClock;
use crate::format::tenths;

thread_local! {
    static CLOCK: RefCell<AppClock> = const { RefCell::new(AppClock::new()) };
}

/// The time now. It follows the device's clock forward, also after a sleep, and never goes back while the page
/// lives.
pub(crate) fn now() -> Timestamp {
    Timestamp(millis_from(fine_clock()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds since 1970: below 2^53 and never negative"
)]
fn millis_from(millis: f64) -> u64 {
    millis as u64
}

/// Milliseconds since the page began, at the browser's resolution. For measurements.
pub(crate) fn stopwatch() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |clock| clock.now())
}

/// [`now`] in milliseconds since 1970, at the browser's resolution.
pub(crate) fn fine_clock() -> f64 {
    // Without a counter, the clock still never goes back.
    let counter = window().performance().map_or(0.0, |clock| clock.now());
    CLOCK.with_borrow_mut(|clock| clock.at(js_sys::Date::now(), counter))
}

/// Random numbers that one call to the browser fetches. Every received frame uses one.
const RANDOM_BATCH: usize = 64;

thread_local! {
    static RANDOM: RefCell<Vec<u128>> = const { RefCell::new(Vec::new()) };
}

/// 128 random bits from the browser's cryptographic source.
pub(crate) fn random() -> u128 {
    RANDOM.with_borrow_mut(|numbers| {
        if numbers.is_empty() {
            let mut bytes = [0; 16 * RANDOM_BATCH];
            if let Ok(crypto) = window().crypto() {
                // Fails only for more than 65,536 bytes.
                crypto.get_random_values_with_u8_array(&mut bytes).ok();
            }
            let (each, _) = bytes.as_chunks();
            numbers.extend(each.iter().copied().map(u128::from_be_bytes));
        }
        numbers.pop().unwrap_or_default()
    })
}

/// The context of an input to the client: time and randomness.
pub(crate) fn input_context() -> InputContext {
    InputContext { now: now(), random: random() }
}

/// The storage that outlives the tab; none where the browser forbids it.
pub(crate) fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The storage of this tab; none where the browser forbids it.
pub(crate) fn session_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// Stores an item; returns whether the browser stored it. It refuses when the storage is full or forbidden.
pub(crate) fn set_item(storage: &Storage, key: &str, value: &str) -> bool {
    storage.set_item(key, value).is_ok()
}

/// Removes an item. A browser that forbids it stored nothing either.
pub(crate) fn remove_item(storage: &Storage, key: &str) {
    storage.remove_item(key).ok();
}

/// The keys that start with `prefix`.
pub(crate) fn keys(storage: &Storage, prefix: &str) -> Vec<String> {
    let keys =
        (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    keys.filter(|key| key.starts_with(prefix)).collect()
}

/// The value under `key` in the storage that outlives the tab.
pub(crate) fn remembered(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok().flatten()
}

/// Stores a value under `key`. A value that the browser refuses to store is lost on a reload.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = local_storage() {
        set_item(&storage, key, value);
    }
}

/// Removes the value under `key`.
pub(crate) fn forget(key: &str) {
    if let Some(storage) = local_storage() {
        remove_item(&storage, key);
    }
}

/// Whether the page is hidden: another tab is in front, or the window is minimised.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// Whether the device reports a network.
pub(crate) fn is_online() -> bool {
    window().navigator().on_line()
}

/// Whether the device is of a kind, as a media query.
pub(crate) fn is_device(kind: &str) -> bool {
    let query = window().match_media(kind).ok().flatten();
    query.is_some_and(|query| query.matches())
}

/// Whether the device has a keyboard: on others, a focused field opens one on the screen.
pub(crate) fn has_keyboard() -> bool {
    is_device("(hover: hover) and (pointer: fine)")
}

/// Reloads the app in its newest version. The script of `index.html` waits until that version is installed.
pub(crate) fn reload() {
    if let Ok(event) = web_sys::Event::new("madang:reload") {
        // Fails only for an event that is being dispatched.
        window().dispatch_event(&event).ok();
    }
}

/// Shows a number at the icon of the installed app, where the platform supports it; 0 removes it.
pub(crate) fn set_badge(number: u64) {
    let navigator = window().navigator();
    let set = js_sys::Reflect::get(&navigator, &"setAppBadge".into());
    if let Some(set) = set.ok().and_then(|set| set.dyn_into::<js_sys::Function>().ok())
        // The promise fails where the app is not installed; there is no icon then.
        && let Ok(done) = set.call1(&navigator, &u32::try_from(number).unwrap_or(u32::MAX).into())
        && let Ok(done) = done.dyn_into::<js_sys::Promise>()
    {
        wasm_bindgen_futures::spawn_local(async move {
            wasm_bindgen_futures::JsFuture::from(done).await.ok();
        });
    }
}

/// Sets an attribute of the page's root element.
pub(crate) fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // Fails only for a malformed name.
        root.set_attribute(name, value).ok();
    }
}

/// Selects the manifest, which describes the app when it is installed.
pub(crate) fn set_manifest(path: &str) {
    if let Ok(Some(link)) = document().query_selector("link[rel=manifest]") {
        // Fails only for a malformed name.
        link.set_attribute("href", path).ok();
    }
}

/// Sets a mark on the browser's performance timeline, for its tools and for measurements.
pub(crate) fn mark(name: &str) {
    if let Some(clock) = window().performance() {
        // Fails only for the names of the navigation timing.
        clock.mark(name).ok();
    }
}

/// The element with this id.
pub(crate) fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Sets a property of an element's style. It does so through the object model, because the page's content security policy
/// forbids style attributes.
pub(crate) fn set_length(element: &HtmlElement, name: &str, pixels: f64) {
    // Fails only for an element without a style of its own.
    HtmlElement::style(element).set_property(name, &format!("{}px", tenths(pixels))).ok();
}

/// Moves the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element(id) {
        focus_on(&element);
    }
}

/// Moves the focus to an element.
pub(crate) fn focus_on(element: &HtmlElement) {
    // Browsers do not throw here: an element that cannot have the focus is ignored.
    element.focus().ok();
}

/// The element of the whole page.
pub(crate) fn root() -> Option<HtmlElement> {
    document().document_element()?.dyn_into().ok()
}

/// The element that has the focus.
pub(crate) fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}
