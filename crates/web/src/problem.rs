//! Refusals over HTTP: problem details (RFC 9457) that hold the same [`Failure`] as the socket would
//! send.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use madang_hub::ports::StoreError;
use madang_shared::{ErrorCode, Failure};
use serde::Serialize;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The members of RFC 9457 section 3.1, and beside them our own: programs go by `code`.
#[derive(Debug, Serialize)]
struct Document {
    /// The status says all there is to the type; what is finer than that, `code` says.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    failure: Failure,
}

/// A refusal on its way to a client.
#[derive(Debug)]
pub struct Problem(pub Failure);

impl Problem {
    /// A refusal.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Failure::new(code, message))
    }

    /// A body that is too long, or not what it should be.
    pub fn unreadable(rejection: &JsonRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLong,
            _ => ErrorCode::Malformed,
        };
        Self::new(code, rejection.body_text())
    }

    /// The server takes nothing new any more.
    pub fn stopping() -> Self {
        Self::new(ErrorCode::ShuttingDown, "The server is stopping; come back.")
    }

    /// The page is not on the list.
    pub fn foreign_origin() -> Self {
        Self::new(
            ErrorCode::Forbidden,
            "This origin is not allowed; see `allowed_origins` in the configuration.",
        )
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(failure) => Self(failure),
            StoreError::Unavailable(reason) => {
                tracing::error!(reason, "the store is unavailable");
                Self::new(
                    ErrorCode::Unavailable,
                    "The server cannot store anything right now. Nothing was changed.",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::Malformed | ErrorCode::Unsupported | ErrorCode::UnexpectedFrame => {
                StatusCode::BAD_REQUEST
            }
            ErrorCode::Invalid | ErrorCode::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Forbidden | ErrorCode::NotMember => StatusCode::FORBIDDEN,
            ErrorCode::NameTaken => StatusCode::CONFLICT,
            ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorCode::TooManyTopics | ErrorCode::RateLimited | ErrorCode::BlockedByEarlier => {
                StatusCode::TOO_MANY_REQUESTS
            }
            ErrorCode::Unavailable | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal | ErrorCode::Other => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let failure = self.0;
        let retry_after =
            failure.retry_after.map(|millis| HeaderValue::from(millis.div_ceil(1_000)));
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: failure.message.clone(),
            failure,
        };
        let mut response = (status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds);
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 15.5.2 asks for it.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
