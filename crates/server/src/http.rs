//! Serves HTTP connections, plain and over TLS, with timeouts and a graceful end.
//! (axum's own `serve` has no timeout for the head of a request, so half a request could hold a
//! connection for ever.)

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use madang_web::{ConnectionInfo, ConnectionSlot, ConnectionSlots};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::listener::accept_each;
use crate::tls::Tls;

/// Time limit for the head of a request, from the start of the connection or from the previous
/// response. It therefore also limits how long a connection may be idle.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Limit for the head of a request, in bytes; a larger one is answered with status 431. hyper reads the parts of a body
/// into the same buffer.
pub(crate) const MAX_REQUEST_HEAD_BYTES: usize = 16 * 1024;
/// Time limit for a request that is under way when the server stops.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// Serves until the server stops. Each connection is a task of `tasks`, which includes the TLS
/// handshake, so that no connection waits for the handshake of another.
pub(crate) async fn serve(
    listener: TcpListener,
    slots: ConnectionSlots,
    app: Router,
    tls: Option<Arc<Tls>>,
    stopping: CancellationToken,
    tasks: TaskTracker,
) {
    let stop = stopping.clone();
    accept_each(listener, slots, stopping, |stream, peer, slot| {
        let (app, stop) = (app.clone(), stop.clone());
        let connection = ConnectionInfo { peer, over_tls: tls.is_some() };
        match tls.clone() {
            None => tasks.spawn(async move {
                slot.until_evicted(serve_connection(stream, connection, slot.clone(), app, stop))
                    .await;
            }),
            Some(tls) => tasks.spawn(async move {
                slot.until_evicted(async {
                    if let Some(stream) = Box::pin(tls.handshake(stream, &stop)).await {
                        serve_connection(stream, connection, slot.clone(), app, stop).await;
                    }
                })
                .await;
            }),
        };
    })
    .await;
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: ConnectionInfo,
    slot: ConnectionSlot,
    app: Router,
    stopping: CancellationToken,
) {
    let app = TowerToHyperService::new(app);
    let is_first = AtomicBool::new(true);
    let app = service_fn(move |mut request: Request<Incoming>| {
        slot.begin_request();
        request.extensions_mut().insert(connection);
        request.extensions_mut().insert(slot.clone());
        let (slot, response) = (slot.clone(), app.call(request));
        let is_first = is_first.swap(false, Ordering::Relaxed);
        async move {
            // hyper answers up to 16 requests in a row, which would delay other connections.
            if !is_first {
                tokio::task::yield_now().await;
            }
            let response = response.await;
            slot.end_request();
            response
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_TIMEOUT)
        .max_buf_size(MAX_REQUEST_HEAD_BYTES);
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
