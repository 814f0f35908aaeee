//! Small and capital letters. The browser has the tables; the language's own would be 25 KB of the app.

/// A text in small letters.
#[cfg(target_arch = "wasm32")]
pub(crate) fn small(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// A text in capital letters.
#[cfg(target_arch = "wasm32")]
pub(crate) fn capital(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// A text in small letters, where tests run.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn small(text: &str) -> String {
    text.to_lowercase()
}

/// A text in capital letters, where tests run.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn capital(text: &str) -> String {
    text.to_uppercase()
}
