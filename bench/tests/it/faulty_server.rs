//! A server that loses, doubles and reorders messages: the harness must count each fault. Otherwise its zeros
//! would mean nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use madang_bench::protocol::frame::{TEXT, push_unmasked, read_masked};
use madang_bench::{FanOutHarness, Faults, HarnessConfig, Protocol};
use madang_loadgen::TestUser;
use madang_shared::chat::{ChatCommand, ChatEvent, ChatPage, ChatSnapshot, Message};
use madang_shared::membership::Membership;
use madang_shared::rooms::Room;
use madang_shared::{
    ClientFrame, Command, Epoch, Event, Position, RoomId, Seq, ServerFrame, Snapshot, Timestamp,
    Topic, TopicState, User, UserId, codec,
};
use tungstenite::handshake::derive_accept_key;

const SUBSCRIBERS: usize = 5;
const MESSAGES: u64 = 20;
/// The number of the message with the fault.
const FAULTY_MESSAGE: u64 = 7;
/// The sequence number of the room when the subscribers join.
const FIRST_SEQ: u64 = 41;
const ROOM: RoomId = RoomId(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InjectedFault {
    None,
    /// One subscriber does not receive the message.
    Drop,
    /// One subscriber receives it twice.
    Double,
    /// One subscriber receives it after the next one.
    Swap,
    /// It is stored under two sequence numbers, and all subscribers receive both.
    StoreTwice,
    /// It is never stored, and the next message gets its sequence number.
    NeverStore,
}

/// The kind of the server, which decides its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerKind {
    Raw,
    Madang,
    SocketIo,
    Nats,
}

const SERVER_KINDS: [ServerKind; 4] =
    [ServerKind::Raw, ServerKind::Madang, ServerKind::SocketIo, ServerKind::Nats];

/// Relays every message to all subscribers, with one fault.
struct FaultyServer {
    fault: InjectedFault,
    kind: ServerKind,
    deflate: bool,
    state: Mutex<RelayState>,
}

#[derive(Default)]
struct RelayState {
    subscribers: Vec<TcpStream>,
    received: u64,
    stored: u64,
    delayed: Option<Vec<u8>>,
}

impl FaultyServer {
    fn start(fault: InjectedFault, kind: ServerKind, deflate: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(Self { fault, kind, deflate, state: Mutex::default() });
        thread::spawn(move || {
            for stream in listener.incoming().take(SUBSCRIBERS) {
                let (server, stream) = (server.clone(), stream.unwrap());
                thread::spawn(move || server.serve(stream));
            }
        });
        address
    }

    /// Returns when the subscriber disconnects.
    fn serve(&self, mut stream: TcpStream) {
        let (mut bytes, mut message, mut buffer) = (Vec::new(), Vec::new(), [0; 4096]);
        let mut upgraded = false;
        loop {
            match stream.read(&mut buffer) {
                Ok(length) if length > 0 => bytes.extend(buffer.iter().take(length)),
                _ => return,
            }
            if !upgraded {
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                    continue;
                };
                let head = String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
                let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
                let accept = derive_accept_key(key.unwrap().as_bytes());
                let deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
                let extension = if self.deflate { deflate } else { "" };
                let response = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {accept}\r\n\
                     {extension}\r\n"
                );
                if self.kind == ServerKind::Raw {
                    self.subscribe(&stream);
                }
                stream.write_all(response.as_bytes()).unwrap();
                match self.kind {
                    ServerKind::Raw | ServerKind::Madang => {}
                    ServerKind::SocketIo => self.send(&mut stream, br#"0{"pingInterval":25000}"#),
                    ServerKind::Nats => self.send(&mut stream, b"INFO {\"proto\":1} \r\n"),
                }
                upgraded = true;
            }
            while let Some((_, length)) = read_masked(&bytes, &mut message) {
                bytes.drain(..length);
                self.receive(&mut stream, std::str::from_utf8(&message).unwrap());
            }
        }
    }

    fn subscribe(&self, stream: &TcpStream) {
        self.state.lock().unwrap().subscribers.push(stream.try_clone().unwrap());
    }

    fn receive(&self, stream: &mut TcpStream, text: &str) {
        match self.kind {
            ServerKind::Madang => return self.receive_madang(stream, text),
            ServerKind::SocketIo if text == "40" => {
                self.subscribe(stream);
                // A ping can arrive at any time.
                self.send(stream, b"2");
                return self.send(stream, br#"40{"sid":"x"}"#);
            }
            ServerKind::SocketIo if text == "3" => return,
            ServerKind::Nats
                if text == "CONNECT {\"verbose\":false}\r\nSUB madang 1\r\nPING\r\n" =>
            {
                self.subscribe(stream);
                return self.send(stream, b"PONG\r\nPING\r\n");
            }
            ServerKind::Nats if text == "PONG\r\n" => return,
            ServerKind::Raw | ServerKind::SocketIo | ServerKind::Nats => {}
        }
        let mut state = self.state.lock().unwrap();
        state.received += 1;
        if self.kind == ServerKind::Nats {
            let published = text.strip_prefix("PUB madang ").unwrap();
            self.fan_out(&mut state, format!("MSG madang 1 {published}").as_bytes());
        } else {
            self.fan_out(&mut state, text.as_bytes());
        }
    }

    fn receive_madang(&self, stream: &mut TcpStream, text: &str) {
        let mut state = self.state.lock().unwrap();
        match codec::decode_client(text).unwrap() {
            ClientFrame::Hello(_) => {
                self.send(stream, codec::encode_server(&snapshot()).as_bytes());
                state.subscribers.push(stream.try_clone().unwrap());
            }
            ClientFrame::Command(frame) => {
                let Command::Chat(ChatCommand::Post { text, .. }) = frame.command else { panic!() };
                state.received += 1;
                let faulty = state.received == FAULTY_MESSAGE + 1;
                let copies = match self.fault {
                    InjectedFault::StoreTwice if faulty => 2,
                    InjectedFault::NeverStore if faulty => 0,
                    _ => 1,
                };
                for _ in 0..copies {
                    state.stored += 1;
                    let seq = Seq(FIRST_SEQ + state.stored);
                    let author = User { id: UserId(1), name: "author".to_owned() };
                    let message = Message::new(seq, author, Timestamp(0), text.clone(), frame.id);
                    let content = codec::encode_event(&Event::Chat(ChatEvent::Posted(message)));
                    let event = codec::event_frame(Topic::Room(ROOM), seq, &content);
                    self.fan_out(&mut state, event.as_bytes());
                }
            }
            _ => {}
        }
    }

    fn fan_out(&self, state: &mut RelayState, payload: &[u8]) {
        let faulty = state.received == FAULTY_MESSAGE + 1;
        let (first, others) = state.subscribers.split_first_mut().unwrap();
        for other in others {
            self.send(other, payload);
        }
        match self.fault {
            InjectedFault::Drop if faulty => return,
            InjectedFault::Swap if faulty => {
                state.delayed = Some(payload.to_vec());
                return;
            }
            InjectedFault::Double if faulty => self.send(first, payload),
            _ => {}
        }
        self.send(first, payload);
        if let Some(delayed) = state.delayed.take() {
            self.send(first, &delayed);
        }
    }

    fn send(&self, stream: &mut TcpStream, payload: &[u8]) {
        let mut bytes = Vec::new();
        if self.deflate {
            push_unmasked(&mut bytes, TEXT, &deflated(payload));
            *bytes.first_mut().unwrap() |= 0x40;
        } else {
            push_unmasked(&mut bytes, TEXT, payload);
        }
        stream.write_all(&bytes).unwrap();
    }
}

/// Compresses a message without context takeover (RFC 7692, section 7.2.1).
fn deflated(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 64);
    let mut engine = Compress::new(Compression::fast(), false);
    engine.compress_vec(payload, &mut out, FlushCompress::Sync).unwrap();
    out.truncate(out.len() - 4);
    out
}

fn snapshot() -> ServerFrame {
    let position = Position::new(Epoch(1), Seq(FIRST_SEQ));
    let membership = Membership::new(ROOM, Seq(FIRST_SEQ), 0, Seq(FIRST_SEQ));
    let page = ChatPage { messages: Vec::new(), older: true, ..ChatPage::default() };
    let room = Room::new(ROOM, "room".to_owned());
    let snapshot = Snapshot::Chat(ChatSnapshot { room, page, pins: Vec::new(), membership });
    ServerFrame::Snapshot(TopicState { topic: Topic::Room(ROOM), position, snapshot })
}

fn check(fault: InjectedFault, kind: ServerKind, faults: [u64; 3]) {
    check_with(fault, kind, false, faults);
}

fn check_with(
    fault: InjectedFault,
    kind: ServerKind,
    deflate: bool,
    [lost, doubled, reordered]: [u64; 3],
) {
    let server = FaultyServer::start(fault, kind, deflate);
    let protocol = match kind {
        ServerKind::Raw => Protocol::raw_text("/"),
        ServerKind::Madang => Protocol::MadangChat,
        ServerKind::SocketIo => Protocol::SocketIo { event: "data".to_owned() },
        ServerKind::Nats => Protocol::Nats { subject: "madang".to_owned() },
    };
    let user = User { id: UserId(1), name: "author".to_owned() };
    let user = TestUser { server, user, token: "none".to_owned() };
    let users = if kind == ServerKind::Madang { vec![user] } else { Vec::new() };
    let config = HarnessConfig::new(protocol, server, SUBSCRIBERS).with_users(&users);
    let config = HarnessConfig { deflate, ..config };
    let harness = FanOutHarness::start(&config).unwrap();
    let mut harness = harness.with_delivery_timeout(Duration::from_millis(500));
    harness.publish_count(MESSAGES, MESSAGES).unwrap();
    let summary = harness.summary().unwrap();
    assert_eq!(summary.faults, Faults { lost, doubled, reordered }, "{fault:?}, {kind:?}");
    assert_eq!(summary.published, MESSAGES);
    let (negotiated, compressed) = (harness.deflating(), harness.traffic().compressed);
    assert_eq!((negotiated > 0, compressed > 0), (deflate, deflate));
    // Each message is inflated once for all subscribers.
    assert!(harness.inflated() <= MESSAGES + 1, "{}", harness.inflated());
}

#[test]
fn a_correct_server_has_no_faults() {
    for kind in SERVER_KINDS {
        check(InjectedFault::None, kind, [0, 0, 0]);
    }
}

#[test]
fn a_lost_delivery_is_counted() {
    for kind in SERVER_KINDS {
        check(InjectedFault::Drop, kind, [1, 0, 0]);
    }
}

#[test]
fn a_doubled_delivery_is_counted() {
    for kind in SERVER_KINDS {
        check(InjectedFault::Double, kind, [0, 1, 0]);
    }
}

#[test]
fn reordered_deliveries_are_counted() {
    for kind in SERVER_KINDS {
        check(InjectedFault::Swap, kind, [0, 0, 1]);
    }
}

#[test]
fn a_message_stored_under_two_sequence_numbers_is_counted() {
    // Each subscriber has one event more than was published, and one message has two sequence numbers.
    check(InjectedFault::StoreTwice, ServerKind::Madang, [0, SUBSCRIBERS as u64 + 1, 0]);
}

#[test]
fn a_message_that_is_never_stored_is_counted() {
    check(InjectedFault::NeverStore, ServerKind::Madang, [SUBSCRIBERS as u64, 0, 0]);
}

#[test]
fn faults_are_counted_in_compressed_messages() {
    // Compression is not offered to the other kinds.
    for kind in [ServerKind::Raw, ServerKind::Madang] {
        check_with(InjectedFault::None, kind, true, [0, 0, 0]);
        check_with(InjectedFault::Drop, kind, true, [1, 0, 0]);
        check_with(InjectedFault::Double, kind, true, [0, 1, 0]);
        check_with(InjectedFault::Swap, kind, true, [0, 0, 1]);
    }
}
