//! Refusals over HTTP, as problem details (RFC 9457) that contain the [`Failure`] of the socket protocol.

use axum::Json;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use madang_hub::ports::StoreError;
use madang_shared::{ErrorCode, Failure};
use serde::Serialize;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The members of RFC 9457 section 3.1, and the members of a [`Failure`]. Programs use `code`.
#[derive(Debug, Serialize)]
struct Document {
    /// Always `about:blank`: the status is the type, and `code` is more exact.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    failure: Failure,
}

/// A refusal as an HTTP response.
#[derive(Debug)]
pub struct Problem {
    /// The refusal.
    pub failure: Failure,
    status: StatusCode,
}

impl Problem {
    /// A refusal with this code and sentence. The code determines the status.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Failure::new(code, message).into()
    }

    /// The same refusal, with a status that is more exact than its code.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// A defect of the server: `detail` goes to the log, the client gets a general sentence.
    pub fn defect(detail: &'static str) -> Self {
        tracing::error!(detail, "the server has a defect");
        Self::new(
            ErrorCode::Internal,
            "The server has a defect; its log has details. Report it to the operator.",
        )
    }

    /// The server is stopping and accepts no new work.
    pub fn stopping() -> Self {
        Self::new(ErrorCode::ShuttingDown, "The server is stopping; connect again in a moment.")
    }

    /// The page's origin is neither ours nor configured.
    pub fn foreign_origin() -> Self {
        Self::new(
            ErrorCode::Forbidden,
            "This origin is not allowed; add it to `allowed_origins` in the configuration.",
        )
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { status: status_of(failure.code), failure }
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    match code {
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
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(failure) => failure.into(),
            StoreError::Unavailable(reason) => {
                tracing::error!(reason, "the store is unavailable");
                Self::new(
                    ErrorCode::Unavailable,
                    "The server cannot reach its database. Nothing was changed; try again later.",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { failure, status } = self;
        let retry_after =
            failure.retry_after.map(|millis| HeaderValue::from(millis.div_ceil(1_000)));
        let is_above_budget = failure.code == ErrorCode::RateLimited;
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
        if is_above_budget {
            // Further requests that the client has sent already are not answered: each refusal costs as much as an answer.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            // Required by RFC 9110 section 15.5.2.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
