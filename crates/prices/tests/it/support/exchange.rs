//! A test exchange on loopback, in the formats of all exchanges, which misbehaves on request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket};
use axum::extract::{FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::response::Response;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::within;

/// How the test exchange behaves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Behaviour {
    /// As documented, with these bodies: the first whose key occurs in the path and query. On the
    /// stream, a message every few milliseconds.
    Answer(Vec<(&'static str, &'static str)>),
    /// A page that is not JSON.
    Garbage,
    /// This status, with this `Retry-After`.
    Status(u16, Option<&'static str>),
    /// A redirect.
    Redirect(String),
    /// Accepts the request and never answers.
    Hang,
    /// Opens the stream and sends nothing.
    Silence,
    /// One message on the stream, then silence.
    OneMessage(&'static str),
    /// An endless answer; on the stream, a message of one mebibyte.
    Huge,
    /// Breaks the connection during the answer.
    Drop,
}

struct Inner {
    behaviour: watch::Sender<Behaviour>,
    requests: watch::Sender<usize>,
    streams: watch::Sender<usize>,
}

/// An exchange on loopback.
pub(crate) struct Exchange {
    address: String,
    inner: Arc<Inner>,
}

impl Exchange {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let inner = Arc::new(Inner {
            behaviour: watch::Sender::new(behaviour),
            requests: watch::Sender::new(0),
            streams: watch::Sender::new(0),
        });
        let app = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, inner }
    }

    /// An exchange that answers every request with this body.
    pub(crate) async fn answering(body: &'static str) -> Self {
        Self::start(Behaviour::Answer(vec![("", body)])).await
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn ws(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.inner.behaviour.send_replace(behaviour);
    }

    /// The number of requests, including upgrades to a stream.
    pub(crate) fn requests(&self) -> usize {
        *self.inner.requests.borrow()
    }

    pub(crate) async fn until_requests(&self, at_least: usize) {
        let mut requests = self.inner.requests.subscribe();
        within(requests.wait_for(|count| *count >= at_least)).await.unwrap();
    }

    pub(crate) async fn until_streams(&self, count: usize) {
        let mut streams = self.inner.streams.subscribe();
        within(streams.wait_for(|open| *open == count)).await.unwrap();
    }
}

async fn serve(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    inner.requests.send_modify(|count| *count += 1);
    let behaviour = inner.behaviour.borrow().clone();
    let (mut parts, _) = request.into_parts();
    let requested = parts.uri.to_string();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.ok();
    let answer = Response::builder();
    match behaviour {
        Behaviour::Status(status, retry_after) => {
            let answer = answer.status(status);
            let named = retry_after.into_iter();
            named.fold(answer, |answer, at| answer.header(RETRY_AFTER, at)).body(Body::empty())
        }
        Behaviour::Redirect(elsewhere) => {
            answer.status(302).header(LOCATION, elsewhere).body(Body::empty())
        }
        Behaviour::Hang => std::future::pending().await,
        behaviour => match upgrade {
            Some(upgrade) => {
                return upgrade.on_upgrade(move |socket| run_stream(socket, behaviour, inner));
            }
            None => {
                answer.header(CONTENT_TYPE, "application/json").body(body(behaviour, &requested))
            }
        },
    }
    .unwrap()
}

fn body(behaviour: Behaviour, requested: &str) -> Body {
    match behaviour {
        Behaviour::Answer(bodies) => {
            let found = bodies.into_iter().find(|(key, _)| requested.contains(key));
            Body::from(found.unwrap_or_else(|| panic!("{requested} is not documented")).1)
        }
        Behaviour::Garbage => Body::from("<!doctype html><title>Maintenance</title>"),
        Behaviour::Huge => Body::from_stream(stream::repeat_with(|| {
            Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1024]))
        })),
        Behaviour::Drop => Body::from_stream(stream::iter([
            Ok(Bytes::from_static(b"{\"symbol\":")),
            Err(std::io::Error::other("connection lost")),
        ])),
        other => panic!("{other:?} is for the stream"),
    }
}

async fn run_stream(mut socket: WebSocket, behaviour: Behaviour, inner: Arc<Inner>) {
    inner.streams.send_modify(|open| *open += 1);
    match behaviour {
        Behaviour::Answer(bodies) => {
            let mut every = tokio::time::interval(Duration::from_millis(5));
            loop {
                tokio::select! {
                    _ = every.tick() => {
                        // Binance sends pings, and expects pongs.
                        socket.send(Message::Ping(Bytes::from_static(b"1"))).await.ok();
                        if socket.send(Message::text(bodies[0].1)).await.is_err() { break }
                    }
                    message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
                }
            }
        }
        Behaviour::Drop => {}
        once => {
            let message = match once {
                Behaviour::Garbage => Some(Message::text("<!doctype html>")),
                Behaviour::Huge => Some(Message::text(" ".repeat(1024 * 1024))),
                Behaviour::OneMessage(text) => Some(Message::text(text)),
                _ => None,
            };
            if let Some(message) = message {
                // The client may have closed; the loop below ends then.
                socket.send(message).await.ok();
            }
            while let Some(Ok(_)) = socket.recv().await {}
        }
    }
    inner.streams.send_modify(|open| *open -= 1);
}
