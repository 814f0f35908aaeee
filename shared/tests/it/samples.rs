//! One sample of every variant. The matches have no wildcard: a new variant does not compile until
//! it has a sample.

use madang_shared::chat::{ChatAnswer, ChatCommand, ChatEvent, ChatPage, ChatQuery, ChatSnapshot};
use madang_shared::frames::{About, CommandFrame, Placed};
use madang_shared::membership::{
    Membership, MembershipCommand, MembershipEvent, MembershipSnapshot,
};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::rooms::{Room, RoomsCommand, RoomsEvent, RoomsSnapshot};
use madang_shared::{
    Answer, ClientFrame, Command, CommandId, ConnectionId, Epoch, ErrorCode, Event, Failure, Hello,
    Message, Position, Query, QueryFrame, QueryId, RoomId, Seq, ServerFrame, Signal, Snapshot,
    State, Subscription, Timestamp, Topic, User, UserId, Welcome,
};

const ROOM: RoomId = RoomId(7);
const TIME: Timestamp = Timestamp(1_750_000_000_000);

fn user() -> User {
    User { id: UserId(3), name: "민수".into() }
}

fn command_id() -> CommandId {
    CommandId::new(TIME, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)
}

fn membership() -> Membership {
    Membership { room: ROOM, read_up_to: Seq(40), unread: 2, head: Seq(42) }
}

fn message() -> Message {
    Message {
        seq: Seq(42),
        author: user(),
        at: TIME,
        text: "안녕 👋\n\"hello\"".into(),
        command: command_id(),
    }
}

fn page() -> ChatPage {
    ChatPage { messages: vec![message()], older: true }
}

fn room() -> Room {
    Room { id: ROOM, name: "점심 Lunch".into(), made_by: Some(user()), made_at: TIME }
}

fn position() -> Position {
    Position::new(Epoch(9), Seq(42))
}

pub(crate) fn commands() -> Vec<Command> {
    vec![
        RoomsCommand::Create { name: "점심 Lunch".into() }.into(),
        MembershipCommand::Join { room: ROOM }.into(),
        MembershipCommand::Leave { room: ROOM }.into(),
        MembershipCommand::Read { room: ROOM, up_to: Seq(42) }.into(),
        ChatCommand::Post { room: ROOM, text: "안녕".into() }.into(),
    ]
}

fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Rooms(RoomsCommand::Create { .. }) => "rooms.create",
        Command::Membership(MembershipCommand::Join { .. }) => "membership.join",
        Command::Membership(MembershipCommand::Leave { .. }) => "membership.leave",
        Command::Membership(MembershipCommand::Read { .. }) => "membership.read",
        Command::Chat(ChatCommand::Post { .. }) => "chat.post",
    }
}

pub(crate) fn events() -> Vec<(Topic, Event)> {
    vec![
        (Topic::Rooms, RoomsEvent::Created(room()).into()),
        (Topic::Memberships(UserId(3)), MembershipEvent::Joined(membership()).into()),
        (Topic::Memberships(UserId(3)), MembershipEvent::Left { room: ROOM }.into()),
        (Topic::Memberships(UserId(3)), MembershipEvent::Read(membership()).into()),
        (Topic::Room(ROOM), ChatEvent::Posted(message()).into()),
        (
            Topic::Here(ROOM),
            PresenceEvent::Moved { came: vec![user()], went: vec![UserId(4)] }.into(),
        ),
        (Topic::Here(ROOM), PresenceEvent::Typing { user: user(), typing: true }.into()),
    ]
}

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Rooms(RoomsEvent::Created(_)) => "rooms.created",
        Event::Membership(MembershipEvent::Joined(_)) => "membership.joined",
        Event::Membership(MembershipEvent::Left { .. }) => "membership.left",
        Event::Membership(MembershipEvent::Read(_)) => "membership.read",
        Event::Chat(ChatEvent::Posted(_)) => "chat.posted",
        Event::Presence(PresenceEvent::Moved { .. }) => "presence.moved",
        Event::Presence(PresenceEvent::Typing { .. }) => "presence.typing",
    }
}

fn snapshots() -> Vec<(Topic, Snapshot)> {
    let presence = PresenceSnapshot { present: vec![user()], typing: vec![UserId(3)] };
    vec![
        (
            Topic::Rooms,
            RoomsSnapshot { rooms: vec![room(), Room { made_by: None, ..room() }] }.into(),
        ),
        (
            Topic::Memberships(UserId(3)),
            MembershipSnapshot { memberships: vec![membership()] }.into(),
        ),
        (Topic::Room(ROOM), ChatSnapshot { page: page(), standing: membership() }.into()),
        (Topic::Here(ROOM), presence.into()),
    ]
}

fn snapshot_name(snapshot: &Snapshot) -> &'static str {
    match snapshot {
        Snapshot::Rooms(_) => "rooms",
        Snapshot::Membership(_) => "membership",
        Snapshot::Chat(_) => "chat",
        Snapshot::Presence(_) => "presence",
    }
}

pub(crate) fn client_frames() -> Vec<ClientFrame> {
    let subscription = Subscription { topic: Topic::Room(ROOM), from: Some(position()) };
    let hello = Hello {
        token: Some("opaque".into()),
        client: "app/0.1.0".into(),
        topics: vec![Subscription { topic: Topic::Rooms, from: None }, subscription.clone()],
    };
    let query = ChatQuery::Before { room: ROOM, before: Seq(42), limit: 50 };
    let mut frames = vec![
        ClientFrame::Hello(hello),
        ClientFrame::Hello(Hello { token: None, client: "app/0.1.0".into(), topics: Vec::new() }),
        ClientFrame::Subscribe(subscription),
        ClientFrame::Unsubscribe { topic: Topic::Here(ROOM) },
        ClientFrame::Query(QueryFrame { id: QueryId(5), query: query.into() }),
        ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing: true }.into()),
        ClientFrame::Pong { nonce: 8 },
    ];
    frames.extend(
        commands()
            .into_iter()
            .map(|command| ClientFrame::Command(CommandFrame { id: command_id(), command })),
    );
    frames
}

pub(crate) fn client_frame_name(frame: &ClientFrame) -> String {
    match frame {
        ClientFrame::Hello(Hello { token: Some(_), .. }) => "hello with token and topics".into(),
        ClientFrame::Hello(_) => "hello".into(),
        ClientFrame::Subscribe(_) => "subscribe".into(),
        ClientFrame::Unsubscribe { .. } => "unsubscribe".into(),
        ClientFrame::Command(frame) => format!("command {}", command_name(&frame.command)),
        ClientFrame::Query(QueryFrame { query: Query::Chat(ChatQuery::Before { .. }), .. }) => {
            "query chat.before".into()
        }
        ClientFrame::Signal(Signal::Presence(PresenceSignal::Typing { .. })) => {
            "signal presence.typing".into()
        }
        ClientFrame::Pong { .. } => "pong".into(),
    }
}

pub(crate) fn server_frames() -> Vec<ServerFrame> {
    let topic = Topic::Room(ROOM);
    let placed = Placed { topic, seq: Seq(42) };
    let answer = ChatAnswer::Before(page());
    let welcome =
        Welcome { user: user(), connection: ConnectionId(11), version: "0.1.0".into(), now: TIME };
    let error = |about, failure| ServerFrame::Error { about, failure };
    let mut frames = vec![
        ServerFrame::Welcome(welcome),
        ServerFrame::Recovered { topic, from: position(), to: Position::new(Epoch(9), Seq(44)) },
        ServerFrame::Ack { id: command_id(), at: Some(placed) },
        ServerFrame::Ack { id: command_id(), at: None },
        ServerFrame::Answer { id: QueryId(5), answer: answer.into() },
        error(About::Frame, Failure::new(ErrorCode::Malformed, "Not a frame.")),
        error(
            About::Command(command_id()),
            Failure::new(ErrorCode::RateLimited, "Wait.").after(250),
        ),
        error(About::Query(QueryId(5)), Failure::new(ErrorCode::NotMember, "Join first.")),
        error(About::Topic(topic), Failure::new(ErrorCode::NotFound, "No such room.")),
        ServerFrame::Ping { nonce: 8 },
    ];
    let states = snapshots().into_iter().map(|(topic, snapshot)| State {
        topic,
        position: position(),
        snapshot,
    });
    frames.extend(states.map(ServerFrame::Snapshot));
    let (topic, snapshot) = snapshots().remove(0);
    frames.push(ServerFrame::Reset(State { topic, position: position(), snapshot }));
    frames.extend(events().into_iter().map(|(topic, event)| ServerFrame::Event {
        topic,
        seq: Seq(42),
        event,
    }));
    frames
}

pub(crate) fn server_frame_name(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Welcome(_) => "welcome".into(),
        ServerFrame::Snapshot(state) => format!("snapshot {}", snapshot_name(&state.snapshot)),
        ServerFrame::Recovered { .. } => "recovered".into(),
        ServerFrame::Reset(state) => format!("reset {}", snapshot_name(&state.snapshot)),
        ServerFrame::Event { event, .. } => format!("event {}", event_name(event)),
        ServerFrame::Ack { at: Some(_), .. } => "ack".into(),
        ServerFrame::Ack { at: None, .. } => "ack that changed nothing".into(),
        ServerFrame::Answer { answer: Answer::Chat(ChatAnswer::Before(_)), .. } => {
            "answer chat.before".into()
        }
        ServerFrame::Error { about, .. } => match about {
            About::Frame => "error about a frame".into(),
            About::Command(_) => "error about a command".into(),
            About::Query(_) => "error about a query".into(),
            About::Topic(_) => "error about a topic".into(),
        },
        ServerFrame::Ping { .. } => "ping".into(),
    }
}
