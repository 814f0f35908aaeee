//! Over TLS: frames from several writers arrive whole and in order.

use std::sync::Arc;

use hyper_util::rt::TokioIo;
use madang_websocket::{Prepared, SendOutcome, Sender};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::bytes::{CLOSE, FIN, PING, TEXT, frame};
use crate::server::{next, request, serve};

struct Connected {
    stream: TlsStream<TcpStream>,
    sender: Sender,
    ends: mpsc::UnboundedReceiver<String>,
}

fn configs() -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let server = ServerConfig::builder_with_provider(ring.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let client = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client)
}

/// An open socket over TLS, and the server's sender for it.
async fn connect() -> Connected {
    let (server, client) = configs();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, mut senders) = mpsc::unbounded_channel();
    let (ended, ends) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(server)).accept(stream).await.unwrap();
        serve(TokioIo::new(stream), sender, ended).await;
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream.write_all(request("").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    Connected { stream, sender: senders.recv().await.unwrap(), ends }
}

fn numbered(number: usize, length: usize) -> String {
    format!("{number:08} {}", "x".repeat(length))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_a_fan_out_and_of_the_task_arrive_whole_and_in_order() {
    const FRAMES: usize = 2_000;
    let Connected { stream, sender, .. } = connect().await;
    let (mut read, mut write) = tokio::io::split(stream);
    // Each message of the peer wakes the task, which writes the pending frames and an answer.
    let echo_client = tokio::spawn(async move {
        for number in 0_u64.. {
            write.write_all(&frame(FIN | TEXT, format!("echo {number}"))).await.unwrap();
            write.flush().await.unwrap();
        }
    });
    // The fan-out starts when the task has answered once, so that both write, however fast one of them is.
    assert_eq!(next(&mut read).await, (FIN | TEXT, "echo 0".into()));
    // The fan-out writes without waiting, and tries again while the sender is busy.
    let fan_out = tokio::task::spawn_blocking(move || {
        for number in 0..FRAMES {
            let frame = Prepared::text(&numbered(number, number % 700)).frame(None).clone();
            while sender.try_send(&frame).unwrap() == SendOutcome::Busy {
                std::thread::yield_now();
            }
        }
    });
    let (mut frames, mut echoes) = (0, 1);
    while frames < FRAMES || echoes == 1 {
        let (first, payload) = next(&mut read).await;
        assert_eq!(first, FIN | TEXT);
        if payload.starts_with(b"echo ") {
            assert_eq!(payload, format!("echo {echoes}"));
            echoes += 1;
        } else {
            assert_eq!(payload, numbered(frames, frames % 700));
            frames += 1;
        }
    }
    fan_out.await.unwrap();
    echo_client.abort();
}

#[tokio::test]
async fn a_close_over_tls_is_answered_and_ends_without_a_reset() {
    let Connected { mut stream, mut ends, .. } = connect().await;
    stream.write_all(&frame(PING, "a")).await.unwrap();
    assert_eq!(next(&mut stream).await, (0x8A, "a".into()));
    stream.write_all(&frame(CLOSE, 1000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(next(&mut stream).await, (0x88, 1000_u16.to_be_bytes().to_vec().into()));
    // Without the close_notify of TLS this would be an error.
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 0);
    stream.shutdown().await.unwrap();
    drop(stream);
    assert_eq!(ends.recv().await.unwrap(), "closed by the peer");
}
