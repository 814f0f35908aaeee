//! Response headers that restrict what browsers let our pages do.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::assets;
use crate::http::client_info::ClientInfo;
use crate::http::host::HostPort;
use crate::state::AppState;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");
/// Browsers send it to trustworthy addresses only (Fetch Metadata).
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Adds the security headers to every response.
pub async fn add(
    State(state): State<AppState>,
    client_info: ClientInfo,
    request: Request,
    next: Next,
) -> Response {
    let is_secure_context = is_secure_context(&client_info, request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (PERMISSIONS_POLICY, "camera=(), microphone=(), geolocation=(), payment=()"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Browsers ignore this header elsewhere, and log an error on each page.
    if is_secure_context {
        headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
    headers.insert(CONTENT_SECURITY_POLICY, assets::content_security_policy());
    // Browsers ignore this header over plain HTTP, where an attacker could add it (RFC 6797 section 8.1).
    if let Some(strict) = state.strict_transport.filter(|_| client_info.https) {
        headers.insert(STRICT_TRANSPORT_SECURITY, strict);
    }
    response
}

/// Whether a page at the requested address is a secure context: over HTTPS, or from loopback. TLS may end in a proxy
/// that is not configured as trusted; then a header of the browser tells it.
fn is_secure_context(client_info: &ClientInfo, headers: &HeaderMap) -> bool {
    client_info.https
        || client_info.host.as_ref().is_some_and(HostPort::is_loopback)
        || headers.contains_key(SEC_FETCH_DEST)
}
