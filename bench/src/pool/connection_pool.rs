//! The pool: sockets, `epoll`, and the parsing of frames.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustls::ClientConfig;
use socket2::{Domain, Type};

use super::error::PoolError;
use super::transport_stream::TransportStream;
use crate::protocol::frame::{self, FrameHeader};
use crate::protocol::handshake::{UpgradeRequest, read_response};
use crate::protocol::inflate::MessageInflater;

/// Size of the shared read buffer: usually everything that a socket holds.
const READ_BUFFER_BYTES: usize = 256 * 1024;
/// Maximum number of sockets that one `epoll_wait` reports.
const MAX_EVENTS: usize = 1_024;
/// Segment size in bytes that every host accepts (RFC 9293, section 3.7.1).
const SMALL_SEGMENT: u32 = 536;
/// Maximum capacity that a connection keeps for incomplete frames.
const MAX_KEPT_CAPACITY: usize = 4 * 1024;

/// An event of a connection.
#[derive(Clone, Copy, Debug)]
pub enum PoolEvent<'a> {
    /// The opening handshake succeeded.
    Opened,
    /// A message, already inflated.
    Message(&'a [u8]),
    /// The connection has ended, with the server's close code, if any.
    Closed(Option<u16>),
}

/// The end of a connection, with the server's close code, if any.
struct ConnectionEnd(Option<u16>);

/// Received traffic of all connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes, frame headers included.
    pub bytes: u64,
    /// Number of messages.
    pub messages: u64,
    /// Number of compressed messages.
    pub compressed: u64,
}

/// Connections, polled by one thread. Each has an index, in the order of [`ConnectionPool::open`].
pub struct ConnectionPool {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
    read_buffer: Vec<u8>,
    connections: Vec<PooledConnection>,
    receive: ReceiveState,
    tls: Option<Arc<ClientConfig>>,
}

impl std::fmt::Debug for ConnectionPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionPool")
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct PooledConnection {
    stream: TransportStream,
    opened: bool,
    ended: bool,
    deflate: bool,
    /// An incomplete frame.
    rest: Vec<u8>,
}

#[derive(Debug, Default)]
struct ReceiveState {
    inflater: MessageInflater,
    traffic: Traffic,
}

/// Sends on the connection of an event.
#[derive(Debug)]
pub struct Reply<'a>(&'a TransportStream);

impl Reply<'_> {
    /// Sends a text message.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn text(&self, text: &[u8]) -> Result<(), PoolError> {
        send(self.0, frame::TEXT, text)
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn binary(&self, bytes: &[u8]) -> Result<(), PoolError> {
        send(self.0, frame::BINARY, bytes)
    }
}

impl ConnectionPool {
    /// An empty pool.
    ///
    /// # Errors
    /// [`PoolError::Io`].
    pub fn new() -> Result<Self, PoolError> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            ready: Vec::with_capacity(MAX_EVENTS),
            read_buffer: vec![0; READ_BUFFER_BYTES],
            connections: Vec::new(),
            receive: ReceiveState::default(),
            tls: None,
        })
    }

    /// Uses TLS for connections opened from now on, if there is a configuration.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Arc<ClientConfig>>) -> Self {
        self.tls = tls;
        self
    }

    /// Opens a connection and returns its index. [`ConnectionPool::poll`] reports the end of the handshake.
    /// `receive_buffer` sets the size of the socket's receive buffer in bytes: the system's default would hide
    /// a stalled reader.
    ///
    /// # Errors
    /// [`PoolError::Io`].
    pub fn open(
        &mut self,
        server: SocketAddr,
        request: &UpgradeRequest,
        receive_buffer: Option<usize>,
    ) -> Result<usize, PoolError> {
        let stream = connect(server, receive_buffer)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let stream = TransportStream::new(stream, self.tls.as_ref())?;
        stream.write(request.bytes())?;
        let index = self.connections.len();
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, stream.stream(), data, epoll::EventFlags::IN)?;
        let (rest, deflate) = (Vec::new(), false);
        self.connections.push(PooledConnection {
            stream,
            opened: false,
            ended: false,
            deflate,
            rest,
        });
        Ok(index)
    }

    /// Number of connections, ended ones included.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether the pool has no connection.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Traffic that all connections received.
    pub fn traffic(&self) -> Traffic {
        self.receive.traffic
    }

    /// Number of messages that were not in the cache of inflated messages.
    pub fn inflated(&self) -> u64 {
        self.receive.inflater.inflated()
    }

    /// Number of connections with negotiated compression.
    pub fn deflating(&self) -> usize {
        self.connections.iter().filter(|connection| connection.deflate).count()
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn send_text(&self, connection: usize, text: &[u8]) -> Result<(), PoolError> {
        self.send(connection, frame::TEXT, text)
    }

    /// Sends a message with the opcode [`frame::TEXT`] or [`frame::BINARY`].
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn send(&self, connection: usize, opcode: u8, payload: &[u8]) -> Result<(), PoolError> {
        let connection = self.connections.get(connection);
        connection.map_or(Ok(()), |connection| send(&connection.stream, opcode, payload))
    }

    /// Stops or resumes reading a connection.
    ///
    /// # Errors
    /// [`PoolError::Io`].
    pub fn set_reading(&self, connection: usize, reading: bool) -> Result<(), PoolError> {
        let flags = if reading { epoll::EventFlags::IN } else { epoll::EventFlags::empty() };
        if let Some(found) = self.connections.get(connection) {
            let data = epoll::EventData::new_u64(connection as u64);
            epoll::modify(&self.epoll, found.stream.stream(), data, flags)?;
        }
        Ok(())
    }

    /// Waits at most `wait` for events and calls `on_event` with each and the index of its connection. Returns
    /// the number of sockets with events. Each socket is read once per call, so that a busy connection does not
    /// delay the others.
    ///
    /// # Errors
    /// [`PoolError`], and errors of `on_event`.
    pub fn poll(
        &mut self,
        wait: Duration,
        on_event: &mut impl FnMut(Reply<'_>, usize, PoolEvent<'_>) -> Result<(), PoolError>,
    ) -> Result<usize, PoolError> {
        let wait = Timespec::try_from(wait).map_err(std::io::Error::other)?;
        self.ready.clear();
        let space = rustix::buffer::spare_capacity(&mut self.ready);
        match epoll::wait(&self.epoll, space, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        for event in &self.ready {
            let index = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let connection = self.connections.get_mut(index);
            let Some(connection) = connection.filter(|connection| !connection.ended) else {
                continue;
            };
            let (buffer, receive) = (&mut self.read_buffer, &mut self.receive);
            if let Some(ConnectionEnd(code)) = connection.read(buffer, receive, index, on_event)? {
                connection.ended = true;
                epoll::delete(&self.epoll, connection.stream.stream())?;
                on_event(Reply(&connection.stream), index, PoolEvent::Closed(code))?;
            }
        }
        Ok(self.ready.len())
    }
}

impl PooledConnection {
    /// Reads the socket once. Returns the end of the connection, if it has ended.
    fn read(
        &mut self,
        buffer: &mut [u8],
        receive: &mut ReceiveState,
        index: usize,
        on_event: &mut impl FnMut(Reply<'_>, usize, PoolEvent<'_>) -> Result<(), PoolError>,
    ) -> Result<Option<ConnectionEnd>, PoolError> {
        let length = match self.stream.read(buffer)? {
            Ok(0) => return Ok(Some(ConnectionEnd(None))),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                return Ok(Some(ConnectionEnd(None)));
            }
            Err(error) => return Err(error.into()),
        };
        let fresh = buffer.get(..length).unwrap_or_default();
        let mut rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            let (used, end) = self.parse(fresh, receive, index, on_event)?;
            self.rest.extend_from_slice(fresh.get(used..).unwrap_or_default());
            return Ok(end);
        }
        rest.extend_from_slice(fresh);
        let (used, end) = self.parse(&rest, receive, index, on_event)?;
        rest.drain(..used);
        if !rest.is_empty() || rest.capacity() <= MAX_KEPT_CAPACITY {
            self.rest = rest;
        }
        Ok(end)
    }

    /// Parses complete frames and returns their length in bytes.
    fn parse(
        &mut self,
        bytes: &[u8],
        receive: &mut ReceiveState,
        index: usize,
        on_event: &mut impl FnMut(Reply<'_>, usize, PoolEvent<'_>) -> Result<(), PoolError>,
    ) -> Result<(usize, Option<ConnectionEnd>), PoolError> {
        let mut used = 0;
        if !self.opened {
            let Some(response) = read_response(bytes)? else { return Ok((0, None)) };
            (self.opened, self.deflate, used) = (true, response.deflate, response.length);
            on_event(Reply(&self.stream), index, PoolEvent::Opened)?;
        }
        let before = used;
        while let Some(header) = FrameHeader::read(bytes.get(used..).unwrap_or_default())? {
            let start = used + header.header;
            let Some(payload) = bytes.get(start..start + header.payload) else { break };
            used = start + header.payload;
            match header.opcode {
                frame::TEXT | frame::BINARY => {
                    receive.traffic.messages += 1;
                    let message = if header.compressed {
                        receive.traffic.compressed += 1;
                        let inflated = receive.inflater.inflate(payload).filter(|_| self.deflate);
                        inflated.ok_or(PoolError::Inflate)?
                    } else {
                        payload
                    };
                    on_event(Reply(&self.stream), index, PoolEvent::Message(message))?;
                }
                frame::PING => send(&self.stream, frame::PONG, payload)?,
                frame::CLOSE => {
                    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    return Ok((used, Some(ConnectionEnd(code))));
                }
                _ => {}
            }
        }
        receive.traffic.bytes += (used - before) as u64;
        Ok((used, None))
    }
}

/// Connects, blocking. On one machine this is immediate while the server's accept queue is not full.
fn connect(server: SocketAddr, receive_buffer: Option<usize>) -> Result<TcpStream, PoolError> {
    let Some(receive_buffer) = receive_buffer else { return Ok(TcpStream::connect(server)?) };
    let socket = socket2::Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    socket.set_recv_buffer_size(receive_buffer)?;
    // The server's kernel sizes its send buffer by the segment size. Loopback segments have 64 KiB, so about
    // a megabyte would fit into the kernel before the server notices the stalled reader.
    socket.set_tcp_mss(SMALL_SEGMENT)?;
    socket.connect(&server.into())?;
    Ok(TcpStream::from(socket))
}

fn send(stream: &TransportStream, opcode: u8, payload: &[u8]) -> Result<(), PoolError> {
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    frame::push_masked(&mut bytes, opcode, payload);
    stream.write(&bytes)
}
