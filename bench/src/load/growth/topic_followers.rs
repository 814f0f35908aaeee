//! Subscribers of many quiet topics: rooms, each with its presence.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use madang_bench::pool::{PoolError, Reply};
use madang_bench::protocol::handshake::UpgradeRequest;
use madang_bench::{ConnectionPool, PoolEvent};
use madang_loadgen::TestUser;
use madang_shared::membership::{Membership, MembershipEvent};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, Event, Hello, ServerFrame, Subscription,
    Timestamp, Topic, codec,
};

use crate::load::environment::{Environment, RunningServer};

/// Rooms of each connection. Each has two topics, and the total is below the limit of one connection.
const ROOMS: usize = 40;
const POLL: Duration = Duration::from_millis(100);
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// Connections that create rooms and subscribe to them.
pub(super) struct TopicFollowers {
    pool: ConnectionPool,
    state: FollowerState,
    users: Vec<TestUser>,
}

#[derive(Default)]
struct FollowerState {
    /// The number of the next room, which is part of its name and its command id.
    next_room: u128,
    /// Number of rooms that each connection creates.
    rooms_to_create: Vec<usize>,
    subscribed_topics: usize,
    refusal: Option<String>,
}

impl TopicFollowers {
    pub(super) fn new() -> Result<Self> {
        let state = FollowerState::default();
        Ok(Self { pool: ConnectionPool::new()?, state, users: Vec::new() })
    }

    /// Adds connections until there are `topics` subscribed topics. Each connection is a new user that creates
    /// its rooms and subscribes to them.
    pub(super) fn subscribe_to(
        &mut self,
        environment: &Environment<'_>,
        server: &RunningServer,
        topics: usize,
    ) -> Result<()> {
        let mut rooms = (topics / 2).saturating_sub(self.state.subscribed_topics / 2);
        let connections = rooms.div_ceil(ROOMS);
        let before = self.users.len();
        self.users.extend(environment.sign_up_as(server, "follower", before, connections)?);
        for user in self.users.iter().skip(before) {
            let request = UpgradeRequest::madang(server.address, &user.token, false);
            self.pool.open(server.address, &request, None)?;
            self.state.rooms_to_create.push(rooms.min(ROOMS));
            rooms = rooms.saturating_sub(ROOMS);
        }
        let began = Instant::now();
        while self.state.subscribed_topics < topics / 2 * 2 {
            self.poll(POLL)?;
            let subscribed = self.state.subscribed_topics;
            ensure!(
                began.elapsed() < TIME_LIMIT,
                "only {subscribed} of {topics} topics are subscribed"
            );
        }
        Ok(())
    }

    /// Handles all events that have already arrived, pings among them.
    pub(super) fn handle_pending_events(&mut self) -> Result<()> {
        while self.poll(Duration::ZERO)? > 0 {}
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<usize> {
        let Self { pool, state, .. } = self;
        let events = pool
            .poll(wait, &mut |reply, connection, event| state.handle(&reply, connection, event))?;
        if let Some(refusal) = &self.state.refusal {
            anyhow::bail!("cannot subscribe to more topics: {refusal}");
        }
        Ok(events)
    }
}

impl FollowerState {
    fn handle(
        &mut self,
        reply: &Reply<'_>,
        connection: usize,
        event: PoolEvent<'_>,
    ) -> Result<(), PoolError> {
        let frame = match event {
            PoolEvent::Opened => {
                let hello = Hello { client: "loadgen".to_owned(), ..Hello::default() };
                return send(reply, &ClientFrame::Hello(hello));
            }
            PoolEvent::Message(frame) => frame,
            PoolEvent::Closed(code) => {
                self.refusal = Some(format!("a connection ended with the close code {code:?}"));
                return Ok(());
            }
        };
        match codec::decode_server(&String::from_utf8_lossy(frame)) {
            Ok(ServerFrame::Welcome(welcome)) => {
                let topic = Topic::Memberships(welcome.user.id);
                send(reply, &ClientFrame::Subscribe(Subscription { topic, from: None }))?;
            }
            Ok(ServerFrame::Snapshot(state)) if matches!(state.topic, Topic::Memberships(_)) => {
                self.create_rooms(reply, connection)?;
            }
            Ok(ServerFrame::Event { event: Event::Membership(event), .. }) => {
                let MembershipEvent::Joined(Membership { room, .. }) = event else {
                    return Ok(());
                };
                for topic in [Topic::Room(room), Topic::Presence(room)] {
                    send(reply, &ClientFrame::Subscribe(Subscription { topic, from: None }))?;
                }
            }
            Ok(ServerFrame::Snapshot(_)) => self.subscribed_topics += 1,
            Ok(ServerFrame::Ping { nonce }) => send(reply, &ClientFrame::Pong { nonce })?,
            Ok(ServerFrame::Error { failure, .. }) => self.refusal = Some(failure.to_string()),
            Ok(_) => {}
            Err(error) => self.refusal = Some(error.to_string()),
        }
        Ok(())
    }

    fn create_rooms(&mut self, reply: &Reply<'_>, connection: usize) -> Result<(), PoolError> {
        for _ in 0..self.rooms_to_create.get(connection).copied().unwrap_or_default() {
            let number = self.next_room;
            self.next_room += 1;
            let command = Command::Rooms(RoomsCommand::public(format!("room {number}")));
            let id = CommandId::new(Timestamp(0), number << 64);
            send(reply, &ClientFrame::Command(CommandFrame { id, command }))?;
        }
        Ok(())
    }
}

fn send(reply: &Reply<'_>, frame: &ClientFrame) -> Result<(), PoolError> {
    reply.text(codec::encode_client(frame).as_bytes())
}
