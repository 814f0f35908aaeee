//! The state that the other engines keep in tables, and its log. Every change is decided before the
//! first step of it is made, so that a refusal leaves nothing behind.

use std::collections::BTreeMap;

use madang_hub::features::Change;
use madang_hub::policy;
use madang_hub::ports::{Appended, Committed, Logged, NewUser, Opened, TokenHash, Write};
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_hub::{chat, membership, rooms};
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage, ChatQuery, ChatSnapshot};
use madang_shared::frames::Placed;
use madang_shared::limits::PAGE_MESSAGES;
use madang_shared::membership::{Membership, MembershipEvent, MembershipSnapshot};
use madang_shared::rooms::{Room, RoomsEvent, RoomsSnapshot};
use madang_shared::{
    Answer, CommandId, Epoch, Event, Failure, Message, Position, Query, RoomId, Seq, Snapshot,
    Timestamp, Topic, User, UserId,
};

use crate::refusals;

#[derive(Debug)]
pub(super) struct State {
    users: BTreeMap<UserId, String>,
    user_keys: BTreeMap<String, UserId>,
    sessions: BTreeMap<TokenHash, UserId>,
    rooms: BTreeMap<RoomId, Room>,
    room_keys: BTreeMap<String, RoomId>,
    /// How far each member has read.
    members: BTreeMap<(UserId, RoomId), Seq>,
    messages: BTreeMap<(RoomId, Seq), Message>,
    topics: BTreeMap<Topic, Stream>,
    commands: BTreeMap<(UserId, CommandId), Committed>,
    seed: u64,
}

#[derive(Debug)]
struct Stream {
    epoch: Epoch,
    /// The event at index i has the place i + 1.
    log: Vec<Logged>,
}

impl Stream {
    fn head(&self) -> Seq {
        self.log.last().map_or(Seq(0), |last| last.seq)
    }
}

impl State {
    pub(super) fn new(now: Timestamp, seed: u64) -> Self {
        let mut state = Self {
            users: BTreeMap::new(),
            user_keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            rooms: BTreeMap::new(),
            room_keys: BTreeMap::new(),
            members: BTreeMap::new(),
            messages: BTreeMap::new(),
            topics: BTreeMap::new(),
            commands: BTreeMap::new(),
            seed,
        };
        state.make_topic(Topic::Rooms);
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
        appended: &mut Vec<Appended>,
    ) -> Result<Committed, Failure> {
        let Write { author, command, at, change } = write;
        let id = author.id;
        if let Some(committed) = self.commands.get(&(id, command)) {
            return Ok(*committed);
        }
        let at = match change {
            Change::Rooms(change) => Some(self.create(author, at, change, appended)?),
            Change::Membership(change) => self.change_membership(id, &change, appended)?,
            Change::Chat(change) => Some(self.post(author, command, at, change, appended)?),
        };
        let committed = Committed { at };
        self.commands.insert((id, command), committed);
        Ok(committed)
    }

    pub(super) fn sign_up(
        &mut self,
        new: NewUser,
        appended: &mut Vec<Appended>,
    ) -> Result<User, Failure> {
        let NewUser { name, name_key, token, at: _ } = new;
        if self.user_keys.contains_key(&name_key) {
            return Err(refusals::user_name_taken(&name));
        }
        if self.sessions.contains_key(&token) {
            return Err(refusals::against_the_rules());
        }
        let id = UserId(self.users.last_key_value().map_or(1, |(last, _)| last.0 + 1));
        self.users.insert(id, name.clone());
        self.user_keys.insert(name_key, id);
        self.sessions.insert(token, id);
        self.make_topic(Topic::Memberships(id));
        self.join(id, FIRST_ROOM, appended);
        Ok(User { id, name })
    }

    pub(super) fn session(&self, token: &TokenHash) -> Option<User> {
        let id = *self.sessions.get(token)?;
        Some(User { id, name: self.users.get(&id)?.clone() })
    }

    pub(super) fn sign_out(&mut self, token: &TokenHash) {
        self.sessions.remove(token);
    }

    pub(super) fn is_member(&self, user: UserId, room: RoomId) -> bool {
        self.members.contains_key(&(user, room))
    }

    pub(super) fn open(
        &self,
        reader: UserId,
        topic: Topic,
        from: Option<Position>,
    ) -> Result<Opened, Failure> {
        if policy::is_private_to_other(topic, reader) {
            return Err(refusals::not_yours());
        }
        if let Topic::Room(room) = topic {
            self.require_member(reader, room)?;
        }
        let stream = self.topics.get(&topic).ok_or_else(|| match topic {
            Topic::Rooms | Topic::Here(_) => refusals::not_stored(topic),
            Topic::Room(_) => refusals::no_room(),
            Topic::Memberships(_) => refusals::no_user(),
        })?;
        let head = Position::new(stream.epoch, stream.head());
        if from.is_some_and(|from| policy::resumes(from, head)) {
            return Ok(Opened::Resumed { head });
        }
        let snapshot: Snapshot = match topic {
            Topic::Rooms => RoomsSnapshot { rooms: self.rooms.values().cloned().collect() }.into(),
            Topic::Memberships(user) => self.memberships(user).into(),
            Topic::Room(room) => {
                let mark = self.members.get(&(reader, room)).copied().unwrap_or_default();
                ChatSnapshot {
                    page: self.page(room, Seq(u64::MAX), PAGE_MESSAGES),
                    standing: self.membership(reader, room, mark),
                }
                .into()
            }
            Topic::Here(_) => return Err(refusals::not_stored(topic)),
        };
        Ok(Opened::State { position: head, snapshot })
    }

    pub(super) fn read_log(&self, topic: Topic, after: Seq, limit: usize) -> Vec<Logged> {
        let Some(stream) = self.topics.get(&topic) else {
            return Vec::new();
        };
        let after = usize::try_from(after.0).unwrap_or(usize::MAX);
        stream.log.iter().skip(after).take(limit).cloned().collect()
    }

    pub(super) fn query(&self, reader: UserId, query: &Query) -> Result<Answer, Failure> {
        let Query::Chat(ChatQuery::Before { room, before, limit }) = *query;
        self.require_member(reader, room)?;
        Ok(ChatAnswer::Before(self.page(room, before, limit.min(PAGE_MESSAGES))).into())
    }

    fn create(
        &mut self,
        author: User,
        at: Timestamp,
        change: rooms::Change,
        appended: &mut Vec<Appended>,
    ) -> Result<Placed, Failure> {
        let rooms::Change::Create { name, name_key } = change;
        if self.room_keys.contains_key(&name_key) {
            return Err(refusals::room_name_taken(&name));
        }
        let maker = author.id;
        self.require_user(maker)?;
        let id = RoomId(self.rooms.last_key_value().map_or(1, |(last, _)| last.0 + 1));
        let room = Room { id, name, made_by: Some(author), made_at: at };
        let placed = self.add_room(room, name_key, appended);
        self.join(maker, id, appended);
        Ok(placed)
    }

    fn change_membership(
        &mut self,
        user: UserId,
        change: &membership::Change,
        appended: &mut Vec<Appended>,
    ) -> Result<Option<Placed>, Failure> {
        use madang_shared::membership::MembershipCommand::{Join, Leave, Read};
        let (Join { room } | Leave { room } | Read { room, .. }) = *change;
        if !self.rooms.contains_key(&room) {
            return Err(refusals::no_room());
        }
        self.require_user(user)?;
        let mark = self.members.get(&(user, room)).copied();
        Ok(match (change, mark) {
            (Join { .. }, Some(_)) | (Leave { .. }, None) => None,
            (Join { .. }, None) => Some(self.join(user, room, appended)),
            (Leave { .. }, Some(_)) => {
                self.members.remove(&(user, room));
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
        appended: &mut Vec<Appended>,
    ) -> Result<Placed, Failure> {
        let chat::Change::Post { room, text } = change;
        self.require_member(author.id, room)?;
        let topic = Topic::Room(room);
        let seq = self.head(topic).next();
        let message = Message { seq, author, at, text, command };
        self.messages.insert((room, seq), message.clone());
        Ok(self.append(topic, &ChatEvent::Posted(message).into(), appended))
    }

    fn add_room(&mut self, room: Room, name_key: String, appended: &mut Vec<Appended>) -> Placed {
        self.make_topic(Topic::Room(room.id));
        self.room_keys.insert(name_key, room.id);
        self.rooms.insert(room.id, room.clone());
        self.append(Topic::Rooms, &RoomsEvent::Created(room).into(), appended)
    }

    fn join(&mut self, user: UserId, room: RoomId, appended: &mut Vec<Appended>) -> Placed {
        let head = self.head(Topic::Room(room));
        self.members.insert((user, room), head);
        let membership = Membership { room, read_up_to: head, unread: 0, head };
        self.tell(user, MembershipEvent::Joined(membership), appended)
    }

    fn tell(
        &mut self,
        user: UserId,
        event: MembershipEvent,
        appended: &mut Vec<Appended>,
    ) -> Placed {
        self.append(Topic::Memberships(user), &event.into(), appended)
    }

    fn memberships(&self, user: UserId) -> MembershipSnapshot {
        let of_user = self.members.range((user, RoomId(0))..=(user, RoomId(u64::MAX)));
        let memberships =
            of_user.map(|(&(_, room), &mark)| self.membership(user, room, mark)).collect();
        MembershipSnapshot { memberships }
    }

    fn membership(&self, user: UserId, room: RoomId, read_up_to: Seq) -> Membership {
        let after = self.messages.range((room, read_up_to.next())..=(room, Seq(u64::MAX)));
        let by_others = after.filter(|(_, message)| message.author.id != user);
        let unread = by_others.map(|_| 1).sum();
        Membership { room, read_up_to, unread, head: self.head(Topic::Room(room)) }
    }

    fn page(&self, room: RoomId, before: Seq, limit: u32) -> ChatPage {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut newest_first = self.messages.range((room, Seq(0))..(room, before)).rev();
        let mut messages: Vec<Message> =
            newest_first.by_ref().take(limit).map(|(_, message)| message.clone()).collect();
        messages.reverse();
        ChatPage { messages, older: newest_first.next().is_some() }
    }

    fn require_user(&self, user: UserId) -> Result<(), Failure> {
        if self.users.contains_key(&user) { Ok(()) } else { Err(refusals::no_user()) }
    }

    fn require_member(&self, user: UserId, room: RoomId) -> Result<(), Failure> {
        if self.is_member(user, room) {
            Ok(())
        } else if self.rooms.contains_key(&room) {
            Err(refusals::not_member())
        } else {
            Err(refusals::no_room())
        }
    }

    fn head(&self, topic: Topic) -> Seq {
        self.topics.get(&topic).map_or(Seq(0), Stream::head)
    }

    fn make_topic(&mut self, topic: Topic) {
        let epoch = self.draw_epoch();
        self.topics.insert(topic, Stream { epoch, log: Vec::new() });
    }

    fn append(&mut self, topic: Topic, event: &Event, appended: &mut Vec<Appended>) -> Placed {
        let seq = self.head(topic).next();
        let event = Appended::new(topic, seq, event);
        if let Some(stream) = self.topics.get_mut(&topic) {
            stream.log.push(event.logged.clone());
        }
        appended.push(event);
        Placed { topic, seq }
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
