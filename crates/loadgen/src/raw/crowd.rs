//! Many sockets, one thread, one `epoll` set.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustls::ClientConfig;
use socket2::{Domain, Type};
use thiserror::Error;

use super::frame::{self, FrameError, Head};
use super::handshake::{Refused, Request, read_answer};
use super::inflate::Inflater;
use super::nats::NatsError;
use super::wire::Wire;

/// Read at a time: everything that a socket is likely to hold.
const SCRATCH: usize = 256 * 1024;
/// Sockets that are heard of at a time.
const EVENTS: usize = 1_024;
/// Bytes of a segment that any host must take (RFC 9293, section 3.7.1).
const SMALL_SEGMENT: u32 = 536;
/// What a connection may keep for a frame that has not come whole; more is given back.
const KEPT: usize = 4 * 1024;

/// Why a crowd cannot go on.
#[derive(Debug, Error)]
pub enum CrowdError {
    /// A socket, or the set of them.
    #[error("a connection broke: {0}")]
    Io(#[from] std::io::Error),
    /// The server does not speak as it should.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The server does not want to.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The server does not speak NATS as it should.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// What came cannot be inflated, or nobody asked for it to be deflated.
    #[error("the server sends a compressed message that cannot be read")]
    Deflate,
    /// The server does not take what is sent to it.
    #[error("the server does not read")]
    NotRead,
}

impl From<rustix::io::Errno> for CrowdError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}

/// What happens to a member.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'a> {
    /// The server accepted the handshake.
    Recovery,
    /// A message, inflated.
    Message(&'a [u8]),
    /// The connection has ended, with the server's code, if there was one.
    Closed(Option<u16>),
}

/// The connection has ended, with the server's code, if there was one.
struct End(Option<u16>);

/// What came over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes, those of frames' heads included.
    pub bytes: u64,
    /// Messages.
    pub messages: u64,
    /// Of them, compressed ones.
    pub compressed: u64,
}

/// The sockets.
pub struct PresenceSummary {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
    scratch: Vec<u8>,
    members: Vec<Member>,
    ears: Ears,
    tls: Option<Arc<ClientConfig>>,
}

impl std::fmt::Debug for PresenceSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crowd").field("members", &self.members).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Member {
    wire: Wire,
    opened: bool,
    ended: bool,
    deflate: bool,
    /// The beginning of a frame that has not come whole.
    rest: Vec<u8>,
}

#[derive(Debug, Default)]
struct Ears {
    inflater: Inflater,
    traffic: Traffic,
}

/// Says something on the connection that something was heard on.
#[derive(Debug)]
pub struct Reply<'a>(&'a Wire);

impl Reply<'_> {
    /// Sends a text message.
    ///
    /// # Errors
    /// [`CrowdError`].
    pub fn text(&self, text: &[u8]) -> Result<(), CrowdError> {
        send(self.0, frame::TEXT, text)
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// [`CrowdError`].
    pub fn binary(&self, bytes: &[u8]) -> Result<(), CrowdError> {
        send(self.0, frame::BINARY, bytes)
    }
}

impl PresenceSummary {
    /// Nobody yet.
    ///
    /// # Errors
    /// [`CrowdError::Io`].
    pub fn new() -> Result<Self, CrowdError> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            ready: Vec::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH],
            members: Vec::new(),
            ears: Ears::default(),
            tls: None,
        })
    }

    /// Whoever connects from now on does so within TLS, if there is something to do it by.
    #[must_use]
    pub fn within(mut self, tls: Option<Arc<ClientConfig>>) -> Self {
        self.tls = tls;
        self
    }

    /// Connects another member, and answers its number. The handshake's answer is heard by
    /// [`PresenceSummary::turn`]. `buffer` is the size of the socket's receive buffer, where the system's own
    /// choice would hide that nobody reads.
    ///
    /// # Errors
    /// [`CrowdError::Io`].
    pub fn open(
        &mut self,
        server: SocketAddr,
        request: &Request,
        buffer: Option<usize>,
    ) -> Result<usize, CrowdError> {
        let stream = connect(server, buffer)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let wire = Wire::new(stream, self.tls.as_ref())?;
        wire.write(request.bytes())?;
        let number = self.members.len();
        let data = epoll::EventData::new_u64(number as u64);
        epoll::add(&self.epoll, wire.stream(), data, epoll::EventFlags::IN)?;
        let (rest, deflate) = (Vec::new(), false);
        self.members.push(Member { wire, opened: false, ended: false, deflate, rest });
        Ok(number)
    }

    /// How many there are, the ended ones included.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Everything that came.
    pub fn traffic(&self) -> Traffic {
        self.ears.traffic
    }

    /// Messages that had to be inflated.
    pub fn inflated(&self) -> u64 {
        self.ears.inflater.inflated()
    }

    /// Members whose messages may be compressed.
    pub fn deflating(&self) -> usize {
        self.members.iter().filter(|member| member.deflate).count()
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// [`CrowdError`].
    pub fn text(&self, member: usize, text: &[u8]) -> Result<(), CrowdError> {
        self.say(member, frame::TEXT, text)
    }

    /// Sends a message of this kind, [`frame::TEXT`] or [`frame::BINARY`].
    ///
    /// # Errors
    /// [`CrowdError`].
    pub fn say(&self, member: usize, opcode: u8, payload: &[u8]) -> Result<(), CrowdError> {
        self.members.get(member).map_or(Ok(()), |member| send(&member.wire, opcode, payload))
    }

    /// Does not read a member's socket any more, or does so again.
    ///
    /// # Errors
    /// [`CrowdError::Io`].
    pub fn listen(&self, member: usize, listens: bool) -> Result<(), CrowdError> {
        let flags = if listens { epoll::EventFlags::IN } else { epoll::EventFlags::empty() };
        if let Some(found) = self.members.get(member) {
            let data = epoll::EventData::new_u64(member as u64);
            epoll::modify(&self.epoll, found.wire.stream(), data, flags)?;
        }
        Ok(())
    }

    /// Breaks all connections off at once, and leaves no port waiting for a late answer.
    ///
    /// # Errors
    /// [`CrowdError::Io`].
    pub fn leave(&mut self) -> Result<(), CrowdError> {
        for member in self.members.drain(..) {
            let stream = member.wire.stream();
            rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
        }
        Ok(())
    }

    /// Waits for what comes, at most this long, and tells of it. Answers how many sockets there was
    /// something on. Each is read once: what is left is told of at the next turn, so that nobody who is
    /// sent a lot keeps the others waiting.
    ///
    /// # Errors
    /// [`CrowdError`], also from what hears.
    pub fn turn(
        &mut self,
        wait: Duration,
        hear: &mut impl FnMut(Reply<'_>, usize, Incoming<'_>) -> Result<(), CrowdError>,
    ) -> Result<usize, CrowdError> {
        let wait = Timespec::try_from(wait).map_err(std::io::Error::other)?;
        self.ready.clear();
        let room = rustix::buffer::spare_capacity(&mut self.ready);
        match epoll::wait(&self.epoll, room, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        for event in &self.ready {
            let number = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let Some(member) = self.members.get_mut(number).filter(|member| !member.ended) else {
                continue;
            };
            if let Some(End(code)) = member.read(&mut self.scratch, &mut self.ears, number, hear)? {
                member.ended = true;
                epoll::delete(&self.epoll, member.wire.stream())?;
                hear(Reply(&member.wire), number, Incoming::Closed(code))?;
            }
        }
        Ok(self.ready.len())
    }
}

impl Member {
    /// Answers how it ended, once it has.
    fn read(
        &mut self,
        scratch: &mut [u8],
        ears: &mut Ears,
        number: usize,
        hear: &mut impl FnMut(Reply<'_>, usize, Incoming<'_>) -> Result<(), CrowdError>,
    ) -> Result<Option<End>, CrowdError> {
        let length = match self.wire.read(scratch)? {
            Ok(0) => return Ok(Some(End(None))),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(Some(End(None))),
            Err(error) => return Err(error.into()),
        };
        let fresh = scratch.get(..length).unwrap_or_default();
        let mut rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            let (used, end) = self.parse(fresh, ears, number, hear)?;
            self.rest.extend_from_slice(fresh.get(used..).unwrap_or_default());
            return Ok(end);
        }
        rest.extend_from_slice(fresh);
        let (used, end) = self.parse(&rest, ears, number, hear)?;
        rest.drain(..used);
        if !rest.is_empty() || rest.capacity() <= KEPT {
            self.rest = rest;
        }
        Ok(end)
    }

    /// Answers how much of it made whole frames.
    fn parse(
        &mut self,
        bytes: &[u8],
        ears: &mut Ears,
        number: usize,
        hear: &mut impl FnMut(Reply<'_>, usize, Incoming<'_>) -> Result<(), CrowdError>,
    ) -> Result<(usize, Option<End>), CrowdError> {
        let mut used = 0;
        if !self.opened {
            let Some(accepted) = read_answer(bytes)? else { return Ok((0, None)) };
            (self.opened, self.deflate, used) = (true, accepted.deflate, accepted.length);
            hear(Reply(&self.wire), number, Incoming::Recovery)?;
        }
        let before = used;
        while let Some(head) = Head::read(bytes.get(used..).unwrap_or_default())? {
            let start = used + head.head;
            let Some(payload) = bytes.get(start..start + head.payload) else { break };
            used = start + head.payload;
            match head.opcode {
                frame::TEXT | frame::BINARY => {
                    ears.traffic.messages += 1;
                    let plain = if head.compressed {
                        ears.traffic.compressed += 1;
                        let inflated = ears.inflater.plain(payload).filter(|_| self.deflate);
                        inflated.ok_or(CrowdError::Deflate)?
                    } else {
                        payload
                    };
                    hear(Reply(&self.wire), number, Incoming::Message(plain))?;
                }
                frame::PING => send(&self.wire, frame::PONG, payload)?,
                frame::CLOSE => {
                    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    return Ok((used, Some(End(code))));
                }
                _ => {}
            }
        }
        ears.traffic.bytes += (used - before) as u64;
        Ok((used, None))
    }
}

/// Waits until the connection is there: on the same machine that is no wait, as long as no more are
/// being made than the server's queue holds.
fn connect(server: SocketAddr, buffer: Option<usize>) -> Result<TcpStream, CrowdError> {
    let Some(buffer) = buffer else { return Ok(TcpStream::connect(server)?) };
    let socket = socket2::Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    socket.set_recv_buffer_size(buffer)?;
    // The server's system sizes its send buffer by the segments that its peer takes. On loopback they
    // have 64 KiB, and a megabyte would wait there before the server itself notices anything.
    socket.set_tcp_mss(SMALL_SEGMENT)?;
    socket.connect(&server.into())?;
    Ok(TcpStream::from(socket))
}

fn send(wire: &Wire, opcode: u8, payload: &[u8]) -> Result<(), CrowdError> {
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    frame::push_masked(&mut bytes, opcode, payload);
    wire.write(&bytes)
}
