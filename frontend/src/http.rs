//! Requests over HTTP: the browser's own `fetch`, and the answer as text. (A library for it brings streams,
//! headers and methods of its own into what every visitor downloads.)

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) status_text: String,
    pub(crate) text: String,
}

impl Answer {
    /// Whether the server did what it was asked for.
    pub(crate) fn ok(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// Nobody answered, or not to the end, or nobody wants the answer any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered;

impl From<JsValue> for Unanswered {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Asks for what is at `path`, until `signal` says that it is no longer wanted.
pub(crate) async fn get(path: &str, signal: Option<&AbortSignal>) -> Result<Answer, Unanswered> {
    let init = RequestInit::new();
    init.set_signal(signal);
    send(path, &init).await
}

/// Sends JSON to `path`.
pub(crate) async fn post(path: &str, json: &str) -> Result<Answer, Unanswered> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(json));
    send(path, &init).await
}

/// Asks to delete what is at `path`.
pub(crate) async fn delete(path: &str) -> Result<Answer, Unanswered> {
    let init = RequestInit::new();
    init.set_method("DELETE");
    send(path, &init).await
}

async fn send(path: &str, init: &RequestInit) -> Result<Answer, Unanswered> {
    let answer = JsFuture::from(window().fetch_with_str_and_init(path, init)).await?;
    let answer: Response = answer.dyn_into()?;
    let text = JsFuture::from(answer.text()?).await?;
    Ok(Answer {
        status: answer.status(),
        status_text: answer.status_text(),
        text: text.as_string().unwrap_or_default(),
    })
}
