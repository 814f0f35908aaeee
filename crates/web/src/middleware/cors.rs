//! CORS, and the refusal of foreign origins. A browser sends a foreign page's request, and hides the answer from the
//! page unless the server names its origin; configured origins are named. Requests of other origins are refused
//! where they could do harm or cost work. Browsers send no CORS preflight before a WebSocket handshake, so each
//! socket's handler checks the origin itself: [`AppState::check_handshake`](crate::AppState::check_handshake).

use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::http::extract::IDEMPOTENCY_KEY;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;

/// How long a browser caches the answer to a preflight.
pub(crate) const PREFLIGHT_MAX_AGE: Duration = Duration::from_mins(10);

/// Lets pages of allowed origins read the answers. It refuses nothing: see [`refuse_changes`] and
/// [`refuse_all`]. Requests with cookieless access carry no cookies, so their pages may read the answers too.
pub fn readable() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(|_, request| {
            PageAccess::of(&request.extensions) != PageAccess::Foreign
        }))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static(IDEMPOTENCY_KEY)])
        .expose_headers([LOCATION, RETRY_AFTER])
        .max_age(PREFLIGHT_MAX_AGE)
}

/// Refuses changes by pages of foreign origins: the browser would send the visitor's cookie along, and the change
/// would be in the visitor's name.
pub async fn refuse_changes(access: PageAccess, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && access == PageAccess::Foreign {
        return Problem::foreign_origin().into_response();
    }
    next.run(request).await
}

/// Refuses all requests of pages of foreign origins.
pub async fn refuse_all(access: PageAccess, request: Request, next: Next) -> Response {
    if access == PageAccess::Foreign {
        return Problem::foreign_origin().into_response();
    }
    next.run(request).await
}
