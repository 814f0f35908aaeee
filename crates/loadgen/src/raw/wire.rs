//! A subscriber's stream, plain or within TLS.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::crowd::CrowdError;

/// A server that does not take what is sent to it for this long is not measured any further.
const TAKE_WITHIN: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// Room that reading leaves: what TLS opens at a time is no more.
const ROOM: usize = 32 * 1024;

/// A subscriber's stream. Reading never waits; writing does, where the socket is full.
pub(super) struct Wire {
    stream: TcpStream,
    tls: Option<RefCell<Box<ClientConnection>>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl Wire {
    /// On a connection that is there, within TLS if there is something to do it by. A handshake goes on
    /// while it is written and read.
    pub(super) fn new(
        stream: TcpStream,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, CrowdError> {
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

    /// Reads what is there; within TLS all of it, for `epoll` does not know what was opened and not taken.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Result<io::Result<usize>, CrowdError> {
        let Some(tls) = &self.tls else { return Ok((&self.stream).read(buffer)) };
        let mut tls = tls.borrow_mut();
        let mut read = 0;
        while buffer.len() - read >= ROOM {
            match tls.read_tls(&mut &self.stream) {
                Ok(0) if read == 0 => return Ok(Ok(0)),
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Ok(Err(error)),
            }
            tls.process_new_packets().map_err(io::Error::other)?;
            self.send_records(&mut tls)?;
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

    /// Writes all of it, and waits where the socket is full. Before a handshake is done, it is kept
    /// until then.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), CrowdError> {
        let Some(tls) = &self.tls else { return write(&self.stream, bytes) };
        let mut tls = tls.borrow_mut();
        let mut left = bytes;
        loop {
            let taken = tls.writer().write(left)?;
            left = left.get(taken..).unwrap_or_default();
            self.send_records(&mut tls)?;
            if left.is_empty() {
                return Ok(());
            }
            if taken == 0 {
                return Err(CrowdError::NotRead);
            }
        }
    }

    fn send_records(&self, tls: &mut ClientConnection) -> Result<(), CrowdError> {
        let mut records = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut records)?;
        }
        write(&self.stream, &records)
    }
}

/// Writes all of it, and waits where the socket is full.
fn write(mut stream: &TcpStream, mut bytes: &[u8]) -> Result<(), CrowdError> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut wanted = [PollFd::new(&stream, PollFlags::OUT)];
                if poll(&mut wanted, Some(&TAKE_WITHIN))? == 0 {
                    return Err(CrowdError::NotRead);
                }
            }
            // Whoever hung up is heard of by reading.
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
