//! The state that the other engines keep in tables, and its log. Every change is decided before the
//! first step of it is made, so that a refusal leaves nothing behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use madang_hub::features::Change;
use madang_hub::notices::excerpt;
use madang_hub::policy;
use madang_hub::ports::{Committed, LogEntry, TokenHash, TopicEvent, Write};
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_hub::{chat, counter, membership, orders, posts, rooms};
use madang_shared::chat::ChatEvent;
use madang_shared::counter::CounterEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MAX_JOINED_ROOMS;
use madang_shared::membership::{Membership, MembershipEvent};
use madang_shared::notices::NoticeContent;
use madang_shared::posts::PostsEvent;
use madang_shared::rooms::MAX_ROOMS;
use madang_shared::rooms::{Room, RoomsEvent};
use madang_shared::{
    CommandId, Epoch, Event, Failure, Message, RoomId, Seq, Timestamp, Topic, User, UserId, codec,
};

use super::delivery::Crossings;
use super::notices::Notices;
use super::orders::Orders;
use super::posts::Posts;
use crate::refusals;

#[derive(Debug)]
pub(super) struct State {
    pub(super) users: BTreeMap<UserId, String>,
    pub(super) user_keys: BTreeMap<String, UserId>,
    pub(super) sessions: BTreeMap<TokenHash, UserId>,
    pub(super) services: BTreeMap<&'static str, UserId>,
    pub(super) rooms: BTreeMap<RoomId, Room>,
    pub(super) room_keys: BTreeMap<String, RoomId>,
    /// How far each member has read.
    pub(super) members: BTreeMap<(UserId, RoomId), Seq>,
    pub(super) crossings: Crossings,
    pub(super) messages: BTreeMap<(RoomId, Seq), Message>,
    pub(super) counter: i64,
    pub(super) posts: Posts,
    pub(super) orders: Orders,
    pub(super) notices: Notices,
    pub(super) topics: BTreeMap<Topic, Stream>,
    pub(super) commands: BTreeMap<(UserId, CommandId), Option<LogPosition>>,
    pub(super) seed: u64,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) epoch: Epoch,
    /// The event at index i has the place i + 1.
    pub(super) log: Vec<LogEntry>,
}

impl Stream {
    pub(super) fn head(&self) -> Seq {
        self.log.last().map_or(Seq(0), |last| last.seq)
    }
}

impl State {
    pub(super) fn new(now: Timestamp, seed: u64) -> Self {
        let mut state = Self {
            users: BTreeMap::new(),
            user_keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            services: BTreeMap::new(),
            rooms: BTreeMap::new(),
            room_keys: BTreeMap::new(),
            members: BTreeMap::new(),
            crossings: Crossings::default(),
            messages: BTreeMap::new(),
            counter: 0,
            posts: Posts::default(),
            orders: Orders::default(),
            notices: Notices::default(),
            topics: BTreeMap::new(),
            commands: BTreeMap::new(),
            seed,
        };
        state.make_topic(Topic::Rooms);
        state.make_topic(Topic::Counter);
        state.make_topic(Topic::Posts);
        state.make_topic(Topic::Orders);
        state.make_topic(Topic::Notices);
        let name = FIRST_ROOM_NAME.to_owned();
        let name_key = policy::name_key(&name);
        let room = Room { id: FIRST_ROOM, name, made_by: None, made_at: now };
        // Nobody can have subscribed yet.
        state.add_room(room, name_key, &mut Vec::new());
        state
    }

    /// Makes a write, or finds the answer that it was given when it was first made.
    pub(super) fn make(
        &mut self,
        write: Write,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<Committed, Failure> {
        let Write { author, command, at, change } = write;
        let id = author.id;
        if let Some(at) = self.commands.get(&(id, command)) {
            return Ok(self.committed(*at));
        }
        let at = match change {
            Change::Rooms(change) => Some(self.create(author, at, change, appended)?),
            Change::Membership(change) => self.change_membership(id, at, &change, appended)?,
            Change::Chat(change) => Some(self.post(author, command, at, change, appended)?),
            Change::Counter(change) => Some(self.count(author, command, change, appended)?),
            Change::Posts(change) => {
                self.require_user(id)?;
                let event = self.posts.apply(author, command, at, change)?;
                event.map(|event| self.on_posts(at, &event, appended))
            }
            Change::Orders(change) => self.order(author, at, change, appended)?,
            Change::Notices(change) => {
                self.require_user(id)?;
                self.change_notices(author, at, &change, appended)
            }
        };
        self.commands.insert((id, command), at);
        Ok(self.committed(at))
    }

    fn committed(&self, at: Option<LogPosition>) -> Committed {
        let entry = at.and_then(|at| self.entry(at));
        Committed { at, event: entry.map(|entry| Arc::clone(&entry.content)) }
    }

    fn entry(&self, at: LogPosition) -> Option<&LogEntry> {
        self.topics.get(&at.topic)?.log.iter().rfind(|entry| entry.seq == at.seq)
    }

    pub(super) fn is_member(&self, user: UserId, room: RoomId) -> bool {
        self.members.contains_key(&(user, room))
    }

    fn create(
        &mut self,
        author: User,
        at: Timestamp,
        change: rooms::Change,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<LogPosition, Failure> {
        let rooms::Change::Create { name, name_key } = change;
        if self.room_keys.contains_key(&name_key) {
            return Err(refusals::room_name_taken(&name));
        }
        let maker = author.id;
        self.require_user(maker)?;
        if self.rooms.len() as u64 >= MAX_ROOMS {
            return Err(refusals::too_many_rooms());
        }
        self.may_join(maker)?;
        let id = RoomId(self.rooms.last_key_value().map_or(1, |(last, _)| last.0 + 1));
        let room = Room { id, name, made_by: Some(author), made_at: at };
        let placed = self.add_room(room, name_key, appended);
        self.join(maker, id, appended);
        Ok(placed)
    }

    fn change_membership(
        &mut self,
        user: UserId,
        at: Timestamp,
        change: &membership::Change,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<Option<LogPosition>, Failure> {
        use madang_shared::membership::MembershipCommand::{Join, Leave, Read};
        let (Join { room } | Leave { room } | Read { room, .. }) = *change;
        if !self.rooms.contains_key(&room) {
            return Err(refusals::no_room());
        }
        self.require_user(user)?;
        let mark = self.members.get(&(user, room)).copied();
        Ok(match (change, mark) {
            (Join { .. }, Some(_)) | (Leave { .. }, None) => None,
            (Join { .. }, None) => {
                self.may_join(user)?;
                Some(self.join(user, room, appended))
            }
            (Leave { .. }, Some(_)) => {
                self.members.remove(&(user, room));
                let head = self.head(Topic::Room(room));
                self.crossings.left(user, room, at, head);
                Some(self.tell(user, MembershipEvent::Left { room }, appended))
            }
            (Read { .. }, None) => return Err(refusals::not_member()),
            (Read { up_to, .. }, Some(mark)) => {
                let up_to = (*up_to).min(self.head(Topic::Room(room)));
                if up_to <= mark {
                    return Ok(None);
                }
                self.members.insert((user, room), up_to);
                let membership = self.membership(user, room, up_to);
                Some(self.tell(user, MembershipEvent::Read(membership), appended))
            }
        })
    }

    fn post(
        &mut self,
        author: User,
        command: CommandId,
        at: Timestamp,
        change: chat::Change,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<LogPosition, Failure> {
        let chat::Change::Post { room, text, sentiment, guest, mentions } = change;
        self.require_member(author.id, room)?;
        if let Some(guest) = &guest
            && self.user_keys.contains_key(&policy::name_key(&guest.name))
        {
            return Err(refusals::name_of_a_user(&guest.name));
        }
        let topic = Topic::Room(room);
        let seq = self.head(topic).next();
        let sentiment = Some(sentiment);
        let what = NoticeContent::Mentioned {
            room,
            message: seq,
            by: author.clone(),
            excerpt: excerpt(&text),
        };
        let message = Message { seq, author, at, text, command, sentiment, guest };
        self.messages.insert((room, seq), message.clone());
        let by = message.author.id;
        let placed = self.append(topic, &ChatEvent::Posted(message).into(), appended);
        self.mention(by, at, room, &mentions, &what, appended);
        Ok(placed)
    }

    fn on_posts(
        &mut self,
        at: Timestamp,
        event: &PostsEvent,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        let written = match event {
            PostsEvent::Created { post, .. } => Some((post.id, post.author.clone())),
            _ => None,
        };
        let placed = self.append(Topic::Posts, &event.clone().into(), appended);
        let (redact, now) = self.posts.told(event, placed.seq);
        for seq in redact {
            self.redact(Topic::Posts, seq, |event| posts::redact(event, now.as_ref()));
        }
        if let Some((post, by)) = written {
            self.tell_all(at, NoticeContent::Posted { post, by }, appended);
        }
        placed
    }

    fn count(
        &mut self,
        by: User,
        command: CommandId,
        change: counter::Change,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<LogPosition, Failure> {
        let counter::Change::Add(amount) = change;
        self.require_user(by.id)?;
        let value = counter::sum(self.counter, amount)?;
        self.counter = value;
        let event = CounterEvent::Added { by, amount, value, command };
        Ok(self.append(Topic::Counter, &event.into(), appended))
    }

    fn order(
        &mut self,
        author: User,
        at: Timestamp,
        change: orders::Change,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<Option<LogPosition>, Failure> {
        self.require_user(author.id)?;
        let by = author.id;
        let Some(event) = self.orders.make(author, at, change)? else { return Ok(None) };
        let placed = self.append(Topic::Orders, &event.clone().into(), appended);
        self.notice_order(by, &event, appended);
        Ok(Some(placed))
    }

    fn add_room(
        &mut self,
        room: Room,
        name_key: String,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        self.make_topic(Topic::Room(room.id));
        self.room_keys.insert(name_key, room.id);
        self.rooms.insert(room.id, room.clone());
        self.append(Topic::Rooms, &RoomsEvent::Created(room).into(), appended)
    }

    pub(super) fn join(
        &mut self,
        user: UserId,
        room: RoomId,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        let head = self.head(Topic::Room(room));
        self.members.insert((user, room), head);
        self.crossings.joined(user, room, head);
        let membership = Membership { room, read_up_to: head, unread: 0, head };
        self.tell(user, MembershipEvent::Joined(membership), appended)
    }

    fn tell(
        &mut self,
        user: UserId,
        event: MembershipEvent,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        self.append(Topic::Memberships(user), &event.into(), appended)
    }

    fn require_user(&self, user: UserId) -> Result<(), Failure> {
        if self.users.contains_key(&user) { Ok(()) } else { Err(refusals::no_user()) }
    }

    pub(super) fn require_member(&self, user: UserId, room: RoomId) -> Result<(), Failure> {
        if self.is_member(user, room) {
            Ok(())
        } else if self.rooms.contains_key(&room) {
            Err(refusals::not_member())
        } else {
            Err(refusals::no_room())
        }
    }

    fn may_join(&self, user: UserId) -> Result<(), Failure> {
        let joined = self
            .members
            .range((user, RoomId(0))..=(user, RoomId(u64::MAX)))
            .map(|_| 1)
            .sum::<u64>();
        if joined < MAX_JOINED_ROOMS { Ok(()) } else { Err(refusals::too_many_rooms_joined()) }
    }

    pub(super) fn head(&self, topic: Topic) -> Seq {
        self.topics.get(&topic).map_or(Seq(0), Stream::head)
    }

    pub(super) fn make_topic(&mut self, topic: Topic) {
        let epoch = self.draw_epoch();
        self.topics.insert(topic, Stream { epoch, log: Vec::new() });
    }

    pub(super) fn append(
        &mut self,
        topic: Topic,
        event: &Event,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        let seq = self.head(topic).next();
        let event = TopicEvent::new(topic, seq, event);
        if let Some(stream) = self.topics.get_mut(&topic) {
            stream.log.push(event.logged.clone());
        }
        appended.push(event);
        LogPosition { topic, seq }
    }

    /// Puts other words in an event's place.
    fn redact(&mut self, topic: Topic, seq: Seq, redacted: impl FnOnce(Event) -> Option<Event>) {
        let Some(stream) = self.topics.get_mut(&topic) else { return };
        let Some(logged) = stream.log.iter_mut().rfind(|logged| logged.seq == seq) else { return };
        if let Some(event) = codec::decode_event(&logged.content).ok().and_then(redacted) {
            *logged = TopicEvent::new(topic, seq, &event).logged;
        }
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014), of which the upper 53 bits are kept: a browser reads
    /// numbers below 2^53 exactly.
    fn draw_epoch(&mut self) -> Epoch {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Epoch(((mixed ^ (mixed >> 31)) >> 11).max(1))
    }
}
