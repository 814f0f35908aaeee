//! Refusals over HTTP: a status, and the same [`Failure`] that the socket would send.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madang_hub::ports::StoreError;
use madang_shared::{ErrorCode, Failure};

/// A refusal on its way to a client.
#[derive(Debug)]
pub struct Problem(pub Failure);

impl Problem {
    /// A refusal.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Failure::new(code, message))
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
            ErrorCode::Malformed | ErrorCode::Unsupported | ErrorCode::OutOfTurn => {
                StatusCode::BAD_REQUEST
            }
            ErrorCode::Invalid | ErrorCode::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Forbidden | ErrorCode::NotMember => StatusCode::FORBIDDEN,
            ErrorCode::NameTaken => StatusCode::CONFLICT,
            ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorCode::TooManyTopics | ErrorCode::RateLimited | ErrorCode::Held => {
                StatusCode::TOO_MANY_REQUESTS
            }
            ErrorCode::Unavailable | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal | ErrorCode::Other => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(self.0)).into_response()
    }
}
