//! Redirects plain HTTP to HTTPS.
//!
//! The target is the client's own `Host`. Only names in our certificate are redirected, so that a
//! cache or proxy before us cannot be made to redirect to another host. For other names the browser
//! would reject our certificate anyway.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use madang_web::{ConnectionSlots, requested_host};
use rustls::pki_types::ServerName;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::MAX_REQUEST_HEAD_BYTES;
use crate::listener::{Stream, accept_each};
use crate::tls::{Identity, Tls};

/// Time limit for a connection, from its start to the end of its only response.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
/// The default port of https addresses.
const HTTPS_PORT: u16 = 443;

/// Redirects until the server stops; `port` is the public port of HTTPS.
pub(crate) async fn serve(
    listener: TcpListener,
    slots: ConnectionSlots,
    tls: Arc<Tls>,
    port: u16,
    stopping: CancellationToken,
    tasks: TaskTracker,
) -> Result<()> {
    let stop = stopping.clone();
    accept_each(listener, slots, stopping, |stream, _, slot| {
        let (tls, stop) = (Arc::clone(&tls), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                _ = timeout(CONNECTION_TIMEOUT, serve_connection(stream, tls, port)) => {}
                () = slot.evicted() => {}
                () = stop.cancelled() => {}
            }
        });
    })
    .await;
    Ok(())
}

async fn serve_connection(stream: Stream, tls: Arc<Tls>, port: u16) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(&request, &tls.identity(), port);
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(CONNECTION_TIMEOUT)
        .max_buf_size(MAX_REQUEST_HEAD_BYTES)
        .keep_alive(false);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a redirect connection ended with an error");
    }
}

fn respond<T>(request: &Request<T>, identity: &Identity, port: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    match location(request, identity, port) {
        Ok(location) => {
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
            response.headers_mut().insert(LOCATION, location);
        }
        Err(status) => *response.status_mut() = status,
    }
    // Browsers cache a permanent redirect, and would use it even after the address changes.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The same path at our HTTPS address.
fn location<T>(
    request: &Request<T>,
    identity: &Identity,
    port: u16,
) -> Result<HeaderValue, StatusCode> {
    let requested = requested_host(request.version(), request.uri(), request.headers());
    let requested = requested.ok().flatten().ok_or(StatusCode::BAD_REQUEST)?;
    let host = requested.host().to_string();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name).map_err(|_| StatusCode::BAD_REQUEST)?;
    if !identity.covers(&name) {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if !path.starts_with('/') {
        return Err(StatusCode::BAD_REQUEST);
    }
    let port = if port == HTTPS_PORT { String::new() } else { format!(":{port}") };
    let location = HeaderValue::from_str(&format!("https://{host}{port}{path}"));
    location.map_err(|_| StatusCode::BAD_REQUEST)
}
