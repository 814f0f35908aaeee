//! The clipboard.

use leptos::prelude::window;
use wasm_bindgen_futures::JsFuture;

use crate::i18n::Words;

pub(crate) const COPIED: Words = Words::new("복사했습니다", "Copied");
pub(crate) const NOT_COPIED: Words =
    Words::new("브라우저가 복사를 막았습니다", "The browser does not allow copying here");

/// Copies a text; returns whether the browser did. It has no clipboard on addresses without TLS.
pub(crate) async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into());
    if !clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
