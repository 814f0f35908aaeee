//! An engine under test, with short forms of its operations.

use std::sync::Arc;

use madang_hub::Hub;
use madang_hub::chat::{ChatChange, NewMessage};
use madang_hub::features::Change;
use madang_hub::policy::name_key;
use madang_hub::ports::{
    CommandFingerprint, Committed, NewUser, Recovery, Store, StoreError, TopicEvent, Write,
};
use madang_hub::shared_state::{OpenedState, SharedStateRead};
use madang_hub::storage::FreeSpace;
use madang_shared::chat::{ChatAnswer, ChatCommand, ChatEvent, ChatPage, ChatQuery};
use madang_shared::frames::LogPosition;
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::rooms::{Room, RoomsCommand};
use madang_shared::sentiment::{Mood, Sentiment};
use madang_shared::{
    Answer, Command, CommandId, ErrorCode, Event, Position, RoomId, Seq, Snapshot, Timestamp,
    Topic, User, UserId,
};
use madang_store::EventStream;
use uuid::Uuid;

/// The user of reads for which it does not matter.
pub(crate) const NOBODY: UserId = UserId(0);

/// The floor of free space, in bytes.
pub(crate) const FLOOR: u64 = 1_000;
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// An engine that holds only the first room.
pub(crate) struct TestStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) events: EventStream,
    /// Of the engine's disk; its floor is [`FLOOR`].
    pub(crate) free_space: FreeSpace,
    /// Caches the shared states. It gets no events, so that a state is wrong if it changes without one. `None` in
    /// tests with other programs, which may change a state without an event.
    pub(crate) hub: Option<Hub>,
    /// Resources that must live as long as the engine.
    pub(crate) _keep: Box<dyn Send>,
}

impl TestStore {
    /// Opens a topic. Checks that the cached state is the stored one.
    pub(crate) async fn open(
        &self,
        reader: UserId,
        topic: Topic,
        from: Option<Position>,
    ) -> Result<Recovery, StoreError> {
        let stored = self.store.open(reader, SharedStateRead::uncached(topic), from).await;
        let Some(hub) = &self.hub else { return stored };
        let cached = self.store.open(reader, hub.begin_state_read(topic), from).await;
        if let (Ok(Recovery::State(cached)), Ok(Recovery::State(stored))) = (&cached, &stored)
            && cached.position() == stored.position()
        {
            let snapshot = |state: &OpenedState| state.clone().snapshot().expect("a frame");
            let is_same = snapshot(cached) == snapshot(stored);
            assert!(is_same, "the state of {topic} has changed without an event");
        }
        cached
    }

    pub(crate) async fn user(&self, name: &str) -> User {
        sign_up(&*self.store, name).await.expect("the name is free")
    }

    /// Whether the user may read the room, which needs a membership.
    pub(crate) async fn is_member(&self, user: UserId, room: RoomId) -> bool {
        self.store.check_access(user, Topic::Room(room)).await.is_ok()
    }

    /// Commits one write, and checks that the answer holds the event that the log holds.
    pub(crate) async fn try_commit(&self, write: Write) -> Result<Committed, StoreError> {
        let committed = self.store.commit(vec![write]).await.remove(0)?;
        let logged = match committed.at {
            Some(LogPosition { topic, seq }) => self
                .store
                .read_log(NOBODY, topic, Seq(seq.0 - 1), 1)
                .await?
                .pop()
                .map(|it| it.content),
            None => None,
        };
        assert_eq!(committed.event, logged);
        Ok(committed)
    }

    /// Commits one write, for the position of its event.
    pub(crate) async fn try_commit_at(
        &self,
        write: Write,
    ) -> Result<Option<LogPosition>, StoreError> {
        Ok(self.try_commit(write).await?.at)
    }

    /// Commits one write that must succeed with an event of its own.
    pub(crate) async fn commit(&self, write: Write) -> LogPosition {
        self.try_commit_at(write).await.expect("accepted").expect("something changed")
    }

    /// The snapshot of a topic, with its position.
    pub(crate) async fn snapshot(&self, reader: &User, topic: Topic) -> (Position, Snapshot) {
        match self.open(reader.id, topic, None).await.expect("readable") {
            Recovery::State(state) => (state.position(), state.snapshot().expect("a frame")),
            Recovery::Resumed { .. } => panic!("nothing to resume from was given"),
        }
    }

    pub(crate) async fn memberships(&self, user: &User) -> Vec<Membership> {
        match self.snapshot(user, Topic::Memberships(user.id)).await.1 {
            Snapshot::Membership(snapshot) => snapshot.memberships,
            other => panic!("{other:?}"),
        }
    }

    /// Commits the creation of a room. Returns the id of the room.
    pub(crate) async fn commit_room(&self, creation: Write) -> RoomId {
        let committed = self.try_commit(creation).await.expect("accepted");
        joined_room(&committed)
    }

    /// The facts of the rooms that a user has joined.
    pub(crate) async fn rooms(&self, user: &User) -> Vec<Room> {
        match self.snapshot(user, Topic::Memberships(user.id)).await.1 {
            Snapshot::Membership(snapshot) => snapshot.rooms,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn newest(&self, reader: &User, room: RoomId) -> ChatPage {
        match self.snapshot(reader, Topic::Room(room)).await.1 {
            Snapshot::Chat(snapshot) => snapshot.page,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn before(&self, reader: &User, room: RoomId, seq: u64, n: u32) -> ChatPage {
        let query = ChatQuery::Before { room, before: Seq(seq), limit: n };
        match self.store.query(reader.id, query.into()).await.expect("readable") {
            Answer::Chat(ChatAnswer::Before(page)) => page,
            other => panic!("{other:?}"),
        }
    }

    /// All events of a topic from the log. Checks that they have no holes.
    pub(crate) async fn log(&self, topic: Topic) -> Vec<Event> {
        let logged =
            self.store.read_log(NOBODY, topic, Seq(0), usize::MAX).await.expect("readable");
        let seqs: Vec<u64> = logged.iter().map(|event| event.seq.0).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        let decode = |content: &str| madang_shared::codec::decode_event(content).expect("ours");
        logged.iter().map(|event| decode(&event.content)).collect()
    }

    /// Receives this many events from the event stream, and drops the notices, the details of rooms, and the copies for customers
    /// between them.
    pub(crate) async fn receive(&mut self, count: usize) -> Vec<TopicEvent> {
        self.receive_kind(count, false).await
    }

    /// Receives this many events of the topics of notices from the event stream, and drops the others.
    pub(crate) async fn receive_notices(&mut self, count: usize) -> Vec<TopicEvent> {
        self.receive_kind(count, true).await
    }

    async fn receive_kind(&mut self, count: usize, notices: bool) -> Vec<TopicEvent> {
        let mut events = Vec::new();
        while events.len() < count {
            let received = self.events.recv().await.expect("the engine lives").into_iter();
            events.extend(
                received.filter(|event| is_notice(event.topic) == notices && !is_copy(event.topic)),
            );
        }
        assert_eq!(events.len(), count, "{events:?}");
        events
    }
}

/// The room that a user has joined by a command.
pub(crate) fn joined_room(committed: &Committed) -> RoomId {
    let content = committed.event.as_ref().expect("an event");
    match madang_shared::codec::decode_event(content) {
        Ok(Event::Membership(MembershipEvent::Joined(membership))) => membership.room,
        other => panic!("{other:?}"),
    }
}

/// Whether the events of the topic accompany those of another one.
fn is_copy(topic: Topic) -> bool {
    matches!(topic, Topic::Details(_) | Topic::Menu | Topic::OwnOrders(_))
}

fn is_notice(topic: Topic) -> bool {
    matches!(topic, Topic::Notices | Topic::OrderNotices | Topic::PostNotices | Topic::Inbox(_))
}

pub(crate) async fn sign_up(store: &dyn Store, name: &str) -> Result<User, StoreError> {
    store.sign_up(new_user(name)).await
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser { name: name.to_owned(), name_key: name_key(name), token: token(name), at: NOW }
}

pub(crate) fn token(name: &str) -> [u8; 32] {
    let mut token = [7; 32];
    name.bytes().zip(&mut token).for_each(|(byte, place)| *place = byte);
    token
}

/// A command whose id is the given number.
pub(crate) fn write(author: &User, number: u128, command: impl Into<Command>) -> Write {
    let id = CommandId(Uuid::from_u128(number));
    Write::of_command(author.clone(), id, NOW.plus(1), command.into()).expect("acceptable")
}

pub(crate) fn post(author: &User, number: u128, room: RoomId, text: &str) -> Write {
    let sentiment = Some(Sentiment { mood: Mood::Neutral, score: 0 });
    let message = NewMessage { sentiment, ..NewMessage::of(text.to_owned()) };
    let change = Change::Chat(ChatChange::Post { room, message });
    let command = ChatCommand::post(room, text.to_owned()).into();
    let fingerprint = Some(CommandFingerprint::of(&command));
    Write { change, fingerprint, ..join(author, number, room) }
}

pub(crate) fn join(author: &User, number: u128, room: RoomId) -> Write {
    write(author, number, MembershipCommand::Join { room })
}

pub(crate) fn leave(author: &User, number: u128, room: RoomId) -> Write {
    write(author, number, MembershipCommand::Leave { room })
}

pub(crate) fn read(author: &User, number: u128, room: RoomId, up_to: u64) -> Write {
    write(author, number, MembershipCommand::Read { room, up_to: Seq(up_to) })
}

pub(crate) fn create(author: &User, number: u128, name: &str) -> Write {
    write(author, number, RoomsCommand::public(name))
}

pub(crate) fn texts(page: &ChatPage) -> Vec<&str> {
    page.messages.iter().map(|message| message.text.as_str()).collect()
}

/// The text of an event that must be a message.
pub(crate) fn message_text(event: &Event) -> &str {
    match event {
        Event::Chat(ChatEvent::Posted(message)) => &message.text,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ErrorCode {
    match result {
        Err(StoreError::Refused(failure)) => {
            assert!(failure.message.ends_with('.'), "not a sentence: {failure}");
            failure.code
        }
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}
