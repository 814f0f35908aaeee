//! Every exchange in one, on loopback: it speaks the documented formats, and misbehaves when told to.

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

/// How an exchange treats those who ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Manner {
    /// As documented, with these bodies: the first whose key the path and query contain. On the
    /// stream, a message every few milliseconds.
    Answer(Vec<(&'static str, &'static str)>),
    /// A page that is not JSON.
    Garbage,
    /// This status, and when to come back.
    Status(u16, Option<&'static str>),
    /// "Look there."
    Redirect(String),
    /// Takes the request and never answers.
    Hang,
    /// Opens the stream and never says a word.
    Silence,
    /// One message on the stream, and then not a word.
    OneMessage(&'static str),
    /// An answer without an end; on the stream, a message of a mebibyte.
    Huge,
    /// Breaks the connection in the middle of the answer.
    Drop,
}

struct Inner {
    manner: watch::Sender<Manner>,
    requests: watch::Sender<usize>,
    streams: watch::Sender<usize>,
}

/// An exchange on loopback.
pub(crate) struct Exchange {
    address: String,
    inner: Arc<Inner>,
}

impl Exchange {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let inner = Arc::new(Inner {
            manner: watch::Sender::new(manner),
            requests: watch::Sender::new(0),
            streams: watch::Sender::new(0),
        });
        let app = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, inner }
    }

    /// One that answers every request with this body.
    pub(crate) async fn answering(body: &'static str) -> Self {
        Self::start(Manner::Answer(vec![("", body)])).await
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn ws(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn be(&self, manner: Manner) {
        self.inner.manner.send_replace(manner);
    }

    /// How many requests came, upgrades to a stream included.
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
    let manner = inner.manner.borrow().clone();
    let (mut parts, _) = request.into_parts();
    let asked = parts.uri.to_string();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.ok();
    let answer = Response::builder();
    match manner {
        Manner::Status(status, retry_after) => {
            let answer = answer.status(status);
            let named = retry_after.into_iter();
            named.fold(answer, |answer, at| answer.header(RETRY_AFTER, at)).body(Body::empty())
        }
        Manner::Redirect(elsewhere) => {
            answer.status(302).header(LOCATION, elsewhere).body(Body::empty())
        }
        Manner::Hang => std::future::pending().await,
        manner => match upgrade {
            Some(upgrade) => return upgrade.on_upgrade(move |socket| talk(socket, manner, inner)),
            None => answer.header(CONTENT_TYPE, "application/json").body(body(manner, &asked)),
        },
    }
    .unwrap()
}

fn body(manner: Manner, asked: &str) -> Body {
    match manner {
        Manner::Answer(bodies) => {
            let found = bodies.into_iter().find(|(key, _)| asked.contains(key));
            Body::from(found.unwrap_or_else(|| panic!("{asked} is not documented")).1)
        }
        Manner::Garbage => Body::from("<!doctype html><title>Maintenance</title>"),
        Manner::Huge => Body::from_stream(stream::repeat_with(|| {
            Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1024]))
        })),
        Manner::Drop => Body::from_stream(stream::iter([
            Ok(Bytes::from_static(b"{\"symbol\":")),
            Err(std::io::Error::other("the cable was pulled")),
        ])),
        other => panic!("{other:?} is for the stream"),
    }
}

async fn talk(mut socket: WebSocket, manner: Manner, inner: Arc<Inner>) {
    inner.streams.send_modify(|open| *open += 1);
    match manner {
        Manner::Answer(bodies) => {
            let mut every = tokio::time::interval(Duration::from_millis(5));
            loop {
                tokio::select! {
                    _ = every.tick() => {
                        // Binance pings, and expects to be answered.
                        let _ = socket.send(Message::Ping(Bytes::from_static(b"1"))).await;
                        if socket.send(Message::text(bodies[0].1)).await.is_err() { break }
                    }
                    message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
                }
            }
        }
        Manner::Drop => {}
        once => {
            let said = match once {
                Manner::Garbage => Some(Message::text("<!doctype html>")),
                Manner::Huge => Some(Message::text(" ".repeat(1024 * 1024))),
                Manner::OneMessage(text) => Some(Message::text(text)),
                _ => None,
            };
            if let Some(message) = said {
                let _ = socket.send(message).await;
            }
            while let Some(Ok(_)) = socket.recv().await {}
        }
    }
    inner.streams.send_modify(|open| *open -= 1);
}
