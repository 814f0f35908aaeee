//! Arbitrary request heads, through hyper and the handshake: no panic, and the response accepts
//! only what was offered. The same bytes serve as compression offers.
#![no_main]

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use http::header::{SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use madang_websocket::{Handshake, Limits, NegotiatedCompression, PendingUpgrade, Window};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fuzz_target!(|head: &[u8]| {
    offers(&String::from_utf8_lossy(head));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(open(head));
});

/// A negotiated result round-trips through its header.
fn offers(headers: &str) {
    if let Some(compression) = NegotiatedCompression::negotiate(headers.lines()) {
        assert!(compression.window_requested || compression.window == Window::LARGEST);
        assert_eq!(
            NegotiatedCompression::negotiate([compression.answer().as_str()]),
            Some(compression)
        );
    }
}

async fn open(head: &[u8]) {
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    // hyper reads no longer heads than this.
    client.write_all(head.get(..32 * 1024).unwrap_or(head)).await.unwrap();
    client.shutdown().await.unwrap();
    let pending = Rc::new(Cell::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let (response, upgrade) = answer(request);
        pending.set(upgrade);
        async move { Ok::<_, Infallible>(response) }
    });
    // hyper itself answers bytes that are no request.
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let served = connection.without_shutdown().await;
    // The future is dropped before it runs: a connection may end at any point.
    drop(pending.take().map(|pending: PendingUpgrade| pending.open(Limits::new(1_000))));
    // Most inputs are no valid request.
    served.ok();
    let mut response = Vec::new();
    client.read_to_end(&mut response).await.unwrap();
}

fn answer(request: Request<Incoming>) -> (Response<String>, Option<PendingUpgrade>) {
    let (mut parts, _) = request.into_parts();
    let handshake = match Handshake::of(&mut parts) {
        Ok(handshake) => handshake,
        Err(refusal) => {
            let response = refusal.response();
            assert!(!response.status().is_success() && !response.body().is_empty());
            return (response, None);
        }
    };
    let offered: Vec<String> = handshake.offers().map(str::to_owned).collect();
    let (response, pending) = handshake.accept(offered.last().map(String::as_str));
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header(SEC_WEBSOCKET_PROTOCOL), offered.last().map(String::as_str));
    let offers = parts.headers.get_all(SEC_WEBSOCKET_EXTENSIONS).into_iter();
    let compression =
        NegotiatedCompression::negotiate(offers.filter_map(|value| value.to_str().ok()));
    assert_eq!(
        header(SEC_WEBSOCKET_EXTENSIONS).map(str::to_owned),
        compression.map(NegotiatedCompression::answer)
    );
    (response.map(|()| String::new()), Some(pending))
}
