//! Handles the events of the connections: subscribes, answers pings, and records deliveries in the ledger.

use madang_shared::{ClientFrame, Hello, Seq, ServerFrame, Subscription, Topic, codec};

use super::config::{HarnessConfig, Protocol};
use super::decoder::{DecodedFrame, Decoder};
use super::delivery_ledger::DeliveryLedger;
use crate::pool::{PoolError, PoolEvent, Reply};
use crate::protocol::peek;

/// The receiving side of all connections.
#[derive(Debug)]
pub(super) enum Receiver {
    /// Connections to Madang.
    Madang(MadangReceiver),
    /// Connections to another server.
    External(Decoder),
}

/// The receiving side of connections to Madang.
#[derive(Debug)]
pub(super) struct MadangReceiver {
    /// The encoded hello of each user; the connections use them in turns.
    hellos: Vec<String>,
    /// The measured topic, as frames contain it.
    topic: String,
}

impl Receiver {
    pub(super) fn new(config: &HarnessConfig) -> Self {
        match Decoder::new(&config.protocol) {
            Some(decoder) => Self::External(decoder),
            None => Self::Madang(MadangReceiver::new(config)),
        }
    }

    /// Handles an event of a connection.
    pub(super) fn handle(
        &mut self,
        ledger: &mut DeliveryLedger,
        reply: &Reply<'_>,
        connection: usize,
        event: PoolEvent<'_>,
    ) -> Result<(), PoolError> {
        match (self, event) {
            (_, PoolEvent::Closed(code)) => ledger.disconnect(connection, code),
            (Self::Madang(madang), PoolEvent::Opened) => madang.send_hello(reply, connection)?,
            (Self::Madang(madang), PoolEvent::Message(frame)) => {
                match peek::event_seq(madang.topic.as_bytes(), frame) {
                    Some(seq) => ledger.deliver(connection, seq, frame),
                    None => madang.handle_other_frame(ledger, reply, connection, frame)?,
                }
            }
            (Self::External(decoder), PoolEvent::Opened) => {
                if decoder.greet(reply)? {
                    ledger.subscribe_to_empty_stream(connection);
                }
            }
            (Self::External(decoder), PoolEvent::Message(frame)) => {
                decoder.decode(reply, connection, frame, &mut |decoded| match decoded {
                    DecodedFrame::Subscribed => ledger.subscribe_to_empty_stream(connection),
                    DecodedFrame::Text(text) => deliver_text(ledger, connection, text),
                    DecodedFrame::Refused(reason) => ledger.refuse(reason),
                })?;
            }
        }
        Ok(())
    }
}

/// Records a relayed text, which begins with its number.
fn deliver_text(ledger: &mut DeliveryLedger, connection: usize, text: &[u8]) {
    if let Some(seq) = peek::leading_number(text) {
        ledger.deliver(connection, seq, text);
    } else {
        let text = String::from_utf8_lossy(text);
        ledger.refuse(format!("a text without a number: {text:?}"));
    }
}

impl MadangReceiver {
    fn new(config: &HarnessConfig) -> Self {
        let (room, presence) = (Topic::Room(config.room), Topic::Presence(config.room));
        let (topic, topics) = match config.protocol {
            Protocol::MadangTyping => (presence, vec![room, presence]),
            _ => (room, vec![room]),
        };
        let hello = |user| {
            let mut topics = topics.clone();
            if config.all_topics {
                topics.push(Topic::Memberships(user));
            }
            let from = config.resume_from;
            let topics = topics.into_iter().map(|topic| Subscription { topic, from }).collect();
            let hello = Hello { token: None, client: "loadgen".to_owned(), topics };
            codec::encode_client(&ClientFrame::Hello(hello))
        };
        let hellos = config.users.iter().map(|user| hello(user.user.id)).collect();
        Self { hellos, topic: topic.to_string() }
    }

    fn send_hello(&self, reply: &Reply<'_>, connection: usize) -> Result<(), PoolError> {
        let user = connection.checked_rem(self.hellos.len());
        match user.and_then(|user| self.hellos.get(user)) {
            Some(hello) => reply.text(hello.as_bytes()),
            None => Ok(()),
        }
    }

    /// Handles every frame except the events that [`peek`] recognises.
    fn handle_other_frame(
        &self,
        ledger: &mut DeliveryLedger,
        reply: &Reply<'_>,
        connection: usize,
        frame: &[u8],
    ) -> Result<(), PoolError> {
        if frame.starts_with(br#"{"ack""#) {
            ledger.acknowledge(peek::ack_seq(frame));
            return Ok(());
        }
        let is_measured = |topic: Topic| topic.to_string() == self.topic;
        match codec::decode_server(&String::from_utf8_lossy(frame)) {
            Ok(ServerFrame::Ping { nonce }) => {
                let pong = codec::encode_client(&ClientFrame::Pong { nonce });
                reply.text(pong.as_bytes())?;
            }
            Ok(ServerFrame::Snapshot(state) | ServerFrame::Reset(state)) => {
                if is_measured(state.topic) {
                    ledger.apply_snapshot(connection, state.position);
                }
            }
            Ok(ServerFrame::Recovered { topic, from, to }) => {
                if is_measured(topic) {
                    ledger.resume(connection, from, to);
                }
            }
            // An event with another order of keys than our codec's.
            Ok(ServerFrame::Event { topic, seq: Seq(seq), .. }) => {
                if is_measured(topic) {
                    ledger.deliver(connection, seq, frame);
                }
            }
            Ok(ServerFrame::Error { failure, .. }) => ledger.refuse(failure.to_string()),
            Ok(_) => {}
            Err(error) => ledger.refuse(error.to_string()),
        }
        Ok(())
    }
}
