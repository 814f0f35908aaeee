//! One start of a node until it is killed: a real hub and real sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use madang_hub::nodes::NodeId;
use madang_hub::nodes::POLL_WITH_BUS_MS;
use madang_hub::topic_channel::RingSize;
use madang_hub::{Effect, Hub, PendingHello, Session, StoreResponse};
use madang_shared::apps::Apps;
use madang_shared::workspace::Workspace;
use madang_shared::{CloseCode, Epoch, Timestamp, User};

use super::network::SocketId;

pub(super) struct Server {
    pub(super) generation: u64,
    pub(super) hub: Arc<Hub>,
    /// The time of the last event of the event stream, which keeps its order.
    pub(super) last_stream_event: u64,
    connections: BTreeMap<SocketId, Connection>,
}

struct Connection {
    user: User,
    state: State,
    /// Whether a wakeup is scheduled.
    is_waking: bool,
}

enum State {
    PendingHello(Option<PendingHello>),
    Open(Box<Session>),
}

impl Server {
    pub(super) fn start(generation: u64, ring_frames: usize, is_alone: bool) -> Self {
        let ring = RingSize { frames: ring_frames, bytes: 1 << 20 };
        let workspace = Workspace { apps: Apps::all(), ..Workspace::default() };
        let hub = Hub::new("simulation", Epoch(1_000_000 * generation)).with_workspace(workspace);
        let mut hub = hub.with_rings(ring);
        if !is_alone {
            hub = hub.with_shared_log(NodeId(generation), POLL_WITH_BUS_MS);
        }
        Self { generation, hub: Arc::new(hub), last_stream_event: 0, connections: BTreeMap::new() }
    }

    pub(super) fn serves(&self, socket: SocketId) -> bool {
        self.connections.contains_key(&socket)
    }

    pub(super) fn sockets(&self) -> Vec<SocketId> {
        self.connections.keys().copied().collect()
    }

    pub(super) fn accept(&mut self, socket: SocketId, user: User, now: Timestamp) {
        let state = State::PendingHello(Some(PendingHello::new(now)));
        self.connections.insert(socket, Connection { user, state, is_waking: false });
    }

    pub(super) fn drop_connection(&mut self, socket: SocketId) {
        self.connections.remove(&socket);
    }

    pub(super) fn user_of(&self, socket: SocketId) -> Option<User> {
        self.connections.get(&socket).map(|connection| connection.user.clone())
    }

    pub(super) fn on_frame(&mut self, socket: SocketId, now: Timestamp, text: &str) -> Vec<Effect> {
        let Some(connection) = self.connections.get_mut(&socket) else { return Vec::new() };
        match &mut connection.state {
            State::Open(session) => session.on_frame(now, text),
            State::PendingHello(pending) => {
                match pending.take().map(|pending| pending.receive(text)) {
                    Some(Ok(hello)) => {
                        let (session, effects) = hello.welcome(
                            self.hub.clone(),
                            connection.user.clone(),
                            None,
                            None,
                            now,
                        );
                        connection.state = State::Open(Box::new(session));
                        effects
                    }
                    Some(Err(code)) => vec![Effect::Close(code)],
                    None => vec![Effect::Close(CloseCode::Internal)],
                }
            }
        }
    }

    pub(super) fn on_response(
        &mut self,
        socket: SocketId,
        now: Timestamp,
        response: StoreResponse,
    ) -> Vec<Effect> {
        self.session(socket).map(|session| session.on_response(now, response)).unwrap_or_default()
    }

    pub(super) fn on_wake(&mut self, socket: SocketId) -> Vec<Effect> {
        if let Some(connection) = self.connections.get_mut(&socket) {
            connection.is_waking = false;
        }
        self.session(socket).map(Session::on_wake).unwrap_or_default()
    }

    pub(super) fn on_time(&mut self, now: Timestamp) -> Vec<(SocketId, Vec<Effect>)> {
        let sockets: Vec<SocketId> = self.connections.keys().copied().collect();
        let timed = sockets.into_iter().map(|socket| {
            (socket, self.session(socket).map(|session| session.on_time(now)).unwrap_or_default())
        });
        timed.filter(|(_, effects)| !effects.is_empty()).collect()
    }

    /// The connections with pending topics and no scheduled wakeup. They count as scheduled from now on.
    pub(super) fn take_pending_wakeups(&mut self) -> Vec<SocketId> {
        let changed = self.connections.iter_mut().filter(|(_, connection)| {
            !connection.is_waking && matches!(&connection.state, State::Open(session) if session.wakeups().has_pending())
        });
        changed
            .map(|(socket, connection)| {
                connection.is_waking = true;
                *socket
            })
            .collect()
    }

    fn session(&mut self, socket: SocketId) -> Option<&mut Session> {
        match &mut self.connections.get_mut(&socket)?.state {
            State::Open(session) => Some(session),
            State::PendingHello(_) => None,
        }
    }
}
