//! Lower and upper case by the browser's tables; those of the standard library would add 25 KB to the app.

/// The text in lower case.
#[cfg(target_arch = "wasm32")]
pub(crate) fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// The text in upper case.
#[cfg(target_arch = "wasm32")]
pub(crate) fn upper_case(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// The text in lower case, for tests on the host.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn lower_case(text: &str) -> String {
    text.to_lowercase()
}

/// The text in upper case, for tests on the host.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn upper_case(text: &str) -> String {
    text.to_uppercase()
}
