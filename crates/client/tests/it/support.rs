//! A client under test, and the server's side of its connection.

use madang_client::{Action, Client, Input, InputContext, Output, Slice};
use madang_shared::apps::Apps;
use madang_shared::chat::{ChatCommand, ChatEvent, ChatPage, ChatSnapshot};
use madang_shared::membership::{Membership, MembershipSnapshot};
use madang_shared::rooms::Room;
use madang_shared::{
    ClientFrame, Command, CommandId, ConnectionId, Epoch, Message, Position, RoomId, Seq,
    ServerFrame, Timestamp, Topic, TopicState, User, UserId, Welcome, codec,
};

pub(crate) const ROOM: RoomId = RoomId(1);
pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) fn me() -> User {
    User { id: UserId(1), name: "me".into() }
}

pub(crate) fn other() -> User {
    User { id: UserId(2), name: "other".into() }
}

pub(crate) fn room() -> Room {
    Room::new(ROOM, "room".into())
}

pub(crate) struct TestClient {
    pub(crate) client: Client,
    pub(crate) now: Timestamp,
    random: u128,
    pub(crate) sent: Vec<ClientFrame>,
    pub(crate) opens: usize,
    pub(crate) closes: usize,
    pub(crate) changed: Vec<Slice>,
}

impl TestClient {
    pub(crate) fn new() -> Self {
        let client = Client::new(me(), "test", Vec::new()).with_all_views();
        Self {
            client,
            now: START,
            random: 1,
            sent: Vec::new(),
            opens: 0,
            closes: 0,
            changed: Vec::new(),
        }
    }

    /// Connected, a member of the first room, which has this many messages by another user.
    pub(crate) fn in_room(messages: u64) -> Self {
        let mut driver = Self::new();
        driver.connect();
        let membership = Membership::new(ROOM, Seq(0), messages, Seq(messages));
        driver.state(
            Topic::Memberships(me().id),
            1,
            MembershipSnapshot {
                memberships: vec![membership.clone()],
                rooms: vec![room()],
                muted: vec![],
                silences: vec![],
            }
            .into(),
        );
        let first = messages.saturating_sub(50) + 1;
        let page = ChatPage {
            messages: (first..=messages).map(by_other).collect(),
            older: first > 1,
            ..ChatPage::default()
        };
        driver.state(
            Topic::Room(ROOM),
            messages,
            ChatSnapshot { room: room(), page, pins: Vec::new(), membership }.into(),
        );
        driver.sent.clear();
        driver
    }

    pub(crate) fn connect(&mut self) {
        self.input(Input::Connect);
        self.input(Input::SocketOpened);
        self.welcome();
    }

    pub(crate) fn welcome(&mut self) {
        let welcome = Welcome {
            user: me(),
            connection: ConnectionId(1),
            version: "0".into(),
            now: self.now,
            apps: Apps::all(),
        };
        self.frame(&ServerFrame::Welcome(welcome));
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.random += 1 << 64;
        for output in self.client.handle(InputContext { now: self.now, random: self.random }, input)
        {
            match output {
                Output::OpenSocket => self.opens += 1,
                Output::CloseSocket => self.closes += 1,
                Output::Send(text) => self.sent.push(codec::decode_client(&text).unwrap()),
                Output::Changed(part) => self.changed.push(part),
                Output::PersistOutbox => {}
            }
        }
    }

    pub(crate) fn frame(&mut self, frame: &ServerFrame) {
        self.input(Input::Frame(codec::encode_server(frame)));
    }

    pub(crate) fn state(&mut self, topic: Topic, seq: u64, snapshot: madang_shared::Snapshot) {
        let position = Position::new(Epoch(1), Seq(seq));
        self.frame(&ServerFrame::Snapshot(TopicState { topic, position, snapshot }));
    }

    pub(crate) fn event(&mut self, message: Message) {
        let seq = message.seq;
        self.frame(&ServerFrame::Event {
            topic: Topic::Room(ROOM),
            seq,
            event: ChatEvent::Posted(message).into(),
        });
    }

    pub(crate) fn post(&mut self, text: &str) -> CommandId {
        self.input(Input::Command(ChatCommand::post(ROOM, text).into()));
        self.client.outbox().items().last().unwrap().id
    }

    /// Advances the time to the client's deadline, and wakes it.
    pub(crate) fn wake(&mut self) {
        self.now = self.client.deadline().expect("the client has a deadline");
        self.input(Input::Wake);
    }

    pub(crate) fn later(&mut self, millis: u64) {
        self.now = self.now.plus(millis);
        self.input(Input::Wake);
    }

    /// The commands sent since the last call.
    pub(crate) fn take_commands(&mut self) -> Vec<(CommandId, Command)> {
        let sent = std::mem::take(&mut self.sent).into_iter();
        sent.filter_map(|frame| match frame {
            ClientFrame::Command(frame) => Some((frame.id, frame.command)),
            _ => None,
        })
        .collect()
    }

    pub(crate) fn unread(&self) -> u64 {
        self.client.features().unread(ROOM)
    }
}

pub(crate) fn by_other(seq: u64) -> Message {
    let command = CommandId::new(START, u128::from(seq) << 64);
    Message::new(Seq(seq), other(), START, format!("message {seq}"), command)
}

/// These messages of the room have been on the screen.
pub(crate) fn shown(first: u64, last: u64) -> Input {
    Input::Act(Action::ShowMessages { room: ROOM, first: Seq(first), last: Seq(last) })
}
