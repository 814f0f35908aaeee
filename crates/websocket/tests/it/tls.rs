//! Within TLS: whoever writes, what arrives is whole and in order.

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

/// An open socket within TLS, and the server's way out to it.
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
async fn what_a_fan_out_and_the_task_write_arrives_whole_and_in_order() {
    const FRAMES: usize = 2_000;
    let Connected { stream, sender, .. } = connect().await;
    let (mut read, mut write) = tokio::io::split(stream);
    // The fan-out writes without waiting, and comes again where it is told to.
    let fan_out = tokio::task::spawn_blocking(move || {
        for number in 0..FRAMES {
            let frame = Prepared::text(&numbered(number, number % 700)).frame(None).clone();
            while sender.try_send(&frame).unwrap() == SendOutcome::Busy {
                std::thread::yield_now();
            }
        }
    });
    // Whatever the peer says wakes the task, which writes what was kept, and an answer.
    let speaks = tokio::spawn(async move {
        for number in 0_u64.. {
            write.write_all(&frame(FIN | TEXT, format!("said {number}"))).await.unwrap();
            write.flush().await.unwrap();
        }
    });
    let (mut told, mut answered) = (0, 0);
    while told < FRAMES {
        let (first, payload) = next(&mut read).await;
        assert_eq!(first, FIN | TEXT);
        if payload.starts_with(b"said ") {
            assert_eq!(payload, format!("said {answered}"));
            answered += 1;
        } else {
            assert_eq!(payload, numbered(told, told % 700));
            told += 1;
        }
    }
    assert!(answered > 0, "both wrote");
    fan_out.await.unwrap();
    speaks.abort();
}

#[tokio::test]
async fn a_close_within_tls_is_answered_and_ends_in_order() {
    let Connected { mut stream, mut ends, .. } = connect().await;
    stream.write_all(&frame(PING, "a")).await.unwrap();
    assert_eq!(next(&mut stream).await, (0x8A, "a".into()));
    stream.write_all(&frame(CLOSE, 1000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(next(&mut stream).await, (0x88, 1000_u16.to_be_bytes().to_vec().into()));
    // TLS says that nothing follows (close_notify); without that, this is an error.
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 0);
    stream.shutdown().await.unwrap();
    drop(stream);
    assert_eq!(ends.recv().await.unwrap(), "closed by the peer");
}
