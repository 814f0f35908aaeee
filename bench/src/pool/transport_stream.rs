//! The byte stream of a connection: TCP, or TLS over TCP.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::error::PoolError;

/// Time limit for a write to a full socket.
const WRITE_WITHIN: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// Free space that a read needs: TLS decrypts at most this many bytes at a time.
const TLS_READ_BYTES: usize = 32 * 1024;

/// The byte stream of a connection. Reads never block; writes block while the socket is full.
pub(super) struct TransportStream {
    stream: TcpStream,
    tls: Option<RefCell<Box<ClientConnection>>>,
}

impl fmt::Debug for TransportStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportStream").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl TransportStream {
    /// A stream over a connected socket, with TLS if there is a configuration. The TLS handshake continues
    /// during later reads and writes.
    pub(super) fn new(
        stream: TcpStream,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, PoolError> {
        let connect = |config: &Arc<ClientConfig>| {
            let server = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
            ClientConnection::new(Arc::clone(config), server).map_err(io::Error::other)
        };
        let tls = tls.map(connect).transpose()?;
        Ok(Self { stream, tls: tls.map(|tls| RefCell::new(Box::new(tls))) })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads the available bytes. With TLS it reads all of them, because `epoll` does not report bytes that are
    /// already decrypted.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Result<io::Result<usize>, PoolError> {
        let Some(tls) = &self.tls else { return Ok((&self.stream).read(buffer)) };
        let mut tls = tls.borrow_mut();
        let mut read = 0;
        while buffer.len() - read >= TLS_READ_BYTES {
            match tls.read_tls(&mut &self.stream) {
                Ok(0) if read == 0 => return Ok(Ok(0)),
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Ok(Err(error)),
            }
            tls.process_new_packets().map_err(io::Error::other)?;
            self.flush_records(&mut tls)?;
            loop {
                match tls.reader().read(buffer.get_mut(read..).unwrap_or_default()) {
                    Ok(0) => return Ok(Ok(read)),
                    Ok(more) => read += more,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Ok(Err(error)),
                }
            }
        }
        Ok(if read == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(read) })
    }

    /// Writes all bytes and blocks while the socket is full. During the TLS handshake the bytes are
    /// buffered.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), PoolError> {
        let Some(tls) = &self.tls else { return write(&self.stream, bytes) };
        let mut tls = tls.borrow_mut();
        let mut rest = bytes;
        loop {
            let accepted = tls.writer().write(rest)?;
            rest = rest.get(accepted..).unwrap_or_default();
            self.flush_records(&mut tls)?;
            if rest.is_empty() {
                return Ok(());
            }
            if accepted == 0 {
                return Err(PoolError::WriteTimeout);
            }
        }
    }

    fn flush_records(&self, tls: &mut ClientConnection) -> Result<(), PoolError> {
        let mut records = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut records)?;
        }
        write(&self.stream, &records)
    }
}

/// Writes all bytes and blocks while the socket is full.
fn write(mut stream: &TcpStream, mut bytes: &[u8]) -> Result<(), PoolError> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut fds = [PollFd::new(&stream, PollFlags::OUT)];
                if poll(&mut fds, Some(&WRITE_WITHIN))? == 0 {
                    return Err(PoolError::WriteTimeout);
                }
            }
            // The next read reports the disconnect.
            Err(error)
                if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
            {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
