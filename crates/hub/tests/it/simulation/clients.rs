//! The real clients: their inputs, and the execution of their outputs.

use madang_client::{Input, InputContext, Output};
use madang_shared::{ServerFrame, Timestamp, codec};

use super::network::Direction;
use super::world::{SimEvent, World};

impl World {
    pub(super) fn input(&mut self, peer: usize, input: Input) {
        let context = InputContext { now: Timestamp(self.now), random: self.random.wide() };
        let outputs = self.peers[peer].client.handle(context, input);
        for output in outputs {
            match output {
                Output::OpenSocket => {
                    let socket = self.network.open(peer, self.now);
                    self.peers[peer].socket = Some(socket);
                    let delay = self.random.below(100);
                    self.at(delay, SimEvent::Accept(socket));
                }
                Output::CloseSocket => {
                    if let Some(socket) = self.peers[peer].socket.take() {
                        self.break_socket(socket, 1000);
                    }
                }
                Output::Send(text) => {
                    if let Some(socket) = self.peers[peer].socket {
                        self.transmit(socket, Direction::ToServer, &text);
                    }
                }
                Output::PersistOutbox => {
                    self.peers[peer].persist();
                }
                Output::Changed(_) => {}
            }
        }
        self.schedule_wake(peer);
    }

    fn schedule_wake(&mut self, peer: usize) {
        let Some(deadline) = self.peers[peer].client.deadline() else { return };
        let at = deadline.0.max(self.now + 1);
        if self.peers[peer].wake_at.is_none_or(|scheduled| at < scheduled) {
            self.peers[peer].wake_at = Some(at);
            self.at_time(at, SimEvent::WakePeer(peer));
        }
    }

    pub(super) fn record_frame(&mut self, peer: usize, text: &str) {
        let Ok(frame) = codec::decode_server(text) else { return };
        self.redactions.check(&mut self.peers[peer].redacted_up_to, &frame, text);
        if let ServerFrame::Ack { id, .. } = frame
            && self.peers[peer].written.contains(&id)
        {
            self.peers[peer].acknowledged.push(id);
        }
    }
}
