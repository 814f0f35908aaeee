//! Determines the client info of each request, before any other layer needs it.

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use madang_shared::ErrorCode;

use crate::http::client_info::ClientInfo;
use crate::http::host::requested_host;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Records the [`ClientInfo`] and the [`PageAccess`] in the request's extensions. A browser sends its cookies with the
/// requests of every page, so they are removed unless the page may act for its user. Refuses a request with several hosts or origins, because
/// two readers could understand it differently.
pub async fn record(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let host = match requested_host(request.version(), request.uri(), request.headers()) {
        Ok(host) => host,
        Err(invalid) => {
            return Problem::new(ErrorCode::Malformed, invalid.to_string()).into_response();
        }
    };
    if request.headers().get_all(ORIGIN).iter().nth(1).is_some() {
        let message = "The request has several `Origin` headers; send one.";
        return Problem::new(ErrorCode::Malformed, message).into_response();
    }
    let connection = request.extensions().get().copied();
    let client_info = ClientInfo::new(&state.proxies, connection, host, request.headers());
    let access = state.origins.access(request.headers(), &client_info);
    if access != PageAccess::Full {
        request.headers_mut().remove(COOKIE);
    }
    request.extensions_mut().insert(client_info);
    request.extensions_mut().insert(access);
    next.run(request).await
}
