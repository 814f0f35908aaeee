//! The few things asked of the browser directly: the time, randomness, storage, the page.

use std::cell::RefCell;

use leptos::prelude::{document, window};
use madang_client::InputContext;
use madang_shared::Timestamp;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Storage};

/// Now, from a clock that never goes back while the page lives.
pub(crate) fn now() -> Timestamp {
    Timestamp(millis_from(fine_clock()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds since 1970 as JavaScript counts them: whole enough, and never negative"
)]
fn millis_from(millis: f64) -> u64 {
    millis as u64
}

/// Milliseconds since the page began, as finely as the browser tells them: for measuring.
pub(crate) fn stopwatch() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |clock| clock.now())
}

/// Milliseconds since 1970, as finely as the browser tells them.
pub(crate) fn fine_clock() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |clock| clock.time_origin() + clock.now())
}

/// So many random numbers are fetched at once: every frame that comes takes one, and few use it.
const RANDOM_AT_ONCE: usize = 64;

thread_local! {
    static RANDOM: RefCell<Vec<u128>> = const { RefCell::new(Vec::new()) };
}

/// 128 random bits from the browser's cryptographic source.
pub(crate) fn random() -> u128 {
    RANDOM.with_borrow_mut(|numbers| {
        if numbers.is_empty() {
            let mut bytes = [0; 16 * RANDOM_AT_ONCE];
            if let Ok(crypto) = window().crypto() {
                // Fails only for more than 65,536 bytes.
                drop(crypto.get_random_values_with_u8_array(&mut bytes));
            }
            let (each, _) = bytes.as_chunks();
            numbers.extend(each.iter().copied().map(u128::from_be_bytes));
        }
        numbers.pop().unwrap_or_default()
    })
}

/// What every input to the client comes with.
pub(crate) fn moment() -> InputContext {
    InputContext { now: now(), random: random() }
}

/// Storage that outlives the tab; none where the browser forbids it.
pub(crate) fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Storage of this tab; none where the browser forbids it.
pub(crate) fn session_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// A value that was kept under `key`.
pub(crate) fn remembered(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok().flatten()
}

/// Keeps `value` under `key`, if the browser lets us.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = local_storage() {
        drop(storage.set_item(key, value));
    }
}

/// Keeps nothing under `key` any more.
pub(crate) fn forget(key: &str) {
    if let Some(storage) = local_storage() {
        drop(storage.remove_item(key));
    }
}

/// Whether nobody can see the page now.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// Whether the device thinks it has a network.
pub(crate) fn is_online() -> bool {
    window().navigator().on_line()
}

/// Loads the app anew, in its newest version: the page's own script waits for that one to take over.
pub(crate) fn reload() {
    if let Ok(event) = web_sys::Event::new("madang:reload") {
        drop(window().dispatch_event(&event));
    }
}

/// Shows a number at the app's icon where the platform can; none takes it away.
pub(crate) fn set_badge(number: u64) {
    let navigator = window().navigator();
    let set = js_sys::Reflect::get(&navigator, &"setAppBadge".into());
    if let Some(set) = set.ok().and_then(|set| set.dyn_into::<js_sys::Function>().ok())
        // It answers with a promise, which fails where the page is not installed: nothing to do about it.
        && let Ok(done) = set.call1(&navigator, &u32::try_from(number).unwrap_or(u32::MAX).into())
        && let Ok(done) = done.dyn_into::<js_sys::Promise>()
    {
        wasm_bindgen_futures::spawn_local(async move {
            drop(wasm_bindgen_futures::JsFuture::from(done).await);
        });
    }
}

/// Sets an attribute of the page's root element.
pub(crate) fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        drop(root.set_attribute(name, value));
    }
}

/// Says which file describes the app to whoever installs it.
pub(crate) fn set_manifest(path: &str) {
    if let Ok(Some(link)) = document().query_selector("link[rel=manifest]") {
        drop(link.set_attribute("href", path));
    }
}

/// Notes that the page has got this far, where the browser's tools and measurements find it.
pub(crate) fn mark(name: &str) {
    if let Some(clock) = window().performance() {
        drop(clock.mark(name));
    }
}

/// The element with this id, as something that can have the focus.
pub(crate) fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Gives the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element(id) {
        drop(element.focus());
    }
}

/// The element that has the focus.
pub(crate) fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}
