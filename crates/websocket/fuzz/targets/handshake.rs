//! A request's head, as bytes, through hyper and the handshake: no panic, and an answer that says no more
//! than was asked for. The same bytes are offers of compression too.
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
use madang_websocket::{NegotiatedCompression, Handshake, Limits, Window};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fuzz_target!(|head: &[u8]| {
    offers(&String::from_utf8_lossy(head));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(open(head));
});

/// Whatever is agreed on can be said, and is understood as the same.
fn offers(headers: &str) {
    if let Some(agreed) = NegotiatedCompression::negotiate(headers.lines()) {
        assert!(agreed.window_requested || agreed.window == Window::LARGEST);
        assert_eq!(NegotiatedCompression::negotiate([agreed.answer().as_str()]), Some(agreed));
    }
}

async fn open(head: &[u8]) {
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    // More than hyper reads of a head would only wait.
    client.write_all(head.get(..32 * 1024).unwrap_or(head)).await.unwrap();
    client.shutdown().await.unwrap();
    let opening = Rc::new(Cell::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let (response, opened) = answer(request);
        opening.set(opened);
        async move { Ok::<_, Infallible>(response) }
    });
    // hyper refuses what is no request at all, and says so itself.
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let served = connection.without_shutdown().await;
    drop(opening.take().map(|opening: madang_websocket::PendingUpgrade| opening.open(Limits::new(1_000))));
    drop(served);
    let mut said = Vec::new();
    client.read_to_end(&mut said).await.unwrap();
}

fn answer(request: Request<Incoming>) -> (Response<String>, Option<madang_websocket::PendingUpgrade>) {
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
    let (response, opening) = handshake.accept(offered.last().map(String::as_str));
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let said = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(said(SEC_WEBSOCKET_PROTOCOL), offered.last().map(String::as_str));
    let asked = parts.headers.get_all(SEC_WEBSOCKET_EXTENSIONS).into_iter();
    let agreed = NegotiatedCompression::negotiate(asked.filter_map(|value| value.to_str().ok()));
    assert_eq!(said(SEC_WEBSOCKET_EXTENSIONS).map(str::to_owned), agreed.map(NegotiatedCompression::answer));
    (response.map(|()| String::new()), Some(opening))
}
