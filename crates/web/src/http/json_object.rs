//! JSON objects in the bodies of requests, read field by field, so that a refusal names the field in words.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use madang_shared::ErrorCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::http::problem::Problem;

/// The byte order mark in UTF-8, which editors and shells of Windows write before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The body of a request. Unknown fields are ignored, and `null` counts as a missing field.
#[derive(Clone, Debug)]
pub struct JsonObject(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_encoding(request.headers())?;
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(ErrorCode::TooLong, "The body is larger than the limit; send less.")
                    .with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            _ => malformed("The body did not arrive whole; send it again."),
        })?;
        Self::parse(&body)
    }
}

impl JsonObject {
    fn parse(body: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(body)
            .map_err(|_| malformed("The body is not UTF-8; send JSON in UTF-8."))?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if text.trim().is_empty() {
            return Err(malformed("The body is empty; send a JSON object."));
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => {
                Err(malformed("The body must be a JSON object, such as {\"name\": \"value\"}."))
            }
            Err(error) => Err(malformed(format!(
                "The body is not valid JSON: line {}, column {}; correct it there.",
                error.line(),
                error.column()
            ))),
        }
    }

    /// Whether the field is present.
    pub fn has(&self, field: &str) -> bool {
        self.get(field).is_some()
    }

    /// A text.
    ///
    /// # Errors
    /// If the field is missing or another kind of value.
    pub fn string(&self, field: &str) -> Result<&str, Problem> {
        match self.get(field) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(malformed(format!("The field `{field}` must be a string."))),
            None => Err(malformed(format!("The field `{field}` is missing; send it as a string."))),
        }
    }

    /// A text that may be missing.
    ///
    /// # Errors
    /// If the field is another kind of value.
    pub fn optional_string(&self, field: &str) -> Result<Option<&str>, Problem> {
        if self.has(field) { self.string(field).map(Some) } else { Ok(None) }
    }

    /// The whole object as a type of the protocol.
    ///
    /// # Errors
    /// If a field is missing or another kind of value; the sentence names it.
    pub fn into_type<T: DeserializeOwned>(self) -> Result<T, Problem> {
        serde_json::from_value(Value::Object(self.0))
            .map_err(|error| malformed(format!("The body has the wrong form: {error}.")))
    }

    /// A switch, which is off if the field is missing.
    ///
    /// # Errors
    /// If the field is another kind of value.
    pub fn flag(&self, field: &str) -> Result<bool, Problem> {
        match self.get(field) {
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(malformed(format!("The field `{field}` must be true or false."))),
            None => Ok(false),
        }
    }

    /// The whole object as a message.
    ///
    /// # Errors
    /// If a field is missing, or another kind of value.
    pub fn into_message<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let present = self.0.into_iter().filter(|(_, value)| !value.is_null()).collect();
        serde_json::from_value(Value::Object(present))
            .map_err(|error| malformed(format!("The body does not fit: {error}; correct it.")))
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }
}

/// Checks that the body is JSON in UTF-8, as it is. A page of another origin cannot send this media type without a
/// preflight.
fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |message: String| {
        Problem::new(ErrorCode::Unsupported, message)
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    };
    let Some(media_type) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        let message = "The request names no media type; send `Content-Type: application/json`.";
        return Err(unsupported(message.to_owned()));
    };
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_suffixed = essence.starts_with("application/") && essence.ends_with("+json");
    if essence != "application/json" && !is_suffixed {
        return Err(unsupported(format!(
            "The media type of the body is `{essence}`; send JSON with `Content-Type: application/json`."
        )));
    }
    let charset = parts.filter_map(|parameter| parameter.split_once('='));
    let charset = charset.filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    for (_, charset) in charset {
        let charset = charset.trim_matches('"');
        if !["utf-8", "utf8"].iter().any(|name| name.eq_ignore_ascii_case(charset)) {
            return Err(unsupported(format!("The charset is `{charset}`; send JSON in UTF-8.")));
        }
    }
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("unknown"));
    match encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        None => Ok(()),
        Some(encoding) => {
            Err(unsupported(format!("The body is encoded as `{encoding}`; send it as it is.")))
        }
    }
}

fn malformed(message: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::Malformed, message)
}
