//! HTTP connections, plain and within TLS: taken, bounded in time, and ended in order. (axum's own `serve`
//! has no limit on how long a request's head may take, and so lets half a request hold a connection for
//! ever.)

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
use madang_web::Connected;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::tls::Tls;

/// How long the head of a request may take, from the connection's first moment or from the end of
/// the answer before: so long may a connection rest between two requests, too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request that has begun may go on when the server stops.
const LAST_ANSWER: Duration = Duration::from_secs(3);
/// How long to wait when the system gives no more connections, most often for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until told to stop. Each connection is a task of `tasks`, and ends once it has answered
/// what it was asked; its handshake, if there is one, is part of that task, so that nobody waits for it.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    tls: Option<Arc<Tls>>,
    stopping: CancellationToken,
    tasks: TaskTracker,
) {
    let ended = stopping.clone();
    each(listener, stopping, |stream, peer| {
        let (app, ended) = (app.clone(), ended.clone());
        let connected = Connected { peer, over_tls: tls.is_some() };
        match tls.clone() {
            None => tasks.spawn(connection(stream, connected, app, ended)),
            Some(tls) => tasks.spawn(async move {
                if let Some(stream) = Box::pin(tls.shake_hands(stream, &ended)).await {
                    connection(stream, connected, app, ended).await;
                }
            }),
        };
    })
    .await;
}

/// Takes connections until told to stop.
pub(crate) async fn each(
    listener: TcpListener,
    stopping: CancellationToken,
    taken: impl Fn(TcpStream, SocketAddr),
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
                taken(stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connected: Connected,
    app: Router,
    stopping: CancellationToken,
) {
    let app = TowerToHyperService::new(app);
    let app = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connected);
        app.call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), app).with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match timeout(LAST_ANSWER, connection).await {
                Ok(ended) => ended,
                // Half a request, or an answer that nobody reads: nothing that was acknowledged.
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
