//! A server that drops, doubles and swaps: the load generator must see it, or its zeros say nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use madang_loadgen::Visitor;
use madang_loadgen::raw::frame::{TEXT, push_plain, read_masked};
use madang_loadgen::raw::{Dialect, Faults, Plan, Stage};
use madang_shared::chat::{ChatCommand, ChatEvent, ChatPage, ChatSnapshot, Message};
use madang_shared::membership::Membership;
use madang_shared::{
    ClientFrame, Command, Epoch, Event, Position, RoomId, Seq, ServerFrame, Snapshot, Timestamp,
    Topic, TopicState, User, UserId, codec,
};
use tungstenite::handshake::derive_accept_key;

const SUBSCRIBERS: usize = 5;
const MESSAGES: u64 = 20;
/// The message with which something goes wrong.
const NUMBER: u64 = 7;
/// The room's last event when everybody joins.
const JOINED_AT: u64 = 41;
const ROOM: RoomId = RoomId(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// One subscriber is not sent it.
    Drop,
    /// One subscriber is sent it twice.
    Double,
    /// One subscriber is sent it after the next.
    Swap,
    /// It is stored twice, at two places, and everybody is sent both.
    Store,
    /// Nobody is sent it, and the next stands at its place.
    Forget,
}

/// What server and subscribers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    Raw,
    Madang,
    SocketIo,
    Nats,
}

const TONGUES: [Tongue; 4] = [Tongue::Raw, Tongue::Madang, Tongue::SocketIo, Tongue::Nats];

/// Fans out what anybody says, with one fault.
struct Server {
    fault: Fault,
    tongue: Tongue,
    deflate: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    subscribers: Vec<TcpStream>,
    said: u64,
    place: u64,
    held: Option<Vec<u8>>,
}

impl Server {
    fn start(fault: Fault, tongue: Tongue, deflate: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(Self { fault, tongue, deflate, inner: Mutex::default() });
        thread::spawn(move || {
            for stream in listener.incoming().take(SUBSCRIBERS) {
                let (server, stream) = (server.clone(), stream.unwrap());
                thread::spawn(move || server.serve(stream));
            }
        });
        address
    }

    /// Ends with the test, whose subscribers hang up.
    fn serve(&self, mut stream: TcpStream) {
        let (mut bytes, mut message, mut buffer) = (Vec::new(), Vec::new(), [0; 4096]);
        let mut greeted = false;
        loop {
            match stream.read(&mut buffer) {
                Ok(length) if length > 0 => bytes.extend(buffer.iter().take(length)),
                _ => return,
            }
            if !greeted {
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                    continue;
                };
                let head = String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
                let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
                let accept = derive_accept_key(key.unwrap().as_bytes());
                let deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
                let extension = if self.deflate { deflate } else { "" };
                let answer = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {accept}\r\n\
                     {extension}\r\n"
                );
                if self.tongue == Tongue::Raw {
                    self.subscribe(&stream);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                match self.tongue {
                    Tongue::Raw | Tongue::Madang => {}
                    Tongue::SocketIo => self.send(&mut stream, br#"0{"pingInterval":25000}"#),
                    Tongue::Nats => self.send(&mut stream, b"INFO {\"proto\":1} \r\n"),
                }
                greeted = true;
            }
            while let Some((_, length)) = read_masked(&bytes, &mut message) {
                bytes.drain(..length);
                self.hear(&mut stream, std::str::from_utf8(&message).unwrap());
            }
        }
    }

    fn subscribe(&self, stream: &TcpStream) {
        self.inner.lock().unwrap().subscribers.push(stream.try_clone().unwrap());
    }

    fn hear(&self, stream: &mut TcpStream, text: &str) {
        match self.tongue {
            Tongue::Madang => return self.hear_madang(stream, text),
            Tongue::SocketIo if text == "40" => {
                self.subscribe(stream);
                // A question may come at any time.
                self.send(stream, b"2");
                return self.send(stream, br#"40{"sid":"x"}"#);
            }
            Tongue::SocketIo if text == "3" => return,
            Tongue::Nats if text == "CONNECT {\"verbose\":false}\r\nSUB madang 1\r\nPING\r\n" => {
                self.subscribe(stream);
                return self.send(stream, b"PONG\r\nPING\r\n");
            }
            Tongue::Nats if text == "PONG\r\n" => return,
            Tongue::Raw | Tongue::SocketIo | Tongue::Nats => {}
        }
        let mut inner = self.inner.lock().unwrap();
        inner.said += 1;
        if self.tongue == Tongue::Nats {
            let published = text.strip_prefix("PUB madang ").unwrap();
            self.fan_out(&mut inner, format!("MSG madang 1 {published}").as_bytes());
        } else {
            self.fan_out(&mut inner, text.as_bytes());
        }
    }

    fn hear_madang(&self, stream: &mut TcpStream, text: &str) {
        let mut inner = self.inner.lock().unwrap();
        match codec::decode_client(text).unwrap() {
            ClientFrame::Hello(_) => {
                self.send(stream, codec::encode_server(&snapshot()).as_bytes());
                inner.subscribers.push(stream.try_clone().unwrap());
            }
            ClientFrame::Command(frame) => {
                let Command::Chat(ChatCommand::Post { text, .. }) = frame.command else { panic!() };
                inner.said += 1;
                let faulty = inner.said == NUMBER + 1;
                let copies = match self.fault {
                    Fault::Store if faulty => 2,
                    Fault::Forget if faulty => 0,
                    _ => 1,
                };
                for _ in 0..copies {
                    inner.place += 1;
                    let seq = Seq(JOINED_AT + inner.place);
                    let author = User { id: UserId(1), name: "author".to_owned() };
                    let message = Message {
                        seq,
                        author,
                        at: Timestamp(0),
                        text: text.clone(),
                        command: frame.id,
                        sentiment: None,
                        guest: None,
                    };
                    let content = codec::encode_event(&Event::Chat(ChatEvent::Posted(message)));
                    let event = codec::event_frame(Topic::Room(ROOM), seq, &content);
                    self.fan_out(&mut inner, event.as_bytes());
                }
            }
            _ => {}
        }
    }

    fn fan_out(&self, inner: &mut Inner, payload: &[u8]) {
        let faulty = inner.said == NUMBER + 1;
        let (first, others) = inner.subscribers.split_first_mut().unwrap();
        for other in others {
            self.send(other, payload);
        }
        match self.fault {
            Fault::Drop if faulty => return,
            Fault::Swap if faulty => {
                inner.held = Some(payload.to_vec());
                return;
            }
            Fault::Double if faulty => self.send(first, payload),
            _ => {}
        }
        self.send(first, payload);
        if let Some(held) = inner.held.take() {
            self.send(first, &held);
        }
    }

    fn send(&self, stream: &mut TcpStream, payload: &[u8]) {
        let mut bytes = Vec::new();
        if self.deflate {
            push_plain(&mut bytes, TEXT, &deflated(payload));
            *bytes.first_mut().unwrap() |= 0x40;
        } else {
            push_plain(&mut bytes, TEXT, payload);
        }
        stream.write_all(&bytes).unwrap();
    }
}

/// RFC 7692, section 7.2.1, each message for itself.
fn deflated(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 64);
    let mut engine = Compress::new(Compression::fast(), false);
    engine.compress_vec(payload, &mut out, FlushCompress::Sync).unwrap();
    out.truncate(out.len() - 4);
    out
}

fn snapshot() -> ServerFrame {
    let position = Position::new(Epoch(1), Seq(JOINED_AT));
    let membership =
        Membership { room: ROOM, read_up_to: Seq(JOINED_AT), unread: 0, head: Seq(JOINED_AT) };
    let page = ChatPage { messages: Vec::new(), older: true };
    let snapshot = Snapshot::Chat(ChatSnapshot { page, membership });
    ServerFrame::Snapshot(TopicState { topic: Topic::Room(ROOM), position, snapshot })
}

fn check(fault: Fault, tongue: Tongue, faults: [u64; 3]) {
    check_on(fault, tongue, false, faults);
}

fn check_on(fault: Fault, tongue: Tongue, deflate: bool, [lost, doubled, reordered]: [u64; 3]) {
    let server = Server::start(fault, tongue, deflate);
    let dialect = match tongue {
        Tongue::Raw => Dialect::Raw { path: "/".to_owned() },
        Tongue::Madang => Dialect::Chat,
        Tongue::SocketIo => Dialect::SocketIo { event: "data".to_owned() },
        Tongue::Nats => Dialect::Nats { subject: "madang".to_owned() },
    };
    let user = User { id: UserId(1), name: "author".to_owned() };
    let visitor = Visitor { server, user, token: "none".to_owned() };
    let visitors = if tongue == Tongue::Madang { vec![visitor] } else { Vec::new() };
    let plan = Plan { deflate, ..Plan::new(dialect, server, SUBSCRIBERS).of(&visitors) };
    let mut stage = Stage::open(&plan).unwrap().with_patience(Duration::from_millis(500));
    stage.say_all(MESSAGES, MESSAGES).unwrap();
    let seen = stage.seen().unwrap();
    assert_eq!(seen.faults, Faults { lost, doubled, reordered }, "{fault:?}, {tongue:?}");
    assert_eq!(seen.said, MESSAGES);
    let (agreed, compressed) = (stage.deflating(), stage.traffic().compressed);
    assert_eq!((agreed > 0, compressed > 0), (deflate, deflate));
    // Whoever gets what another has got costs the generator no inflating.
    assert!(stage.inflated() <= MESSAGES + 1, "{}", stage.inflated());
}

#[test]
fn a_faultless_server_is_found_faultless() {
    for tongue in TONGUES {
        check(Fault::None, tongue, [0, 0, 0]);
    }
}

#[test]
fn a_delivery_that_is_dropped_is_seen() {
    for tongue in TONGUES {
        check(Fault::Drop, tongue, [1, 0, 0]);
    }
}

#[test]
fn a_delivery_that_comes_twice_is_seen() {
    for tongue in TONGUES {
        check(Fault::Double, tongue, [0, 1, 0]);
    }
}

#[test]
fn deliveries_that_are_swapped_are_seen() {
    for tongue in TONGUES {
        check(Fault::Swap, tongue, [0, 0, 1]);
    }
}

#[test]
fn a_message_that_is_stored_twice_is_seen_though_no_place_is() {
    // Each subscriber has one event more than was said; and what was said stands at two places.
    check(Fault::Store, Tongue::Madang, [0, SUBSCRIBERS as u64 + 1, 0]);
}

#[test]
fn a_message_that_is_never_stored_is_seen() {
    check(Fault::Forget, Tongue::Madang, [SUBSCRIBERS as u64, 0, 0]);
}

#[test]
fn faults_are_seen_in_compressed_messages_as_well() {
    // Other servers are not offered any compression.
    for tongue in [Tongue::Raw, Tongue::Madang] {
        check_on(Fault::None, tongue, true, [0, 0, 0]);
        check_on(Fault::Drop, tongue, true, [1, 0, 0]);
        check_on(Fault::Double, tongue, true, [0, 1, 0]);
        check_on(Fault::Swap, tongue, true, [0, 0, 1]);
    }
}
