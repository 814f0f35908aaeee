//! The baseline server: the simplest program that does the measured work. One thread, one `epoll` set, one `send`
//! per delivery, one `read` and one `send` per echo. The ratio to it is the overhead of a real server.
//!
//! It is written in Rust rather than C: without a runtime and without an allocation per message it makes the same
//! system calls, and `strace -c` shows nothing else. It does not batch writes, so a server that does can be
//! cheaper.
//!
//! It sends every message on `/chat` to all connections on that path. On `/echo` it sends each message back.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use madang_bench::protocol::frame;
use madang_loadgen::output::print_line;
use rustix::event::{PollFd, PollFlags, epoll, poll};
use rustix::fd::OwnedFd;
use rustix::net::{SendFlags, send};
use tungstenite::handshake::derive_accept_key;

/// The `epoll` data of the listener.
const LISTENER: u64 = u64::MAX;
/// Size of the read buffer in bytes.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// Maximum number of sockets that one `epoll_wait` reports.
const MAX_EVENTS: usize = 1_024;

/// Command-line options of `baseline`.
#[derive(Debug, Args)]
pub(crate) struct BaselineOptions {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

struct Client {
    stream: TcpStream,
    endpoint: Endpoint,
    /// An incomplete request or frame.
    rest: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    /// Before the handshake.
    Unknown,
    Chat,
    Echo,
}

/// Serves until the process is killed.
pub(crate) fn run(options: &BaselineOptions) -> Result<ExitCode> {
    let listener = TcpListener::bind(options.listen).context("cannot listen")?;
    rustix::net::listen(&listener, 4_096)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    print_line(format_args!("Baseline server on http://{}", listener.local_addr()?));

    let mut clients: Vec<Option<Client>> = Vec::new();
    let mut ready = Vec::with_capacity(MAX_EVENTS);
    let (mut buffer, mut message, mut out) = (vec![0; READ_BUFFER_BYTES], Vec::new(), Vec::new());
    loop {
        ready.clear();
        epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut ready), None)?;
        for event in &ready {
            let data = event.data.u64();
            if data == LISTENER {
                accept(&listener, &epoll, &mut clients)?;
                continue;
            }
            let index = usize::try_from(data)?;
            let Some(client) = clients.get_mut(index).and_then(Option::as_mut) else { continue };
            let mut rest = std::mem::take(&mut client.rest);
            match (&client.stream).read(&mut buffer) {
                Ok(length) if length > 0 => {
                    rest.extend_from_slice(buffer.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => {
                    clients.get_mut(index).and_then(Option::take);
                    continue;
                }
            }
            let is_new = client.endpoint == Endpoint::Unknown;
            let mut used = if is_new { client.upgrade(&rest)? } else { 0 };
            while let Some((opcode, length)) =
                frame::read_masked(rest.get(used..).unwrap_or_default(), &mut message)
            {
                used += length;
                if opcode != frame::TEXT {
                    continue;
                }
                out.clear();
                frame::push_unmasked(&mut out, opcode, &message);
                deliver(&clients, index, &out)?;
            }
            rest.drain(..used);
            if let Some(client) = clients.get_mut(index).and_then(Option::as_mut) {
                client.rest = rest;
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    epoll: &OwnedFd,
    clients: &mut Vec<Option<Client>>,
) -> Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("cannot accept a connection"),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let data = epoll::EventData::new_u64(clients.len() as u64);
        epoll::add(epoll, &stream, data, epoll::EventFlags::IN)?;
        clients.push(Some(Client { stream, endpoint: Endpoint::Unknown, rest: Vec::new() }));
    }
}

/// Sends an encoded frame to the sender (echo) or to all chat clients, with one `send` each.
fn deliver(clients: &[Option<Client>], from: usize, bytes: &[u8]) -> Result<()> {
    let Some(sender) = clients.get(from).and_then(Option::as_ref) else { return Ok(()) };
    if sender.endpoint == Endpoint::Echo {
        return sender.send(bytes);
    }
    for client in clients.iter().flatten().filter(|client| client.endpoint == Endpoint::Chat) {
        client.send(bytes)?;
    }
    Ok(())
}

impl Client {
    /// Responds to the upgrade request once it is complete. Returns its length in bytes, or 0.
    fn upgrade(&mut self, request: &[u8]) -> Result<usize> {
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(0);
        };
        let head = String::from_utf8_lossy(request.get(..end).unwrap_or_default()).into_owned();
        let is_echo = head.starts_with("GET /echo ");
        self.endpoint = if is_echo { Endpoint::Echo } else { Endpoint::Chat };
        let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let key = key.context("an upgrade request has no Sec-WebSocket-Key header")?;
        let accept = derive_accept_key(key.as_bytes());
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.send(response.as_bytes())?;
        Ok(end + 4)
    }

    /// One system call while the socket has space. It blocks on a full socket, because the generator always reads.
    fn send(&self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match send(&self.stream, bytes, SendFlags::NOSIGNAL) {
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(rustix::io::Errno::AGAIN) => {
                    let mut fds = [PollFd::new(&self.stream, PollFlags::OUT)];
                    ensure!(poll(&mut fds, None)? > 0, "a client does not read");
                }
                // The next read reports the disconnect.
                Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => return Ok(()),
                Err(errno) => return Err(errno).context("cannot send"),
            }
        }
        Ok(())
    }
}
