//! The nodes over one log, and the bus between them.

use bytes::Bytes;
use madang_hub::nodes::FollowRead;
use madang_hub::ports::{LogEntry, MemberMark, StoreError};
use madang_shared::posts::PostsEvent;
use madang_shared::{Event, Seq, Timestamp, Topic, UserId, codec};

use super::network::SocketId;
use super::server::Server;
use super::world::{SimEvent, World};

/// A defect of every node, which the checks must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// A node ignores the other nodes.
    IgnoresOthers,
    /// A node publishes a followed event twice.
    AppliesTwice,
    /// A node does not see that a followed event redacts an earlier one.
    SkipsRedaction,
}

pub(super) enum FollowAnswer {
    Log(Result<Vec<LogEntry>, StoreError>),
    Heads(Result<Vec<Seq>, StoreError>),
    Marks(Result<Vec<MemberMark>, StoreError>),
}

impl World {
    pub(super) fn node(&mut self, generation: u64) -> Option<&mut Server> {
        self.nodes.iter_mut().flatten().find(|node| node.generation == generation)
    }

    pub(super) fn node_of(&mut self, socket: SocketId) -> Option<&mut Server> {
        self.nodes.iter_mut().flatten().find(|node| node.serves(socket))
    }

    pub(super) fn start_node(&mut self, number: usize) {
        if self.nodes[number].is_none() {
            self.generations += 1;
            let ring = 1 + self.random.index(64);
            let is_alone = self.nodes.len() == 1;
            self.nodes[number] = Some(Server::start(self.generations, ring, is_alone));
        }
    }

    /// A kill: sessions, topic channels, requests on their way to the store and events on their way to the hub are
    /// lost. The clients continue on other nodes.
    pub(super) fn kill_node(&mut self) {
        let number = self.random.index(self.nodes.len());
        let killed = self.nodes[number].take();
        for socket in killed.map(|node| node.sockets()).unwrap_or_default() {
            self.break_socket(socket, 1006);
        }
        let delay = self.random.below(4_000);
        self.at(delay, SimEvent::StartNode(number));
    }

    /// Sends the messages of the nodes over the bus, which loses, delays, repeats and reorders them, and begins the
    /// reads by which the nodes follow the log.
    pub(super) fn run_nodes(&mut self) {
        let mut sent = Vec::new();
        let mut reads = Vec::new();
        for node in self.nodes.iter().flatten() {
            let messages = node.hub.take_messages().into_iter();
            sent.extend(messages.map(|message| (node.generation, message)));
            while let Some(read) = node.hub.next_follow_read() {
                reads.push((node.generation, read));
            }
        }
        for (from, message) in sent {
            self.send_to_others(from, &message);
        }
        for (generation, read) in reads {
            let delay = self.random.below(20);
            self.at(delay, SimEvent::ExecuteFollow { generation, read });
        }
    }

    fn send_to_others(&mut self, from: u64, message: &Bytes) {
        let nodes: Vec<u64> = self.nodes.iter().flatten().map(|node| node.generation).collect();
        for generation in nodes {
            // A node receives its own messages, too.
            let is_lossy = generation != from && self.faults_active;
            if is_lossy && self.random.percent(self.lost_messages) {
                continue;
            }
            let copies = if is_lossy && self.random.percent(5) { 2 } else { 1 };
            for _ in 0..copies {
                let slow = if is_lossy && self.random.percent(5) { 3_000 } else { 20 };
                let delay = self.random.below(slow);
                let message = message.clone();
                self.at(delay, SimEvent::Message { generation, message });
            }
        }
    }

    pub(super) fn on_message(&mut self, generation: u64, message: &Bytes) {
        if self.defect == Some(Defect::IgnoresOthers) {
            return;
        }
        if let Some(node) = self.node(generation) {
            node.hub.on_message(message).expect("readable");
        }
    }

    pub(super) fn execute_follow(&mut self, generation: u64, read: FollowRead) {
        self.store.set_time(Timestamp(self.now));
        let answer = match &read {
            FollowRead::Log { topic, after, limit } => {
                let events = self.store.read_log_now(UserId(0), *topic, *after, *limit);
                FollowAnswer::Log(events.map(|events| self.damage(events)))
            }
            FollowRead::Heads(topics) => FollowAnswer::Heads(self.store.heads_now(topics.clone())),
            FollowRead::Marks { room, reader } => {
                FollowAnswer::Marks(self.store.read_marks_now(*reader, *room))
            }
        };
        let delay = self.random.below(20);
        self.at(delay, SimEvent::FollowAnswer { generation, read, answer });
    }

    pub(super) fn on_follow_answer(
        &mut self,
        generation: u64,
        read: FollowRead,
        answer: FollowAnswer,
    ) {
        let ignores_others = self.defect == Some(Defect::IgnoresOthers);
        let Some(node) = self.node(generation) else { return };
        match (read, answer) {
            (FollowRead::Log { topic, .. }, FollowAnswer::Log(_)) if ignores_others => {
                node.hub.on_followed(topic, Ok(Vec::new()));
            }
            (FollowRead::Log { topic, .. }, FollowAnswer::Log(events)) => {
                node.hub.on_followed(topic, events);
            }
            (FollowRead::Heads(topics), FollowAnswer::Heads(heads)) => {
                node.hub.on_heads(&topics, heads);
            }
            (FollowRead::Marks { room, reader }, FollowAnswer::Marks(marks)) => {
                node.hub.on_marks(room, reader, marks);
            }
            _ => unreachable!("an answer belongs to its read"),
        }
    }

    /// Changes the events that a node follows, as its defect does.
    fn damage(&self, mut events: Vec<LogEntry>) -> Vec<LogEntry> {
        match self.defect {
            Some(Defect::AppliesTwice) => {
                let twice = events.last().cloned();
                events.extend(twice.map(|entry| LogEntry { seq: entry.seq.next(), ..entry }));
            }
            Some(Defect::SkipsRedaction) => {
                for entry in &mut events {
                    let event = codec::decode_event(&entry.content);
                    if let Ok(Event::Posts(PostsEvent::Edited { post, command })) = event {
                        let by = post.author;
                        let redacted = PostsEvent::Redacted { post: post.id, by, command };
                        *entry = LogEntry::new(entry.seq, &redacted.into());
                    }
                }
            }
            Some(Defect::IgnoresOthers) | None => {}
        }
        events
    }

    /// The topics that every tab follows besides its rooms.
    pub(super) const PAGE: &'static [Topic] = &[Topic::Posts];
}
