//! The address of the server under attack, with or without TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use madang_loadgen::{LoadgenError, SelfSignedCertificate, TestUser};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The buffer of a client for answers that it has not read.
const RECEIVE_BUFFER_BYTES: u32 = 64 * 1024;

/// A server, and the way to connect to it.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) address: SocketAddr,
    /// The configuration of clients, if the server speaks TLS alone.
    pub(super) tls: Option<Arc<ClientConfig>>,
}

impl Endpoint {
    pub(super) fn new(address: SocketAddr, certificate: Option<&SelfSignedCertificate>) -> Self {
        Self { address, tls: certificate.map(|certificate| Arc::clone(&certificate.client)) }
    }

    /// An HTTP client that connects from this address.
    pub(super) fn http_client(&self, source: Ipv4Addr) -> reqwest::Result<reqwest::Client> {
        let builder = reqwest::Client::builder().local_address(IpAddr::from(source));
        match &self.tls {
            None => builder,
            Some(tls) => builder.use_preconfigured_tls(ClientConfig::clone(tls)),
        }
        .build()
    }

    /// Signs a user up. The name must be free.
    pub(super) async fn sign_up(
        &self,
        http: &reqwest::Client,
        name: &str,
    ) -> Result<TestUser, LoadgenError> {
        TestUser::sign_up_over(http, self.scheme(), self.address, name).await
    }

    /// The address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.address)
    }

    /// Connects from this address, without TLS.
    pub(super) async fn connect(&self, source: Ipv4Addr) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        // Answers that an attacker does not read would otherwise wait in buffers of this machine that are not the server's.
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.bind(SocketAddr::from((source, 0)))?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Performs the handshake of TLS.
    pub(super) async fn handshake(
        &self,
        tls: &Arc<ClientConfig>,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::from(self.address.ip());
        TlsConnector::from(Arc::clone(tls)).connect(name, stream).await
    }

    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}
