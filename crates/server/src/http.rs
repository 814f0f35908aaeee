//! Accepts and serves HTTP connections, plain and over TLS, with timeouts and a graceful end.
//! (axum's own `serve` has no timeout for the head of a request, so half a request could hold a
//! connection for ever.)

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use madang_web::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::tls::Tls;

/// Time limit for the head of a request, from the start of the connection or from the previous
/// response. It therefore also limits how long a connection may be idle.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Time limit for a request that is under way when the server stops.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// Wait after a failed accept, most often for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until the server stops. Each connection is a task of `tasks`, which includes the TLS
/// handshake, so that no connection waits for the handshake of another.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    tls: Option<Arc<Tls>>,
    stopping: CancellationToken,
    tasks: TaskTracker,
) {
    let stop = stopping.clone();
    accept_each(listener, stopping, |stream, peer| {
        let (app, stop) = (app.clone(), stop.clone());
        let connection = ConnectionInfo { peer, over_tls: tls.is_some() };
        match tls.clone() {
            None => tasks.spawn(serve_connection(stream, connection, app, stop)),
            Some(tls) => tasks.spawn(async move {
                if let Some(stream) = Box::pin(tls.handshake(stream, &stop)).await {
                    serve_connection(stream, connection, app, stop).await;
                }
            }),
        };
    })
    .await;
}

/// Accepts connections until the server stops.
pub(crate) async fn accept_each(
    listener: TcpListener,
    stopping: CancellationToken,
    on_connection: impl Fn(TcpStream, SocketAddr),
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small frames must not wait for each other (Nagle's algorithm).
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                on_connection(stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: ConnectionInfo,
    app: Router,
    stopping: CancellationToken,
) {
    let app = TowerToHyperService::new(app);
    let app = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection);
        app.call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(REQUEST_HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), app).with_upgrades();
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match timeout(LAST_RESPONSE_TIMEOUT, connection).await {
                Ok(outcome) => outcome,
                // Half a request, or a response that the client does not read: nothing that was
                // acknowledged.
                Err(_) => return,
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended with an error");
    }
}
