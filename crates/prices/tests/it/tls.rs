//! TLS for HTTP and for the stream, with a test authority: it works with the one provider, and an
//! unknown authority is not trusted.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use madang_prices::exchanges::{BinanceStream, kraken};
use madang_prices::{Dialer, RequestTiming, Source, SourceError};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::formats::{KRAKEN_TICKER, MINI_TICKER};
use crate::support::{failure, within};

/// Listens for TLS as `localhost`; returns the port and the certificate.
async fn listen() -> (TcpListener, TlsAcceptor, u16, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, TlsAcceptor::from(Arc::new(config)), port, certificate)
}

/// Answers the first HTTP request, and closes.
async fn https() -> (u16, CertificateDer<'static>) {
    let (listener, acceptor, port, certificate) = listen().await;
    tokio::spawn(async move {
        let Ok(mut stream) = acceptor.accept(listener.accept().await.unwrap().0).await else {
            return;
        };
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let length = KRAKEN_TICKER.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{KRAKEN_TICKER}");
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    (port, certificate)
}

/// Opens the first stream, and sends one message.
async fn wss() -> (u16, CertificateDer<'static>) {
    let (listener, acceptor, port, certificate) = listen().await;
    tokio::spawn(async move {
        let Ok(stream) = acceptor.accept(listener.accept().await.unwrap().0).await else { return };
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        socket.send(MINI_TICKER.into()).await.unwrap();
        while let Some(Ok(_)) = socket.next().await {}
    });
    (port, certificate)
}

fn timing() -> RequestTiming {
    let long = Duration::from_mins(1);
    RequestTiming { connect_within: long, request_within: long, poll_every: long }
}

fn trusting(certificate: CertificateDer<'static>) -> Dialer {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    Dialer::trusting(roots, timing()).unwrap()
}

async fn price(source: &dyn Source) -> String {
    let (readings, mut read) = mpsc::channel(1);
    within(async {
        tokio::select! {
            error = source.follow(readings) => panic!("{error}"),
            reading = read.recv() => reading.unwrap().price.to_string(),
        }
    })
    .await
}

#[tokio::test]
async fn a_trusted_exchange_answers_over_tls() {
    let (port, certificate) = https().await;
    let source = kraken(trusting(certificate), &format!("https://localhost:{port}"));
    assert_eq!(price(&source).await, "70303.20000");
}

#[tokio::test]
async fn a_trusted_exchange_streams_over_tls() {
    let (port, certificate) = wss().await;
    let source = BinanceStream::new(trusting(certificate), &format!("wss://localhost:{port}"));
    assert_eq!(price(&source).await, "70352.36000000");
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted() {
    let (port, _) = https().await;
    let dialer = Dialer::new(timing()).unwrap();
    let error = failure(&kraken(dialer.clone(), &format!("https://localhost:{port}"))).await;
    assert!(
        matches!(&error, SourceError::Unreachable(why) if why.contains("ertificate")),
        "{error}"
    );
    let (port, _) = wss().await;
    let error = failure(&BinanceStream::new(dialer, &format!("wss://localhost:{port}"))).await;
    assert!(
        matches!(&error, SourceError::Unreachable(why) if why.contains("ertificate")),
        "{error}"
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let (port, certificate) = https().await;
    let source = kraken(trusting(certificate), &format!("https://127.0.0.1:{port}"));
    let error = failure(&source).await;
    assert!(matches!(error, SourceError::Unreachable(_)), "{error}");
}
