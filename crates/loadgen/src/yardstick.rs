//! The barest program that does what is measured: one thread, one `epoll` set, one `send` for each
//! delivery, one `read` and one `send` for each echo. What a server costs beyond this is its own doing.
//!
//! In Rust rather than C: without a runtime, without an allocation per message, the system calls are the
//! same ones, and they are nearly all of it; `strace -c` shows nothing else. It joins nothing and is
//! clever nowhere, so a server that is clever may cost less.
//!
//! Everybody on `/chat` is sent what anybody there says; `/echo` says back.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use madang_loadgen::raw::frame;
use rustix::event::{PollFd, PollFlags, epoll, poll};
use rustix::fd::OwnedFd;
use rustix::net::{SendFlags, send};
use tungstenite::handshake::derive_accept_key;

use crate::say;

/// Stands for the listener among the events.
const LISTENER: u64 = u64::MAX;
/// Read at a time.
const SCRATCH: usize = 64 * 1024;
/// Sockets that are heard of at a time.
const EVENTS: usize = 1_024;

/// Where to be.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

struct Peer {
    stream: TcpStream,
    path: Path,
    /// What has not come whole.
    rest: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Path {
    NotYetKnown,
    Chat,
    Echo,
}

/// Serves until it is killed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let listener = TcpListener::bind(options.listen).context("cannot listen")?;
    rustix::net::listen(&listener, 4_096)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    say(format_args!("The yardstick is listening on http://{}", listener.local_addr()?));

    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut ready = Vec::with_capacity(EVENTS);
    let (mut scratch, mut message, mut out) = (vec![0; SCRATCH], Vec::new(), Vec::new());
    loop {
        ready.clear();
        epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut ready), None)?;
        for event in &ready {
            let number = event.data.u64();
            if number == LISTENER {
                accept(&listener, &epoll, &mut peers)?;
                continue;
            }
            let number = usize::try_from(number)?;
            let Some(peer) = peers.get_mut(number).and_then(Option::as_mut) else { continue };
            let mut rest = std::mem::take(&mut peer.rest);
            match (&peer.stream).read(&mut scratch) {
                Ok(length) if length > 0 => {
                    rest.extend_from_slice(scratch.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => {
                    peers.get_mut(number).and_then(Option::take);
                    continue;
                }
            }
            let path = peer.path;
            let mut used = if path == Path::NotYetKnown { peer.greet(&rest)? } else { 0 };
            while let Some((opcode, length)) =
                frame::read_masked(rest.get(used..).unwrap_or_default(), &mut message)
            {
                used += length;
                if opcode != frame::TEXT {
                    continue;
                }
                out.clear();
                frame::push_plain(&mut out, opcode, &message);
                deliver(&peers, number, &out)?;
            }
            rest.drain(..used);
            if let Some(peer) = peers.get_mut(number).and_then(Option::as_mut) {
                peer.rest = rest;
            }
        }
    }
}

fn accept(listener: &TcpListener, epoll: &OwnedFd, peers: &mut Vec<Option<Peer>>) -> Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("cannot accept"),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let data = epoll::EventData::new_u64(peers.len() as u64);
        epoll::add(epoll, &stream, data, epoll::EventFlags::IN)?;
        peers.push(Some(Peer { stream, path: Path::NotYetKnown, rest: Vec::new() }));
    }
}

/// To whom it concerns: one `send` each.
fn deliver(peers: &[Option<Peer>], from: usize, bytes: &[u8]) -> Result<()> {
    let Some(speaker) = peers.get(from).and_then(Option::as_ref) else { return Ok(()) };
    if speaker.path == Path::Echo {
        return speaker.send(bytes);
    }
    for peer in peers.iter().flatten().filter(|peer| peer.path == Path::Chat) {
        peer.send(bytes)?;
    }
    Ok(())
}

impl Peer {
    /// Answers the handshake, once all of it is there, and how many bytes it had.
    fn greet(&mut self, request: &[u8]) -> Result<usize> {
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(0);
        };
        let head = String::from_utf8_lossy(request.get(..end).unwrap_or_default()).into_owned();
        self.path = if head.starts_with("GET /echo ") { Path::Echo } else { Path::Chat };
        let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = derive_accept_key(key.context("a handshake without a key")?.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.send(answer.as_bytes())?;
        Ok(end + 4)
    }

    /// One system call, unless the socket is full: then it waits, for those who measure do read.
    fn send(&self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match send(&self.stream, bytes, SendFlags::NOSIGNAL) {
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(rustix::io::Errno::AGAIN) => {
                    let mut wanted = [PollFd::new(&self.stream, PollFlags::OUT)];
                    ensure!(poll(&mut wanted, None)? > 0, "nobody reads");
                }
                // Whoever hung up is heard of by reading.
                Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => return Ok(()),
                Err(errno) => return Err(errno).context("cannot send"),
            }
        }
        Ok(())
    }
}
