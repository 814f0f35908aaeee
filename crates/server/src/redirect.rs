//! Sends whoever asks over plain HTTP to HTTPS, and does nothing else.
//!
//! Where to is the client's own word: its `Host`. So that nobody can be sent elsewhere by what a cache or a
//! proxy before us was made to remember, only those names are sent on that our certificate is for; at any
//! other the browser would warn of our certificate anyway.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, HOST, LOCATION};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http;
use crate::places::Places;
use crate::tls::{Identity, Tls};

/// Connections at once.
const MAX_CONNECTIONS: usize = 256;
/// How long one may take, from its first moment to the end of its one answer.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
/// The port that an https address means when it names none.
const HTTPS_PORT: u16 = 443;

/// Answers until told to stop; `port` is where browsers find HTTPS.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<Tls>,
    port: u16,
    stopping: CancellationToken,
    tasks: TaskTracker,
) -> Result<()> {
    let places = Places::new(MAX_CONNECTIONS);
    let ended = stopping.clone();
    http::each(listener, stopping, |stream, _| {
        let (places, tls, ended) = (places.clone(), Arc::clone(&tls), ended.clone());
        tasks.spawn(async move {
            let place = places.take();
            tokio::select! {
                _ = timeout(CONNECTION_TIMEOUT, connection(stream, tls, port)) => {}
                () = place.lost() => {}
                () = ended.cancelled() => {}
            }
        });
    })
    .await;
    Ok(())
}

async fn connection(stream: TcpStream, tls: Arc<Tls>, port: u16) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(request.uri(), request.headers(), &tls.identity(), port);
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(CONNECTION_TIMEOUT).keep_alive(false);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to be redirected ended badly");
    }
}

fn answer(uri: &Uri, headers: &HeaderMap, identity: &Identity, port: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    match location(uri, headers, identity, port) {
        Ok(location) => {
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
            response.headers_mut().insert(LOCATION, location);
        }
        Err(status) => *response.status_mut() = status,
    }
    // Permanent or not, a browser that keeps it could not be told otherwise.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The same path at our HTTPS address.
fn location(
    uri: &Uri,
    headers: &HeaderMap,
    identity: &Identity,
    port: u16,
) -> Result<HeaderValue, StatusCode> {
    let asked =
        uri.authority().cloned().or_else(|| host(headers)).ok_or(StatusCode::BAD_REQUEST)?;
    let host = asked.host().to_ascii_lowercase();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name).map_err(|_| StatusCode::BAD_REQUEST)?;
    if !identity.is_for(&name) {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if !path.starts_with('/') {
        return Err(StatusCode::BAD_REQUEST);
    }
    let port = if port == HTTPS_PORT { String::new() } else { format!(":{port}") };
    let location = HeaderValue::from_str(&format!("https://{host}{port}{path}"));
    location.map_err(|_| StatusCode::BAD_REQUEST)
}

/// The one `Host`, without anything that does not belong there.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().filter(|_| hosts.next().is_none())?.to_str().ok()?;
    let host: Authority = host.parse().ok()?;
    let port = host.as_str().strip_prefix(host.host())?;
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(host)
}
